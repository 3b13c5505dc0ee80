#include "nn/weights_file.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/safetensors.h"
#include "nn/architecture_file.h"
#include "nn/auxiliary_head.h"
#include "space/paths.h"

namespace nasshrink::nn {
namespace {

constexpr char kFormatKey[] = "nasshrink.weights";
constexpr char kFormat[] = "nasshrink-supernet-1";
constexpr char kStepsKey[] = "nasshrink.steps";
constexpr char kStandAloneKey[] = "nasshrink.stand_alone";
constexpr char kAuxiliaryKey[] = "nasshrink.auxiliary_head";
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
    for (const base::SafetensorsTensor& tensor : image.tensors) {
      if (!IsArchitectureTensor(tensor.name)) tensors_.emplace(tensor.name, &tensor);
    }
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

base::Status AddMetadata(const Metadata& metadata, base::SafetensorsWriter* writer) {
  for (const auto& [key, value] : metadata) {
    if (key == kFormatKey || key == kStepsKey || key == kStandAloneKey || key == kAuxiliaryKey) {
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

// Which edges of the cells a child keeps, and which of these lie on a path.
class ChildEdges {
 public:
  ChildEdges(const space::Space& space, const space::Architecture& architecture)
      : space_(space), architecture_(architecture) {
    for (size_t cell = 0; cell < space.network.cells.size(); ++cell) {
      kept_.push_back(space::KeptEdges(space, cell, architecture));
      paths_.push_back(space::CountPaths(space, cell, architecture));
    }
  }

  bool Has(const std::optional<Owner>& owner) const {
    if (!owner.has_value()) return true;
    if (architecture_[owner->choice] != owner->candidate) return false;
    const auto* cell = CellOf(*owner);
    return cell == nullptr || kept_[cell->cell][owner->edge];
  }
  bool OnPath(const std::optional<Owner>& owner) const {
    const auto* cell = owner.has_value() ? CellOf(*owner) : nullptr;
    return cell == nullptr || paths_[cell->cell].edge[owner->edge] > 0;
  }

 private:
  const space::LayerCell* CellOf(const Owner& owner) const {
    return std::get_if<space::LayerCell>(&space_.network.layers[owner.layer].body);
  }

  const space::Space& space_;
  const space::Architecture& architecture_;
  std::vector<std::vector<bool>> kept_;
  std::vector<space::CellPaths> paths_;
};

}  // namespace

base::Result<std::string> WriteSupernet(const NetworkPlan& plan, const Weights& weights, const Metadata& metadata) {
  base::SafetensorsWriter writer;
  NASSHRINK_RETURN_IF_ERROR(AddMetadata(metadata, &writer));
  writer.SetMetadata(kFormatKey, kFormat);
  writer.SetMetadata(kStepsKey, fmt::format("{}", weights.steps));
  writer.SetMetadata(kStandAloneKey, plan.stand_alone ? "1" : "0");
  if (plan.auxiliary_layer.has_value()) writer.SetMetadata(kAuxiliaryKey, "1");
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
  const ArchitectureTensors architecture(weights.architecture);
  NASSHRINK_RETURN_IF_ERROR(architecture.AddTo(&writer));
  return writer.Finish();
}

base::Result<NetworkForm> FormOf(std::string_view bytes) {
  NASSHRINK_ASSIGN_OR_RETURN(const base::SafetensorsImage image, base::ParseSafetensors(bytes));
  const auto format = image.metadata.find(kFormatKey);
  if (format == image.metadata.end() || format->second != kFormat) {
    return base::Error(base::Code::kDataLoss, "the bytes are no supernet's image ({})", kFormat);
  }
  const auto is = [&](const char* key) {
    const auto found = image.metadata.find(key);
    return found != image.metadata.end() && found->second == "1";
  };
  return NetworkForm{is(kStandAloneKey), is(kAuxiliaryKey)};
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
  NASSHRINK_ASSIGN_OR_RETURN(weights.architecture, ReadArchitecture(plan.space, image));
  return weights;
}

// Operators on no path get mean 0 and variance 1: a PyTorch network computes them too, and what reads a node that
// nothing reaches must put out zeros there as well.
base::Result<std::string> WriteChild(const NetworkPlan& plan, const Weights& weights,
                                     const space::Architecture& architecture, const Metadata& metadata) {
  base::SafetensorsWriter writer;
  NASSHRINK_RETURN_IF_ERROR(AddMetadata(metadata, &writer));
  const ChildEdges edges(plan.space, architecture);
  const float* values = weights.evaluated();
  for (const Parameter& parameter : plan.layout.parameters) {
    if (!edges.Has(parameter.owner) || IsOfAuxiliaryHead(parameter.name)) continue;
    NASSHRINK_RETURN_IF_ERROR(
        writer.Add(parameter.child_name, "F32", parameter.shape, BytesOf(values + parameter.offset, parameter.size)));
  }
  const std::vector<float> zeros(plan.layout.channels, 0.0F);
  const std::vector<float> ones(plan.layout.channels, 1.0F);
  for (const Statistics& statistics : plan.layout.statistics) {
    if (!edges.Has(statistics.owner) || IsOfAuxiliaryHead(statistics.name)) continue;
    const bool on_path = edges.OnPath(statistics.owner);
    const std::vector<float>& mean = on_path ? weights.running_mean : zeros;
    const std::vector<float>& variance = on_path ? weights.running_variance : ones;
    NASSHRINK_RETURN_IF_ERROR(AddStatistics(statistics.child_name, statistics.channels, mean.data() + statistics.offset,
                                            variance.data() + statistics.offset, &writer));
  }
  return writer.Finish();
}

}  // namespace nasshrink::nn
