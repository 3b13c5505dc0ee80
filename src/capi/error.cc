#include "capi/error.h"

#include <memory>
#include <new>

#include "capi/text.h"
#include "nasshrink/v1/context.pb.h"

namespace nasshrink::capi {
namespace {

// Alive without an object and never released: needs no memory.
Shell out_of_memory{{AliveMark(Kind::kError)}, nullptr};

constexpr const char* kOutOfMemory = "out of memory";

bool IsOutOfMemory(const nasshrink_error* error) {
  return static_cast<const void*>(error) == static_cast<const void*>(&out_of_memory);
}

const ErrorObject* Borrowed(const nasshrink_error* error) {
  return static_cast<const ErrorObject*>(BorrowedObject(Kind::kError, error));
}

void DetailsToMessage(const base::Status& status, v1::ErrorDetails* message) {
  message->set_status(base::CodeName(static_cast<int32_t>(status.code())));
  message->set_message(Utf8Of(status.message()));
  message->set_field(Utf8Of(status.details().field));
  message->set_value(Utf8Of(status.details().value));
  message->set_allowed(Utf8Of(status.details().allowed));
  for (const base::Status& cause : status.details().causes) DetailsToMessage(cause, message->add_causes());
}

nasshrink_error* NewError(const base::Status& status) {
  auto object = std::make_shared<ErrorObject>();
  object->status = status;
  object->message = Utf8Of(status.message());
  v1::ErrorDetails details;
  DetailsToMessage(status, &details);
  object->details = details.SerializeAsString();
  nasshrink_error* error = nullptr;
  Publish(std::move(object), &error);
  return error;
}

}  // namespace

nasshrink_error* OutOfMemoryError() { return reinterpret_cast<nasshrink_error*>(&out_of_memory); }

nasshrink_status Report(const base::Status& status, nasshrink_error** err) noexcept {
  if (status.ok()) return NASSHRINK_OK;
  if (err == nullptr) return static_cast<nasshrink_status>(status.code());
  try {
    *err = NewError(status);
    return static_cast<nasshrink_status>(status.code());
  } catch (const std::exception&) {
    *err = OutOfMemoryError();
    return NASSHRINK_RESOURCE_EXHAUSTED;
  }
}

nasshrink_status ReportException(const char* what, nasshrink_error** err) noexcept {
  try {
    return Report(base::Error(base::Code::kInternal, "an exception reached the border of the library: {}", what), err);
  } catch (const std::exception&) {
    if (err != nullptr) *err = OutOfMemoryError();
    return NASSHRINK_RESOURCE_EXHAUSTED;
  }
}

base::Status TakeError(nasshrink_error* error) {
  if (error == nullptr) return {};
  if (IsOutOfMemory(error)) return base::Status(base::Code::kResourceExhausted, kOutOfMemory);
  const auto object = Release(error);
  if (object == nullptr) {
    return base::Status(base::Code::kUnknown, "a callback returned something that is not an error of this library");
  }
  return object->status;
}

}  // namespace nasshrink::capi

using nasshrink::base::Code;
using nasshrink::base::Status;
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)

nasshrink_error* nasshrink_error_create(nasshrink_status status, const char* message, size_t message_size) {
  const bool known = status > NASSHRINK_OK && status <= NASSHRINK_UNAUTHENTICATED;
  try {
    std::string text = message == nullptr ? std::string() : std::string(message, message_size);
    return NewError(Status(known ? static_cast<Code>(status) : Code::kUnknown, std::move(text)));
  } catch (const std::exception&) {
    return OutOfMemoryError();
  }
}

nasshrink_status nasshrink_error_status(const nasshrink_error* error) {
  if (error == nullptr) return NASSHRINK_OK;
  if (IsOutOfMemory(error)) return NASSHRINK_RESOURCE_EXHAUSTED;
  const ErrorObject* object = Borrowed(error);
  return object == nullptr ? NASSHRINK_INVALID_ARGUMENT : static_cast<nasshrink_status>(object->status.code());
}

const char* nasshrink_error_message(const nasshrink_error* error) {
  if (error == nullptr) return "";
  if (IsOutOfMemory(error)) return kOutOfMemory;
  const ErrorObject* object = Borrowed(error);
  return object == nullptr ? "this is not a usable error handle" : object->message.c_str();
}

const uint8_t* nasshrink_error_details(const nasshrink_error* error, size_t* size) {
  if (size != nullptr) *size = 0;
  const ErrorObject* object = error == nullptr || IsOutOfMemory(error) ? nullptr : Borrowed(error);
  if (object == nullptr) return nullptr;
  if (size != nullptr) *size = object->details.size();
  return reinterpret_cast<const uint8_t*>(object->details.data());
}

void nasshrink_error_free(nasshrink_error* error) {
  if (!IsOutOfMemory(error)) Release(error);
}
