#include "run/architecture_parameters.h"

#include <cmath>

#include "run/options.h"
#include "score/softmax.h"
#include "space/architecture.h"

namespace nasshrink::run {
namespace {

base::Result<std::vector<std::vector<double>>> AlphaOf(const space::Space& space,
                                                       const v1::ArchitectureParameters& message) {
  NASSHRINK_RETURN_IF_ERROR(space::CheckRootFingerprint(space, message.root_fingerprint(), "parameters"));
  if (message.choices_size() != static_cast<int>(space.choices.size())) {
    return base::Invalid("choices", message.choices_size(), fmt::format("{}", space.choices.size()),
                         "is not one list a choice");
  }
  std::vector<std::vector<double>> alpha;
  for (int i = 0; i < message.choices_size(); ++i) {
    const auto& values = message.choices(i).alpha();
    const size_t candidates = space.choices[static_cast<size_t>(i)].candidates.size();
    if (values.size() != static_cast<int>(candidates)) {
      return base::Invalid(fmt::format("choices[{}].alpha", i), values.size(), fmt::format("{}", candidates),
                           "is not one number a candidate");
    }
    for (int k = 0; k < values.size(); ++k) {
      if (std::isfinite(values[k])) continue;
      return base::Invalid(fmt::format("choices[{}].alpha[{}]", i, k), values[k], "finite numbers", "is no parameter");
    }
    alpha.emplace_back(values.begin(), values.end());
  }
  return alpha;
}

}  // namespace

void ParametersToMessage(const space::Space& space, const ArchitectureParameters& parameters,
                         v1::ArchitectureParameters* message) {
  message->Clear();
  message->set_root_fingerprint(space.root_fingerprint);
  message->set_steps(parameters.steps);
  const auto probabilities = score::Probabilities(space, parameters.alpha);
  for (size_t i = 0; i < space.choices.size(); ++i) {
    v1::ChoiceParameters* choice = message->add_choices();
    choice->mutable_alpha()->Add(parameters.alpha[i].begin(), parameters.alpha[i].end());
    choice->mutable_probability()->Add(probabilities[i].begin(), probabilities[i].end());
  }
}

base::Result<search::DeriveOptions> ResolveDerive(const v1::DeriveOptions& message) {
  const std::string rule = message.rule().empty() ? "argmax" : message.rule();
  NASSHRINK_RETURN_IF_ERROR(CheckName("rule", rule, {"argmax", "darts"}));
  search::DeriveOptions options;
  options.rule = rule == "darts" ? search::DeriveOptions::Rule::kDarts : search::DeriveOptions::Rule::kArgmax;
  if (message.edges_per_node() != 0) options.edges_per_node = message.edges_per_node();
  if (message.has_most_identities()) options.most_identities = message.most_identities();
  return options;
}

base::Result<space::Architecture> DeriveChild(const space::Space& space, const v1::ArchitectureParameters& message,
                                              const v1::DeriveOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(const search::DeriveOptions derive, ResolveDerive(options));
  NASSHRINK_ASSIGN_OR_RETURN(const auto alpha, AlphaOf(space, message));
  return search::Derive(space, score::Probabilities(space, alpha), derive);
}

}  // namespace nasshrink::run
