#include "nn/named_builder.h"

#include <fmt/format.h>

namespace nasshrink::nn {

using space::Scope;

std::string NamedBuilder::Joined(const std::string& prefix, std::string_view module) {
  if (module.empty()) return prefix;
  if (prefix.empty()) return std::string(module);
  return fmt::format("{}.{}", prefix, module);
}

void NamedBuilder::Entered(const Scope& scope) {
  std::string name = names_.back();
  std::string child = child_names_.back();
  switch (scope.kind) {
    case Scope::Kind::kLayer:
      layer_ = scope.index;
      name = child = plan_.prefixes[scope.index];
      break;
    case Scope::Kind::kCandidate:
      name += fmt::format(".{}", scope.candidate);
      owner_ = Owner{layer_, 0, scope.choice, scope.candidate};
      break;
    case Scope::Kind::kEdge:
      child += plan_.named_as_nas_bench_201 ? fmt::format(".layers.{}", scope.index)
                                            : fmt::format(".edges.{}<-{}", scope.to, scope.from);
      name += fmt::format(".edges.{}<-{}.{}", scope.to, scope.from, scope.candidate);
      owner_ = Owner{layer_, scope.index, scope.choice, scope.candidate};
      break;
    case Scope::Kind::kInnerEdge:
      name += fmt::format(".edges.{}<-{}", scope.to, scope.from);
      child += fmt::format(".edges.{}<-{}", scope.to, scope.from);
      break;
    case Scope::Kind::kPreprocess:
      name += fmt::format(".preprocess{}", scope.index);
      child += fmt::format(".preprocess{}", scope.index);
      break;
    case Scope::Kind::kPart:
      name = Joined(name, scope.name);
      child = Joined(child, scope.name);
      break;
  }
  names_.push_back(std::move(name));
  child_names_.push_back(std::move(child));
}

void NamedBuilder::Left(const Scope& scope) {
  names_.pop_back();
  child_names_.pop_back();
  if (scope.kind == Scope::Kind::kCandidate || scope.kind == Scope::Kind::kEdge) owner_.reset();
}

}  // namespace nasshrink::nn
