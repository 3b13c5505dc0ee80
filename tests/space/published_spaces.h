// The presets as messages, for tests that change them, and a learned AutoSpace that no preset is.
#ifndef NASSHRINK_TESTS_SPACE_PUBLISHED_SPACES_H_
#define NASSHRINK_TESTS_SPACE_PUBLISHED_SPACES_H_

#include <cstdint>

#include "nasshrink/v1/space.pb.h"
#include "space/space.h"

namespace nasshrink::tests {

// A preset; fails the process if it cannot be made.
space::Space PresetSpace(const char* name, const v1::PresetOptions& options = {});
v1::SearchSpace PresetMessage(const char* name, const v1::PresetOptions& options = {});

space::Space NasBench201();
v1::SearchSpace ProxylessGpu();
v1::SearchSpace ProxylessMobile();
v1::SearchSpace FairNas();
v1::SearchSpace PadNas(bool large);
v1::SearchSpace SposShuffleNet();
v1::SearchSpace NasBenchMacro();
v1::SearchSpace DartsPairs();
v1::SearchSpace DartsShared();
v1::SearchSpace AutoSpaceOpen(uint32_t layers);
// Nine listed cells a layer, made up from the grammar.
v1::SearchSpace AutoSpaceLearned(uint32_t layers);

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_SPACE_PUBLISHED_SPACES_H_
