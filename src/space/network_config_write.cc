#include <fmt/format.h>

#include "space/network_config.h"

namespace nasshrink::space {
namespace {

constexpr std::string_view kOrder = "\"ops_order\":\"weight_bn_act\"";

std::string Quoted(const std::string& activation) {
  return activation == "none" ? std::string("null") : fmt::format("\"{}\"", activation);
}

std::string ConvText(const ConvConfig& conv) {
  return fmt::format(
      "{{\"name\":\"ConvLayer\",\"kernel_size\":{},\"stride\":{},\"dilation\":1,\"groups\":1,\"bias\":false,"
      "\"has_shuffle\":false,\"in_channels\":{},\"out_channels\":{},\"use_bn\":{},\"act_func\":{},\"dropout_rate\":0,{}"
      "}}",
      conv.kernel, conv.stride, conv.in, conv.out, conv.batch_norm, Quoted(conv.activation), kOrder);
}

std::string ShortcutText(uint32_t channels) {
  return fmt::format(
      "{{\"name\":\"IdentityLayer\",\"in_channels\":{0},\"out_channels\":{0},\"use_bn\":false,\"act_func\":null,"
      "\"dropout_rate\":0,{1}}}",
      channels, kOrder);
}

std::string MobileText(const MobileBlockConfig& block, bool detailed) {
  std::string text = fmt::format(
      "{{\"name\":\"MBInvertedConvLayer\",\"in_channels\":{},\"out_channels\":{},\"kernel_size\":{},\"stride\":{},"
      "\"expand_ratio\":{}",
      block.in, block.out, block.kernel, block.stride, block.expansion);
  if (detailed) {
    const uint64_t middle = uint64_t{block.in} * block.expansion;
    text += fmt::format(",\"mid_channels\":{},\"act_func\":{},\"use_se\":{}",
                        block.expansion == 1 ? "null" : std::to_string(middle), Quoted(block.activation),
                        block.squeeze_excite);
  }
  return text + "}";
}

std::string BlockText(const BlockConfig& block, uint32_t width, bool detailed) {
  const auto* mobile = std::get_if<MobileBlockConfig>(&block);
  const std::string layer = mobile == nullptr ? "{\"name\":\"ZeroLayer\",\"stride\":1}" : MobileText(*mobile, detailed);
  const bool shortcut = mobile == nullptr || (mobile->stride == 1 && mobile->in == mobile->out);
  return fmt::format("{{\"name\":\"MobileInvertedResidualBlock\",\"mobile_inverted_conv\":{},\"shortcut\":{}}}", layer,
                     shortcut ? ShortcutText(width) : "null");
}

}  // namespace

std::string WriteNetworkConfig(const NetworkConfig& config, bool detailed) {
  std::string blocks;
  uint32_t width = config.first_conv.out;
  for (const BlockConfig& block : config.blocks) {
    if (!blocks.empty()) blocks += ',';
    blocks += BlockText(block, width, detailed);
    if (const auto* mobile = std::get_if<MobileBlockConfig>(&block)) width = mobile->out;
  }
  const std::string expand =
      config.final_expand ? fmt::format("\"final_expand_layer\":{},", ConvText(*config.final_expand)) : "";
  return fmt::format(
      "{{\"name\":\"{}\",\"bn\":{{\"momentum\":0.1,\"eps\":{}}},\"first_conv\":{},\"blocks\":[{}],{}"
      "\"feature_mix_layer\":{},\"classifier\":{{\"name\":\"LinearLayer\",\"in_features\":{},\"out_features\":{},"
      "\"bias\":{},\"use_bn\":false,\"act_func\":null,\"dropout_rate\":0,{}}}}}",
      config.name, config.final_expand ? "1e-05" : "0.001", ConvText(config.first_conv), blocks, expand,
      ConvText(config.feature_mix), config.feature_mix.out, config.classes, config.bias, kOrder);
}

}  // namespace nasshrink::space
