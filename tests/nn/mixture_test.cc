// Several candidates of a choice at once: values, gradients of weights and of gates.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <vector>

#include "nn/differences.h"
#include "nn/small_spaces.h"

namespace nasshrink::nn {
namespace {

// All alive candidates of every choice, each with a gate of its own.
Mixture AllOf(const space::Space& space) {
  Mixture mixture;
  uint32_t gate = 0;
  for (const space::Choice& choice : space.choices) {
    auto& mixed = mixture.emplace_back();
    const bool subsets = std::holds_alternative<space::EdgeSubset>(choice.candidates[0].body);
    for (const uint32_t candidate : choice.alive) mixed.push_back({candidate, subsets ? 0 : gate++, true});
  }
  return mixture;
}

void CheckGates(const space::Space& space, const Mixture& mixture, std::vector<double> gates) {
  at::set_num_threads(1);
  const auto plan = PlanNetwork(space, false);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const Program program = CompileMixture(*plan, mixture);
  ASSERT_EQ(program.gates, gates.size());
  const c10::InferenceMode inference;
  Differences differences(*plan, program);
  differences.gates = std::move(gates);
  differences.Backward();
  differences.CheckGates();
  differences.CheckParameters();
}

std::vector<double> Shares(size_t count) {
  base::Philox random(3, base::Purpose::kSynthetic);
  std::vector<double> gates(count);
  for (double& gate : gates) gate = 0.05 + 0.4 * random.Uniform();
  return gates;
}

size_t GatesOf(const Mixture& mixture) {
  uint32_t gates = 0;
  for (const auto& mixed : mixture) {
    for (const MixedCandidate& one : mixed) gates = std::max(gates, one.gate + 1);
  }
  return gates;
}

TEST(Mixture, OfEveryCandidateAgreesWithDifferences) {
  for (const char* name : {"nas-bench-201", "darts", "nas-bench-macro", "spos-shufflenet"}) {
    SCOPED_TRACE(name);
    const space::Space space = SmallPreset(name);
    const Mixture mixture = AllOf(space);
    CheckGates(space, mixture, Shares(GatesOf(mixture)));
  }
}

TEST(Mixture, OfCellsAndGraphsAgreesWithDifferences) {
  for (const space::Space& space : {SmallAutoSpace(), SmallGraphs()}) {
    SCOPED_TRACE(space.name);
    const Mixture mixture = AllOf(space);
    CheckGates(space, mixture, Shares(GatesOf(mixture)));
  }
}

// ProxylessNAS: one candidate with gate 1 and gradient, the others with gate 0, computed for their gates alone.
TEST(Mixture, GatesOfCandidatesWithoutGradientHaveTheirOwn) {
  for (const char* name : {"fairnas", "nas-bench-201"}) {
    SCOPED_TRACE(name);
    const space::Space space = SmallPreset(name);
    Mixture mixture = AllOf(space);
    std::vector<double> gates(GatesOf(mixture), 0.0);
    for (auto& mixed : mixture) {
      for (MixedCandidate& one : mixed) {
        one.flows = one.candidate == mixed.back().candidate;
        if (one.flows) gates[one.gate] = 1;
      }
    }
    CheckGates(space, mixture, gates);
  }
}

// With one candidate a choice and its gate 1 a mixture is the child.
TEST(Mixture, OfOneCandidateIsTheChild) {
  at::set_num_threads(1);
  base::Philox random(1, base::Purpose::kSampleSpace);
  for (const NamedSpace& named : SmallSpaces()) {
    SCOPED_TRACE(named.name);
    const auto plan = PlanNetwork(named.space, false);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const space::Architecture child = RandomChild(named.space, random);
    Mixture mixture;
    for (const uint32_t candidate : child) mixture.push_back({{candidate, 0, true}});
    const Program alone = CompileProgram(*plan, {child});
    const Program mixed = CompileMixture(*plan, mixture);
    EXPECT_EQ(mixed.parameters, alone.parameters);
    const c10::InferenceMode inference;
    Differences first(*plan, alone);
    Differences second(*plan, mixed);
    second.gates = {1.0};
    EXPECT_NEAR(first.Loss(), second.Loss(), 1e-9 * (1 + std::abs(first.Loss())));
  }
}

}  // namespace
}  // namespace nasshrink::nn
