// "proxylessnas" and "once-for-all": the JSON network files of those works (space/network_config.h).
//
// Reading matches the file's blocks with the layers of the space: widths, strides and the stem and head must be the
// space's, only the number of classes may differ. Either name reads either file; written are the keys of the one named.
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>

#include "space/mobile_chain.h"
#include "space/network_config.h"
#include "space/notation_family.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

// Kernel, expansion, activation, squeeze-and-excite; kernel 0 is identity.
using Form = std::tuple<int64_t, int64_t, std::string, bool>;

Form FormOf(const OperatorDef& op) {
  if (op.kind == "identity") return {};
  return {op.Integer("kernel", 0), op.Integer("expansion", 0), op.Text("activation", "relu6"),
          op.Integer("squeeze_excite", 0) != 0};
}

Form FormOf(const BlockConfig& block) {
  const auto* mobile = std::get_if<MobileBlockConfig>(&block);
  if (mobile == nullptr) return {};
  return {mobile->kernel, mobile->expansion, mobile->activation, mobile->squeeze_excite};
}

std::string TextOf(const Form& form) {
  const auto& [kernel, expansion, activation, squeeze] = form;
  if (kernel == 0) return "ZeroLayer";
  std::string text = fmt::format("k{}e{}", kernel, expansion);
  if (activation != "relu6") text += " " + activation;
  return squeeze ? text + " with squeeze-and-excite" : text;
}

std::string AliveForms(const Choice& choice) {
  std::string forms;
  for (const uint32_t candidate : choice.alive) {
    forms += (forms.empty() ? "" : ", ") + TextOf(FormOf(*choice.candidates[candidate].op()));
  }
  return forms;
}

uint32_t WidthOf(const Layer& layer, uint32_t in) { return layer.out_channels == 0 ? in : layer.out_channels; }

ConvConfig ConvOf(const Layer& layer, uint32_t in) {
  const auto& op = std::get<OperatorDef>(layer.body);
  ConvConfig conv;
  conv.kernel = static_cast<uint32_t>(op.Integer("kernel", 1));
  conv.stride = layer.stride;
  conv.in = in;
  conv.out = WidthOf(layer, in);
  conv.activation = op.Text("activation", "none");
  return conv;
}

bool Is(const Layer* layer, std::string_view kind) { return std::get<OperatorDef>(layer->body).kind == kind; }

bool IsConvNorm(const Layer* layer) {
  return Is(layer, "conv_bn") && std::get<OperatorDef>(layer->body).Integer("groups", 1) == 1;
}

// A convolution without batch norm and perhaps an activation; nothing for another graph.
std::optional<ConvConfig> BareConvOf(const Layer& layer, uint32_t in) {
  const std::vector<Primitive>& graph = std::get<OperatorDef>(layer.body).graph;
  if (graph.empty() || graph.size() > 2 || graph[0].kind != "conv") return std::nullopt;
  const OperatorDef conv = {graph[0].kind, graph[0].attributes, {}};
  const bool plain = conv.Integer("groups", 1) == 1 && conv.Integer("dilation", 1) == 1;
  if (!plain || conv.Integer("channels", in) != int64_t{layer.out_channels}) return std::nullopt;
  ConvConfig config;
  config.kernel = static_cast<uint32_t>(conv.Integer("kernel", 1));
  config.stride = layer.stride;
  config.in = in;
  config.out = layer.out_channels;
  config.activation = "none";
  config.batch_norm = false;
  if (graph.size() == 1) return config;
  constexpr std::string_view kActivations[] = {"relu", "relu6", "swish", "h_swish"};
  const auto* const end = std::end(kActivations);
  if (std::find(std::begin(kActivations), end, graph[1].kind) == end || graph[1].inputs.front() != 1) {
    return std::nullopt;
  }
  config.activation = graph[1].kind;
  return config;
}

// Convolution, pooling, classifier; or MobileNetV3's with a second convolution behind the pooling.
bool HasHead(const std::vector<const Layer*>& head, uint32_t width) {
  if (head.size() < 3 || !IsConvNorm(head[0]) || !Is(head[1], "global_avg_pool") || !Is(head.back(), "linear")) {
    return false;
  }
  return head.size() == 3 ||
         (head.size() == 4 && Is(head[2], "graph") && BareConvOf(*head[2], WidthOf(*head[0], width)));
}

// Everything but the blocks.
NetworkConfig FrameOf(const Space& space, const MobileChain& chain) {
  NetworkConfig config;
  config.first_conv = ConvOf(*chain.stem.front(), space.network.input_channels);
  const uint32_t width = chain.blocks.back().out;
  const bool wide = chain.head.size() == 4;
  config.name = wide ? "MobileNetV3" : "ProxylessNASNets";
  const ConvConfig first = ConvOf(*chain.head.front(), width);
  config.feature_mix = first;
  if (wide) {
    config.final_expand = first;
    config.feature_mix = *BareConvOf(*chain.head[2], first.out);
  }
  config.classes = space.network.classes;
  config.bias = std::get<OperatorDef>(chain.head.back()->body).Integer("bias", 1) != 0;
  return config;
}

// A stem, blocks that tell each other apart, a head.
bool FitsDetailed(const Space& space) {
  const auto chain = MobileChainOf(space);
  if (!chain || chain->blocks.empty() || chain->stem.size() != 1 || !IsConvNorm(chain->stem.front()) ||
      !HasHead(chain->head, chain->blocks.back().out)) {
    return false;
  }
  return std::all_of(space.choices.begin(), space.choices.end(), [](const Choice& choice) {
    std::set<Form> forms;
    for (const Candidate& candidate : choice.candidates) {
      const int64_t squeeze = candidate.op()->Integer("squeeze_excite", 0);
      if (squeeze != 0 && squeeze != kSqueezeReduction) return false;
      forms.insert(FormOf(*candidate.op()));
    }
    return forms.size() == choice.candidates.size();
  });
}

bool IsPlain(const OperatorDef& op) {
  return op.Text("activation", "relu6") == "relu6" && op.Integer("squeeze_excite", 0) == 0;
}

// ProxylessNAS's files say neither activation nor squeeze-and-excite.
bool FitsPlain(const Space& space) {
  if (!FitsDetailed(space)) return false;
  const MobileChain chain = *MobileChainOf(space);
  return chain.head.size() == 3 && std::all_of(chain.blocks.begin(), chain.blocks.end(), [&](const MobileBlock& block) {
           if (block.fixed != nullptr) return IsPlain(*block.fixed);
           const std::vector<Candidate>& candidates = space.choices[block.choice].candidates;
           return std::all_of(candidates.begin(), candidates.end(),
                              [](const Candidate& candidate) { return IsPlain(*candidate.op()); });
         });
}

bool IsNetworkFile(const Space& /*space*/, std::string_view text) {
  TextReader reader(text);
  return reader.Peek() == '{';
}

// ProxylessNAS is asked first: what it cannot write is read as Once-for-All's.
bool RecognisesPlain(const Space& space, std::string_view text) {
  return IsNetworkFile(space, text) && FitsPlain(space);
}

base::Status CheckSame(std::string_view layer, std::string_view what, uint64_t found, uint64_t expected) {
  if (found == expected) return {};
  return base::Invalid(fmt::format("{}.{}", layer, what), found, std::to_string(expected),
                       "the space has another network");
}

base::Status CheckConv(std::string_view layer, const ConvConfig& found, const ConvConfig& expected) {
  NASSHRINK_RETURN_IF_ERROR(CheckSame(layer, "kernel_size", found.kernel, expected.kernel));
  NASSHRINK_RETURN_IF_ERROR(CheckSame(layer, "stride", found.stride, expected.stride));
  NASSHRINK_RETURN_IF_ERROR(CheckSame(layer, "in_channels", found.in, expected.in));
  return CheckSame(layer, "out_channels", found.out, expected.out);
}

base::Status CheckFrame(const NetworkConfig& found, const NetworkConfig& expected) {
  NASSHRINK_RETURN_IF_ERROR(CheckConv("first_conv", found.first_conv, expected.first_conv));
  if (found.final_expand.has_value() != expected.final_expand.has_value()) {
    return base::Invalid("name", found.name, expected.name, "the space has another head");
  }
  if (found.final_expand) {
    NASSHRINK_RETURN_IF_ERROR(CheckConv("final_expand_layer", *found.final_expand, *expected.final_expand));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckConv("feature_mix_layer", found.feature_mix, expected.feature_mix));
  return CheckSame("blocks", "length", found.blocks.size(), expected.blocks.size());
}

base::Status CheckBlock(const std::string& layer, const BlockConfig& found, const MobileBlock& expected) {
  const auto* mobile = std::get_if<MobileBlockConfig>(&found);
  if (std::holds_alternative<CellBlockConfig>(found)) {
    return base::Invalid(layer + ".name", "Motif", "MBInvertedConvLayer, ZeroLayer", "the space has no such block");
  }
  if (mobile == nullptr) return {};
  NASSHRINK_RETURN_IF_ERROR(CheckSame(layer, "in_channels", mobile->in, expected.in));
  NASSHRINK_RETURN_IF_ERROR(CheckSame(layer, "out_channels", mobile->out, expected.out));
  return CheckSame(layer, "stride", mobile->stride, expected.stride);
}

base::Result<Architecture> Read(const Space& space, std::string_view text) {
  NASSHRINK_ASSIGN_OR_RETURN(const NetworkConfig config, ReadNetworkConfig(text));
  const MobileChain chain = *MobileChainOf(space);
  NetworkConfig frame = FrameOf(space, chain);
  frame.blocks.resize(chain.blocks.size());
  NASSHRINK_RETURN_IF_ERROR(CheckFrame(config, frame));
  Architecture architecture(space.choices.size());
  for (size_t i = 0; i < chain.blocks.size(); ++i) {
    const MobileBlock& block = chain.blocks[i];
    const std::string layer = fmt::format("blocks[{}].mobile_inverted_conv", i);
    NASSHRINK_RETURN_IF_ERROR(CheckBlock(layer, config.blocks[i], block));
    const Form form = FormOf(config.blocks[i]);
    if (block.fixed != nullptr) {
      if (FormOf(*block.fixed) == form) continue;
      return base::Invalid(layer, TextOf(form), TextOf(FormOf(*block.fixed)), "the block is fixed");
    }
    const Choice& choice = space.choices[block.choice];
    const auto found = FindAlive(choice, [&](const Candidate& candidate) { return FormOf(*candidate.op()) == form; });
    if (!found) {
      return base::Invalid(layer, TextOf(form), AliveForms(choice),
                           fmt::format("names no alive operator of choice '{}'", choice.key));
    }
    architecture[block.choice] = *found;
  }
  return architecture;
}

std::string Write(const Space& space, const Architecture& architecture, bool detailed) {
  const MobileChain chain = *MobileChainOf(space);
  NetworkConfig config = FrameOf(space, chain);
  for (const MobileBlock& block : chain.blocks) {
    const OperatorDef* op = block.fixed;
    if (op == nullptr) op = space.choices[block.choice].candidates[architecture[block.choice]].op();
    if (op->kind == "identity") {
      config.blocks.emplace_back(IdentityConfig());
      continue;
    }
    const auto& [kernel, expansion, activation, squeeze] = FormOf(*op);
    config.blocks.emplace_back(MobileBlockConfig{block.in, block.out, static_cast<uint32_t>(kernel), block.stride,
                                                 static_cast<uint32_t>(expansion), activation, squeeze});
  }
  return WriteNetworkConfig(config, detailed);
}

base::Result<std::string> WritePlain(const Space& space, const Architecture& architecture) {
  return Write(space, architecture, false);
}
base::Result<std::string> WriteDetailed(const Space& space, const Architecture& architecture) {
  return Write(space, architecture, true);
}

}  // namespace

NotationFamily ProxylessNetwork() {
  return {"proxylessnas", "a network as one line of JSON, as ProxylessNAS publishes them",
          FitsPlain,      RecognisesPlain,
          Read,           WritePlain};
}

NotationFamily OnceForAllNetwork() {
  return {
      "once-for-all", "the same with activation and squeeze-and-excite of every block, as Once-for-All publishes them",
      FitsDetailed,   IsNetworkFile,
      Read,           WriteDetailed};
}

}  // namespace nasshrink::space
