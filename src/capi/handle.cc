#include "capi/handle.h"

#include <array>
#include <mutex>

#include "base/fork_guard.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NASSHRINK_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define NASSHRINK_ADDRESS_SANITIZER 1
#endif

namespace nasshrink::capi {
namespace {

constexpr uint32_t kDeadMark = 0x64656100;
constexpr uint32_t kKindBits = 0xff;

std::atomic<int64_t> live_objects{0};

#ifdef NASSHRINK_ADDRESS_SANITIZER
void Bury(Shell* shell) { delete shell; }
#else
constexpr size_t kKeptShells = 4096;
std::mutex kept_mutex;
std::array<Shell*, kKeptShells> kept_shells;
size_t next_kept = 0;

// The oldest shell makes room for the new one.
void Bury(Shell* shell) {
  {
    const std::lock_guard<std::mutex> lock(kept_mutex);
    std::swap(shell, kept_shells[next_kept]);
    next_kept = (next_kept + 1) % kKeptShells;
  }
  delete shell;
}
#endif

const char* NameOf(Kind kind) {
  static constexpr const char* kNames[] = {"",         "error",        "buffer", "cancel",  "context",
                                           "space",    "architecture", "tensor", "dataset", "table",
                                           "supernet", "trainer",      "run",    "study"};
  const auto index = static_cast<uint32_t>(kind);
  return index < std::size(kNames) ? kNames[index] : "";
}

const Shell* AsShell(const void* handle) { return static_cast<const Shell*>(handle); }

}  // namespace

Shell* NewShell(Kind kind, std::shared_ptr<void> object) {
  auto* const shell = new Shell;
  shell->object = std::move(object);
  shell->mark.store(AliveMark(kind), std::memory_order_release);
  live_objects.fetch_add(1, std::memory_order_relaxed);
  return shell;
}

base::Status NotAHandle(Kind kind, const void* handle, const char* parameter) {
  if (handle == nullptr) {
    return base::Invalid(parameter, "NULL", fmt::format("a handle of kind {}", NameOf(kind)), "must not be NULL");
  }
  const uint32_t mark = AsShell(handle)->mark.load(std::memory_order_acquire);
  const auto other = static_cast<Kind>(mark & kKindBits);
  const bool known = NameOf(other)[0] != '\0';
  std::string found = "something else";
  if (known && (mark & ~kKindBits) == kAliveMark) found = fmt::format("a handle of kind {}", NameOf(other));
  if (known && (mark & ~kKindBits) == kDeadMark) found = fmt::format("a freed handle of kind {}", NameOf(other));
  return base::Invalid(parameter, found, fmt::format("a handle of kind {}", NameOf(kind)), "is not a usable handle");
}

std::shared_ptr<void> ObjectOf(Kind kind, const void* handle) {
  if (handle == nullptr) return nullptr;
  const Shell* shell = AsShell(handle);
  if (shell->mark.load(std::memory_order_acquire) != AliveMark(kind)) return nullptr;
  return std::atomic_load(&shell->object);
}

void* BorrowedObject(Kind kind, const void* handle) {
  if (handle == nullptr) return nullptr;
  const Shell* shell = AsShell(handle);
  if (shell->mark.load(std::memory_order_acquire) != AliveMark(kind)) return nullptr;
  return shell->object.get();
}

std::shared_ptr<void> Release(Kind kind, void* handle) {
  if (handle == nullptr || !base::CheckNotForked().ok()) return nullptr;
  auto* const shell = static_cast<Shell*>(handle);
  uint32_t alive = AliveMark(kind);
  if (!shell->mark.compare_exchange_strong(alive, kDeadMark | static_cast<uint32_t>(kind))) return nullptr;
  std::shared_ptr<void> object = std::atomic_exchange(&shell->object, std::shared_ptr<void>());
  live_objects.fetch_sub(1, std::memory_order_relaxed);
  Bury(shell);
  return object;
}

int64_t LiveObjects() { return live_objects.load(std::memory_order_relaxed); }

}  // namespace nasshrink::capi
