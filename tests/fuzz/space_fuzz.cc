// Bytes of a SearchSpace. A space that is accepted must survive everything that can be asked of any space.
#include <string_view>

#include "fuzz/target.h"
#include "space/architecture.h"
#include "space/child_index.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/count.h"
#include "space/gray_order.h"
#include "space/hamming.h"
#include "space/notation.h"

namespace nasshrink::space {
namespace {

constexpr size_t kFewChoices = 64;

void CheckNotations(const Space& space, const Architecture& child) {
  for (const std::string& format : Formats(space)) {
    const auto text = ExportArchitecture(space, child, format);
    if (!text.ok()) continue;  // a genotype cannot write every child
    const auto read = ImportArchitecture(space, format, *text);
    NASSHRINK_FUZZ_CHECK(read.ok());
    NASSHRINK_FUZZ_CHECK(*ExportArchitecture(space, *read, format) == *text);
  }
}

void CheckOrders(const Space& space) {
  if (auto order = GrayOrder::Make(space); order.ok()) {
    for (int step = 0; step < 3 && order->Next(); ++step) {
      NASSHRINK_FUZZ_CHECK(CheckArchitecture(space, order->child()).ok());
    }
  }
  const Architecture first = NthChild(space, 0);
  const auto ball = HammingBall::Make(space, first, 2);
  NASSHRINK_FUZZ_CHECK(ball.ok());
  NASSHRINK_FUZZ_CHECK(CheckArchitecture(space, ball->Draw(1, base::Purpose::kSearch, 1)).ok());
  if (const auto keys = ChildKeys::Make(space); keys.ok()) {
    NASSHRINK_FUZZ_CHECK(Canonical(space, keys->ChildOf(keys->KeyOf(first))) == first);
  }
}

void CheckAccepted(const Space& space) {
  const auto again = ParseSpace(CanonicalBytes(space));
  NASSHRINK_FUZZ_CHECK(again.ok() && again->full_fingerprint == space.full_fingerprint);
  NASSHRINK_FUZZ_CHECK(Children(space) >= 1);
  if (const auto costs = CostModel::Make(space); costs.ok()) {
    NASSHRINK_FUZZ_CHECK(costs->min().macs <= costs->max().macs);
  }
  if (!CheckListed(space).ok() || space.choices.size() > kFewChoices) return;
  const BigInt last = Children(space) - 1;
  for (const BigInt& index : {BigInt(0), BigInt(last / 2), last}) {
    const Architecture child = NthChild(space, index);
    NASSHRINK_FUZZ_CHECK(CheckArchitecture(space, child).ok());
    NASSHRINK_FUZZ_CHECK(IndexOfChild(space, child) == index);
    CheckNotations(space, child);
  }
  CheckOrders(space);
}

}  // namespace
}  // namespace nasshrink::space

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto space = nasshrink::space::ParseSpace(std::string_view(reinterpret_cast<const char*>(data), size));
  if (space.ok()) nasshrink::space::CheckAccepted(*space);
  return 0;
}
