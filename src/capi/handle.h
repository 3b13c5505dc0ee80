// What stands behind the opaque handles of nasshrink.h: a small shell with a mark and a reference to the object.
//
// The mark says which kind of handle this is and whether it is alive; every call checks it. A shell that was freed is
// kept for a while, marked dead, so that a stale handle is answered with INVALID_ARGUMENT and a double free does
// nothing. Under AddressSanitizer shells are deleted at once, so that the tool sees the caller's mistake.
#ifndef NASSHRINK_CAPI_HANDLE_H_
#define NASSHRINK_CAPI_HANDLE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/status.h"
#include "nasshrink.h"

namespace nasshrink::capi {

enum class Kind : uint32_t {
  kError = 1,
  kBuffer,
  kCancel,
  kContext,
  kSpace,
  kArch,
  kTensor,
  kDataset,
  kTable,
  kSupernet,
  kTrainer,
  kRun,
  kStudy,
};

struct Shell {
  std::atomic<uint32_t> mark{0};
  // Read and cleared by std::atomic_load and std::atomic_exchange: a handle may be freed while a call is using it.
  std::shared_ptr<void> object;
};

constexpr uint32_t kAliveMark = 0x6e617300;

constexpr uint32_t AliveMark(Kind kind) { return kAliveMark | static_cast<uint32_t>(kind); }

// Which object a handle type stands for; specialised beside each object (HandleOf<nasshrink_space> and so on).
template <typename Handle>
struct HandleOf;

// A new shell, counted as a live object.
Shell* NewShell(Kind kind, std::shared_ptr<void> object);
// INVALID_ARGUMENT that says what `handle` is instead of a live handle of this kind.
base::Status NotAHandle(Kind kind, const void* handle, const char* parameter);
// Nothing when the handle is not a live one of this kind.
std::shared_ptr<void> ObjectOf(Kind kind, const void* handle);
// The same without taking a reference: for calls whose answer the handle must outlive anyway.
void* BorrowedObject(Kind kind, const void* handle);
// Marks the handle dead and gives back its reference; nothing when it was not a live one of this kind, or in a forked
// child, where what an object holds (threads, locks) cannot be taken down.
std::shared_ptr<void> Release(Kind kind, void* handle);

int64_t LiveObjects();

template <typename Handle>
using ObjectType = typename HandleOf<Handle>::Object;

// The object of a required handle.
template <typename Handle>
base::Result<std::shared_ptr<ObjectType<Handle>>> Get(const Handle* handle, const char* parameter) {
  constexpr Kind kKind = HandleOf<Handle>::kKind;
  auto object = std::static_pointer_cast<ObjectType<Handle>>(ObjectOf(kKind, handle));
  if (object == nullptr) return NotAHandle(kKind, handle, parameter);
  return object;
}

// The object of an optional handle: nullptr for NULL.
template <typename Handle>
base::Result<std::shared_ptr<ObjectType<Handle>>> GetOptional(const Handle* handle, const char* parameter) {
  if (handle == nullptr) return std::shared_ptr<ObjectType<Handle>>();
  return Get(handle, parameter);
}

template <typename Handle>
void Publish(std::shared_ptr<ObjectType<Handle>> object, Handle** out) {
  *out = reinterpret_cast<Handle*>(NewShell(HandleOf<Handle>::kKind, std::move(object)));
}

template <typename Handle>
std::shared_ptr<ObjectType<Handle>> Release(Handle* handle) {
  return std::static_pointer_cast<ObjectType<Handle>>(Release(HandleOf<Handle>::kKind, handle));
}

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_HANDLE_H_
