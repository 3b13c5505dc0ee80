// One function a preset, or a family of presets. Options arrive as given: space/presets.cc has checked that the preset
// takes them, these check their values. Results are neither finished nor validated.
#ifndef NASSHRINK_SPACE_PRESET_MAKERS_H_
#define NASSHRINK_SPACE_PRESET_MAKERS_H_

#include "base/status.h"
#include "nasshrink/v1/space.pb.h"
#include "space/space.h"

namespace nasshrink::space {

using PresetMaker = base::Result<Space>(const v1::PresetOptions& options);

PresetMaker MakeNasBench201;
PresetMaker MakeDarts;
PresetMaker MakeDartsEdges;
PresetMaker MakeDartsShared;
PresetMaker MakeProxylessGpu;
PresetMaker MakeProxylessMobile;
PresetMaker MakeFairNas;
PresetMaker MakePadNasBasic;
PresetMaker MakePadNasLarge;
PresetMaker MakeSposShuffleNet;
PresetMaker MakeNasBenchMacro;
PresetMaker MakeAutoSpace;

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_PRESET_MAKERS_H_
