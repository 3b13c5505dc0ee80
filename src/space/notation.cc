#include "space/notation.h"

#include <fmt/ranges.h>

#include "space/architecture.h"
#include "space/notation_family.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

// The first that recognises a text is taken; "ops" recognises none and stands for the rest.
const std::vector<NotationFamily>& Families() {
  static const std::vector<NotationFamily> families = {
      OperatorCodes(), CandidateIndices(), ChildKeyNumber(),   NasBench201Cell(),   NasBenchMacro(),
      DartsGenotype(), BlockList(),        ProxylessNetwork(), OnceForAllNetwork(), AutoSpaceGraphs()};
  return families;
}

base::Result<NotationFamily> FamilyOf(const Space& space, std::string_view format) {
  for (const NotationFamily& family : Families()) {
    if (family.name == format && family.fits(space)) return family;
  }
  return base::Invalid("format", Shown(format), fmt::format("{}", fmt::join(Formats(space), ", ")),
                       "the space has no such notation");
}

std::string_view Detect(const Space& space, std::string_view text) {
  for (const NotationFamily& family : Families()) {
    if (family.recognises(space, text)) return family.name;
  }
  return OperatorCodes().name;
}

}  // namespace

std::vector<NotationInfo> Notations() {
  std::vector<NotationInfo> infos;
  for (const NotationFamily& family : Families()) infos.push_back({family.name, family.help});
  return infos;
}

std::vector<std::string> Formats(const Space& space) {
  std::vector<std::string> formats;
  for (const NotationFamily& family : Families()) {
    if (family.fits(space)) formats.emplace_back(family.name);
  }
  return formats;
}

base::Result<Architecture> ImportArchitecture(const Space& space, std::string_view format, std::string_view text) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space));
  if (text.size() > kMaxNotationBytes) {
    return base::Invalid("text", fmt::format("{} bytes", text.size()), fmt::format("up to {} bytes", kMaxNotationBytes),
                         "the text is too long");
  }
  NASSHRINK_ASSIGN_OR_RETURN(const NotationFamily family,
                             FamilyOf(space, format.empty() ? Detect(space, text) : format));
  return family.read(space, text);
}

base::Result<std::string> ExportArchitecture(const Space& space, const Architecture& architecture,
                                             std::string_view format) {
  NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(space, architecture));
  NASSHRINK_ASSIGN_OR_RETURN(const NotationFamily family,
                             FamilyOf(space, format.empty() ? OperatorCodes().name : format));
  return family.write(space, architecture);
}

}  // namespace nasshrink::space
