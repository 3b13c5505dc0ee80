// Which options a preset takes, and what they do to any network: input, classes, width and depth multipliers.
#ifndef NASSHRINK_SPACE_PRESET_OPTIONS_H_
#define NASSHRINK_SPACE_PRESET_OPTIONS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/space.pb.h"
#include "space/space.h"

namespace nasshrink::space {

// Bits of what a preset takes beside the input's size and the classes.
enum OptionBit : uint8_t {
  kTakesChannels = 1,
  kTakesCells = 2,
  kTakesWidth = 4,
  kTakesDepth = 8,
  kTakesLayers = 16,
  kTakesStem = 32,
};

struct PresetOption {
  std::string_view name;  // the field of v1.PresetOptions
  std::string_view type;
  std::string_view help;
};

// In the message's order.
std::vector<PresetOption> OptionsOf(uint8_t takes);

// INVALID_ARGUMENT naming the first option that is given but not taken.
base::Status CheckTaken(const v1::PresetOptions& options, uint8_t takes, std::string_view preset);

// `value` in 1..max, else INVALID_ARGUMENT naming options.<name>.
base::Status CheckOption(std::string_view name, uint32_t value, uint32_t min, uint32_t max);

inline uint32_t Or(uint32_t value, uint32_t otherwise) { return value == 0 ? otherwise : value; }

// The size of the picture and the classes, each 0 in the options for these. Sides must be multiples of `divisor`.
struct InputForm {
  uint32_t side = 224;
  uint32_t classes = 1000;
  uint32_t divisor = 1;
};
base::Status SetInput(const v1::PresetOptions& options, const InputForm& form, Network* network);

// The width and depth multipliers, checked; 1 where not given.
class Scaling {
 public:
  static base::Result<Scaling> Make(const v1::PresetOptions& options);

  // Sandler et al., MobileNetV2 (CVPR 2018), published code: the nearest multiple of 8, at least 90 % of the product.
  uint32_t Channels(uint32_t channels) const;
  // Of the last 1x1 convolution, which multipliers below 1 leave as it is (same code).
  uint32_t HeadChannels(uint32_t channels) const;
  uint32_t Blocks(uint32_t blocks) const;

 private:
  double width_ = 1;
  double depth_ = 1;
};

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_PRESET_OPTIONS_H_
