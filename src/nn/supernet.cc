#include "nn/supernet.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "nn/evaluate.h"
#include "nn/guard.h"
#include "nn/inherit.h"
#include "nn/table.h"
#include "nn/trainer.h"
#include "nn/weights_file.h"

namespace nasshrink::nn {
namespace {

base::Result<std::shared_ptr<SupernetState>> MakeState(const space::Space& space, const NetworkForm& form,
                                                       uint32_t intra_op_threads, uint64_t memory_limit,
                                                       bool count_torch = false) {
  NASSHRINK_ASSIGN_OR_RETURN(NetworkPlan plan, PlanNetwork(space, form.stand_alone, form.auxiliary_head));
  // Weights and W0; a trainer adds gradients and momentum.
  const uint64_t bytes = 2 * plan.layout.weights * sizeof(float);
  if (memory_limit != 0 && bytes > memory_limit) {
    return base::Error(base::Code::kResourceExhausted,
                       "the supernet's weights need {} bytes, more than the memory limit of {}", bytes, memory_limit);
  }
  auto state = std::make_shared<SupernetState>(std::move(plan), intra_op_threads, count_torch);
  state->memory_limit = memory_limit;
  return state;
}

base::Status CheckArchitecture(const NetworkPlan& plan, const space::Architecture& architecture, size_t index) {
  const auto& choices = plan.space.choices;
  if (architecture.size() != choices.size()) {
    return base::Invalid(fmt::format("architectures[{}]", index), fmt::format("{} candidates", architecture.size()),
                         fmt::format("{}", choices.size()), "there is not one candidate a choice");
  }
  for (size_t i = 0; i < choices.size(); ++i) {
    if (!std::binary_search(choices[i].alive.begin(), choices[i].alive.end(), architecture[i])) {
      return base::Invalid(fmt::format("architectures[{}][{}]", index, i), architecture[i],
                           fmt::format("{}", fmt::join(choices[i].alive, ", ")), "the candidate is not alive");
    }
  }
  return {};
}

struct TensorPlace {
  float* data = nullptr;
  size_t size = 0;
  std::vector<int64_t> shape;
};

base::Result<TensorPlace> FindTensor(const Layout& layout, std::string_view name, Weights* weights) {
  for (const Parameter& parameter : layout.parameters) {
    if (parameter.name == name)
      return TensorPlace{weights->current.data() + parameter.offset, parameter.size, parameter.shape};
  }
  for (const Statistics& statistics : layout.statistics) {
    const std::vector<int64_t> shape = {static_cast<int64_t>(statistics.channels)};
    if (statistics.name + ".running_mean" == name) {
      return TensorPlace{weights->running_mean.data() + statistics.offset, statistics.channels, shape};
    }
    if (statistics.name + ".running_var" == name) {
      return TensorPlace{weights->running_variance.data() + statistics.offset, statistics.channels, shape};
    }
  }
  return base::Error(base::Code::kNotFound, "the supernet has no tensor '{}'", name);
}

}  // namespace

base::Result<std::unique_ptr<run::Supernet>> TorchSupernet::Make(const space::Space& space,
                                                                 const run::SupernetOptions& options,
                                                                 const run::BackendOptions& backend) {
  std::unique_ptr<run::Supernet> supernet;
  NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto state,
                               MakeState(space, {options.stand_alone, options.auxiliary_head}, backend.intra_op_threads,
                                         backend.memory_limit, options.count_memory));
    base::Status status = Initialise(state->plan.layout, options.init, options.seed, &state->weights);
    if (status.ok()) supernet = std::make_unique<TorchSupernet>(std::move(state));
    return status;
  }));
  return supernet;
}

base::Result<std::unique_ptr<run::Supernet>> TorchSupernet::Load(const space::Space& space, std::string_view image,
                                                                 const run::BackendOptions& backend) {
  std::unique_ptr<run::Supernet> supernet;
  NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(const NetworkForm form, FormOf(image));
    NASSHRINK_ASSIGN_OR_RETURN(auto state, MakeState(space, form, backend.intra_op_threads, backend.memory_limit));
    NASSHRINK_ASSIGN_OR_RETURN(state->weights, ReadSupernet(state->plan, image));
    supernet = std::make_unique<TorchSupernet>(std::move(state));
    return {};
  }));
  return supernet;
}

run::SupernetInfo TorchSupernet::Describe() const {
  const Layout& layout = state_->plan.layout;
  run::SupernetInfo info;
  info.backend = "torch";
  info.parameters = layout.elements;
  info.bytes = 2 * (layout.weights + layout.channels) * sizeof(float);
  for (const Parameter& parameter : layout.parameters) info.tensors.push_back({parameter.name, "F32", parameter.shape});
  for (const Statistics& statistics : layout.statistics) {
    for (const char* suffix : {".running_mean", ".running_var"}) {
      info.tensors.push_back({statistics.name + suffix, "F32", {static_cast<int64_t>(statistics.channels)}});
    }
  }
  info.steps = state_->weights.steps;
  return info;
}

base::Result<run::NamedTensor> TorchSupernet::Tensor(std::string_view name) const {
  NASSHRINK_ASSIGN_OR_RETURN(const TensorPlace place, FindTensor(state_->plan.layout, name, &state_->weights));
  run::NamedTensor tensor;
  tensor.values.assign(place.data, place.data + place.size);
  tensor.shape = place.shape;
  return tensor;
}

base::Status TorchSupernet::SetTensor(std::string_view name, const run::TensorView& values) {
  NASSHRINK_ASSIGN_OR_RETURN(const TensorPlace place, FindTensor(state_->plan.layout, name, &state_->weights));
  if (values.dtype != run::DType::kFloat32 || values.shape != place.shape || values.data == nullptr) {
    return base::Invalid("values", fmt::format("[{}]", fmt::join(values.shape, ", ")),
                         fmt::format("float32 [{}]", fmt::join(place.shape, ", ")), "is not what the tensor takes");
  }
  const auto* numbers = static_cast<const float*>(values.data);
  for (size_t i = 0; i < place.size; ++i) {
    if (!std::isfinite(numbers[i]))
      return base::Invalid(fmt::format("values[{}]", i), numbers[i], "finite numbers", "");
  }
  std::copy_n(numbers, place.size, place.data);
  return {};
}

base::Result<std::vector<run::Evaluation>> TorchSupernet::Evaluate(
    const std::vector<space::Architecture>& architectures, run::Dataset* dataset, const run::EvaluateOptions& options,
    const base::Cancel* cancel, const run::StepProgress& progress) {
  NASSHRINK_ASSIGN_OR_RETURN(const ImageDataset* images, ImageDataset::From(dataset));
  for (size_t i = 0; i < architectures.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(state_->plan, architectures[i], i));
  }
  std::vector<run::Evaluation> evaluations;
  NASSHRINK_RETURN_IF_ERROR(state_->executor.Run([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(evaluations,
                               EvaluateChildren(*state_, architectures, *images, options, cancel, progress));
    return {};
  }));
  return evaluations;
}

base::Result<score::FactorTable> TorchSupernet::Table(const score::AngleOptions& options) const {
  score::FactorTable table;
  NASSHRINK_RETURN_IF_ERROR(Guarded([&] {
    table = MakeAngleTable(state_->plan, state_->weights, options);
    return base::Status();
  }));
  return table;
}

base::Status TorchSupernet::ResetBase() {
  return Guarded([&] {
    state_->weights.base = state_->weights.current;
    return base::Status();
  });
}

base::Result<std::string> TorchSupernet::Serialize(const std::map<std::string, std::string>& metadata) const {
  std::string image;
  NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(image, WriteSupernet(state_->plan, state_->weights, metadata));
    return {};
  }));
  return image;
}

base::Result<std::unique_ptr<run::Supernet>> TorchSupernet::Inherit(const space::Space& space,
                                                                    const run::InheritOptions& options) const {
  NASSHRINK_RETURN_IF_ERROR(CheckHeir(state_->plan.space, space, options));
  std::unique_ptr<run::Supernet> supernet;
  NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
    const NetworkForm form = {state_->plan.stand_alone || options.stand_alone, options.auxiliary_head};
    NASSHRINK_ASSIGN_OR_RETURN(auto state,
                               MakeState(space, form, state_->executor.intra_op_threads(), state_->memory_limit));
    NASSHRINK_ASSIGN_OR_RETURN(state->weights, InheritWeights(state_->plan, state_->weights, state->plan, options));
    supernet = std::make_unique<TorchSupernet>(std::move(state));
    return {};
  }));
  return supernet;
}

base::Result<run::ArchitectureParameters> TorchSupernet::Architecture() const {
  if (state_->weights.architecture) return *state_->weights.architecture;
  return base::Status(base::Code::kFailedPrecondition,
                      "the supernet has no architecture parameters; train it with strategy proxyless or darts");
}

base::Result<std::string> TorchSupernet::Extract(const space::Architecture& architecture,
                                                 const std::map<std::string, std::string>& metadata) const {
  NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(state_->plan, architecture, 0));
  std::string image;
  NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(image, WriteChild(state_->plan, state_->weights, architecture, metadata));
    return {};
  }));
  return image;
}

base::Result<std::unique_ptr<run::Trainer>> TorchSupernet::NewTrainer(const run::TrainOptions& options) {
  std::unique_ptr<run::Trainer> trainer;
  NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
    NASSHRINK_ASSIGN_OR_RETURN(trainer, PathTrainer::Make(state_, options));
    return {};
  }));
  return trainer;
}

uint64_t TorchSupernet::PeakMemory() const { return BytesOf(state_->weights) + state_->memory.peak(); }

}  // namespace nasshrink::nn
