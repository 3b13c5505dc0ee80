#include "space/network_config.h"

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "space/autospace_graph.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

using base::JsonView;

constexpr int64_t kMaxExpansion = 32;
constexpr int64_t kMaxKernel = 15;
// The registry's names are those of the files, save that files write null for none.
constexpr std::array<std::string_view, 4> kActivations = {"relu", "relu6", "swish", "h_swish"};

base::Result<uint32_t> Number(const JsonView& object, std::string_view name, int64_t max) {
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView member, object.Member(name));
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t number, member.Integer(1, max));
  return static_cast<uint32_t>(number);
}

base::Result<uint32_t> Channels(const JsonView& object, std::string_view name) {
  return Number(object, name, kMaxChannels);
}

base::Result<uint32_t> Kernel(const JsonView& object) {
  NASSHRINK_ASSIGN_OR_RETURN(const uint32_t kernel, Number(object, "kernel_size", kMaxKernel));
  if (kernel % 2 == 1) return kernel;
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView member, object.Member("kernel_size"));
  return member.Wrong("an odd number", "is even");
}

base::Result<bool> Flag(const JsonView& object, std::string_view name, bool otherwise) {
  if (!object.Has(name)) return otherwise;
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView member, object.Member(name));
  return member.Flag();
}

base::Result<std::string> Activation(const JsonView& object, std::string_view otherwise) {
  if (!object.Has("act_func")) return std::string(otherwise);
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView member, object.Member("act_func"));
  if (member.IsNull()) return std::string("none");
  NASSHRINK_ASSIGN_OR_RETURN(const std::string name, member.Text());
  if (std::find(kActivations.begin(), kActivations.end(), name) != kActivations.end()) return name;
  return member.Wrong("relu, relu6, swish, h_swish or null", "is no activation");
}

base::Status ExpectClass(const JsonView& object, std::string_view name) {
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView member, object.Member("name"));
  NASSHRINK_ASSIGN_OR_RETURN(const std::string found, member.Text());
  if (found == name) return {};
  return member.Wrong(name, "is another layer");
}

// A value that the network cannot have otherwise; absent is fine.
base::Status ExpectNumber(const JsonView& object, std::string_view name, int64_t value) {
  if (!object.Has(name)) return {};
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView member, object.Member(name));
  return member.Integer(value, value).status();
}

base::Result<ConvConfig> ReadConv(const JsonView& object) {
  NASSHRINK_RETURN_IF_ERROR(ExpectClass(object, "ConvLayer"));
  ConvConfig conv;
  NASSHRINK_ASSIGN_OR_RETURN(conv.kernel, Kernel(object));
  NASSHRINK_ASSIGN_OR_RETURN(conv.stride, Number(object, "stride", kMaxStride));
  NASSHRINK_ASSIGN_OR_RETURN(conv.in, Channels(object, "in_channels"));
  NASSHRINK_ASSIGN_OR_RETURN(conv.out, Channels(object, "out_channels"));
  NASSHRINK_ASSIGN_OR_RETURN(conv.activation, Activation(object, "relu6"));
  NASSHRINK_ASSIGN_OR_RETURN(conv.batch_norm, Flag(object, "use_bn", true));
  NASSHRINK_RETURN_IF_ERROR(ExpectNumber(object, "dilation", 1));
  NASSHRINK_RETURN_IF_ERROR(ExpectNumber(object, "groups", 1));
  NASSHRINK_ASSIGN_OR_RETURN(const bool bias, Flag(object, "bias", false));
  if (!bias) return conv;
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView member, object.Member("bias"));
  return member.Wrong("false", "convolutions have no bias");
}

base::Result<MobileBlockConfig> ReadMobile(const JsonView& layer) {
  MobileBlockConfig block;
  NASSHRINK_ASSIGN_OR_RETURN(block.in, Channels(layer, "in_channels"));
  NASSHRINK_ASSIGN_OR_RETURN(block.out, Channels(layer, "out_channels"));
  NASSHRINK_ASSIGN_OR_RETURN(block.kernel, Kernel(layer));
  NASSHRINK_ASSIGN_OR_RETURN(block.stride, Number(layer, "stride", kMaxStride));
  NASSHRINK_ASSIGN_OR_RETURN(block.expansion, Number(layer, "expand_ratio", kMaxExpansion));
  NASSHRINK_ASSIGN_OR_RETURN(block.activation, Activation(layer, "relu6"));
  NASSHRINK_ASSIGN_OR_RETURN(block.squeeze_excite, Flag(layer, layer.Has("use_se") ? "use_se" : "has_se", false));
  if (!layer.Has("mid_channels")) return block;
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView middle, layer.Member("mid_channels"));
  const int64_t expected = int64_t{block.in} * block.expansion;
  if (!middle.IsNull()) NASSHRINK_RETURN_IF_ERROR(middle.Integer(expected, expected).status());
  return block;
}

base::Result<CellBlockConfig> ReadMotif(const JsonView& layer) {
  CellBlockConfig block;
  NASSHRINK_ASSIGN_OR_RETURN(block.in, Channels(layer, "in_channels"));
  NASSHRINK_ASSIGN_OR_RETURN(block.out, Channels(layer, "out_channels"));
  NASSHRINK_ASSIGN_OR_RETURN(block.stride, Number(layer, "stride", kMaxStride));
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView graph, layer.Member("build_graph"));
  NASSHRINK_ASSIGN_OR_RETURN(const std::string text, graph.Text());
  auto document = base::JsonDocument::Parse(text);
  if (!document.ok()) return base::Status(document.status()).Under(graph.path() + ".");
  NASSHRINK_ASSIGN_OR_RETURN(block.cell, ReadAutoSpaceGraph(document->root(graph.path())));
  NASSHRINK_RETURN_IF_ERROR(ExpectNumber(layer, "expand_ratio", block.cell.ratio));
  return block;
}

struct Ends {
  uint32_t in = 0;
  uint32_t out = 0;
  uint32_t stride = 1;
};

Ends EndsOf(const BlockConfig& block) {
  if (const auto* mobile = std::get_if<MobileBlockConfig>(&block)) return {mobile->in, mobile->out, mobile->stride};
  if (const auto* cell = std::get_if<CellBlockConfig>(&block)) return {cell->in, cell->out, cell->stride};
  return {};
}

base::Result<BlockConfig> ReadBlock(const JsonView& object) {
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView layer, object.Member("mobile_inverted_conv"));
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView name_view, layer.Member("name"));
  NASSHRINK_ASSIGN_OR_RETURN(const std::string name, name_view.Text());
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView shortcut, object.Member("shortcut"));
  if (name == "ZeroLayer") {
    if (!shortcut.IsNull()) return BlockConfig(IdentityConfig());
    return shortcut.Wrong("an IdentityLayer", "nothing passes a block with neither operator nor shortcut");
  }
  BlockConfig block;
  if (name == "MBInvertedConvLayer") {
    NASSHRINK_ASSIGN_OR_RETURN(block, ReadMobile(layer));
  } else if (name == "Motif") {
    NASSHRINK_ASSIGN_OR_RETURN(block, ReadMotif(layer));
  } else {
    return name_view.Wrong("MBInvertedConvLayer, ZeroLayer, Motif", "is no block");
  }
  const Ends ends = EndsOf(block);
  const bool residual = ends.stride == 1 && ends.in == ends.out;
  if (residual == !shortcut.IsNull()) return block;
  return shortcut.Wrong(residual ? "an IdentityLayer" : "null",
                        "blocks have a shortcut exactly where stride is 1 and the width stays");
}

base::Result<std::vector<BlockConfig>> ReadBlocks(const JsonView& list, uint32_t width) {
  if (list.Size() == 0 || list.Size() > kMaxChoices) {
    return list.Wrong(fmt::format("a list of 1..{} blocks", kMaxChoices), "is no list of blocks");
  }
  std::vector<BlockConfig> blocks;
  for (size_t i = 0; i < list.Size(); ++i) {
    NASSHRINK_ASSIGN_OR_RETURN(const JsonView item, list.Item(i));
    NASSHRINK_ASSIGN_OR_RETURN(BlockConfig block, ReadBlock(item));
    const Ends ends = EndsOf(block);
    if (ends.in != 0 && ends.in != width) {
      return base::Invalid(item.path() + ".mobile_inverted_conv.in_channels", ends.in, std::to_string(width),
                           "the block does not take what comes before it");
    }
    if (ends.in != 0) width = ends.out;
    blocks.push_back(std::move(block));
  }
  return blocks;
}

uint32_t WidthAfter(const std::vector<BlockConfig>& blocks, uint32_t width) {
  for (const BlockConfig& block : blocks) width = EndsOf(block).in != 0 ? EndsOf(block).out : width;
  return width;
}

base::Status ExpectWidth(const JsonView& root, std::string_view layer, std::string_view member, uint32_t found,
                         uint32_t width) {
  if (found == width) return {};
  return base::Invalid(fmt::format("{}{}.{}", root.path(), layer, member), found, std::to_string(width),
                       "the layer does not take what comes before it");
}

base::Status ReadTail(const JsonView& root, uint32_t width, NetworkConfig* config) {
  if (root.Has("final_expand_layer")) {
    NASSHRINK_ASSIGN_OR_RETURN(const JsonView layer, root.Member("final_expand_layer"));
    NASSHRINK_ASSIGN_OR_RETURN(const ConvConfig expand, ReadConv(layer));
    NASSHRINK_RETURN_IF_ERROR(ExpectWidth(root, "final_expand_layer", "in_channels", expand.in, width));
    if (!expand.batch_norm) return layer.Wrong("use_bn true", "the layer has a batch norm");
    width = expand.out;
    config->final_expand = expand;
  }
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView mix, root.Member("feature_mix_layer"));
  NASSHRINK_ASSIGN_OR_RETURN(config->feature_mix, ReadConv(mix));
  NASSHRINK_RETURN_IF_ERROR(ExpectWidth(root, "feature_mix_layer", "in_channels", config->feature_mix.in, width));
  if (config->feature_mix.batch_norm == config->final_expand.has_value()) {
    return mix.Wrong(config->final_expand ? "use_bn false" : "use_bn true",
                     "the layer has a batch norm exactly where no final_expand_layer comes before it");
  }
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView classifier, root.Member("classifier"));
  NASSHRINK_RETURN_IF_ERROR(ExpectClass(classifier, "LinearLayer"));
  NASSHRINK_ASSIGN_OR_RETURN(const uint32_t features, Channels(classifier, "in_features"));
  NASSHRINK_RETURN_IF_ERROR(ExpectWidth(root, "classifier", "in_features", features, config->feature_mix.out));
  NASSHRINK_ASSIGN_OR_RETURN(config->classes, Number(classifier, "out_features", kMaxClasses));
  NASSHRINK_ASSIGN_OR_RETURN(config->bias, Flag(classifier, "bias", true));
  return {};
}

}  // namespace

base::Result<NetworkConfig> ReadNetworkConfig(std::string_view text) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::JsonDocument document, base::JsonDocument::Parse(text));
  const JsonView root = document.root();
  NetworkConfig config;
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView name, root.Member("name"));
  NASSHRINK_ASSIGN_OR_RETURN(config.name, name.Text());
  if (config.name != "ProxylessNASNets" && config.name != "MobileNetV3") {
    return name.Wrong("ProxylessNASNets, MobileNetV3", "is no network of ProxylessNAS or Once-for-All");
  }
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView stem, root.Member("first_conv"));
  NASSHRINK_ASSIGN_OR_RETURN(config.first_conv, ReadConv(stem));
  if (!config.first_conv.batch_norm) return stem.Wrong("use_bn true", "the layer has a batch norm");
  NASSHRINK_ASSIGN_OR_RETURN(const JsonView blocks, root.Member("blocks"));
  NASSHRINK_ASSIGN_OR_RETURN(config.blocks, ReadBlocks(blocks, config.first_conv.out));
  NASSHRINK_RETURN_IF_ERROR(ReadTail(root, WidthAfter(config.blocks, config.first_conv.out), &config));
  return config;
}

}  // namespace nasshrink::space
