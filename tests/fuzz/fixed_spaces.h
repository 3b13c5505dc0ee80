// The spaces that architectures are read for, made once.
#ifndef NASSHRINK_TESTS_FUZZ_FIXED_SPACES_H_
#define NASSHRINK_TESTS_FUZZ_FIXED_SPACES_H_

#include <vector>

#include "fuzz/target.h"
#include "space/codec.h"
#include "space/published_spaces.h"

namespace nasshrink::tests {

inline const std::vector<space::Space>& FixedSpaces() {
  static const std::vector<space::Space> spaces = [] {
    std::vector<space::Space> made = {NasBench201()};
    for (const v1::SearchSpace& message : {ProxylessGpu(), FairNas(), PadNas(true), SposShuffleNet(), NasBenchMacro(),
                                           DartsPairs(), DartsShared(), AutoSpaceLearned(2), AutoSpaceOpen(2)}) {
      auto space = space::SpaceFromMessage(message);
      NASSHRINK_FUZZ_CHECK(space.ok());
      made.push_back(*std::move(space));
    }
    // One with dropped candidates, so that "not alive" can be met.
    space::Space shrunk = made.front();
    shrunk.choices[2].alive = {1, 3};
    space::Finish(shrunk);
    made.push_back(std::move(shrunk));
    return made;
  }();
  return spaces;
}

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_FUZZ_FIXED_SPACES_H_
