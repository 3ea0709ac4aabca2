// SPDX-License-Identifier: Apache-2.0
// Runs the C program of api_c_test.c, and shows what needs threads to be seen:
// messages at the boundary.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "api/qwenjet.h"
#include "testing/tiny_models.h"

extern "C" {
int qj_c_test_null_arguments(const char* folder);
int qj_c_test_generate(const char* folder, const int32_t* prompt, int32_t num_prompt,
                       const int32_t* expected, int32_t num_expected);
}

namespace qwenjet::api {
namespace {

TEST(ApiTest, NullArgumentsAreRefusedByName) {
  const std::string folder = testing::TinyModelFolder("qwen3-dense");
  EXPECT_EQ(qj_c_test_null_arguments(folder.c_str()), 0) << "line of api_c_test.c";
}

TEST(ApiTest, ACProgramGeneratesTheReferencesTokens) {
  const testing::TinyModel model = testing::ReadTinyModel("qwen3-dense");
  ASSERT_EQ(model.runs.size(), 4u);
  const testing::TinyRun& run = model.runs[1];
  EXPECT_EQ(qj_c_test_generate(model.folder.c_str(), run.prompt.data(),
                               static_cast<int32_t>(run.prompt.size()), run.generated.data(),
                               static_cast<int32_t>(run.generated.size())),
            0)
      << "line of api_c_test.c";
}

TEST(ApiTest, AMessageBelongsToTheThreadThatSawTheError) {
  EXPECT_NE(qj_checkpoint_open("no-such-folder", nullptr), 0);
  const int64_t own = qj_last_error(nullptr, 0);
  EXPECT_GT(own, 0);
  std::thread([own] {
    EXPECT_EQ(qj_last_error(nullptr, 0), 0);
    qj_checkpoint* checkpoint = nullptr;
    EXPECT_NE(qj_checkpoint_open("a folder that is not there", &checkpoint), 0);
    EXPECT_NE(qj_last_error(nullptr, 0), own);
  }).join();
  EXPECT_EQ(qj_last_error(nullptr, 0), own);
}

}  // namespace
}  // namespace qwenjet::api
