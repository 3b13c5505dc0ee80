// A small world seen through nasshrink.h alone: a space of 64 children, its table and the truth about it.
#ifndef NASSHRINK_TESTS_CAPI_FIXTURE_H_
#define NASSHRINK_TESTS_CAPI_FIXTURE_H_

#include <gtest/gtest.h>
#include <nasshrink.h>

#include <memory>
#include <string>
#include <string_view>

#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"

namespace nasshrink::tests {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using Error = std::unique_ptr<nasshrink_error, Freed<nasshrink_error_free>>;
using Buffer = std::unique_ptr<nasshrink_buffer, Freed<nasshrink_buffer_free>>;
using Cancel = std::unique_ptr<nasshrink_cancel, Freed<nasshrink_cancel_free>>;
using Context = std::unique_ptr<nasshrink_context, Freed<nasshrink_context_free>>;
using Space = std::unique_ptr<nasshrink_space, Freed<nasshrink_space_free>>;
using Arch = std::unique_ptr<nasshrink_arch, Freed<nasshrink_arch_free>>;
using Tensor = std::unique_ptr<nasshrink_tensor, Freed<nasshrink_tensor_free>>;
using Dataset = std::unique_ptr<nasshrink_dataset, Freed<nasshrink_dataset_free>>;
using Table = std::unique_ptr<nasshrink_table, Freed<nasshrink_table_free>>;
using Supernet = std::unique_ptr<nasshrink_supernet, Freed<nasshrink_supernet_free>>;
using Trainer = std::unique_ptr<nasshrink_trainer, Freed<nasshrink_trainer_free>>;
using RunHandle = std::unique_ptr<nasshrink_run, Freed<nasshrink_run_free>>;
using Study = std::unique_ptr<nasshrink_study, Freed<nasshrink_study_free>>;

// What a call came to.
struct Outcome {
  nasshrink_status status = NASSHRINK_OK;
  std::string message;
  v1::ErrorDetails details;
};

Outcome OutcomeOf(nasshrink_status status, nasshrink_error* error);

// Calls `function(arguments..., &error)`.
template <typename Function, typename... Arguments>
Outcome Try(Function function, Arguments... arguments) {
  nasshrink_error* error = nullptr;
  const nasshrink_status status = function(arguments..., &error);
  return OutcomeOf(status, error);
}

// Calls `function(arguments..., &handle, &error)`, which must succeed.
template <typename Handle, typename Function, typename... Arguments>
Handle Make(Function function, Arguments... arguments) {
  typename Handle::pointer handle = nullptr;
  const Outcome outcome = Try(function, arguments..., &handle);
  EXPECT_EQ(outcome.status, NASSHRINK_OK) << outcome.message;
  return Handle(handle);
}

std::string BytesOf(const nasshrink_buffer* buffer);
inline const uint8_t* Data(std::string_view bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

// Calls `function(arguments..., &buffer, &error)`, which must succeed, and parses what comes back.
template <typename Message, typename Function, typename... Arguments>
Message Ask(Function function, Arguments... arguments) {
  const Buffer buffer = Make<Buffer>(function, arguments...);
  Message message;
  EXPECT_TRUE(message.ParseFromString(BytesOf(buffer.get())));
  return message;
}

// A folder of its own below the system's temporary folder, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A context whose folder of the torch library does not exist.
Context NewContext(const nasshrink_log_sink* log = nullptr, const char* log_level = "warning");

class World {
 public:
  explicit World(uint32_t workers = 2);

  v1::SearchSpace SpaceMessage() const;
  // Factors of `space`, without the space itself.
  v1::FactorTable TableMessage() const;
  v1::SupernetOptions SupernetMessage() const;
  v1::ArchitectureList Children(uint32_t count) const;
  v1::OperatorScores Scores() const;
  // Random search of eight children.
  v1::StudyOptions StudyMessage() const;
  // Train, score by angle, drop two operators, search.
  v1::RunPlan Plan() const;

  Context context;
  Space root;   // nas-bench-201
  Space space;  // skip and the two convolutions dropped down to two candidates a choice
  Arch arch;
  Table table;
  Supernet supernet;
};

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_CAPI_FIXTURE_H_
