// Whole files in and out, with statuses instead of errno.
//
// NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED (disk or quota full, too many open files, file above the limit)
// and DATA_LOSS (a device error); messages name the path.
#ifndef NASSHRINK_BASE_FILE_H_
#define NASSHRINK_BASE_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace nasshrink::base {

Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes = UINT64_MAX);

// Writes to a temporary file in the same folder, fsyncs it, renames it over `path` and fsyncs the folder: after a crash
// `path` holds either the old or the new contents. The temporary file is removed on failure.
Status WriteFileAtomically(const std::string& path, std::string_view contents);

// The status for an errno value: `doing` is a verb phrase, for example "cannot open".
Status FileError(int error, std::string_view doing, std::string_view path);

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_FILE_H_
