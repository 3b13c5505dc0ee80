// Costs through the C ABI: of one child with all its parts, and of many at once.
#include <random>
#include <vector>

#include "capi/fixture.h"
#include "nasshrink/v1/architecture.pb.h"

namespace nasshrink::tests {
namespace {

class CostsTest : public ::testing::Test {
 protected:
  Space PresetOf(const char* name) const {
    return Make<Space>(nasshrink_space_preset, context_.get(), name, nullptr, size_t{0});
  }
  static Arch Child(const Space& space, std::string_view codes) {
    return Make<Arch>(nasshrink_arch_import, space.get(), "ops", codes.data(), codes.size());
  }
  static v1::CostReport Cost(const Arch& arch, const v1::CostQuery& query = {}) {
    const std::string bytes = query.SerializeAsString();
    return Ask<v1::CostReport>(nasshrink_arch_cost, arch.get(), Data(bytes), bytes.size());
  }

  Context context_ = Make<Context>(nasshrink_context_create, nullptr, size_t{0}, nullptr);
};

constexpr std::string_view kAbsSpos = "2 2 -1 0 0 -1 -1 0 5 -1 4 4 0 0 4 2 3 4 4 4 3";

TEST_F(CostsTest, OfOneChildAddUp) {
  const Space space = PresetOf("mobilenet-proxyless-gpu");
  const Arch arch = Child(space, kAbsSpos);
  v1::CostQuery query;
  EXPECT_EQ(Cost(arch).choices_size(), 0);
  query.set_by_choice(true);
  const v1::CostReport report = Cost(arch, query);
  EXPECT_EQ(report.macs(), 470792064U);
  ASSERT_EQ(report.choices_size(), 21);
  uint64_t macs = report.fixed_macs();
  uint64_t params = report.fixed_params();
  uint64_t peak = 0;
  for (const v1::ChoiceCost& choice : report.choices()) {
    macs += choice.macs();
    params += choice.params();
    peak = std::max(peak, choice.activation_peak());
  }
  EXPECT_EQ(macs, report.macs());
  EXPECT_EQ(params, report.params());
  EXPECT_EQ(peak, report.activation_peak());  // here no fixed part needs more than the first block
  EXPECT_EQ(report.choices(2).code(), -1);
  EXPECT_EQ(report.choices(2).macs(), 0U);
  query.set_counting(v1::COUNTING_THOP);
  EXPECT_EQ(Cost(arch, query).macs(), 472519064U);
}

TEST_F(CostsTest, OfAnyResolution) {
  const Space space = PresetOf("fairnas");
  const Arch arch = Child(space, "4 0 4 1 5 0 0 5 5 2 1 2 2 1 1 5 1 5 3");
  v1::CostQuery query;
  query.set_resolution(448);
  const v1::CostReport large = Cost(arch, query);
  const v1::CostReport own = Cost(arch);
  EXPECT_EQ(large.macs() - 1280000, 4 * (own.macs() - 1280000));
  EXPECT_EQ(large.activation_peak(), 4 * own.activation_peak());
  EXPECT_EQ(large.params(), own.params());
}

TEST_F(CostsTest, NamesAWrongWayOfCounting) {
  const Space space = PresetOf("nas-bench-201");
  const Arch arch = Child(space, "3 3 3 3 3 3");
  v1::CostQuery query;
  query.set_counting(static_cast<v1::Counting>(7));
  const std::string bytes = query.SerializeAsString();
  nasshrink_buffer* out = nullptr;
  const Outcome outcome = Try(nasshrink_arch_cost, arch.get(), Data(bytes), bytes.size(), &out);
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(outcome.details.field(), "query.counting");
}

// Every preset with listed candidates, cells with picked inputs among them; the table holds no numbers.
TEST_F(CostsTest, OfManyChildrenEqualThoseOfEach) {
  constexpr size_t kChildren = 50;
  for (const char* name : {"nas-bench-201", "darts", "darts-edges", "darts-shared", "mobilenet-proxyless-gpu",
                           "fairnas", "pad-nas-large", "spos-shufflenet", "nas-bench-macro"}) {
    const Space space = PresetOf(name);
    const Table table = Make<Table>(nasshrink_table_create, space.get(), Data(""), size_t{0});
    v1::SampleOptions options;
    options.set_count(kChildren);
    const std::string bytes = options.SerializeAsString();
    const auto list = Ask<v1::ArchitectureList>(nasshrink_space_sample, space.get(), Data(bytes), bytes.size());
    const std::vector<uint32_t> rows(list.candidates().begin(), list.candidates().end());
    std::vector<double> macs(kChildren);
    std::vector<double> params(kChildren);
    for (const auto& [metric, out] : {std::pair{NASSHRINK_METRIC_MACS, &macs}, {NASSHRINK_METRIC_PARAMS, &params}}) {
      ASSERT_EQ(Try(nasshrink_table_score, table.get(), int32_t{metric}, nullptr, size_t{0}, rows.data(),
                    size_t{kChildren}, out->data())
                    .status,
                NASSHRINK_OK);
    }
    EXPECT_EQ(Try(nasshrink_table_score, table.get(), int32_t{NASSHRINK_METRIC_ANGLE}, nullptr, size_t{0}, rows.data(),
                  size_t{kChildren}, macs.data())
                  .status,
              NASSHRINK_INVALID_ARGUMENT);
    for (size_t i = 0; i < kChildren; ++i) {
      v1::Architecture message;
      const auto begin = rows.begin() + static_cast<ptrdiff_t>(i * list.choices());
      message.mutable_candidates()->Add(begin, begin + list.choices());
      const std::string child = message.SerializeAsString();
      const v1::CostReport report = Cost(Make<Arch>(nasshrink_arch_parse, space.get(), Data(child), child.size()));
      EXPECT_EQ(static_cast<uint64_t>(macs[i]), report.macs()) << name;
      EXPECT_EQ(static_cast<uint64_t>(params[i]), report.params()) << name;
      EXPECT_LE(report.live_macs(), report.macs()) << name;
      EXPECT_GT(report.activation_peak(), 0U) << name;
    }
  }
}

}  // namespace
}  // namespace nasshrink::tests
