// SPDX-License-Identifier: Apache-2.0
// testing: every operator test runs once for each backend in TestBackends(): the instruction-set
// paths of this machine, and the paths with special instructions through portable bodies of their
// wrappers, so that their logic is tested on machines without them. Each comes with 1 and 3
// threads.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/cpu_features.h"
#include "ops/backend.h"
#include "testing/mutation.h"

namespace qwenjet::testing {

struct NamedBackend {
  std::string name;  // a valid test name
  Isa isa = Isa::kPortable;
  ops::CpuBodies bodies = ops::CpuBodies::kNative;

  // Products of two bf16 go through an instruction that takes denormals as zero.
  bool HasBf16Dot() const { return isa == Isa::kAvx512Bf16 || isa == Isa::kAmx; }
};

inline void PrintTo(const NamedBackend& named, std::ostream* out) { *out << named.name; }

inline std::vector<NamedBackend> TestBackends() {
  std::vector<NamedBackend> backends;
  const auto name_of = [](Isa isa) {
    std::string name = IsaName(isa);
    for (char& c : name) c = c == '-' ? '_' : c;
    return name;
  };
  for (int32_t i = 0; i < kNumIsas; ++i) {
    const auto isa = static_cast<Isa>(i);
    if (IsaSupported(isa)) backends.push_back({name_of(isa), isa, ops::CpuBodies::kNative});
  }
  for (const Isa isa : {Isa::kAvx512Vnni, Isa::kAvx512Bf16, Isa::kAmx}) {
    backends.push_back({name_of(isa) + "_portable_bodies", isa, ops::CpuBodies::kPortable});
  }
  return backends;
}

// A backend, or null with a failure of the running test.
inline std::unique_ptr<ops::Backend> CreateBackend(const NamedBackend& named, int num_threads) {
  auto backend = ops::Backend::CreateCpu(named.isa, num_threads, named.bodies);
  EXPECT_TRUE(backend.ok()) << named.name << ": " << backend.status().message();
  return backend.ok() ? std::move(*backend) : nullptr;
}

class BackendTest : public ::testing::TestWithParam<NamedBackend> {
 protected:
  void SetUp() override {
    one_thread_ = CreateBackend(GetParam(), 1);
    three_threads_ = CreateBackend(GetParam(), 3);
    ASSERT_NE(one_thread_, nullptr);
    ASSERT_NE(three_threads_, nullptr);
  }
  ops::Backend& OneThread() { return *one_thread_; }
  ops::Backend& ThreeThreads() { return *three_threads_; }
  // True for every fourth case of a test: workers spin for milliseconds after a call, so that
  // repeating each of hundreds of small cases would cost more than all the rest.
  bool RepeatWithThreeThreads() { return num_cases_++ % 4 == 0; }

 private:
  std::unique_ptr<ops::Backend> one_thread_;
  std::unique_ptr<ops::Backend> three_threads_;
  int64_t num_cases_ = 0;
};

inline std::string BackendName(const ::testing::TestParamInfo<NamedBackend>& info) {
  return info.param.name;
}

// A refusal names what was expected and what came.
inline ::testing::AssertionResult IsRefused(const Status& status, const std::string& got) {
  if (status.code() != StatusCode::kInvalidArgument) {
    const char* name = StatusCodeName(status.code());
    return ::testing::AssertionFailure()
           << "code: expected kInvalidArgument, got " << (name == nullptr ? "?" : name) << " ("
           << status.message() << ")";
  }
  for (const std::string& part : {std::string("expected"), std::string("got"), got}) {
    if (status.message().find(part) == std::string::npos) {
      return ::testing::AssertionFailure()
             << "message lacks \"" << part << "\": " << status.message();
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace qwenjet::testing
