// The factor table and the angle made from it, against weight vectors written out path by path.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/safetensors.h"
#include "nn/small_spaces.h"
#include "nn/toy_space.h"
#include "score/angle.h"

namespace nasshrink::nn {
namespace {

constexpr ToySize kSize = {4, 2, 2, 8, 3};
constexpr uint32_t kNone = 0, kPool = 4;

struct Pair {
  std::vector<double> current, base;
  void Add(double w, double w0) {
    current.push_back(w);
    base.push_back(w0);
  }
};

// Slow on purpose: ABS Eq. 2 to the letter.
class PathVectors {
 public:
  PathVectors(const ToySize& size, const std::string& bytes)
      : size_(size), bytes_(bytes), image_(*base::ParseSafetensors(bytes_)) {}

  double Angle(const space::Architecture& architecture, bool fixed_parts) const {
    static const std::vector<std::vector<size_t>> kPaths = {{3}, {1, 5}, {0, 2, 5}, {0, 4}};
    Pair all;
    if (fixed_parts) AddFixed(&all);
    bool connected = false;
    for (uint32_t cell = 0; cell < 3 * (size_.cells + 1) - 1; ++cell) {
      const uint32_t stage = cell / (size_.cells + 1);
      if (cell % (size_.cells + 1) == size_.cells) continue;  // a residual block
      const uint32_t channels = size_.channels << stage;
      for (const auto& path : kPaths) {
        bool broken = false;
        for (const size_t edge : path) broken = broken || architecture[edge] == kNone;
        if (broken) continue;
        connected = true;
        for (const size_t edge : path) AddOperator(cell, channels, edge, architecture[edge], &all);
      }
    }
    if (!connected) return 0;
    return Between(all);
  }

 private:
  void AddTensor(const std::string& name, Pair* out) const {
    const auto* current = image_.Find(name);
    const auto* base = image_.Find("base." + name);
    ASSERT_NE(current, nullptr) << name;
    for (size_t i = 0; i < current->data.size(); i += sizeof(float)) {
      float w = 0;
      float w0 = 0;
      std::memcpy(&w, current->data.data() + i, sizeof w);
      std::memcpy(&w0, base->data.data() + i, sizeof w0);
      out->Add(w, w0);
    }
  }
  void AddOperator(uint32_t cell, uint32_t channels, size_t edge, uint32_t candidate, Pair* out) const {
    static const char* const kEdges[] = {"1<-0", "2<-0", "2<-1", "3<-0", "3<-1", "3<-2"};
    if (candidate == kPool) {
      for (uint32_t i = 0; i < channels * 9; ++i) out->Add(1.0 / 9, 1.0 / 9);
    } else if (candidate == 2 || candidate == 3) {
      AddTensor(fmt::format("cells.{}.edges.{}.{}.op.1.weight", cell, kEdges[edge], candidate), out);
    }
  }
  void AddFixed(Pair* out) const {
    std::vector<std::string> names = {"stem.0.weight",  "stem.1.weight",     "stem.1.bias",    "lastact.0.weight",
                                      "lastact.0.bias", "classifier.weight", "classifier.bias"};
    for (const uint32_t block : {size_.cells, 2 * size_.cells + 1}) {
      for (const char* name : {"conv_a.op.1.weight", "conv_a.op.2.weight", "conv_a.op.2.bias", "conv_b.op.1.weight",
                               "conv_b.op.2.weight", "conv_b.op.2.bias", "downsample.1.weight"}) {
        names.push_back(fmt::format("cells.{}.{}", block, name));
      }
    }
    for (const auto& name : names) AddTensor(name, out);
  }
  // Through the chord between the two unit vectors, in long double: keeps its digits at small angles.
  static double Between(const Pair& pair) {
    long double a = 0;
    long double b = 0;
    for (size_t i = 0; i < pair.current.size(); ++i) {
      a += static_cast<long double>(pair.current[i]) * pair.current[i];
      b += static_cast<long double>(pair.base[i]) * pair.base[i];
    }
    if (a == 0) return 0;
    a = std::sqrt(a);
    b = std::sqrt(b);
    long double chord = 0;
    for (size_t i = 0; i < pair.current.size(); ++i) {
      const long double difference = pair.current[i] / a - pair.base[i] / b;
      chord += difference * difference;
    }
    return static_cast<double>(2 * std::asin(std::sqrt(chord) / 2));
  }

  const ToySize size_;
  const std::string bytes_;
  const base::SafetensorsImage image_;
};

class Table : public testing::Test {
 protected:
  void SetUp() override {
    backend_ = ToyBackend();
    MakeSupernet(kSize);
  }
  void MakeSupernet(const ToySize& size) {
    auto supernet = backend_->NewSupernet(ToySpace(size), {});
    ASSERT_TRUE(supernet.ok());
    supernet_ = *std::move(supernet);
  }
  void Train(int steps, const ToySize& size = kSize) {
    run::TrainOptions options;
    options.optimizer.learning_rate = 0.1;
    auto trainer = supernet_->NewTrainer(options);
    const ToyBatch batch = MakeToyBatch(8, size);
    for (int i = 0; i < steps; ++i) {
      ASSERT_TRUE((*trainer)->Step(batch.inputs_view(), batch.targets_view()).ok());
    }
  }
  void CompareChildren(const ToySize& size, int count, bool fixed_parts) {
    const PathVectors oracle(size, *supernet_->Serialize({}));
    score::AngleOptions options;
    options.fixed_parts = fixed_parts;
    const auto table = supernet_->Table(options);
    ASSERT_TRUE(table.ok());
    const auto scorer = score::AngleScorer::Make(supernet_->space(), *table, options);
    ASSERT_TRUE(scorer.ok()) << scorer.status().message();
    base::Philox random(2, base::Purpose::kSampleSpace);
    for (int i = 0; i < count; ++i) {
      space::Architecture architecture;
      for (int e = 0; e < 6; ++e) architecture.push_back(random.Below(5));
      EXPECT_NEAR(*scorer->Angle(architecture), oracle.Angle(architecture, fixed_parts), 1e-12)
          << space::CodesOf(supernet_->space(), architecture);
    }
  }

  std::unique_ptr<run::Backend> backend_;
  std::unique_ptr<run::Supernet> supernet_;
};

TEST_F(Table, AnglesEqualThoseOfExplicitPathVectors) {
  Train(12);
  CompareChildren(kSize, 100, true);
  CompareChildren(kSize, 100, false);
}

TEST_F(Table, AnglesOfThePublishedSizeEqualThoseOfExplicitPathVectors) {
  constexpr ToySize kPublished = {16, 5, 3, 32, 10};
  MakeSupernet(kPublished);
  Train(12, kPublished);
  CompareChildren(kPublished, 100, true);
}

TEST_F(Table, SmallAnglesKeepTheirDigits) {
  run::TrainOptions options;
  options.optimizer.learning_rate = 1e-6;
  auto trainer = supernet_->NewTrainer(options);
  const ToyBatch batch = MakeToyBatch(8, kSize);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE((*trainer)->Step(batch.inputs_view(), batch.targets_view()).ok());
  const PathVectors oracle(kSize, *supernet_->Serialize({}));
  const auto table = supernet_->Table({});
  const auto scorer = score::AngleScorer::Make(supernet_->space(), *table, {});
  const space::Architecture architecture = {3, 3, 3, 3, 3, 3};
  const double expected = oracle.Angle(architecture, true);
  ASSERT_LT(expected, 1e-4);
  ASSERT_GT(expected, 0);
  EXPECT_NEAR(*scorer->Angle(architecture), expected, 1e-9 * expected + 1e-15);
}

TEST_F(Table, RowsOfWeightlessOperatorsFollowTheOptions) {
  // 2 cells at each of 4, 8 and 16 channels.
  constexpr double kChannels = 2 * (4 + 8 + 16);
  score::AngleOptions options;
  options.identity_eye = true;
  const auto table = supernet_->Table(options);
  ASSERT_EQ(table->factors.size(), 6U);
  for (const score::Factor& factor : table->factors) {
    EXPECT_EQ(factor.cell, 1U);
    EXPECT_EQ(factor.repeats, 6U);
    const double* rows = factor.rows.data();
    for (int column = 0; column < 5; ++column) {
      EXPECT_EQ(rows[column], 0) << "none";
      EXPECT_NEAR(rows[5 + column], column < 3 ? kChannels : 0, 1e-12) << "identity";
      EXPECT_NEAR(rows[20 + column], column < 3 ? kChannels / 9 : 0, 1e-12) << "pool";
    }
  }
  options.identity_eye = false;
  options.pool_inv_area = false;
  options.fixed_parts = false;
  const auto bare = supernet_->Table(options);
  EXPECT_EQ(bare->factors[0].rows[5], 0);
  EXPECT_EQ(bare->factors[0].rows[20], 0);
  EXPECT_EQ(bare->fixed, std::vector<double>(5, 0.0));
}

TEST_F(Table, DroppedOperatorsHaveEmptyRows) {
  space::Space shrunk = supernet_->space();
  shrunk.choices[0].alive = {1, 2};
  auto inherited = supernet_->Inherit(shrunk, {});
  const auto table = (*inherited)->Table({});
  const std::vector<double>& rows = table->factors[0].rows;
  ASSERT_EQ(rows.size(), 25U);
  EXPECT_GT(rows[2 * 5 + 1], 0);
  for (const size_t dropped : {3U, 4U}) {
    for (size_t column = 0; column < 5; ++column) EXPECT_EQ(rows[dropped * 5 + column], 0);
  }
}

// <w0, w> over the convolutions whose name begins with `prefix`.
double DotOf(const base::SafetensorsImage& image, const std::string& prefix) {
  double sum = 0;
  for (const base::SafetensorsTensor& tensor : image.tensors) {
    if (tensor.name.rfind(prefix, 0) != 0 || tensor.shape.size() != 4) continue;
    const auto* base = image.Find("base." + tensor.name);
    for (size_t i = 0; i < tensor.data.size(); i += sizeof(float)) {
      float w = 0;
      float w0 = 0;
      std::memcpy(&w, tensor.data.data() + i, sizeof w);
      std::memcpy(&w0, base->data.data() + i, sizeof w0);
      sum += static_cast<double>(w) * w0;
    }
  }
  return sum;
}

// Published code of ABS on MobileNet-like chains: a block counts by its three convolutions, fixed parts by theirs.
TEST(ChainTable, HoldsTheConvolutionsOfEveryBlock) {
  const space::Space space = SmallPreset("fairnas");
  const auto backend = ToyBackend();
  auto supernet = backend->NewSupernet(space, {});
  ASSERT_TRUE(supernet.ok()) << supernet.status().message();
  const auto table = (*supernet)->Table({});
  ASSERT_TRUE(table.ok()) << table.status().message();
  const std::string bytes = *(*supernet)->Serialize({});
  const auto image = base::ParseSafetensors(bytes);
  ASSERT_TRUE(image.ok());
  ASSERT_EQ(table->factors.size(), space.choices.size());
  double fixed = 0;
  for (size_t i = 0; i < space.network.layers.size(); ++i) {
    const std::string prefix = fmt::format("layers.{}.", i);
    const auto* layer = std::get_if<space::LayerChoice>(&space.network.layers[i].body);
    if (layer == nullptr) {
      fixed += DotOf(*image, prefix);
      continue;
    }
    const score::Factor& factor = table->factors[layer->choice];
    EXPECT_EQ(factor.cell, 0U);
    EXPECT_EQ(factor.repeats, 1U);
    EXPECT_EQ(factor.choices, std::vector<uint32_t>{layer->choice});
    for (size_t c = 0; c < space.choices[layer->choice].candidates.size(); ++c) {
      const double expected = DotOf(*image, fmt::format("{}{}.", prefix, c));
      EXPECT_GT(expected, 0);
      EXPECT_NEAR(factor.rows[c * 5], expected, 1e-9 * expected) << prefix << c;
    }
  }
  const auto* classifier = image->Find("classifier.weight");
  for (size_t i = 0; i < classifier->data.size(); i += sizeof(float)) {
    float w = 0;
    std::memcpy(&w, classifier->data.data() + i, sizeof w);
    fixed += static_cast<double>(w) * w;
  }
  EXPECT_NEAR(table->fixed[0], fixed, 1e-9 * fixed);
}

// Every family has angles: those of a supernet that has not been trained are 0.
TEST(ChainTable, ScoresEveryFamily) {
  const auto backend = ToyBackend();
  base::Philox random(2, base::Purpose::kSampleSpace);
  for (const NamedSpace& named : SmallSpaces()) {
    SCOPED_TRACE(named.name);
    auto supernet = backend->NewSupernet(named.space, {});
    ASSERT_TRUE(supernet.ok()) << supernet.status().message();
    const auto table = (*supernet)->Table({});
    ASSERT_TRUE(table.ok()) << table.status().message();
    const auto scorer = score::AngleScorer::Make((*supernet)->space(), *table, {});
    ASSERT_TRUE(scorer.ok()) << scorer.status().message();
    const auto angle = scorer->Angle(RandomChild(named.space, random));
    ASSERT_TRUE(angle.ok()) << angle.status().message();
    EXPECT_EQ(*angle, 0);
  }
}

}  // namespace
}  // namespace nasshrink::nn
