// The families of notations, one file each; space/notation.h is the way to use them.
//
// A family says which spaces it can write, whether a text is unmistakably its own, and reads and writes. It may rely on
// a valid space with listed candidates, and on an architecture that fits.
#ifndef NASSHRINK_SPACE_NOTATION_FAMILY_H_
#define NASSHRINK_SPACE_NOTATION_FAMILY_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

struct NotationFamily {
  std::string_view name;
  std::string_view help;
  // The space has the form that the notation describes, whatever is alive.
  bool (*fits)(const Space& space);
  // Nothing else can look like this.
  bool (*recognises)(const Space& space, std::string_view text);
  base::Result<Architecture> (*read)(const Space& space, std::string_view text);
  // INVALID_ARGUMENT for a child that the notation has no words for.
  base::Result<std::string> (*write)(const Space& space, const Architecture& architecture);
};

NotationFamily OperatorCodes();      // "ops"
NotationFamily CandidateIndices();   // "indices"
NotationFamily ChildKeyNumber();     // "key"
NotationFamily NasBench201Cell();    // "nas-bench-201"
NotationFamily NasBenchMacro();      // "nas-bench-macro"
NotationFamily DartsGenotype();      // "darts"
NotationFamily BlockList();          // "blocks"
NotationFamily ProxylessNetwork();   // "proxylessnas"
NotationFamily OnceForAllNetwork();  // "once-for-all"
NotationFamily AutoSpaceGraphs();    // "autospace"

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NOTATION_FAMILY_H_
