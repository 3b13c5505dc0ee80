// Search spaces as protobuf messages and bytes, and their identity.
//
// Canonical bytes are the message v1.SearchSpace with its schema_version, fields in number order, no unknown fields,
// `alive` left out where every candidate is alive, attributes ascending by name. Equal spaces have equal canonical
// bytes. What is valid: space/validate.h.
#ifndef NASSHRINK_SPACE_CODEC_H_
#define NASSHRINK_SPACE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "nasshrink/v1/space.pb.h"
#include "space/space.h"

namespace nasshrink::space {

// The only value of SearchSpace.schema_version there is.
inline constexpr uint32_t kSchemaVersion = 1;
// Messages above this are refused before they are parsed.
inline constexpr size_t kMaxMessageBytes = size_t{64} << 20;

// INVALID_ARGUMENT when the bytes are no SearchSpace message or the space is not valid; RESOURCE_EXHAUSTED above
// kMaxMessageBytes.
base::Result<Space> ParseSpace(std::string_view bytes);
base::Result<Space> SpaceFromMessage(const v1::SearchSpace& message);

// Replaces the message.
void SpaceToMessage(const Space& space, v1::SearchSpace* message);
std::string CanonicalBytes(const Space& space);

// Completes a space put together by hand: sorts `alive` (empty: all) and attributes, then sets the fingerprints, each
// the SHA-256 of canonical bytes: root without `alive` and sharing groups, children without sharing groups, full of
// everything. Does not validate.
void Finish(Space& space);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CODEC_H_
