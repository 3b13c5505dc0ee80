// What the library says about itself.
#include <google/protobuf/stubs/common.h>
#include <sqlite3.h>

#include "capi/guard.h"
#include "capi/message.h"
#include "nasshrink.h"
#include "nasshrink/v1/context.pb.h"

namespace nasshrink::capi {
namespace {

#define NASSHRINK_TEXT_INNER(x) #x
#define NASSHRINK_TEXT(x) NASSHRINK_TEXT_INNER(x)
constexpr const char* kVersion = NASSHRINK_TEXT(NASSHRINK_VERSION_MAJOR) "." NASSHRINK_TEXT(
    NASSHRINK_VERSION_MINOR) "." NASSHRINK_TEXT(NASSHRINK_VERSION_PATCH);

v1::BuildInfo Describe() {
  v1::BuildInfo info;
  info.set_version(kVersion);
#if defined(__clang__)
  info.set_compiler("clang " __clang_version__);
#else
  info.set_compiler("gcc " __VERSION__);
#endif
  info.set_protobuf_version(google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION));
  info.set_sqlite_version(sqlite3_libversion());
  info.set_torch_version(NASSHRINK_TORCH_VERSION);
#if defined(__SANITIZE_ADDRESS__)
  info.add_features("address-sanitizer");
#endif
#if defined(__SANITIZE_THREAD__)
  info.add_features("thread-sanitizer");
#endif
  return info;
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

uint32_t nasshrink_abi_version(void) { return NASSHRINK_ABI_VERSION; }

const char* nasshrink_version_string(void) { return kVersion; }

nasshrink_status nasshrink_build_info(nasshrink_buffer** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    return PublishMessage(Describe(), out);
  });
}

const char* nasshrink_status_name(nasshrink_status status) { return nasshrink::base::CodeName(status); }

int64_t nasshrink_live_objects(void) { return LiveObjects(); }
