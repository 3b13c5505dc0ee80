// Networks as ProxylessNAS and Once-for-All publish them: JSON files that carry their own widths.
//
// Understood are the class names "ProxylessNASNets" and "MobileNetV3" with MBInvertedConvLayer, ZeroLayer (identity)
// and AutoSpace's Motif blocks. Weights are not part of such a file.
#ifndef NASSHRINK_SPACE_NETWORK_CONFIG_H_
#define NASSHRINK_SPACE_NETWORK_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

// Reduction of Once-for-All's squeeze-and-excite parts.
inline constexpr int64_t kSqueezeReduction = 4;

struct ConvConfig {
  uint32_t kernel = 1;
  uint32_t stride = 1;
  uint32_t in = 0;
  uint32_t out = 0;
  std::string activation;  // of operator registry: none, relu, relu6, swish, h_swish
  bool batch_norm = true;
};

struct MobileBlockConfig {
  uint32_t in = 0;
  uint32_t out = 0;
  uint32_t kernel = 3;
  uint32_t stride = 1;
  uint32_t expansion = 1;
  std::string activation = "relu6";
  bool squeeze_excite = false;
};

struct IdentityConfig {};

struct CellBlockConfig {
  uint32_t in = 0;
  uint32_t out = 0;
  uint32_t stride = 1;
  CellCandidate cell;
};

using BlockConfig = std::variant<MobileBlockConfig, IdentityConfig, CellBlockConfig>;

struct NetworkConfig {
  std::string name;
  ConvConfig first_conv;
  std::vector<BlockConfig> blocks;
  std::optional<ConvConfig> final_expand;  // MobileNetV3; feature_mix then follows the pooling
  ConvConfig feature_mix;
  uint32_t classes = 0;
  bool bias = true;
};

// INVALID_ARGUMENT naming the place in the document: sizes out of range, widths that do not follow on one another, a
// shortcut where a block of the same kind has none or the other way round, a layer of another class.
base::Result<NetworkConfig> ReadNetworkConfig(std::string_view text);

// As one line. `detailed` adds what Once-for-All's files have: middle channels, activation and squeeze-and-excite of
// every block. Blocks must not be cells.
std::string WriteNetworkConfig(const NetworkConfig& config, bool detailed);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NETWORK_CONFIG_H_
