// Every family of spaces through the back end's interface: trained, evaluated, stored, extracted, inherited.
#include <gtest/gtest.h>

#include <cmath>

#include "base/safetensors.h"
#include "nn/small_spaces.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

class Families : public testing::TestWithParam<std::string> {
 protected:
  space::Space Space() const {
    for (NamedSpace& named : SmallSpaces()) {
      if (named.name == GetParam()) return std::move(named.space);
    }
    return {};
  }
};

ToyBatch BatchFor(const space::Space& space) {
  return MakeToyBatch(8, {0, 0, space.network.input_channels, space.network.input_height, space.network.classes});
}

TEST_P(Families, LearnABatchByHeart) {
  const space::Space space = Space();
  const auto backend = ToyBackend();
  auto supernet = backend->NewSupernet(space, {});
  ASSERT_TRUE(supernet.ok()) << supernet.status().message();
  run::TrainOptions options;
  options.optimizer.learning_rate = 0.05;
  auto trainer = (*supernet)->NewTrainer(options);
  ASSERT_TRUE(trainer.ok()) << trainer.status().message();
  const ToyBatch batch = BatchFor(space);
  double first = 0;
  double last = 0;
  constexpr int kSteps = 60;
  for (int i = 0; i < kSteps; ++i) {
    const auto outcome = (*trainer)->Step(batch.inputs_view(), batch.targets_view());
    ASSERT_TRUE(outcome.ok()) << outcome.status().message();
    if (i < 5) first += outcome->loss;
    if (i >= kSteps - 5) last += outcome->loss;
  }
  EXPECT_LT(last, first);
}

TEST_P(Families, KeepTheirWeightsInFilesAndInShrunkSpaces) {
  const space::Space space = Space();
  const auto backend = ToyBackend();
  auto supernet = backend->NewSupernet(space, {});
  ASSERT_TRUE(supernet.ok()) << supernet.status().message();
  const auto image = (*supernet)->Serialize({});
  ASSERT_TRUE(image.ok()) << image.status().message();
  const auto loaded = backend->LoadSupernet(space, *image);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(*(*loaded)->Serialize({}), *image);

  space::Space shrunk = space;
  space::Architecture child;
  for (space::Choice& choice : shrunk.choices) {
    child.push_back(choice.alive.back());
    choice.alive = {choice.alive.back()};
  }
  const auto inherited = (*supernet)->Inherit(shrunk);
  ASSERT_TRUE(inherited.ok()) << inherited.status().message();
  EXPECT_LT((*inherited)->Describe().parameters, (*supernet)->Describe().parameters);
  const auto extracted = (*supernet)->Extract(child, {});
  ASSERT_TRUE(extracted.ok()) << extracted.status().message();
  const auto file = base::ParseSafetensors(*extracted);
  ASSERT_TRUE(file.ok());
  EXPECT_GT(file->tensors.size(), 4U);
  EXPECT_TRUE((*supernet)->Table({}).ok());
}

INSTANTIATE_TEST_SUITE_P(All, Families,
                         testing::Values("nas-bench-201", "darts", "darts-shared", "mobilenet-proxyless-gpu", "fairnas",
                                         "pad-nas-basic", "pad-nas-large", "spos-shufflenet", "nas-bench-macro",
                                         "autospace", "graphs"),
                         [](const testing::TestParamInfo<std::string>& param) {
                           std::string name = param.param;
                           for (char& letter : name) letter = letter == '-' ? '_' : letter;
                           return name;
                         });

}  // namespace
}  // namespace nasshrink::nn
