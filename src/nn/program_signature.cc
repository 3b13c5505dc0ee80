// A program written out, so that children that compute the same are evaluated once.
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "nn/program.h"

namespace nasshrink::nn {
namespace {

void Append(const NodeRef& ref, std::string* out) {
  fmt::format_to(std::back_inserter(*out), " {}/{}", ref.node, static_cast<int>(ref.form));
}

}  // namespace

std::string SignatureOf(const Program& program) {
  std::string out;
  for (const ConvGroup& group : program.groups) {
    fmt::format_to(std::back_inserter(out), "c {} {} {} {} {}", group.kernel, group.stride_height, group.stride_width,
                   group.dilation, group.groups);
    Append(group.source, &out);
    for (const GroupPart& part : group.parts) fmt::format_to(std::back_inserter(out), " {}", part.weight);
  }
  for (const ProgramNode& node : program.nodes) {
    fmt::format_to(std::back_inserter(out), "n {} {}x{}x{} {} {} {} {}", static_cast<int>(node.kind), node.channels,
                   node.height, node.width, static_cast<int>(node.pool), node.kernel, node.first, node.step);
    for (const NodeTerm& term : node.terms) {
      fmt::format_to(std::back_inserter(out), " t {} {} {} {}", term.group, term.offset, term.normalised,
                     term.norm.statistics);
      if (!term.of_group) Append(term.node, &out);
    }
    for (const NodeRef& ref : node.plain) Append(ref, &out);
    for (const uint32_t source : node.pooled) fmt::format_to(std::back_inserter(out), " p {}", source);
    for (const NodeRef& ref : node.inputs) Append(ref, &out);
  }
  Append(program.classifier.source, &out);
  return out;
}

}  // namespace nasshrink::nn
