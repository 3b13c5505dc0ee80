#include "space/child_index.h"

#include <numeric>

#include "space/architecture.h"
#include "space/count.h"

namespace nasshrink::space {
namespace {

BigInt IndexIn(const Space& space, const std::vector<Digit>& digits, const Architecture& architecture) {
  BigInt index = 0;
  for (const Digit& digit : digits) {
    index *= digit.Size(space);
    index += digit.Index(space, architecture);
  }
  return index;
}

}  // namespace

Space RootOf(const Space& space) {
  Space root = space;
  root.sharing_groups.clear();
  for (Choice& choice : root.choices) {
    choice.alive.resize(choice.candidates.size());
    std::iota(choice.alive.begin(), choice.alive.end(), 0U);
  }
  root.children_fingerprint = root.full_fingerprint = root.root_fingerprint;
  return root;
}

BigInt IndexOfChild(const Space& space, const Architecture& architecture) {
  return IndexIn(space, DigitsOf(space), architecture);
}

ChildKeys::ChildKeys(const Space& space) : root_(RootOf(space)), digits_(DigitsOf(root_)) {}

base::Result<ChildKeys> ChildKeys::Make(const Space& space) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space));
  ChildKeys keys(space);
  const BigInt children = Children(keys.root_);
  if (children > BigInt(1) << 128) {
    return base::Error(base::Code::kOutOfRange, "the root space has {} children, more than keys of 128 bits can number",
                       children.str());
  }
  return keys;
}

ChildKey ChildKeys::KeyOf(const Architecture& architecture) const {
  const BigInt index = IndexIn(root_, digits_, architecture);
  const BigInt low = index & UINT64_MAX;
  return {static_cast<uint64_t>(BigInt(index >> 64)), static_cast<uint64_t>(low)};
}

Architecture ChildKeys::ChildOf(const ChildKey& key) const {
  return NthChild(root_, (BigInt(key.high) << 64) + key.low);
}

}  // namespace nasshrink::space
