// Every family of spaces through the back end's interface: trained, evaluated, stored, extracted, inherited.
#include <gtest/gtest.h>

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

// Every choice's last candidate that does not break the path.
space::Space OnlyChild(space::Space space) {
  for (space::Choice& choice : space.choices) {
    uint32_t kept = choice.alive.back();
    for (const uint32_t candidate : choice.alive) {
      if (!space::BreaksPath(choice.candidates[candidate])) kept = candidate;
    }
    choice.alive = {kept};
  }
  return space;
}

TEST_P(Families, StepFromPathToPath) {
  const space::Space space = Space();
  const auto backend = ToyBackend();
  auto supernet = backend->NewSupernet(space, {});
  ASSERT_TRUE(supernet.ok()) << supernet.status().message();
  auto trainer = (*supernet)->NewTrainer({});
  ASSERT_TRUE(trainer.ok()) << trainer.status().message();
  const ToyBatch batch = BatchFor(space);
  for (int i = 0; i < 10; ++i) {
    const auto outcome = (*trainer)->Step(batch.inputs_view(), batch.targets_view());
    ASSERT_TRUE(outcome.ok()) << outcome.status().message();
    EXPECT_GT(outcome->gradient_norm, 0);
  }
}

TEST_P(Families, LearnABatchByHeart) {
  const space::Space child = OnlyChild(Space());
  const auto backend = ToyBackend();
  run::SupernetOptions form;
  form.stand_alone = true;
  auto supernet = backend->NewSupernet(child, form);
  ASSERT_TRUE(supernet.ok()) << supernet.status().message();
  run::TrainOptions options;
  options.optimizer.learning_rate = 0.01;
  options.optimizer.schedule = run::OptimizerOptions::Schedule::kConstant;
  auto trainer = (*supernet)->NewTrainer(options);
  ASSERT_TRUE(trainer.ok()) << trainer.status().message();
  const ToyBatch batch = BatchFor(child);
  double loss = 0;
  double first = 0;
  for (int i = 0; i < 40; ++i) {
    const auto outcome = (*trainer)->Step(batch.inputs_view(), batch.targets_view());
    ASSERT_TRUE(outcome.ok()) << outcome.status().message();
    loss = outcome->loss;
    if (i == 0) first = loss;
  }
  EXPECT_LT(loss, 0.8 * first);
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
  const auto inherited = (*supernet)->Inherit(shrunk, {});
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
                         testing::Values("nas-bench-201", "darts", "darts-edges", "darts-shared",
                                         "mobilenet-proxyless-gpu", "fairnas", "pad-nas-basic", "pad-nas-large",
                                         "spos-shufflenet", "nas-bench-macro", "autospace", "graphs"),
                         [](const testing::TestParamInfo<std::string>& param) {
                           std::string name = param.param;
                           for (char& letter : name) letter = letter == '-' ? '_' : letter;
                           return name;
                         });

}  // namespace
}  // namespace nasshrink::nn
