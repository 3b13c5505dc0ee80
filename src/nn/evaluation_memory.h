// Evaluations that a supernet has made, kept until its weights, the data or the options change.
#ifndef NASSHRINK_NN_EVALUATION_MEMORY_H_
#define NASSHRINK_NN_EVALUATION_MEMORY_H_

#include <map>
#include <string>

#include "nn/parameters.h"
#include "run/backend.h"
#include "space/space.h"

namespace nasshrink::nn {

// SHA-256 of all that an evaluation depends on beside the child: the weights that evaluation uses, the batch norms'
// running statistics, the data set and the options.
std::string EvaluationKey(const Weights& weights, const run::DatasetInfo& dataset, const run::EvaluateOptions& options);

class EvaluationMemory {
 public:
  // Forgets everything when `key` is not the one used last.
  void Use(const std::string& key);
  // Null for a child that has not been evaluated.
  const run::Evaluation* Find(const space::Architecture& child) const;
  // Forgets all others first when there are a million.
  void Keep(const space::Architecture& child, const run::Evaluation& evaluation);

 private:
  std::string key_;
  std::map<space::Architecture, run::Evaluation> known_;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_EVALUATION_MEMORY_H_
