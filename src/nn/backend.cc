// The factory of the torch back end: the one symbol this library exports.
#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "nn/dataset.h"
#include "nn/guard.h"
#include "nn/inference_time.h"
#include "nn/network.h"
#include "nn/supernet.h"
#include "run/backend.h"

namespace nasshrink::nn {
namespace {

constexpr char kBuiltAgainst[] = "torch " TORCH_VERSION;

// "torch 2.11.0" of the library in this process, as its own build description says.
std::string LoadedVersion() {
  static constexpr char kKey[] = "TORCH_VERSION=";
  std::string version = "unknown";
  const base::Status status = Guarded([&version] {
    const std::string config = at::show_config();
    const size_t at = config.find(kKey);
    if (at == std::string::npos) return base::Status();
    const size_t begin = at + sizeof kKey - 1;
    version = config.substr(begin, config.find_first_of(", \n", begin) - begin);
    return base::Status();
  });
  return status.ok() ? "torch " + version : "torch unknown";
}

class TorchBackend final : public run::Backend {
 public:
  explicit TorchBackend(run::BackendOptions options) : options_(std::move(options)) {}

  std::string Describe() const override {
    return fmt::format("{}, {} intra-op threads, {}", kBuiltAgainst, options_.intra_op_threads,
                       at::get_cpu_capability());
  }

  uint32_t intra_op_threads() const override { return options_.intra_op_threads; }

  base::Result<std::shared_ptr<run::Dataset>> OpenDataset(const run::DatasetOptions& options) override {
    std::shared_ptr<run::Dataset> dataset;
    NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
      NASSHRINK_ASSIGN_OR_RETURN(dataset, ImageDataset::Open(options, options_));
      return {};
    }));
    return dataset;
  }

  base::Result<std::shared_ptr<run::Dataset>> DatasetFromTensors(const run::TensorView& inputs,
                                                                 const run::TensorView& targets,
                                                                 const run::DatasetOptions& options) override {
    std::shared_ptr<run::Dataset> dataset;
    NASSHRINK_RETURN_IF_ERROR(Guarded([&]() -> base::Status {
      NASSHRINK_ASSIGN_OR_RETURN(dataset, ImageDataset::FromTensors(inputs, targets, options, options_));
      return {};
    }));
    return dataset;
  }

  base::Result<std::unique_ptr<run::Supernet>> NewSupernet(const space::Space& space,
                                                           const run::SupernetOptions& options) override {
    return TorchSupernet::Make(space, options, options_);
  }

  base::Result<std::unique_ptr<run::Supernet>> LoadSupernet(const space::Space& space,
                                                            std::string_view image) override {
    return TorchSupernet::Load(space, image, options_);
  }

  base::Result<run::InferenceTimes> TimeInference(const space::Space& child, const run::TimingOptions& options,
                                                  const base::Cancel* cancel) override {
    return nn::TimeInference(child, options_.intra_op_threads, options, cancel);
  }

 private:
  const run::BackendOptions options_;
};

run::Backend* Create(const run::BackendOptions& options, base::Status* status) {
  if (options.device != "cpu") {
    *status = base::Invalid("device", options.device, "cpu", "this build of the torch back end has no such device");
    return nullptr;
  }
  run::BackendOptions resolved = options;
  if (resolved.intra_op_threads == 0) resolved.intra_op_threads = std::max(1U, std::thread::hardware_concurrency());
  run::Backend* backend = nullptr;
  *status = Guarded([&] {
    backend = new TorchBackend(resolved);
    return base::Status();
  });
  return backend;
}

}  // namespace
}  // namespace nasshrink::nn

extern "C" __attribute__((visibility("default"))) const nasshrink::run::BackendFactory* nasshrink_backend_factory() {
  static const auto* const kLoaded = new std::string(nasshrink::nn::LoadedVersion());
  static const nasshrink::run::BackendFactory kFactory = {
      nasshrink::run::kBackendInterfaceVersion, nasshrink::nn::kBuiltAgainst, kLoaded->c_str(), nasshrink::nn::Create};
  return &kFactory;
}
