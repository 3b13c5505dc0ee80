// The outcome of an operation: a canonical status code, one sentence for people, and the field at fault.
//
// Our own code reports failure by Status and Result, never by exception. A message is one lower-case sentence
// without a final full stop; details name the field path, the offending value and what is allowed.
#ifndef NASSHRINK_BASE_STATUS_H_
#define NASSHRINK_BASE_STATUS_H_

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nasshrink::base {

// The 17 canonical codes with their canonical numbers.
enum class Code : int32_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// Upper-case name, for example "INVALID_ARGUMENT"; "UNKNOWN" for other numbers.
const char* CodeName(int32_t code);

class [[nodiscard]] Status {
 public:
  struct Details {
    std::string field;
    std::string value;
    std::string allowed;
    std::vector<Status> causes;
  };

  Status() = default;
  Status(Code code, std::string message);

  bool ok() const { return state_ == nullptr; }
  Code code() const { return state_ == nullptr ? Code::kOk : state_->code; }
  const std::string& message() const;
  const Details& details() const;

  // Adds the field at fault, its value and what is allowed to the details and, as
  // "field: message (got value, allowed: ...)", to the message.
  Status WithField(std::string_view field, std::string_view value, std::string_view allowed) &&;
  // Prefixes the field path, for example "choices[3]." when a nested parser failed at "alive[0]"; where it failed as a
  // whole, the path is "choices[3]".
  Status Under(std::string_view prefix) &&;
  // Prefixes the whole message with what it is about, for example a file: "space.bin: choices[3]: ...".
  Status About(std::string_view subject) &&;
  Status CausedBy(Status cause) &&;

 private:
  struct State {
    Code code = Code::kOk;
    std::string subject;
    std::string text;     // without subject and field
    std::string message;  // with them
    Details details;
    void Compose();
  };
  std::shared_ptr<State> Unshared();
  std::shared_ptr<State> state_;
};

// `Invalid("choices[3].alive[0]", 7, "0..4", "names no candidate")`.
template <typename Value>
Status Invalid(std::string_view field, const Value& value, std::string_view allowed, std::string_view text) {
  return Status(Code::kInvalidArgument, std::string(text)).WithField(field, fmt::format("{}", value), allowed);
}

template <typename... Args>
Status Error(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return Status(code, fmt::format(format, std::forward<Args>(args)...));
}

// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    if (status_.ok()) status_ = Status(Code::kInternal, "a result was made from an OK status");
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace nasshrink::base

#define NASSHRINK_CONCAT_INNER(a, b) a##b
#define NASSHRINK_CONCAT(a, b) NASSHRINK_CONCAT_INNER(a, b)

// Returns from the enclosing function when the expression is not OK.
#define NASSHRINK_RETURN_IF_ERROR(expression)                   \
  do {                                                          \
    ::nasshrink::base::Status nasshrink_status_ = (expression); \
    if (!nasshrink_status_.ok()) return nasshrink_status_;      \
  } while (false)

// `NASSHRINK_ASSIGN_OR_RETURN(auto space, ParseSpace(bytes));`
#define NASSHRINK_ASSIGN_OR_RETURN(declaration, expression) \
  NASSHRINK_ASSIGN_OR_RETURN_INNER(NASSHRINK_CONCAT(nasshrink_result_, __LINE__), declaration, expression)
#define NASSHRINK_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                             \
  if (!result.ok()) return result.status();                               \
  declaration = *std::move(result)

#endif  // NASSHRINK_BASE_STATUS_H_
