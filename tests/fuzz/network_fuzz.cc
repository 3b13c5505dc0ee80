// Text of a network file or of AutoSpace's learned space.
#include <string_view>

#include "fuzz/target.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/network_space.h"
#include "space/notation.h"

namespace nasshrink::space {
namespace {

void CheckNetworkText(std::string_view text) {
  const auto space = ImportSpace("", text);
  if (!space.ok()) {
    NASSHRINK_FUZZ_CHECK(!space.status().message().empty());
    return;
  }
  NASSHRINK_FUZZ_CHECK(ParseSpace(CanonicalBytes(*space)).ok());
  if (const auto costs = CostModel::Make(*space); costs.ok()) {
    NASSHRINK_FUZZ_CHECK(costs->min().macs <= costs->max().macs);
  }
  const Architecture first(space->choices.size(), 0);
  for (const std::string& format : Formats(*space)) {
    const auto written = ExportArchitecture(*space, first, format);
    NASSHRINK_FUZZ_CHECK(written.ok());
    NASSHRINK_FUZZ_CHECK(*ImportArchitecture(*space, format, *written) == first);
    // A network file makes the same space again.
    if (format != "once-for-all") continue;
    NASSHRINK_FUZZ_CHECK(CanonicalBytes(*ImportSpace("", *written)) == CanonicalBytes(*space));
  }
}

}  // namespace
}  // namespace nasshrink::space

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  nasshrink::space::CheckNetworkText(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
