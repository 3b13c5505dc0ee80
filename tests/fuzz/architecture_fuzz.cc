// Bytes of an Architecture or an ArchitectureList of one of several spaces; the first byte says which.
#include <string_view>

#include "fuzz/fixed_spaces.h"
#include "space/architecture.h"
#include "space/parse_message.h"

namespace nasshrink::space {
namespace {

void CheckOne(const Space& space, std::string_view bytes) {
  v1::Architecture message;
  if (!ParseMessage(bytes, &message)) return;
  const auto architecture = ArchitectureFromMessage(space, message);
  if (!architecture.ok()) return;
  ArchitectureToMessage(space, *architecture, &message);
  NASSHRINK_FUZZ_CHECK(*ArchitectureFromMessage(space, message) == *architecture);
  NASSHRINK_FUZZ_CHECK(CheckArchitecture(space, Canonical(space, *architecture)).ok());
}

void CheckList(const Space& space, std::string_view bytes) {
  v1::ArchitectureList message;
  if (!ParseMessage(bytes, &message)) return;
  const auto architectures = ArchitecturesFromMessage(space, message);
  if (!architectures.ok()) return;
  ArchitecturesToMessage(space, *architectures, &message);
  NASSHRINK_FUZZ_CHECK(*ArchitecturesFromMessage(space, message) == *architectures);
}

}  // namespace
}  // namespace nasshrink::space

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto& spaces = nasshrink::tests::FixedSpaces();
  const auto& space = spaces[data[0] % spaces.size()];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  nasshrink::space::CheckOne(space, bytes);
  nasshrink::space::CheckList(space, bytes);
  return 0;
}
