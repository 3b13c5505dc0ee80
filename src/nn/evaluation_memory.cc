#include "nn/evaluation_memory.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace nasshrink::nn {
namespace {

constexpr size_t kMostChildren = 1000000;

}  // namespace

std::string EvaluationKey(const Weights& weights, const run::DatasetInfo& dataset,
                          const run::EvaluateOptions& options) {
  base::Sha256Stream digest;
  digest.Update(weights.evaluated(), weights.current.size() * sizeof(float));
  digest.Update(weights.running_mean.data(), weights.running_mean.size() * sizeof(float));
  digest.Update(weights.running_variance.data(), weights.running_variance.size() * sizeof(float));
  digest.Update(dataset.sha256);
  digest.Update(fmt::format("{} {} {} {} {} {} {} {} {} {}", options.batch_size, options.images,
                            static_cast<int>(options.part), static_cast<int>(options.re_bn.part),
                            static_cast<int>(options.re_bn.average), options.re_bn.images, options.re_bn.batch_size,
                            options.re_bn.momentum, fmt::join(dataset.mean, ","), fmt::join(dataset.deviation, ",")));
  return digest.Finish();
}

void EvaluationMemory::Use(const std::string& key) {
  if (key == key_) return;
  known_.clear();
  key_ = key;
}

const run::Evaluation* EvaluationMemory::Find(const space::Architecture& child) const {
  const auto found = known_.find(child);
  return found == known_.end() ? nullptr : &found->second;
}

void EvaluationMemory::Keep(const space::Architecture& child, const run::Evaluation& evaluation) {
  if (known_.size() >= kMostChildren) known_.clear();
  known_.emplace(child, evaluation);
}

}  // namespace nasshrink::nn
