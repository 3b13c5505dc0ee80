// Protobuf bytes in and out of calls.
#ifndef NASSHRINK_CAPI_MESSAGE_H_
#define NASSHRINK_CAPI_MESSAGE_H_

#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "capi/handle.h"

namespace nasshrink::capi {

struct BufferObject {
  std::string bytes;
};

template <>
struct HandleOf<nasshrink_buffer> {
  using Object = BufferObject;
  static constexpr Kind kKind = Kind::kBuffer;
};

// INVALID_ARGUMENT for an output that must not be NULL.
base::Status CheckOut(const void* out, const char* parameter = "out");

// Bytes that must be given.
base::Result<std::string_view> BytesOf(const uint8_t* data, size_t size, const char* parameter);

// INVALID_ARGUMENT when the bytes are not such a message, or are nested deeper than 100 levels.
base::Status ParseInto(std::string_view bytes, const char* parameter, google::protobuf::MessageLite* message);

// A message that must be given.
template <typename Message>
base::Result<Message> MessageOf(const uint8_t* data, size_t size, const char* parameter) {
  NASSHRINK_ASSIGN_OR_RETURN(const std::string_view bytes, BytesOf(data, size, parameter));
  Message message;
  NASSHRINK_RETURN_IF_ERROR(ParseInto(bytes, parameter, &message));
  return message;
}

// NULL of size 0 is the message of defaults.
template <typename Message>
base::Result<Message> OptionsOf(const uint8_t* data, size_t size, const char* parameter = "options") {
  if (data == nullptr && size == 0) return Message();
  return MessageOf<Message>(data, size, parameter);
}

void PublishBytes(std::string bytes, nasshrink_buffer** out);
// OK, so that a body may end with it.
base::Status PublishMessage(const google::protobuf::MessageLite& message, nasshrink_buffer** out);

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_MESSAGE_H_
