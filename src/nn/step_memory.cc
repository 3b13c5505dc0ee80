#include "nn/step_memory.h"

#include <algorithm>

namespace nasshrink::nn {
namespace {

uint64_t SizeOf(const ProgramNode& node) {
  return static_cast<uint64_t>(node.channels) * static_cast<uint64_t>(node.height) * static_cast<uint64_t>(node.width);
}

uint64_t OutputOf(const Program& program, const ConvGroup& group) {
  const ProgramNode& source = program.nodes[group.source.node];
  const auto after = [](int size, int stride) { return static_cast<uint64_t>((size - 1) / stride + 1); };
  return static_cast<uint64_t>(group.out) * after(source.height, group.stride_height) *
         after(source.width, group.stride_width);
}

space::Architecture FirstConnecting(const space::Space& space) {
  space::Architecture architecture;
  for (const space::Choice& choice : space.choices) {
    const auto connects = [&](uint32_t candidate) { return !space::BreaksPath(choice.candidates[candidate]); };
    const auto found = std::find_if(choice.alive.begin(), choice.alive.end(), connects);
    architecture.push_back(found == choice.alive.end() ? choice.alive.front() : *found);
  }
  return architecture;
}

}  // namespace

uint64_t StepFloats(const Program& program, uint32_t batch) {
  uint64_t floats = 0;
  uint64_t largest = 0;
  for (const ProgramNode& node : program.nodes) {
    const uint64_t size = SizeOf(node);
    const auto values = static_cast<uint64_t>(std::count(node.read.begin(), node.read.end(), true));
    floats += std::max<uint64_t>(values, 1) * size;
    largest = std::max(largest, size);
  }
  for (const ConvGroup& group : program.groups) {
    const uint64_t size = OutputOf(program, group);
    floats += size;
    largest = std::max(largest, size);
  }
  // On the way back a value's gradient and those of what reads it.
  return (floats + 8 * largest) * batch;
}

uint64_t StepFloats(const NetworkPlan& plan, uint32_t batch) {
  const space::Architecture first = FirstConnecting(plan.space);
  space::Architecture most = first;
  for (size_t i = 0; i < first.size(); ++i) {
    uint64_t floats = 0;
    for (const uint32_t candidate : plan.space.choices[i].alive) {
      space::Architecture child = first;
      child[i] = candidate;
      const uint64_t with = StepFloats(CompileProgram(plan, {child}), batch);
      if (with <= floats) continue;
      floats = with;
      most[i] = candidate;
    }
  }
  return StepFloats(CompileProgram(plan, {most}), batch);
}

}  // namespace nasshrink::nn
