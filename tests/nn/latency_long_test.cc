// A table measured on this machine against whole networks timed on it: takes a minute of processor time and means
// something only where nothing else runs.
#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "base/random.h"
#include "run/backend.h"
#include "run/latency_measure.h"
#include "score/statistics.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/feasible.h"
#include "space/latency_model.h"
#include "space/preset_parts.h"

extern "C" const nasshrink::run::BackendFactory* nasshrink_backend_factory();

namespace nasshrink::nn {
namespace {

// Six searchable blocks of nine candidates, with identity where the shape stays.
space::Space SmallChain() {
  space::Space space;
  space.name = "small chain";
  space.network.input_channels = 3;
  space.network.input_height = space.network.input_width = 160;
  space.network.classes = 10;
  space::AddFixed(&space, "stem", space::ConvNorm(3, "relu6"), 16, 2);
  for (const auto& [channels, stride] : {std::pair(24U, 2U), {24U, 1U}, {40U, 2U}, {40U, 1U}, {80U, 2U}, {80U, 1U}}) {
    space::Choice* choice = space::AddChoiceLayer(&space, channels, stride);
    int32_t code = 0;
    for (const int64_t kernel : {3, 5, 7}) {
      for (const int64_t expansion : {1, 3, 6}) {
        choice->candidates.push_back(space::MobileCandidate(code++, kernel, expansion));
      }
    }
    if (stride == 1) choice->candidates.push_back({-1, "identity", space::MakeOperator("identity")});
  }
  space::AddHead(&space, 320, "relu6");
  space::Finish(space);
  return space;
}

TEST(MeasuredLatency, PredictsWholeNetworks) {
  base::Status status;
  run::BackendOptions options;
  options.intra_op_threads = 1;
  const std::unique_ptr<run::Backend> backend(nasshrink_backend_factory()->create(options, &status));
  ASSERT_NE(backend, nullptr) << status.message();
  const space::Space space = SmallChain();
  const auto table = run::MeasureLatency(*backend, space, {}, nullptr);
  ASSERT_TRUE(table.ok()) << table.status().message();
  const auto model = space::LatencyModel::Make(space, *table);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto all = space::FeasibleSet::Make(space, {});
  ASSERT_TRUE(all.ok());
  std::vector<double> predicted;
  std::vector<double> measured;
  for (uint64_t i = 0; i < 20; ++i) {
    const space::Architecture child = all->Draw(1, base::Purpose::kSampleSpace, i);
    space::Space alone = space;
    for (size_t choice = 0; choice < child.size(); ++choice) alone.choices[choice].alive = {child[choice]};
    const auto times = backend->TimeInference(alone, {}, nullptr);
    ASSERT_TRUE(times.ok()) << times.status().message();
    predicted.push_back(static_cast<double>(model->Of(child).nanoseconds) / 1e6);
    measured.push_back(times->mean_ms);
    std::printf("%-24s predicted %.3f ms, measured %.3f ms\n", space::CodesOf(space, child).c_str(), predicted.back(),
                measured.back());
  }
  const double correlation = score::Spearman(predicted, measured);
  std::printf("rank correlation %.3f (Kendall's tau-b %.3f)\n", correlation, score::KendallTauB(predicted, measured));
  EXPECT_GE(correlation, 0.9);
}

}  // namespace
}  // namespace nasshrink::nn
