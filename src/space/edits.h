// Changes to what is alive: shrinking, pinning, restoring, and sets of spaces with one root.
#ifndef NASSHRINK_SPACE_EDITS_H_
#define NASSHRINK_SPACE_EDITS_H_

#include "base/status.h"
#include "nasshrink/v1/space.pb.h"
#include "space/space.h"

namespace nasshrink::space {

// Restores first, then drops, then pins. INVALID_ARGUMENT for an index out of range, a candidate that is restored but
// alive, dropped or pinned but not alive, or named twice; FAILED_PRECONDITION when a choice would lose its last
// candidate or the root fingerprint is another space's. The input is not changed.
base::Result<Space> ApplyEdits(const Space& space, const v1::SpaceEdits& edits);

// Alive in either, in both, in `a` but not in `b`, choice by choice. FAILED_PRECONDITION when the roots differ or a
// choice would be left with nothing. Name and sharing groups are those of `a`.
base::Result<Space> Union(const Space& a, const Space& b);
base::Result<Space> Intersect(const Space& a, const Space& b);
base::Result<Space> Difference(const Space& a, const Space& b);

// What was dropped from the root to get this space, with the root's fingerprint.
v1::SpaceEdits EditsFromRoot(const Space& space);

// The edits that turn `from` into the alive candidates of `to`.
base::Result<v1::SpaceEdits> Diff(const Space& from, const Space& to);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_EDITS_H_
