// Evaluation changes nothing and looks at one child at a time, to the last bit, in chains and cells of every sort.
#include <gtest/gtest.h>

#include "nn/compare_with_plain.h"
#include "nn/small_presets.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

class EvaluateSpaces : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    space_ = SmallPresetNamed(GetParam());
    backend_ = ToyBackend();
    run::DatasetOptions data;
    const space::Network& network = space_.network;
    data.source = fmt::format("synthetic:{}:{}x{}x{}:48", network.classes, network.input_channels, network.input_height,
                              network.input_width);
    data.validation_fraction = 0.5;
    auto dataset = backend_->OpenDataset(data);
    ASSERT_TRUE(dataset.ok()) << dataset.status().message();
    dataset_ = *dataset;
    auto supernet = backend_->NewSupernet(space_, {});
    ASSERT_TRUE(supernet.ok()) << supernet.status().message();
    supernet_ = *std::move(supernet);
    run::TrainOptions options;
    options.batch_size = 8;
    auto trainer = supernet_->NewTrainer(options);
    ASSERT_TRUE(trainer.ok()) << trainer.status().message();
    const auto outcome = (*trainer)->Epoch(*dataset_, {});
    ASSERT_TRUE(outcome.ok()) << outcome.status().message();
  }
  // Losses: they differ where anything does.
  std::vector<double> Losses(const std::vector<space::Architecture>& children) {
    run::EvaluateOptions options;
    options.batch_size = 8;
    options.re_bn.batch_size = 8;
    const auto evaluations = supernet_->Evaluate(children, dataset_.get(), options, nullptr, {});
    EXPECT_TRUE(evaluations.ok()) << evaluations.status().message();
    std::vector<double> losses;
    if (!evaluations.ok()) return losses;
    for (const run::Evaluation& evaluation : *evaluations) losses.push_back(evaluation.loss);
    return losses;
  }

  space::Space space_;
  std::unique_ptr<run::Backend> backend_;
  std::shared_ptr<run::Dataset> dataset_;
  std::unique_ptr<run::Supernet> supernet_;
};

TEST_P(EvaluateSpaces, TheSameChildAgainGivesTheSame) {
  const space::Architecture a = RandomChild(space_, 1);
  const space::Architecture b = RandomChild(space_, 2);
  const auto first = Losses({a});
  const auto second = Losses({b});
  EXPECT_NE(first, second);
  EXPECT_EQ(Losses({a}), first);
}

TEST_P(EvaluateSpaces, WeightsAndStatisticsStayAsTheyAre) {
  const std::string before = *supernet_->Serialize({});
  Losses({RandomChild(space_, 1), RandomChild(space_, 2)});
  EXPECT_EQ(*supernet_->Serialize({}), before);
}

TEST_P(EvaluateSpaces, CompanionsAndOrderDoNotMatter) {
  std::vector<space::Architecture> children;
  for (uint64_t seed = 1; seed <= 6; ++seed) children.push_back(RandomChild(space_, seed));
  // Two that share all but the last choice, and one twice.
  children.push_back(children[0]);
  children.back().back() = space_.choices.back().alive[0] == children[0].back() ? space_.choices.back().alive[1]
                                                                                : space_.choices.back().alive[0];
  children.push_back(children[3]);
  const auto together = Losses(children);
  ASSERT_EQ(together.size(), children.size());
  for (size_t i = 0; i < children.size(); ++i) {
    const auto alone = Losses({children[i]});
    ASSERT_EQ(alone.size(), 1U);
    EXPECT_EQ(together[i], alone[0]) << i;
  }
  std::vector<space::Architecture> backwards(children.rbegin(), children.rend());
  std::vector<double> reversed = Losses(backwards);
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(reversed, together);
}

std::string NameOf(const testing::TestParamInfo<const char*>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Of, EvaluateSpaces,
                         testing::Values("proxyless_mobile", "darts", "spos_shufflenet", "darts_shared",
                                         "autospace_learned", "nas_bench_macro"),
                         NameOf);

}  // namespace
}  // namespace nasshrink::nn
