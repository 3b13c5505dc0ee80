// What makes a space valid. Everything behind this check may rely on it.
//
// Limits are our decisions; they bound memory and keep every product of sizes inside 64 bits.
#ifndef NASSHRINK_SPACE_VALIDATE_H_
#define NASSHRINK_SPACE_VALIDATE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

inline constexpr size_t kMaxNameBytes = 256;
inline constexpr size_t kMaxChoices = 4096;
inline constexpr size_t kMaxCandidates = 65536;
inline constexpr size_t kMaxLayers = 4096;
inline constexpr size_t kMaxCells = 256;
inline constexpr uint32_t kMaxCellNodes = 32;  // paths of a cell then fit 64 bits
inline constexpr uint32_t kMaxCandidateNodes = 16;
inline constexpr uint32_t kMaxRatio = 64;
inline constexpr uint32_t kMaxChannels = 65536;
inline constexpr uint32_t kMaxSide = 65536;
inline constexpr uint32_t kMaxStride = 16;
inline constexpr uint32_t kMaxClasses = 1U << 20;
inline constexpr uint64_t kMaxActivation = uint64_t{1} << 31;  // channels * height * width

// INVALID_ARGUMENT naming the first field at fault, its value and what is allowed.
base::Status Validate(const Space& space);

// OK when the bytes are well-formed UTF-8.
base::Status CheckText(std::string_view text, std::string_view field, size_t max_bytes = kMaxNameBytes);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_VALIDATE_H_
