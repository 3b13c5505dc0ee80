#include "run/checkpoint.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/safetensors.h"
#include "space/architecture.h"
#include "space/codec.h"

namespace nasshrink::run {
namespace {

using base::Code;

constexpr const char* kFormat = "supernet 1";

base::Status Foreign(std::string_view why) {
  return base::Error(Code::kDataLoss, "this is no supernet checkpoint of nasshrink: {}", why);
}

}  // namespace

std::string BackendKind(std::string_view backend) {
  return std::string(backend.substr(0, backend.find_first_of(" ,")));
}

base::Result<std::string> CheckpointImage(const Supernet& supernet) {
  const space::Space& space = supernet.space();
  return supernet.Serialize({{"nasshrink.format", kFormat},
                             {"nasshrink.backend", supernet.Describe().backend},
                             {"nasshrink.space", base::Base64Of(space::CanonicalBytes(space))},
                             {"nasshrink.fingerprint", base::HexOf(space.full_fingerprint)}});
}

std::map<std::string, std::string> ChildMetadata(const space::Space& space, const space::Architecture& child) {
  return {{"nasshrink.format", "child 1"},
          {"nasshrink.ops", space::CodesOf(space, child)},
          {"nasshrink.root_fingerprint", base::HexOf(space.root_fingerprint)},
          {"nasshrink.space_name", space.name}};
}

base::Status SaveCheckpoint(const std::string& path, const Supernet& supernet) {
  NASSHRINK_ASSIGN_OR_RETURN(const std::string image, CheckpointImage(supernet));
  return base::WriteFileAtomically(path, image);
}

base::Result<CheckpointHeader> ReadCheckpointHeader(std::string_view image) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage parsed, base::ParseSafetensors(image));
  const auto value = [&](const char* name) {
    const auto found = parsed.metadata.find(name);
    return found == parsed.metadata.end() ? std::string() : found->second;
  };
  if (value("nasshrink.format") != kFormat) {
    return Foreign(fmt::format("its format is '{}', not '{}'", value("nasshrink.format").substr(0, 40), kFormat));
  }
  const auto bytes = base::BytesOfBase64(value("nasshrink.space"));
  if (!bytes.ok()) return Foreign("its space cannot be decoded");
  auto space = space::ParseSpace(*bytes);
  if (!space.ok()) return Foreign(space.status().message());
  if (base::HexOf(space->full_fingerprint) != value("nasshrink.fingerprint")) {
    return Foreign("its space does not have the fingerprint it names");
  }
  return CheckpointHeader{*std::move(space), BackendKind(value("nasshrink.backend"))};
}

base::Result<std::unique_ptr<Supernet>> LoadCheckpointImage(std::string_view image, Backend& backend) {
  NASSHRINK_ASSIGN_OR_RETURN(const CheckpointHeader header, ReadCheckpointHeader(image));
  const std::string kind = BackendKind(backend.Describe());
  if (header.backend != kind) {
    return base::Error(Code::kFailedPrecondition, "the checkpoint is of back end '{}', not '{}'", header.backend, kind);
  }
  return backend.LoadSupernet(header.space, image);
}

base::Result<std::unique_ptr<Supernet>> LoadCheckpoint(const std::string& path, Backend& backend) {
  NASSHRINK_ASSIGN_OR_RETURN(const std::string image, base::ReadFile(path));
  auto supernet = LoadCheckpointImage(image, backend);
  if (!supernet.ok()) return base::Status(supernet.status()).About(path);
  return supernet;
}

}  // namespace nasshrink::run
