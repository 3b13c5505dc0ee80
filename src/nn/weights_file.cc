#include "nn/weights_file.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/safetensors.h"
#include "nn/program.h"

namespace nasshrink::nn {
namespace {

constexpr char kFormatKey[] = "nasshrink.weights";
constexpr char kFormat[] = "nasshrink-supernet-1";
constexpr char kStepsKey[] = "nasshrink.steps";
constexpr char kStandAloneKey[] = "nasshrink.stand_alone";
constexpr char kBase[] = "base.";
constexpr char kAverage[] = "average.";
constexpr char kMean[] = ".running_mean";
constexpr char kVariance[] = ".running_var";

std::string_view BytesOf(const float* values, size_t count) {
  return {reinterpret_cast<const char*>(values), count * sizeof(float)};
}

class ImageReader {
 public:
  explicit ImageReader(const base::SafetensorsImage& image) {
    for (const base::SafetensorsTensor& tensor : image.tensors) tensors_.emplace(tensor.name, &tensor);
  }

  base::Status Copy(const std::string& name, const std::vector<int64_t>& shape, float* out) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      return base::Error(base::Code::kDataLoss, "the supernet's image has no tensor '{}'", name);
    }
    const base::SafetensorsTensor& tensor = *found->second;
    if (tensor.dtype != "F32" || tensor.shape != shape) {
      return base::Error(base::Code::kDataLoss,
                         "tensor '{}' of the supernet's image is {} [{}] where F32 [{}] is needed", name, tensor.dtype,
                         fmt::join(tensor.shape, ", "), fmt::join(shape, ", "));
    }
    std::memcpy(out, tensor.data.data(), tensor.data.size());
    ++copied_;
    return {};
  }
  bool Has(const std::string& name) const { return tensors_.count(name) != 0; }
  size_t left() const { return tensors_.size() - copied_; }

 private:
  std::unordered_map<std::string, const base::SafetensorsTensor*> tensors_;
  size_t copied_ = 0;
};

Weights Empty(const Layout& layout) {
  Weights weights;
  weights.current.assign(layout.weights, 0.0F);
  weights.base.assign(layout.weights, 0.0F);
  weights.running_mean.assign(layout.channels, 0.0F);
  weights.running_variance.assign(layout.channels, 1.0F);
  return weights;
}

// "cells.3.edges.2<-1.4.op.1.weight" becomes "cells.3.layers.2.op.1.weight".
std::string ChildName(const NetworkPlan& plan, const std::string& name, uint32_t layer, uint32_t edge) {
  const std::string& prefix = plan.layers[layer].prefix;
  return fmt::format("{}.layers.{}{}", prefix, edge, name.substr(name.find(".op.")));
}

base::Status AddMetadata(const Metadata& metadata, base::SafetensorsWriter* writer) {
  for (const auto& [key, value] : metadata) {
    if (key == kFormatKey || key == kStepsKey || key == kStandAloneKey) {
      return base::Invalid("metadata", key, "keys that do not begin with nasshrink.", "the key is taken");
    }
    writer->SetMetadata(key, value);
  }
  return {};
}

base::Status AddStatistics(const std::string& name, size_t channels, const float* mean, const float* variance,
                           base::SafetensorsWriter* writer) {
  const std::vector<int64_t> shape = {static_cast<int64_t>(channels)};
  NASSHRINK_RETURN_IF_ERROR(writer->Add(name + kMean, "F32", shape, BytesOf(mean, channels)));
  return writer->Add(name + kVariance, "F32", shape, BytesOf(variance, channels));
}

// The child's statistics in one cell layer, taken from `mean` and `variance` (the whole layout's, kept by the caller
// until the writer is done). Operators on no path get mean 0 and variance 1: a PyTorch network computes them too, and
// what reads a node that nothing reaches must put out zeros there as well.
base::Status AddCellStatistics(const NetworkPlan& plan, uint32_t layer, const space::Architecture& architecture,
                               std::vector<float>* mean, std::vector<float>* variance,
                               base::SafetensorsWriter* writer) {
  const auto& body = std::get<CellLayer>(plan.layers[layer].body);
  const space::Cell& cell = plan.space.network.cells[body.cell];
  std::vector<EdgeAction> actions;
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    actions.push_back(body.edges[e][architecture[cell.edges[e].choice]].action);
  }
  const std::vector<bool> live = LiveEdges(cell, actions);
  for (uint32_t e = 0; e < cell.edges.size(); ++e) {
    if (actions[e] != EdgeAction::kConvolve) continue;
    const EdgeOperator& op = body.edges[e][architecture[cell.edges[e].choice]];
    const Statistics& statistics = plan.layout.statistics[op.norm.statistics];
    if (!live[e]) {
      std::fill_n(mean->begin() + static_cast<ptrdiff_t>(statistics.offset), statistics.channels, 0.0F);
      std::fill_n(variance->begin() + static_cast<ptrdiff_t>(statistics.offset), statistics.channels, 1.0F);
    }
    NASSHRINK_RETURN_IF_ERROR(AddStatistics(ChildName(plan, statistics.name, layer, e), statistics.channels,
                                            mean->data() + statistics.offset, variance->data() + statistics.offset,
                                            writer));
  }
  return {};
}

}  // namespace

base::Result<std::string> WriteSupernet(const NetworkPlan& plan, const Weights& weights, const Metadata& metadata) {
  base::SafetensorsWriter writer;
  NASSHRINK_RETURN_IF_ERROR(AddMetadata(metadata, &writer));
  writer.SetMetadata(kFormatKey, kFormat);
  writer.SetMetadata(kStepsKey, fmt::format("{}", weights.steps));
  writer.SetMetadata(kStandAloneKey, plan.stand_alone ? "1" : "0");
  for (const Parameter& parameter : plan.layout.parameters) {
    const auto add = [&](const char* prefix, const std::vector<float>& values) {
      return writer.Add(prefix + parameter.name, "F32", parameter.shape,
                        BytesOf(values.data() + parameter.offset, parameter.size));
    };
    NASSHRINK_RETURN_IF_ERROR(add("", weights.current));
    NASSHRINK_RETURN_IF_ERROR(add(kBase, weights.base));
    if (!weights.average.empty()) NASSHRINK_RETURN_IF_ERROR(add(kAverage, weights.average));
  }
  for (const Statistics& statistics : plan.layout.statistics) {
    NASSHRINK_RETURN_IF_ERROR(AddStatistics(statistics.name, statistics.channels,
                                            weights.running_mean.data() + statistics.offset,
                                            weights.running_variance.data() + statistics.offset, &writer));
  }
  return writer.Finish();
}

base::Result<bool> IsStandAlone(std::string_view bytes) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage image, base::ParseSafetensors(bytes));
  const auto format = image.metadata.find(kFormatKey);
  if (format == image.metadata.end() || format->second != kFormat) {
    return base::Error(base::Code::kDataLoss, "the bytes are no supernet's image ({})", kFormat);
  }
  const auto stand_alone = image.metadata.find(kStandAloneKey);
  return stand_alone != image.metadata.end() && stand_alone->second == "1";
}

base::Result<Weights> ReadSupernet(const NetworkPlan& plan, std::string_view bytes) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage image, base::ParseSafetensors(bytes));
  ImageReader reader(image);
  Weights weights = Empty(plan.layout);
  const auto steps = image.metadata.find(kStepsKey);
  if (steps != image.metadata.end()) {
    const std::string& text = steps->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weights.steps);
    if (error != std::errc() || end != text.data() + text.size()) {
      return base::Error(base::Code::kDataLoss, "the metadata '{}' of the supernet's image is '{}', not a number",
                         kStepsKey, text.substr(0, 40));
    }
  }
  const auto& parameters = plan.layout.parameters;
  if (!parameters.empty() && reader.Has(kAverage + parameters[0].name)) {
    weights.average.assign(plan.layout.weights, 0.0F);
  }
  for (const Parameter& parameter : parameters) {
    NASSHRINK_RETURN_IF_ERROR(reader.Copy(parameter.name, parameter.shape, weights.current.data() + parameter.offset));
    NASSHRINK_RETURN_IF_ERROR(
        reader.Copy(kBase + parameter.name, parameter.shape, weights.base.data() + parameter.offset));
    if (weights.average.empty()) continue;
    NASSHRINK_RETURN_IF_ERROR(
        reader.Copy(kAverage + parameter.name, parameter.shape, weights.average.data() + parameter.offset));
  }
  for (const Statistics& statistics : plan.layout.statistics) {
    const std::vector<int64_t> shape = {static_cast<int64_t>(statistics.channels)};
    NASSHRINK_RETURN_IF_ERROR(
        reader.Copy(statistics.name + kMean, shape, weights.running_mean.data() + statistics.offset));
    NASSHRINK_RETURN_IF_ERROR(
        reader.Copy(statistics.name + kVariance, shape, weights.running_variance.data() + statistics.offset));
  }
  if (reader.left() != 0) {
    return base::Error(base::Code::kDataLoss, "the supernet's image holds {} tensors that its space does not have",
                       reader.left());
  }
  return weights;
}

base::Result<std::string> WriteChild(const NetworkPlan& plan, const Weights& weights,
                                     const space::Architecture& architecture, const Metadata& metadata) {
  base::SafetensorsWriter writer;
  NASSHRINK_RETURN_IF_ERROR(AddMetadata(metadata, &writer));
  const float* values = weights.evaluated();
  for (const Parameter& parameter : plan.layout.parameters) {
    std::string name = parameter.name;
    if (parameter.owner.has_value()) {
      const Owner& owner = *parameter.owner;
      if (architecture[owner.choice] != owner.candidate) continue;
      name = ChildName(plan, name, owner.layer, owner.edge);
    }
    NASSHRINK_RETURN_IF_ERROR(
        writer.Add(name, "F32", parameter.shape, BytesOf(values + parameter.offset, parameter.size)));
  }
  std::vector<float> mean = weights.running_mean;
  std::vector<float> variance = weights.running_variance;
  std::vector<bool> of_cells(plan.layout.statistics.size(), false);
  for (uint32_t i = 0; i < plan.layers.size(); ++i) {
    const auto* cell = std::get_if<CellLayer>(&plan.layers[i].body);
    if (cell == nullptr) continue;
    for (const auto& operators : cell->edges) {
      for (const EdgeOperator& op : operators) {
        if (op.action == EdgeAction::kConvolve && op.stored) of_cells[op.norm.statistics] = true;
      }
    }
    NASSHRINK_RETURN_IF_ERROR(AddCellStatistics(plan, i, architecture, &mean, &variance, &writer));
  }
  for (size_t i = 0; i < of_cells.size(); ++i) {
    const Statistics& statistics = plan.layout.statistics[i];
    if (of_cells[i]) continue;
    NASSHRINK_RETURN_IF_ERROR(AddStatistics(statistics.name, statistics.channels, mean.data() + statistics.offset,
                                            variance.data() + statistics.offset, &writer));
  }
  return writer.Finish();
}

base::Result<Weights> InheritWeights(const NetworkPlan& source, const Weights& weights, const NetworkPlan& target) {
  Weights out = Empty(target.layout);
  out.steps = weights.steps;
  if (!weights.average.empty()) out.average.assign(target.layout.weights, 0.0F);
  std::unordered_map<std::string_view, const Parameter*> parameters;
  for (const Parameter& parameter : source.layout.parameters) parameters.emplace(parameter.name, &parameter);
  for (const Parameter& parameter : target.layout.parameters) {
    const auto found = parameters.find(parameter.name);
    if (found == parameters.end() || found->second->shape != parameter.shape) {
      return base::Error(base::Code::kFailedPrecondition,
                         "the supernet has no weights '{}': the operator was dropped before", parameter.name);
    }
    const size_t from = found->second->offset;
    std::copy_n(weights.current.data() + from, parameter.size, out.current.data() + parameter.offset);
    std::copy_n(weights.base.data() + from, parameter.size, out.base.data() + parameter.offset);
    if (!weights.average.empty()) {
      std::copy_n(weights.average.data() + from, parameter.size, out.average.data() + parameter.offset);
    }
  }
  std::unordered_map<std::string_view, const Statistics*> norms;
  for (const Statistics& statistics : source.layout.statistics) norms.emplace(statistics.name, &statistics);
  for (const Statistics& statistics : target.layout.statistics) {
    const size_t from = norms.at(statistics.name)->offset;
    std::copy_n(weights.running_mean.data() + from, statistics.channels, out.running_mean.data() + statistics.offset);
    std::copy_n(weights.running_variance.data() + from, statistics.channels,
                out.running_variance.data() + statistics.offset);
  }
  return out;
}

}  // namespace nasshrink::nn
