#include "space/network_builder.h"

namespace nasshrink::space {
namespace {

bool IsEdge(const Scope& scope) {
  return scope.kind == Scope::Kind::kEdge || scope.kind == Scope::Kind::kInnerEdge ||
         scope.kind == Scope::Kind::kPreprocess;
}

}  // namespace

void NetworkBuilder::Enter(const Scope& scope) {
  scopes_.push_back(scope);
  if (IsEdge(scope)) ++edges_;
  Entered(scope);
}

void NetworkBuilder::Leave() {
  const Scope scope = scopes_.back();
  scopes_.pop_back();
  if (IsEdge(scope)) --edges_;
  Left(scope);
}

uint32_t StrideOf(uint32_t in, uint32_t out) {
  for (uint32_t stride = 1; stride <= in; ++stride) {
    if ((in - 1) / stride + 1 == out) return stride;
  }
  return 0;
}

}  // namespace nasshrink::space
