#include "capi/message.h"

#include <limits>
#include <utility>

#include "space/parse_message.h"

namespace nasshrink::capi {

base::Status CheckOut(const void* out, const char* parameter) {
  if (out != nullptr) return {};
  return base::Invalid(parameter, "NULL", "a place for the result", "must not be NULL");
}

base::Result<std::string_view> BytesOf(const uint8_t* data, size_t size, const char* parameter) {
  if (data == nullptr) return base::Invalid(parameter, "NULL", "bytes", "must not be NULL");
  return std::string_view(reinterpret_cast<const char*>(data), size);
}

base::Status ParseInto(std::string_view bytes, const char* parameter, google::protobuf::MessageLite* message) {
  constexpr size_t kMost = std::numeric_limits<int>::max();
  if (bytes.size() > kMost) {
    return base::Invalid(parameter, fmt::format("{} bytes", bytes.size()), fmt::format("at most {} bytes", kMost),
                         "is too long for a message");
  }
  if (space::ParseMessage(bytes, message)) return {};
  return base::Invalid(parameter, fmt::format("{} bytes", bytes.size()),
                       fmt::format("a {} message", message->GetTypeName()), "is not a well-formed message");
}

void PublishBytes(std::string bytes, nasshrink_buffer** out) {
  auto object = std::make_shared<BufferObject>();
  object->bytes = std::move(bytes);
  Publish(std::move(object), out);
}

base::Status PublishMessage(const google::protobuf::MessageLite& message, nasshrink_buffer** out) {
  // Protobuf would write nothing at all.
  if (message.ByteSizeLong() > std::numeric_limits<int>::max()) {
    return base::Error(base::Code::kResourceExhausted, "the answer has {} bytes, above the 2 GiB of a message",
                       message.ByteSizeLong());
  }
  PublishBytes(message.SerializeAsString(), out);
  return {};
}

}  // namespace nasshrink::capi
