// Reading the child that learned architecture parameters stand for.
#include <utility>

#include "run/architecture_parameters.h"
#include "run/execution.h"
#include "score/softmax.h"

namespace nasshrink::run {

using base::Status;

Status Execution::Derive(const v1::DeriveStage& stage) {
  NASSHRINK_ASSIGN_OR_RETURN(const search::DeriveOptions options, ResolveDerive(stage.options()));
  NASSHRINK_ASSIGN_OR_RETURN(const ArchitectureParameters parameters, supernet_->Architecture());
  NASSHRINK_ASSIGN_OR_RETURN(const space::Architecture child,
                             search::Derive(space_, score::Probabilities(space_, parameters.alpha), options));
  state_.clear_ranked();
  *state_.add_ranked() = Describe(child);
  v1::RunEvent event;
  *event.mutable_evaluated() = state_.ranked(0);
  return Emit(std::move(event));
}

}  // namespace nasshrink::run
