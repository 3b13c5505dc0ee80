// A small search space with made-up accuracies and operator scalars, and a plan that uses every kind of stage on it.
#ifndef NASSHRINK_TESTS_RUN_SYNTHETIC_RUN_H_
#define NASSHRINK_TESTS_RUN_SYNTHETIC_RUN_H_

#include <cstdint>
#include <memory>
#include <string>

#include "nasshrink/v1/plan.pb.h"
#include "run/backend.h"
#include "run/engine.h"
#include "space/space.h"

namespace nasshrink::tests {

// NAS-Bench-201's cell with three of the five operators left on each edge: 729 children.
space::Space SmallSpace();

// Accuracies of all of them and a factor table of the root.
v1::Truth SmallTruth(const space::Space& space);

// Train, loop {score by angle, drop, train on, reset base}, search, retrain, export, on back end "table".
v1::RunPlan SmallPlan(uint64_t seed);

// Starts the plan on a supernet whose scalars drift as it trains.
run::RunRequest SmallRequest(uint64_t seed, const std::string& folder);

// An empty folder of its own below the system's temporary folder, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_RUN_SYNTHETIC_RUN_H_
