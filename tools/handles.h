// C handles of nasshrink.h as owned C++ values, and calls that end the program with the right exit code when they fail.
#ifndef NASSHRINK_TOOLS_HANDLES_H_
#define NASSHRINK_TOOLS_HANDLES_H_

#include <nasshrink.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "output.h"

namespace nasshrink::tools {

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
using Dataset = std::unique_ptr<nasshrink_dataset, Freed<nasshrink_dataset_free>>;
using Tensor = std::unique_ptr<nasshrink_tensor, Freed<nasshrink_tensor_free>>;
using Table = std::unique_ptr<nasshrink_table, Freed<nasshrink_table_free>>;
using Supernet = std::unique_ptr<nasshrink_supernet, Freed<nasshrink_supernet_free>>;
using Run = std::unique_ptr<nasshrink_run, Freed<nasshrink_run_free>>;
using Study = std::unique_ptr<nasshrink_study, Freed<nasshrink_study_free>>;

// Wrong input, or inputs that do not fit each other, are exit code 2, a cancelled call 130, everything else 1.
ExitCode ExitCodeOf(nasshrink_status status);

struct Outcome {
  nasshrink_status status = NASSHRINK_OK;
  ExitCode exit = kDone;
  std::string message;
  Json details;

  bool ok() const { return status == NASSHRINK_OK; }
  // The field at fault; "" for none.
  std::string field() const { return details.value("field", ""); }
};
Outcome OutcomeOf(nasshrink_status status, Error error);
[[noreturn]] void FailWith(const Outcome& outcome);

// Calls `function(arguments..., &error)`.
template <typename Function, typename... Arguments>
Outcome Try(Function function, Arguments... arguments) {
  nasshrink_error* error = nullptr;
  const nasshrink_status status = function(arguments..., &error);
  return OutcomeOf(status, Error(error));
}

// The same, where a failure ends the program.
template <typename Function, typename... Arguments>
void Do(Function function, Arguments... arguments) {
  const Outcome outcome = Try(function, arguments...);
  if (!outcome.ok()) FailWith(outcome);
}

// Calls `function(arguments..., &handle, &error)`; a failure ends the program.
template <typename Handle, typename Function, typename... Arguments>
Handle Make(Function function, Arguments... arguments) {
  typename Handle::pointer handle = nullptr;
  Do(function, arguments..., &handle);
  return Handle(handle);
}

// The same for what the file `path` holds: an error begins with its name.
template <typename Handle, typename Function, typename... Arguments>
Handle MakeFrom(const std::string& path, Function function, Arguments... arguments) {
  typename Handle::pointer handle = nullptr;
  Outcome outcome = Try(function, arguments..., &handle);
  if (!outcome.ok()) {
    outcome.message = path + ": " + outcome.message;
    FailWith(outcome);
  }
  return Handle(handle);
}

inline const uint8_t* Data(std::string_view bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

inline std::string_view View(const Buffer& buffer) {
  return {reinterpret_cast<const char*>(nasshrink_buffer_data(buffer.get())), nasshrink_buffer_size(buffer.get())};
}

// The library and the program are built from the same message files, so a buffer always parses.
template <typename Message>
Message MessageOf(const Buffer& buffer) {
  Message message;
  if (!message.ParseFromArray(nasshrink_buffer_data(buffer.get()),
                              static_cast<int>(nasshrink_buffer_size(buffer.get())))) {
    Fail(kWorkFailed, "INTERNAL", "the library answered with a message this program cannot read");
  }
  return message;
}

// Calls `function(arguments..., &buffer, &error)` and parses the buffer; a failure ends the program.
template <typename Message, typename Function, typename... Arguments>
Message Ask(Function function, Arguments... arguments) {
  return MessageOf<Message>(Make<Buffer>(function, arguments...));
}

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_HANDLES_H_
