// Every preset so small that a child's gradients are computed in milliseconds.
#ifndef NASSHRINK_TESTS_NN_SMALL_PRESETS_H_
#define NASSHRINK_TESTS_NN_SMALL_PRESETS_H_

#include <iosfwd>
#include <string>
#include <vector>

#include "space/space.h"

namespace nasshrink::nn {

struct SmallPreset {
  std::string name;  // letters, digits and underscores
  space::Space space;
};
// For GoogleTest's messages.
void PrintTo(const SmallPreset& preset, std::ostream* out);

// 3 channels come in and there are 4 classes. Beside the presets: cells as AutoSpace learns them, and a
// MobileNetV3-like chain with squeeze-and-excite, hard swish and a convolution behind the pool.
std::vector<SmallPreset> SmallPresets();
space::Space SmallPresetNamed(const std::string& name);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_SMALL_PRESETS_H_
