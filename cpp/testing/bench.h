// SPDX-License-Identifier: Apache-2.0
// testing: the harness of the operators' benchmarks. A case checks its result once, is warmed up,
// and is then timed run by run; the report is one JSON object with every sample.
// Flags: --isa NAME, --threads N, --filter TEXT, --runs N.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/cpu_features.h"
#include "ops/backend.h"
#include "testing/compare.h"

namespace qwenjet::testing {

struct BenchCase {
  std::string name;
  nlohmann::json shape;
  std::string dtype;
  double bytes = 0;  // that one call must move at least
  double flops = 0;  // that one call must do at least
  std::function<Status()> run;
  std::function<Comparison()> check;
};

class Bench {
 public:
  // Exits of the process are the program's: false says why on standard error.
  bool Start(const char* op, int argc, char** argv) {
    op_ = op;
    isa_ = BestIsa();
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string flag = argv[i], value = argv[i + 1];
      if (flag == "--isa") {
        bool known = false;
        for (int32_t isa = 0; isa < kNumIsas; ++isa) {
          if (value != IsaName(static_cast<Isa>(isa))) continue;
          isa_ = static_cast<Isa>(isa);
          known = true;
        }
        if (!known) return Refuse("--isa: unknown path " + value);
      } else if (flag == "--threads") {
        num_threads_ = std::atoi(value.c_str());
      } else if (flag == "--filter") {
        filter_ = value;
      } else if (flag == "--runs") {
        num_runs_ = std::max(1, std::atoi(value.c_str()));
      } else {
        return Refuse("expected --isa, --threads, --filter or --runs, got " + flag);
      }
    }
    if (argc % 2 == 0) return Refuse("the last flag lacks its value");
    auto backend = ops::Backend::CreateCpu(isa_, num_threads_);
    if (!backend.ok()) return Refuse(backend.status().message());
    backend_ = std::move(*backend);
    return true;
  }

  ops::Backend& backend() { return *backend_; }
  bool Wants(const std::string& name) const { return name.find(filter_) != std::string::npos; }

  void Run(const BenchCase& c) {
    if (!Wants(c.name)) return;
    if (const Status status = c.run(); !status.ok()) return Fail(c.name, status.message());
    if (const Comparison comparison = c.check(); !comparison.ok) {
      return Fail(c.name, comparison.message);
    }
    std::vector<double> seconds;
    using Clock = std::chrono::steady_clock;
    // Calls shorter than 200 us are timed in batches, so that the clock does not count.
    const auto once = Clock::now();
    if (!c.run().ok()) return Fail(c.name, "a later run failed");
    const double first = std::chrono::duration<double>(Clock::now() - once).count();
    const int calls = std::clamp(static_cast<int>(2e-4 / std::max(first, 1e-8)), 1, 10000);
    for (int i = 0; i < num_runs_; ++i) {
      const auto begin = Clock::now();
      for (int call = 0; call < calls; ++call) {
        if (!c.run().ok()) return Fail(c.name, "a later run failed");
      }
      seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count() / calls);
    }
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    const double median = sorted[sorted.size() / 2];
    rows_.push_back({{"case", c.name},
                     {"shape", c.shape},
                     {"dtype", c.dtype},
                     {"calls_per_sample", calls},
                     {"median_s", median},
                     {"min_s", sorted.front()},
                     {"max_s", sorted.back()},
                     {"gb_per_s", c.bytes / median * 1e-9},
                     {"gflop_per_s", c.flops / median * 1e-9},
                     {"samples_s", seconds}});
  }

  // Writes the report to standard output; the exit status of the program. Caches are warm: a case
  // runs over and over on the same memory.
  int Finish() {
    std::cout << nlohmann::json{{"op", op_},
                                {"isa", IsaName(isa_)},
                                {"threads", num_threads_},
                                {"caches", "warm"},
                                {"rows", rows_}}
                     .dump(1)
              << "\n";
    return failed_ ? 1 : 0;
  }

 private:
  bool Refuse(const std::string& why) {
    std::cerr << op_ << "_bench: " << why << "\n";
    return false;
  }
  void Fail(const std::string& name, const std::string& why) {
    failed_ = true;
    std::cerr << op_ << "_bench: " << name << ": " << why << "\n";
  }

  std::string op_;
  Isa isa_ = Isa::kPortable;
  int num_threads_ = 1;
  int num_runs_ = 21;
  std::string filter_;
  std::unique_ptr<ops::Backend> backend_;
  nlohmann::json rows_ = nlohmann::json::array();
  bool failed_ = false;
};

}  // namespace qwenjet::testing
