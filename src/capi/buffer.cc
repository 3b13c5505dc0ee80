// Buffers: bytes the library hands out.
#include "capi/guard.h"
#include "capi/message.h"
#include "nasshrink.h"

using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_buffer_create(const void* data, size_t size, nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    if (data == nullptr && size > 0) return BytesOf(nullptr, size, "data").status();
    PublishBytes(size == 0 ? std::string() : std::string(static_cast<const char*>(data), size), out);
    return {};
  });
}

const uint8_t* nasshrink_buffer_data(const nasshrink_buffer* buffer) {
  const auto* object = static_cast<const BufferObject*>(BorrowedObject(Kind::kBuffer, buffer));
  return object == nullptr ? nullptr : reinterpret_cast<const uint8_t*>(object->bytes.data());
}

size_t nasshrink_buffer_size(const nasshrink_buffer* buffer) {
  const auto* object = static_cast<const BufferObject*>(BorrowedObject(Kind::kBuffer, buffer));
  return object == nullptr ? 0 : object->bytes.size();
}

void nasshrink_buffer_free(nasshrink_buffer* buffer) { Release(buffer); }
