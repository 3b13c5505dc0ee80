// A supernet as one file: the back end's safetensors image with the space in its metadata.
//
// Metadata keys: "nasshrink.format" ("supernet 1"), "nasshrink.backend" (what made it), "nasshrink.space" (canonical
// bytes, base64) and "nasshrink.fingerprint" (full fingerprint, hex).
#ifndef NASSHRINK_RUN_CHECKPOINT_H_
#define NASSHRINK_RUN_CHECKPOINT_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::run {

// "torch" of "torch 2.11.0, 2 threads".
std::string BackendKind(std::string_view backend);

base::Result<std::string> CheckpointImage(const Supernet& supernet);

// What every extracted child says about itself: "nasshrink.format" ("child 1"), its operator codes, and its space.
std::map<std::string, std::string> ChildMetadata(const space::Space& space, const space::Architecture& child);

// Atomic: the path holds the old file or the new one, whatever happens.
base::Status SaveCheckpoint(const std::string& path, const Supernet& supernet);

// DATA_LOSS for a torn or foreign image; `supernet` is "torch" or "table", the kind of back end that made it.
struct CheckpointHeader {
  space::Space space;
  std::string backend;
};
base::Result<CheckpointHeader> ReadCheckpointHeader(std::string_view image);

// FAILED_PRECONDITION when the file was made by another kind of back end.
base::Result<std::unique_ptr<Supernet>> LoadCheckpointImage(std::string_view image, Backend& backend);
base::Result<std::unique_ptr<Supernet>> LoadCheckpoint(const std::string& path, Backend& backend);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_CHECKPOINT_H_
