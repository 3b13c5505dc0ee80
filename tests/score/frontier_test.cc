// The frontier against enumeration by hand (fixtures): tiny spaces, and all of NAS-Bench-201.
#include "score/frontier.h"

#include <gtest/gtest.h>

#include <set>

#include "angle_fixture.h"
#include "chain_space.h"
#include "packed_csv.h"
#include "shared_file.h"
#include "space/notation.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

using score::Enumeration;
using score::Frontier;
using tests::Json;

// Every choice's operators are 0, 1, 2 and so on, all alive.
score::KeptMasks MasksOf(const Json& kept) {
  score::KeptMasks masks;
  for (const Json& codes : kept) {
    masks.push_back(0);
    for (const Json& code : codes) masks.back() |= 1U << code.get<uint32_t>();
  }
  return masks;
}

void ExpectRows(const Frontier& frontier, const Json& given, double tolerance) {
  EXPECT_EQ(frontier.top(), (frontier.children().children() + 99) / 100);
  base::WorkerPool pool(2);
  const auto rows = frontier.Rows(&pool, nullptr);
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  ASSERT_EQ(rows->size(), given["rows"].size());
  uint64_t total = 0;
  for (size_t at = 0; at < rows->size(); ++at) {
    const score::FrontierRow& row = (*rows)[at];
    const Json& expected = given["rows"][at];
    SCOPED_TRACE(expected);
    EXPECT_EQ(row.operators, expected[0].get<uint32_t>());
    EXPECT_EQ(row.sub_spaces, static_cast<uint64_t>(tests::Number(expected[1])));
    EXPECT_NEAR(row.mean, tests::Number(expected[2]), tolerance);
    EXPECT_EQ(row.kept, MasksOf(expected[3]));
    const score::SubSpace described = frontier.Describe(row.kept);
    EXPECT_EQ(described.children, expected[4].get<uint64_t>());
    EXPECT_EQ(described.best, tests::Number(expected[5]));
    EXPECT_EQ(described.top, expected[6].get<uint64_t>());
    EXPECT_EQ(row.most_top, expected[7].get<uint64_t>());
    total += row.sub_spaces;
  }
  EXPECT_EQ(total, frontier.sub_spaces());
}

TEST(FrontierFixture, TinySpacesAgree) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/frontier.json");
  size_t compared = 0;
  for (const Json& given : tests::CasesOf(path)) {
    SCOPED_TRACE(given["name"].get<std::string>());
    std::vector<int> codes(given["operators"].get<size_t>());
    for (size_t at = 0; at < codes.size(); ++at) codes[at] = static_cast<int>(at);
    const auto space = tests::ChainSpace(std::vector<std::vector<int>>(given["choices"].get<size_t>(), codes));
    std::vector<double> truth;
    for (const Json& row : given["accuracies"]) truth.push_back(tests::Number(row[1]));
    ExpectRows(*Frontier::Make(*Enumeration::UpTo(space, 1000), truth), given, 1e-10);
    ++compared;
  }
  EXPECT_EQ(compared, 3U);
}

TEST(FrontierFixture, NasBench201Agrees) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/frontier_nb201.json");
  NASSHRINK_SHARED_OR_SKIP(truth_path, "data/nasbench201/nasbench201.csv.gz");
  const space::Space space = *space::Preset("nas-bench-201", {});
  const tests::PackedCsv csv(truth_path);
  std::vector<double> truth(15'625);
  for (size_t row = 0; row < csv.size(); ++row) {
    const auto child = *space::ImportArchitecture(space, "nas-bench-201", csv.At(row, "arch_str"));
    size_t number = 0;
    for (const uint32_t candidate : child) number = number * 5 + candidate;
    truth[number] = std::stod(csv.At(row, "cifar10_test"));
  }
  const auto frontier = *Frontier::Make(*Enumeration::UpTo(space, 20'000), truth);
  EXPECT_EQ(frontier.sub_spaces(), 887'503'681U);
  ExpectRows(frontier, tests::CasesOf(path)[0], 1e-9);
}

TEST(Frontier, OneChoiceKeepsItsLargest) {
  const auto space = tests::ChainSpace({{0, 1, 2}});
  const auto frontier = *Frontier::Make(*Enumeration::UpTo(space, 10), {90, 70, 80});
  const auto rows = *frontier.Rows(nullptr, nullptr);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].mean, 90);
  EXPECT_EQ(rows[1].mean, 85);
  EXPECT_EQ(rows[1].kept, score::KeptMasks({5}));
  EXPECT_EQ(rows[2].mean, 80);
}

TEST(Frontier, WorkersChangeNothingNotEvenAmongEqualMeans) {
  const auto space = tests::ChainSpace({{0, 1, 2}, {0, 1, 2, 3}, {0, 1, 2}});
  std::vector<double> truth(36);
  for (size_t at = 0; at < truth.size(); ++at) truth[at] = static_cast<double>(at * 7 % 4);
  const auto frontier = *Frontier::Make(*Enumeration::UpTo(space, 100), truth);
  std::set<std::vector<score::KeptMasks>> kept;
  for (const uint32_t workers : {1U, 2U, 5U}) {
    base::WorkerPool pool(workers);
    const auto rows = *frontier.Rows(&pool, nullptr);
    std::vector<score::KeptMasks> own;
    for (const score::FrontierRow& row : rows) own.push_back(row.kept);
    kept.insert(own);
  }
  EXPECT_EQ(kept.size(), 1U);
}

TEST(Frontier, TooManySubSpacesAndCancelEndIt) {
  const auto large = tests::ChainSpace(std::vector<std::vector<int>>(12, {0, 1, 2}));
  const std::vector<double> truth(531'441);
  EXPECT_EQ(Frontier::Make(*Enumeration::UpTo(large, 1'000'000), truth).status().code(), base::Code::kInvalidArgument);
  const auto small = tests::ChainSpace({{0, 1}, {0, 1}});
  base::Cancel cancel;
  cancel.Trigger();
  EXPECT_EQ(Frontier::Make(*Enumeration::UpTo(small, 10), {1, 2, 3, 4})->Rows(nullptr, &cancel).status().code(),
            base::Code::kCancelled);
}

}  // namespace
}  // namespace nasshrink
