// Drop path and dropout after identities: what is left out, for which images, and how gradients follow.
#include "nn/image_drop.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "nn/differences.h"
#include "nn/small_spaces.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

constexpr uint32_t kNone = 0;
constexpr uint32_t kSkip = 1;
// Every kind of operator, all edges alive.
const space::Architecture kChild = {3, 2, 1, 4, 3, 2};
constexpr int64_t kImages = 5;

std::vector<float> LogitsOf(const NetworkPlan& plan, const Weights& weights, const Program& program,
                            const std::vector<float>& scales, const std::vector<float>& gates = {}) {
  BufferPool pool;
  const ToyBatch batch = MakeToyBatch(kImages);
  std::vector<float> images(batch.images.size());
  const size_t pixels = images.size() / (kImages * 2);
  for (size_t n = 0; n < kImages; ++n) {
    for (size_t c = 0; c < 2; ++c) {
      for (size_t p = 0; p < pixels; ++p) {
        images[(n * pixels + p) * 2 + c] = batch.images[(n * 2 + c) * pixels + p];
      }
    }
  }
  // With given moments no image depends on the others.
  const std::vector<float> mean(plan.layout.channels, 0.1F);
  const std::vector<float> variance(plan.layout.channels, 0.5F);
  const GivenMoments<float> given = {mean.data(), variance.data()};
  const c10::InferenceMode inference;
  Pass<float> pass(plan, program, weights.current.data(), pool, false);
  pass.SetImageScales(scales.data());
  return pass.Forward(images.data(), kImages, &given, gates.data());
}

class ImageDropTest : public ::testing::Test {
 protected:
  ImageDropTest() : plan_(*PlanNetwork(ToySpace(), false)) {
    at::set_num_threads(1);
    EXPECT_TRUE(Initialise(plan_.layout, "kaiming_uniform", 3, &weights_).ok());
  }
  void ExpectSame(const std::vector<float>& found, const std::vector<float>& expected, int64_t image) const {
    const size_t classes = plan_.space.network.classes;
    for (size_t k = image * classes; k < (image + 1) * classes; ++k) EXPECT_NEAR(found[k], expected[k], 2e-6) << image;
  }

  const NetworkPlan plan_;
  Weights weights_;
};

TEST_F(ImageDropTest, AnOperatorLeftOutForAnImageIsOneThatIsNotThere) {
  const Program program = CompileProgram(plan_, {kChild}, Drops::kOperators);
  const uint32_t cells = CountCellLayers(plan_.space);
  // The identity cannot be left out.
  ASSERT_EQ(program.drops, 5 * cells);
  base::Philox random(1, base::Purpose::kSynthetic);
  std::vector<float> scales(program.drops * kImages);
  for (float& scale : scales) scale = random.Uniform() < 0.7 ? 1.0F : 0.0F;
  // A cell's first edge stays, so that every node is reached: a batch norm makes something of nothing, and `none` does
  // not.
  for (uint32_t cell = 0; cell < cells; ++cell) std::fill_n(scales.begin() + cell * 5 * kImages, kImages, 1.0F);
  const std::vector<float> logits = LogitsOf(plan_, weights_, program, scales);
  for (int64_t image = 0; image < kImages; ++image) {
    std::vector<space::Architecture> rest(cells, kChild);
    size_t place = 0;
    for (space::Architecture& cell : rest) {
      for (uint32_t& candidate : cell) {
        if (candidate == kSkip) continue;
        if (scales[place * kImages + image] == 0) candidate = kNone;
        ++place;
      }
    }
    ExpectSame(logits, LogitsOf(plan_, weights_, CompileProgram(plan_, rest), {}), image);
  }
}

TEST_F(ImageDropTest, WhatIsKeptIsScaledAsByAGate) {
  Mixture mixture;
  std::vector<float> gates;
  for (const uint32_t candidate : kChild) {
    mixture.push_back({{candidate, static_cast<uint32_t>(gates.size()), true}});
    gates.push_back(candidate == kSkip ? 1.0F : 1.25F);
  }
  const Program program = CompileProgram(plan_, {kChild}, Drops::kOperators);
  const std::vector<float> logits =
      LogitsOf(plan_, weights_, program, std::vector<float>(program.drops * kImages, 1.25F));
  const std::vector<float> gated = LogitsOf(plan_, weights_, CompileMixture(plan_, mixture), {}, gates);
  for (int64_t image = 0; image < kImages; ++image) ExpectSame(logits, gated, image);
}

TEST_F(ImageDropTest, OfMixturesIdentitiesAloneAreLeftOut) {
  Mixture mixture;
  std::vector<float> gates;
  std::vector<float> without;
  for (const space::Choice& choice : plan_.space.choices) {
    auto& mixed = mixture.emplace_back();
    for (const uint32_t candidate : choice.alive) {
      mixed.push_back({candidate, static_cast<uint32_t>(gates.size()), true});
      gates.push_back(0.2F);
      without.push_back(candidate == kSkip ? 0.0F : 0.2F);
    }
  }
  const Program program = CompileMixture(plan_, mixture, Drops::kIdentities);
  ASSERT_EQ(program.drops, 6 * CountCellLayers(plan_.space));
  std::vector<float> scales(program.drops * kImages, 1.0F);
  for (uint32_t place = 0; place < program.drops; ++place) scales[place * kImages] = 0;  // of the first image
  const std::vector<float> logits = LogitsOf(plan_, weights_, program, scales, gates);
  const Program whole = CompileMixture(plan_, mixture);
  ExpectSame(logits, LogitsOf(plan_, weights_, whole, {}, without), 0);
  const std::vector<float> all = LogitsOf(plan_, weights_, whole, {}, gates);
  for (int64_t image = 1; image < kImages; ++image) ExpectSame(logits, all, image);
}

void CheckGradients(const space::Space& space, const Program& program, const NetworkPlan& plan, size_t gates) {
  SCOPED_TRACE(space.name);
  const c10::InferenceMode inference;
  Differences differences(plan, program);
  const ImageDrop drop = {0.3, 5, 2, 0};
  const std::vector<float> scales = DrawImageScales(drop, program.drops, Differences::kImages);
  differences.image_scales.assign(scales.begin(), scales.end());
  differences.gates.assign(gates, 0.3);
  differences.Backward();
  if (gates > 0) differences.CheckGates();
  differences.CheckParameters();
}

TEST(ImageDropGradients, AgreeWithDifferences) {
  at::set_num_threads(1);
  for (const char* name : {"nas-bench-201", "darts"}) {
    const space::Space space = SmallPreset(name);
    const auto plan = PlanNetwork(space, false);
    ASSERT_TRUE(plan.ok());
    space::Architecture child;
    for (const space::Choice& choice : space.choices) child.push_back(choice.alive.back());
    const Program path = CompileProgram(*plan, {child}, Drops::kOperators);
    ASSERT_GT(path.drops, 0U);
    CheckGradients(space, path, *plan, 0);

    Mixture mixture;
    uint32_t gates = 0;
    for (const space::Choice& choice : space.choices) {
      auto& mixed = mixture.emplace_back();
      const bool subsets = std::holds_alternative<space::EdgeSubset>(choice.candidates[0].body);
      for (const uint32_t candidate : choice.alive) mixed.push_back({candidate, subsets ? 0 : gates++, true});
    }
    const Program mixed = CompileMixture(*plan, mixture, Drops::kIdentities);
    ASSERT_GT(mixed.drops, 0U);
    CheckGradients(space, mixed, *plan, gates);
  }
}

TEST(ImageScales, AreDrawnBySeedStepAndPassAndKeepTheExpectation) {
  const ImageDrop drop = {0.25, 7, 3, 1};
  const std::vector<float> scales = DrawImageScales(drop, 40, 500);
  EXPECT_EQ(DrawImageScales(drop, 40, 500), scales);
  EXPECT_NE(DrawImageScales({0.25, 7, 4, 1}, 40, 500), scales);
  EXPECT_NE(DrawImageScales({0.25, 7, 3, 2}, 40, 500), scales);
  EXPECT_NE(DrawImageScales({0.25, 8, 3, 1}, 40, 500), scales);
  for (const float scale : scales) EXPECT_TRUE(scale == 0 || scale == static_cast<float>(1 / 0.75));
  const double mean = std::accumulate(scales.begin(), scales.end(), 0.0) / static_cast<double>(scales.size());
  // Four standard errors of a share of 20,000.
  EXPECT_NEAR(mean, 1, 4 * std::sqrt(0.25 * 0.75 / 20000) / 0.75);
}

TEST(ImageDropSchedules, AreThePublishedOnes) {
  run::TrainOptions options;
  options.drop_path = 0.2;
  options.schedule_steps = 100;
  EXPECT_EQ(DropPathAt(options, 0), 0);
  EXPECT_DOUBLE_EQ(DropPathAt(options, 50), 0.1);
  EXPECT_DOUBLE_EQ(DropPathAt(options, 150), 0.2);

  run::ArchitectureOptions parameters;
  parameters.skip_dropout = 0.4;
  parameters.frozen_epochs = 10;
  parameters.epochs = 25;
  EXPECT_DOUBLE_EQ(SkipDropoutAt(parameters, 0), 0.4 * 24 / 25);
  EXPECT_DOUBLE_EQ(SkipDropoutAt(parameters, 9), 0.4 * 15 / 25);
  EXPECT_DOUBLE_EQ(SkipDropoutAt(parameters, 10), 0.4);
  EXPECT_DOUBLE_EQ(SkipDropoutAt(parameters, 15), 0.4 * std::exp(-1.0));
}

}  // namespace
}  // namespace nasshrink::nn
