// What every function does with NULL, with a handle of another kind and with one that has been freed, checked against
// what the header says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "capi/calls.h"

namespace nasshrink::tests {
namespace {

std::string HeaderText() {
  const char* source = std::getenv("NASSHRINK_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/include/nasshrink.h");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The names in "a, b and c".
std::set<std::string> NamesIn(std::string list) {
  std::replace(list.begin(), list.end(), ',', ' ');
  std::istringstream words(list);
  std::set<std::string> names;
  for (std::string word; words >> word;) {
    if (word != "and") names.insert(word);
  }
  return names;
}

// Function to the parameters that "must not be NULL", for the functions that return a status.
std::map<std::string, std::set<std::string>> RequiredByHeader() {
  const std::string text = HeaderText();
  const std::string declares = "NASSHRINK_API NASSHRINK_MUST_USE nasshrink_status";
  const std::string opens = "Parameters: ";
  std::map<std::string, std::set<std::string>> required;
  for (size_t at = text.find(declares); at != std::string::npos; at = text.find(declares, at + 1)) {
    const size_t name = text.find_first_not_of(" \n", at + declares.size());
    std::set<std::string>& names = required[text.substr(name, text.find('(', name) - name)];
    const size_t list = text.rfind(opens, at) + opens.size();
    const size_t ends = text.find(" must not be NULL", list);
    if (ends < at) names = NamesIn(text.substr(list, ends - list));
  }
  return required;
}

class ArgumentsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = new CallWorld;
    calls_ = new std::vector<Call>(AllCalls(*world_));
  }
  static void TearDownTestSuite() {
    delete calls_;
    delete world_;
    EXPECT_EQ(nasshrink_live_objects(), 0);
  }

  static std::vector<std::string> Names(const Call& call, bool handles_only) {
    Pass nothing;
    call.make(nothing);
    return handles_only ? nothing.handles : nothing.names;
  }

  static inline CallWorld* world_ = nullptr;
  static inline std::vector<Call>* calls_ = nullptr;
};

TEST_F(ArgumentsTest, EveryFunctionOfTheHeaderIsCalled) {
  std::set<std::string> called;
  for (const Call& call : *calls_) called.insert(call.function);
  std::set<std::string> declared;
  for (const auto& [function, required] : RequiredByHeader()) declared.insert(function);
  declared.erase("nasshrink_error_status");
  EXPECT_EQ(called, declared);
}

TEST_F(ArgumentsTest, RightArgumentsDoWhatTheyShould) {
  for (const Call& call : *calls_) {
    Pass nothing;
    const Outcome outcome = call.make(nothing);
    EXPECT_EQ(outcome.status, call.expected) << call.function << ": " << outcome.message;
  }
}

TEST_F(ArgumentsTest, NullIsRefusedWhereTheHeaderSaysSoAndNamesTheParameter) {
  const auto required = RequiredByHeader();
  for (const Call& call : *calls_) {
    for (const std::string& name : Names(call, false)) {
      Pass spoiled(name, nullptr);
      const Outcome outcome = call.make(spoiled);
      if (required.at(call.function).count(name) == 0) {
        // Bytes may be left out, but not with a size.
        const bool sized = outcome.details.allowed() == "bytes";
        EXPECT_TRUE(sized || outcome.details.field() != name) << call.function << ": " << outcome.message;
        continue;
      }
      EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT) << call.function << " " << name;
      if (call.expected != NASSHRINK_INVALID_ARGUMENT) {
        EXPECT_EQ(outcome.details.field(), name) << call.function << ": " << outcome.message;
      }
    }
  }
}

TEST_F(ArgumentsTest, NoParameterThatTheHeaderRequiresIsLeftOut) {
  const auto required = RequiredByHeader();
  for (const Call& call : *calls_) {
    const std::vector<std::string> names = Names(call, false);
    for (const std::string& name : required.at(call.function)) {
      EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << call.function << " " << name;
    }
  }
}

TEST_F(ArgumentsTest, AHandleOfAnotherKindIsRefused) {
  const Cancel cancel = Make<Cancel>(nasshrink_cancel_create);
  const Buffer buffer = Make<Buffer>(nasshrink_buffer_create, nullptr, size_t{0});
  for (const Call& call : *calls_) {
    for (const std::string& name : Names(call, true)) {
      void* const other = name == "cancel" ? static_cast<void*>(buffer.get()) : static_cast<void*>(cancel.get());
      Pass spoiled(name, other);
      const Outcome outcome = call.make(spoiled);
      EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT) << call.function << " " << name;
      EXPECT_EQ(outcome.details.field(), name) << call.function << ": " << outcome.message;
    }
  }
}

#ifndef __SANITIZE_ADDRESS__
TEST_F(ArgumentsTest, AFreedHandleIsRefusedAndADoubleFreeDoesNothing) {
  const World other;
  nasshrink_space* const space =
      Make<Space>(nasshrink_space_preset, other.context.get(), "nas-bench-201", nullptr, size_t{0}).release();
  nasshrink_space_free(space);
  const int64_t live = nasshrink_live_objects();
  nasshrink_space_free(space);
  EXPECT_EQ(nasshrink_live_objects(), live);
  for (const Call& call : *calls_) {
    for (const std::string& name : Names(call, true)) {
      Pass spoiled(name, space);
      const Outcome outcome = call.make(spoiled);
      EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT) << call.function << " " << name;
      EXPECT_NE(outcome.message.find("freed"), std::string::npos) << outcome.message;
    }
  }
}
#endif

TEST_F(ArgumentsTest, FunctionsWithoutAStatusTakeNull) {
  nasshrink_error_free(nullptr);
  nasshrink_buffer_free(nullptr);
  nasshrink_cancel_free(nullptr);
  nasshrink_context_free(nullptr);
  nasshrink_space_free(nullptr);
  nasshrink_arch_free(nullptr);
  nasshrink_tensor_free(nullptr);
  nasshrink_dataset_free(nullptr);
  nasshrink_table_free(nullptr);
  nasshrink_supernet_free(nullptr);
  nasshrink_trainer_free(nullptr);
  nasshrink_run_free(nullptr);
  nasshrink_study_free(nullptr);
  nasshrink_cancel_trigger(nullptr);
  nasshrink_run_cancel(nullptr);
  EXPECT_EQ(nasshrink_cancel_is_triggered(nullptr), 0);
  EXPECT_EQ(nasshrink_buffer_data(nullptr), nullptr);
  EXPECT_EQ(nasshrink_buffer_size(nullptr), 0U);
  EXPECT_EQ(nasshrink_error_status(nullptr), NASSHRINK_OK);
  EXPECT_STREQ(nasshrink_error_message(nullptr), "");
  EXPECT_EQ(nasshrink_error_details(nullptr, nullptr), nullptr);
}

TEST_F(ArgumentsTest, ErrorsMayBeUnwanted) {
  nasshrink_space* space = nullptr;
  EXPECT_EQ(nasshrink_space_preset(world_->world.context.get(), "no-such-space", nullptr, 0, &space, nullptr),
            NASSHRINK_NOT_FOUND);
  EXPECT_EQ(space, nullptr);
}

}  // namespace
}  // namespace nasshrink::tests
