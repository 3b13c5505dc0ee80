// Text of an architecture: a byte for the space ('0' the first), one for the notation ('`' detects it, 'a' the first),
// then the text.
#include <string>
#include <string_view>

#include "fuzz/fixed_spaces.h"
#include "space/architecture.h"
#include "space/notation.h"

namespace nasshrink::space {
namespace {

void CheckNotation(const Space& space, const std::vector<std::string>& formats, std::string_view format,
                   std::string_view text) {
  const auto read = ImportArchitecture(space, format, text);
  if (!read.ok()) {
    NASSHRINK_FUZZ_CHECK(!read.status().message().empty());
    return;
  }
  NASSHRINK_FUZZ_CHECK(CheckArchitecture(space, *read).ok());
  for (const std::string& other : formats) {
    // Network files are long: they are written for what came as one.
    if (text.front() != '{' && (other == "proxylessnas" || other == "once-for-all")) continue;
    const auto written = ExportArchitecture(space, *read, other);
    if (!written.ok()) continue;  // a genotype cannot write every child
    const auto again = ImportArchitecture(space, other, *written);
    NASSHRINK_FUZZ_CHECK(again.ok());
    NASSHRINK_FUZZ_CHECK(Canonical(space, *again) == Canonical(space, *read));
  }
}

}  // namespace
}  // namespace nasshrink::space

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto& spaces = nasshrink::tests::FixedSpaces();
  static const auto notations = nasshrink::space::Notations();
  static const std::vector<std::vector<std::string>> formats = [] {
    std::vector<std::vector<std::string>> all;
    for (const auto& one : nasshrink::tests::FixedSpaces()) all.push_back(nasshrink::space::Formats(one));
    return all;
  }();
  const size_t space = (data[0] + 256U - '0') % 256 % spaces.size();
  const size_t notation = (data[1] + 256U - '`') % 256 % (notations.size() + 1);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  nasshrink::space::CheckNotation(spaces[space], formats[space], notation == 0 ? "" : notations[notation - 1].name,
                                  text);
  return 0;
}
