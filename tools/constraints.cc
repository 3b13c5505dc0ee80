#include "constraints.h"

#include <cmath>
#include <cstdlib>
#include <map>

#include "latency.h"
#include "output.h"

namespace nasshrink::tools {
namespace {

constexpr const char* kCosts[] = {"macs", "params", "latency_ms"};
constexpr const char* kFlags[] = {"macs", "params", "latency"};
constexpr size_t kLatency = 2;

// An end of a window: an amount, or a share of the children.
struct End {
  double value = 0;
  bool is_share = false;
};

End ParseEnd(const std::string& flag, const std::string& text) {
  static const std::map<std::string, double> kSuffixes = {{"", 1}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"%", 0.01}};
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const auto suffix = kSuffixes.find(end);
  if (end == text.c_str() || suffix == kSuffixes.end() || !std::isfinite(number)) {
    FailCall("--" + flag + ": \"" + text + "\" is no number; allowed: 330000000, 330M or 20% (of the children)");
  }
  return {number * suffix->second, suffix->first == "%"};
}

}  // namespace

void AddConstraintFlags(CLI::App* command, ConstraintFlags* flags) {
  for (size_t i = 0; i < flags->windows.size(); ++i) {
    const std::string unit = i == kLatency ? " in milliseconds (3.5)" : " (330000000, 330M)";
    const std::string name = kFlags[i];
    for (const bool is_min : {true, false}) {
      const std::string end = is_min ? "min" : "max";
      command
          ->add_option("--" + end + "-" + name, is_min ? flags->windows[i].min : flags->windows[i].max,
                       (is_min ? "Least " : "Most ") + name + " of a child" + unit + ", or a quantile (20%)")
          ->group("Constraints");
    }
  }
  command->add_option("--latency", flags->latency, "Latency table: a CSV or a LatencyTable (nasshrink latency --help)")
      ->group("Constraints");
}

std::vector<v1::Constraint> ConstraintsOf(const ConstraintFlags& flags) {
  std::vector<v1::Constraint> constraints;
  for (size_t i = 0; i < flags.windows.size(); ++i) {
    const auto& window = flags.windows[i];
    if (window.min.empty() && window.max.empty()) continue;
    if (i == kLatency && flags.latency.empty()) FailCall("--min-latency and --max-latency need --latency TABLE");
    v1::Constraint constraint;
    constraint.set_cost(kCosts[i]);
    const std::string name = kFlags[i];
    if (!window.min.empty()) {
      const End end = ParseEnd("min-" + name, window.min);
      end.is_share ? constraint.set_min_quantile(end.value) : constraint.set_min(end.value);
    }
    if (!window.max.empty()) {
      const End end = ParseEnd("max-" + name, window.max);
      end.is_share ? constraint.set_max_quantile(end.value) : constraint.set_max(end.value);
    }
    constraints.push_back(constraint);
  }
  return constraints;
}

bool ReadLatencyOf(nasshrink_context* context, const ConstraintFlags& flags, v1::LatencyTable* table) {
  if (flags.latency.empty()) return false;
  *table = ReadLatency(context, flags.latency);
  return true;
}

}  // namespace nasshrink::tools
