// The constraint flags of count, sample and search.
#ifndef NASSHRINK_TOOLS_CONSTRAINTS_H_
#define NASSHRINK_TOOLS_CONSTRAINTS_H_

#include <CLI/CLI.hpp>
#include <array>
#include <string>
#include <vector>

#include "nasshrink.h"
#include "nasshrink/v1/architecture.pb.h"

namespace nasshrink::tools {

struct ConstraintFlags {
  // A number, one with K, M or G behind it, or a share of the children such as "20%".
  struct Window {
    std::string min;
    std::string max;
  };
  std::array<Window, 3> windows;  // macs, params, latency_ms
  std::string latency;
};

void AddConstraintFlags(CLI::App* command, ConstraintFlags* flags);

std::vector<v1::Constraint> ConstraintsOf(const ConstraintFlags& flags);
// Reads the latency table, when one was given, into `table`.
bool ReadLatencyOf(nasshrink_context* context, const ConstraintFlags& flags, v1::LatencyTable* table);

// For SampleOptions, CountOptions and SearchOptions, which name these fields alike.
template <typename Message>
void SetConstraints(nasshrink_context* context, const ConstraintFlags& flags, Message* message) {
  for (const v1::Constraint& constraint : ConstraintsOf(flags)) *message->add_constraints() = constraint;
  v1::LatencyTable table;
  if (ReadLatencyOf(context, flags, &table)) *message->mutable_latency() = table;
}

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_CONSTRAINTS_H_
