// The torch back end's supernet: one plan, its weights, and what can be done with them.
#ifndef NASSHRINK_NN_SUPERNET_H_
#define NASSHRINK_NN_SUPERNET_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nn/supernet_state.h"
#include "run/backend.h"

namespace nasshrink::nn {

class TorchSupernet final : public run::Supernet {
 public:
  explicit TorchSupernet(std::shared_ptr<SupernetState> state) : state_(std::move(state)) {}

  static base::Result<std::unique_ptr<run::Supernet>> Make(const space::Space& space,
                                                           const run::SupernetOptions& options,
                                                           const run::BackendOptions& backend);
  static base::Result<std::unique_ptr<run::Supernet>> Load(const space::Space& space, std::string_view image,
                                                           const run::BackendOptions& backend);

  const space::Space& space() const override { return state_->plan.space; }
  run::SupernetInfo Describe() const override;
  base::Result<run::NamedTensor> Tensor(std::string_view name) const override;
  base::Status SetTensor(std::string_view name, const run::TensorView& values) override;
  base::Result<std::vector<run::Evaluation>> Evaluate(const std::vector<space::Architecture>& architectures,
                                                      run::Dataset* dataset, const run::EvaluateOptions& options,
                                                      const base::Cancel* cancel,
                                                      const run::StepProgress& progress) override;
  base::Result<score::FactorTable> Table(const score::AngleOptions& options) const override;
  base::Status ResetBase() override;
  base::Result<std::string> Serialize(const std::map<std::string, std::string>& metadata) const override;
  base::Result<std::unique_ptr<run::Supernet>> Inherit(const space::Space& space,
                                                       const run::InheritOptions& options) const override;
  base::Result<run::ArchitectureParameters> Architecture() const override;
  base::Result<std::string> Extract(const space::Architecture& architecture,
                                    const std::map<std::string, std::string>& metadata) const override;
  base::Result<std::unique_ptr<run::Trainer>> NewTrainer(const run::TrainOptions& options) override;
  uint64_t PeakMemory() const override;

 private:
  const std::shared_ptr<SupernetState> state_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_SUPERNET_H_
