#include "nn/inherit.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "nn/architecture_parameters.h"
#include "nn/auxiliary_head.h"

namespace nasshrink::nn {
namespace {

bool MayBeNew(const Parameter& parameter, const run::InheritOptions& options) {
  const bool of_norm = parameter.kind == ParameterKind::kNormScale || parameter.kind == ParameterKind::kNormShift;
  return options.fill || (options.stand_alone && of_norm) || IsOfAuxiliaryHead(parameter.name);
}

void CopyPiece(const std::vector<float>& from, size_t from_offset, size_t size, size_t to_offset,
               std::vector<float>* to) {
  std::copy_n(from.data() + from_offset, size, to->data() + to_offset);
}

// What a layer is, apart from where it stands.
std::string KeyOf(const NetworkPlan& plan, size_t index) {
  const space::Layer& layer = plan.space.network.layers[index];
  std::string body = "fixed";
  if (const auto* choice = std::get_if<space::LayerChoice>(&layer.body))
    body = fmt::format("choice {}", choice->choice);
  if (const auto* cell = std::get_if<space::LayerCell>(&layer.body)) body = fmt::format("cell {}", cell->cell);
  if (const auto* fixed = std::get_if<space::OperatorDef>(&layer.body)) body = fixed->kind;
  const space::Shape& out = plan.shapes[index + 1];
  return fmt::format("{} to {}x{}x{} by {}", body, out.channels, out.height, out.width, layer.stride);
}

// Names of the target's tensors in the source: "" for those of a layer that the source has not.
class SourceNames {
 public:
  SourceNames(const NetworkPlan& source, const NetworkPlan& target) {
    std::map<std::string, std::vector<size_t>> known;
    for (size_t i = 0; i < source.prefixes.size(); ++i) known[KeyOf(source, i)].push_back(i);
    std::map<std::string, size_t> used;
    for (size_t i = 0; i < target.prefixes.size(); ++i) {
      const std::string key = KeyOf(target, i);
      const size_t ordinal = used[key]++;
      const bool found = ordinal < known[key].size();
      prefixes_.emplace_back(target.prefixes[i] + ".", found ? source.prefixes[known[key][ordinal]] + "." : "");
    }
  }

  std::string Of(const std::string& name) const {
    for (const auto& [target, source] : prefixes_) {
      if (name.compare(0, target.size(), target) != 0) continue;
      return source.empty() ? "" : source + name.substr(target.size());
    }
    return name;
  }

 private:
  std::vector<std::pair<std::string, std::string>> prefixes_;
};

base::Status InheritParameters(const Layout& source, const Weights& weights, const Layout& target,
                               const SourceNames& names, const run::InheritOptions& options, Weights* out) {
  std::unordered_map<std::string_view, const Parameter*> known;
  for (const Parameter& parameter : source.parameters) known.emplace(parameter.name, &parameter);
  for (const Parameter& parameter : target.parameters) {
    const auto found = known.find(names.Of(parameter.name));
    if (found == known.end() || found->second->shape != parameter.shape) {
      if (MayBeNew(parameter, options)) continue;
      return base::Error(base::Code::kFailedPrecondition,
                         "the supernet has no weights '{}': the operator was dropped before", parameter.name);
    }
    const size_t from = found->second->offset;
    CopyPiece(weights.current, from, parameter.size, parameter.offset, &out->current);
    CopyPiece(weights.base, from, parameter.size, parameter.offset, &out->base);
    if (weights.average.empty()) continue;
    CopyPiece(weights.average, from, parameter.size, parameter.offset, &out->average);
  }
  return {};
}

void InheritStatistics(const Layout& source, const Weights& weights, const Layout& target, const SourceNames& names,
                       Weights* out) {
  std::unordered_map<std::string_view, const Statistics*> known;
  for (const Statistics& statistics : source.statistics) known.emplace(statistics.name, &statistics);
  for (const Statistics& statistics : target.statistics) {
    const auto found = known.find(names.Of(statistics.name));
    if (found == known.end() || found->second->channels != statistics.channels) continue;
    const size_t from = found->second->offset;
    CopyPiece(weights.running_mean, from, statistics.channels, statistics.offset, &out->running_mean);
    CopyPiece(weights.running_variance, from, statistics.channels, statistics.offset, &out->running_variance);
  }
}

bool SameChoices(const space::Space& a, const space::Space& b) {
  const auto same_candidate = [](const space::Candidate& one, const space::Candidate& other) {
    return one.code == other.code && one.label == other.label && one.body.index() == other.body.index();
  };
  return std::equal(a.choices.begin(), a.choices.end(), b.choices.begin(), b.choices.end(),
                    [&](const space::Choice& one, const space::Choice& other) {
                      return one.key == other.key &&
                             std::equal(one.candidates.begin(), one.candidates.end(), other.candidates.begin(),
                                        other.candidates.end(), same_candidate);
                    });
}

}  // namespace

base::Status CheckHeir(const space::Space& source, const space::Space& target, const run::InheritOptions& options) {
  if (target.root_fingerprint == source.root_fingerprint) return {};
  if (options.fill && SameChoices(source, target)) return {};
  return base::Status(base::Code::kFailedPrecondition,
                      "space: has another root than the supernet's, so no weights can be carried over");
}

base::Result<Weights> InheritWeights(const NetworkPlan& source, const Weights& weights, const NetworkPlan& target,
                                     const run::InheritOptions& options) {
  Weights out;
  NASSHRINK_RETURN_IF_ERROR(Initialise(target.layout, options.init, options.seed, &out));
  out.steps = weights.steps;
  if (!weights.average.empty()) out.average = out.current;
  if (weights.architecture) out.architecture = RestrictParameters(target.space, *weights.architecture);
  const SourceNames names(source, target);
  NASSHRINK_RETURN_IF_ERROR(InheritParameters(source.layout, weights, target.layout, names, options, &out));
  InheritStatistics(source.layout, weights, target.layout, names, &out);
  return out;
}

}  // namespace nasshrink::nn
