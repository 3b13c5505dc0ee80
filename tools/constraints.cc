#include "constraints.h"

#include "archs.h"
#include "output.h"

namespace nasshrink::tools {
namespace {

constexpr const char* kCosts[] = {"macs", "params", "latency_ms"};
constexpr const char* kFlags[] = {"macs", "params", "latency"};
constexpr size_t kLatency = 2;

}  // namespace

void AddConstraintFlags(CLI::App* command, ConstraintFlags* flags) {
  for (size_t i = 0; i < flags->windows.size(); ++i) {
    const std::string unit = i == kLatency ? " in milliseconds" : "";
    const std::string name = kFlags[i];
    command->add_option("--min-" + name, flags->windows[i].min, "Least " + name + " of a child" + unit)
        ->group("Constraints");
    command->add_option("--max-" + name, flags->windows[i].max, "Most " + name + " of a child" + unit)
        ->group("Constraints");
  }
  command->add_option("--latency", flags->latency, "File of LatencyTable: milliseconds of every operator")
      ->group("Constraints");
}

std::vector<v1::Constraint> ConstraintsOf(const ConstraintFlags& flags) {
  std::vector<v1::Constraint> constraints;
  for (size_t i = 0; i < flags.windows.size(); ++i) {
    const auto& window = flags.windows[i];
    if (!window.min && !window.max) continue;
    if (i == kLatency && flags.latency.empty()) FailCall("--min-latency and --max-latency need --latency TABLE");
    v1::Constraint constraint;
    constraint.set_cost(kCosts[i]);
    if (window.min) constraint.set_min(*window.min);
    if (window.max) constraint.set_max(*window.max);
    constraints.push_back(constraint);
  }
  return constraints;
}

bool ReadLatencyOf(const ConstraintFlags& flags, v1::LatencyTable* table) {
  if (flags.latency.empty()) return false;
  *table = ReadLatency(flags.latency);
  return true;
}

}  // namespace nasshrink::tools
