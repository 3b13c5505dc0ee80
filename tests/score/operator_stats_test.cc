// Sums over pairs of weights in every type, and tables made of sums from elsewhere.
#include "score/operator_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "score/angle.h"
#include "score/weight_sums.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using score::AngleSums;

AngleSums SlowSums(const std::vector<double>& w, const std::vector<double>& w0) {
  AngleSums sums = {};
  for (size_t i = 0; i < w.size(); ++i) {
    sums[0] += w0[i] * w[i];
    sums[1] += w[i] * w[i];
    sums[2] += w0[i] * w0[i];
    sums[3] += (w[i] - w0[i]) * (w[i] - w0[i]);
    sums[4] += (w[i] - w0[i]) * (w[i] + w0[i]);
  }
  return sums;
}

void ExpectNear(const AngleSums& found, const AngleSums& expected) {
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12 * expected[1]) << i;
}

// What the bits of an IEEE 754 binary16 mean, by the standard's own words.
double Binary16(uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 0x3ff;
  if (exponent == 0) return sign * fraction * std::ldexp(1.0, -24);
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * std::ldexp(1.0 + fraction / 1024.0, exponent - 15);
}

TEST(WeightSums, AgreeWithASlowSumInEveryType) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  // Lengths that are no multiple of a vector, and one that takes several pieces of halves.
  for (const size_t count : {1U, 7U, 8U, 29U, 3001U}) {
    std::vector<double> w(count);
    std::vector<double> w0(count);
    for (size_t i = 0; i < count; ++i) {
      w0[i] = static_cast<float>(normal(random));
      w[i] = static_cast<float>(w0[i] + 0.1 * normal(random));
    }
    const std::vector<float> single(w.begin(), w.end());
    const std::vector<float> single0(w0.begin(), w0.end());
    AngleSums sums = {};
    score::AddAngleSums(single.data(), single0.data(), count, &sums);
    ExpectNear(sums, SlowSums(w, w0));
    AngleSums doubles = {};
    score::AddAngleSums(w.data(), w0.data(), count, &doubles);
    ExpectNear(doubles, SlowSums(w, w0));

    std::vector<uint16_t> brain(count);
    std::vector<uint16_t> brain0(count);
    for (size_t i = 0; i < count; ++i) {
      uint32_t bits = 0;
      std::memcpy(&bits, &single[i], sizeof(bits));
      brain[i] = static_cast<uint16_t>(bits >> 16);
      bits &= 0xffff0000U;
      float cut = 0;
      std::memcpy(&cut, &bits, sizeof(cut));
      w[i] = cut;
      std::memcpy(&bits, &single0[i], sizeof(bits));
      brain0[i] = static_cast<uint16_t>(bits >> 16);
      bits &= 0xffff0000U;
      std::memcpy(&cut, &bits, sizeof(cut));
      w0[i] = cut;
    }
    AngleSums brains = {};
    score::AddAngleSums(score::Half::kBFloat16, brain.data(), brain0.data(), count, &brains);
    ExpectNear(brains, SlowSums(w, w0));
  }
}

TEST(WeightSums, EveryBinary16IsRead) {
  const uint16_t one = 0x3c00;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    AngleSums sums = {};
    score::AddAngleSums(score::Half::kFloat16, &half, &one, 1, &sums);
    const double expected = Binary16(half);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(sums[0])) << bits;
    } else {
      EXPECT_EQ(sums[0], expected) << bits;
    }
  }
}

// Every operator with weights of the NAS-Bench-201 space: codes 2 and 3.
v1::OperatorStats CellStats(const space::Space& space, double moved) {
  v1::OperatorStats stats;
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    for (const uint32_t candidate : {2U, 3U}) {
      v1::OperatorStat* stat = stats.add_operators();
      stat->set_choice(choice);
      stat->set_candidate(candidate);
      // w0 = (1, 0), w = (1, moved).
      for (const double sum : {1.0, 1 + moved * moved, 1.0, moved * moved, moved * moved}) stat->add_sums(sum);
    }
  }
  return stats;
}

double AngleOfCell(const score::FactorTable& table, const space::Space& space, const space::Architecture& child) {
  const auto scorer = score::AngleScorer::Make(space, table, {});
  EXPECT_TRUE(scorer.ok()) << scorer.status().message();
  return *scorer->Angle(child);
}

TEST(TableFromStats, GivesTheAngleOfTheWeights) {
  const auto space = space::Preset("nas-bench-201", {});
  const auto table = score::TableFromStats(CellStats(*space, 0.5), {}, *space);
  ASSERT_TRUE(table.ok()) << table.status().message();
  // One convolution on the only path: the angle of (1, 0) and (1, 0.5). Edges in the order 0-1, 0-2, 1-2, 0-3, 1-3,
  // 2-3.
  EXPECT_NEAR(AngleOfCell(*table, *space, {0, 0, 0, 3, 0, 0}), std::atan(0.5), 1e-15);
  // Fixed parts that did not move pull it towards 0: (1, 0, 1) and (1, 0.5, 1).
  v1::OperatorStats with_fixed = CellStats(*space, 0.5);
  for (const double sum : {1.0, 1.0, 1.0, 0.0, 0.0}) with_fixed.add_fixed(sum);
  const auto fixed = score::TableFromStats(with_fixed, {}, *space);
  EXPECT_NEAR(AngleOfCell(*fixed, *space, {0, 0, 0, 3, 0, 0}), std::acos(2 / std::sqrt(2.25 * 2)), 1e-12);
}

TEST(TableFromStats, LayersOfARepeatedCellAddUp) {
  const auto space = space::Preset("nas-bench-201", {});
  v1::OperatorStats twice = CellStats(*space, 0.5);
  twice.MergeFrom(CellStats(*space, 0.0));
  const auto table = score::TableFromStats(twice, {}, *space);
  ASSERT_TRUE(table.ok());
  // (1, 0, 1, 0) and (1, 0.5, 1, 0).
  EXPECT_NEAR(AngleOfCell(*table, *space, {0, 0, 0, 3, 0, 0}), std::acos(2 / std::sqrt(2.25 * 2)), 1e-12);
}

TEST(TableFromStats, ThreeSumsAreEnough) {
  const auto space = space::Preset("nas-bench-201", {});
  v1::OperatorStats stats = CellStats(*space, 0.5);
  for (v1::OperatorStat& stat : *stats.mutable_operators()) stat.mutable_sums()->Truncate(3);
  const auto table = score::TableFromStats(stats, {}, *space);
  ASSERT_TRUE(table.ok());
  EXPECT_NEAR(AngleOfCell(*table, *space, {0, 0, 0, 3, 0, 0}), std::atan(0.5), 1e-12);
}

TEST(TableFromStats, RefusesWhatDoesNotFit) {
  const auto space = space::Preset("nas-bench-201", {});
  struct Case {
    const char* field;
    const char* text;
    void (*spoil)(v1::OperatorStats* stats);
  };
  const Case cases[] = {
      {"operators", "nor_conv_3x3", [](v1::OperatorStats* stats) { stats->mutable_operators()->RemoveLast(); }},
      {"operators[1].choice", "6", [](v1::OperatorStats* stats) { stats->mutable_operators(1)->set_choice(6); }},
      {"operators[1].candidate", "5", [](v1::OperatorStats* stats) { stats->mutable_operators(1)->set_candidate(5); }},
      {"operators[1].cell", "2", [](v1::OperatorStats* stats) { stats->mutable_operators(1)->set_cell(2); }},
      {"operators[0].sums", "4 numbers",
       [](v1::OperatorStats* stats) { stats->mutable_operators(0)->mutable_sums()->Truncate(4); }},
      {"operators[0].sums", "nan",
       [](v1::OperatorStats* stats) {
         stats->mutable_operators(0)->set_sums(0, std::numeric_limits<double>::quiet_NaN());
       }},
      {"fixed", "1 numbers", [](v1::OperatorStats* stats) { stats->add_fixed(1); }},
  };
  for (const Case& one : cases) {
    v1::OperatorStats stats = CellStats(*space, 0.5);
    one.spoil(&stats);
    const auto table = score::TableFromStats(stats, {}, *space);
    ASSERT_FALSE(table.ok()) << one.field;
    EXPECT_EQ(table.status().code(), base::Code::kInvalidArgument);
    EXPECT_EQ(table.status().details().field, one.field);
    EXPECT_NE(table.status().details().value.find(one.text), std::string::npos) << table.status().details().value;
  }
}

}  // namespace
}  // namespace nasshrink
