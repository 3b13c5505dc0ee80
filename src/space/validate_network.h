// The part of space/validate.h that looks at layers, cells and sizes.
#ifndef NASSHRINK_SPACE_VALIDATE_NETWORK_H_
#define NASSHRINK_SPACE_VALIDATE_NETWORK_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

// Layers and cells refer to what exists, cells are graphs that go forward.
base::Status CheckNetwork(const Space& space);

// Channels and picture sizes fit every layer, for an input of this size. The space must have passed CheckNetwork and
// the checks of its choices.
base::Status CheckSizes(const Space& space, uint32_t height, uint32_t width);

// What leaves layer after layer, starting with the input: one more than there are layers.
struct Shape {
  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
};
std::vector<Shape> ShapesOf(const Space& space, uint32_t height, uint32_t width);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_VALIDATE_NETWORK_H_
