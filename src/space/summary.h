// A space in a few numbers.
#ifndef NASSHRINK_SPACE_SUMMARY_H_
#define NASSHRINK_SPACE_SUMMARY_H_

#include "nasshrink/v1/space.pb.h"
#include "space/space.h"

namespace nasshrink::space {

// Costs are left out where a part of the space has no cost formula.
v1::SpaceSummary Summarise(const Space& space);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_SUMMARY_H_
