// Factor tables as messages: what is kept, what is refused.
#include "score/table_codec.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "chain_space.h"
#include "space/presets.h"

namespace nasshrink {
namespace {

score::FactorTable CellTable() {
  score::FactorTable table;
  table.columns = {"dot", "current", "base"};
  table.fixed = {1, 2, 3};
  for (uint32_t edge = 0; edge < 6; ++edge) {
    table.factors.push_back({{edge}, 1, 15, std::vector<double>(15, edge + 0.25)});
  }
  return table;
}

TEST(TableCodec, TablesSurviveTheMessage) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  v1::FactorTable message;
  score::TableToMessage(space, CellTable(), &message);
  const auto parsed = score::ParseTable(message.SerializeAsString());
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->space.full_fingerprint, space.full_fingerprint);
  v1::FactorTable again;
  score::TableToMessage(parsed->space, parsed->table, &again);
  EXPECT_EQ(again.SerializeAsString(), message.SerializeAsString());
  EXPECT_EQ(again.factors(5).rows(14), 5.25);
  EXPECT_EQ(again.factors(5).repeats(), 15U);
}

TEST(TableCodec, BadTablesAreRefusedByField) {
  const space::Space space = *space::Preset("nas-bench-201", {});
  const struct {
    std::function<void(v1::FactorTable*)> spoil;
    const char* field;
  } cases[] = {
      {[](auto* m) { m->clear_space(); }, "space:"},
      {[](auto* m) { m->clear_columns(); }, "columns:"},
      {[](auto* m) { m->set_columns(1, "dot"); }, "columns[1]:"},
      {[](auto* m) { m->set_columns(1, ""); }, "columns[1]:"},
      {[](auto* m) { m->add_fixed(1); }, "fixed:"},
      {[](auto* m) { m->set_fixed(2, std::numeric_limits<double>::infinity()); }, "fixed[2]:"},
      {[](auto* m) { m->mutable_factors(2)->add_rows(1); }, "factors[2].rows:"},
      {[](auto* m) { m->mutable_factors(2)->set_rows(4, std::nan("")); }, "factors[2].rows[4]:"},
      {[](auto* m) { m->mutable_factors(2)->set_choices(0, 6); }, "factors[2].choices[0]:"},
      {[](auto* m) { m->mutable_factors(2)->set_cell(2); }, "factors[2].cell:"},
      {[](auto* m) { m->mutable_factors(2)->set_cell(0); }, "factors[2].choices[0]:"},
      {[](auto* m) { m->mutable_factors(2)->clear_choices(); }, "factors[2].choices:"},
      {[](auto* m) { m->mutable_factors(2)->add_choices(2); }, "factors[2].choices[0]:"},
      {[](auto* m) { m->mutable_factors(2)->set_choices(0, 1); }, "factors[2].choices:"},
      {[](auto* m) { m->mutable_factors()->RemoveLast(); }, "factors:"},
  };
  for (const auto& [spoil, field] : cases) {
    v1::FactorTable message;
    score::TableToMessage(space, CellTable(), &message);
    spoil(&message);
    const auto status = score::TableFromMessage(message).status();
    EXPECT_EQ(status.code(), base::Code::kInvalidArgument) << field;
    EXPECT_EQ(status.message().rfind(field, 0), 0U) << field << " -> " << status.message();
  }
}

TEST(TableCodec, BytesThatAreNoTableAreRefused) {
  EXPECT_EQ(score::ParseTable("\xff\xff\xff").status().code(), base::Code::kInvalidArgument);
}

TEST(TableCodec, TableCoversItsSpaceAndSubSpacesOnly) {
  const space::Space space = tests::ChainSpace({{0, 1, 2}, {0, 1}});
  space::Space smaller = space;
  smaller.choices[0].alive = {1, 2};
  space::Finish(smaller);
  EXPECT_TRUE(score::CheckTableCovers(space, space).ok());
  EXPECT_TRUE(score::CheckTableCovers(space, smaller).ok());
  const auto dropped = score::CheckTableCovers(smaller, space);
  EXPECT_EQ(dropped.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(dropped.message().find("'op0'"), std::string::npos) << dropped.message();
  EXPECT_EQ(score::CheckTableCovers(tests::ChainSpace({{0, 1, 2}, {0, 1, 2}}), space).code(),
            base::Code::kFailedPrecondition);
}

TEST(TableCodec, AngleOptionsSurviveAndUnknownOnesAreRefused) {
  v1::AngleOptions message;
  message.set_fixed_parts(v1::AngleOptions::FIXED_PARTS_OFF);
  message.set_pool(v1::AngleOptions::POOL_OFF);
  message.set_disconnected(v1::AngleOptions::DISCONNECTED_ERROR);
  message.set_scope(v1::AngleOptions::SCOPE_WHOLE_NETWORK);
  message.set_params(v1::AngleOptions::PARAMS_ALL);
  message.set_identity(v1::AngleOptions::IDENTITY_EYE);
  const auto options = score::AngleOptionsFromMessage(message);
  ASSERT_TRUE(options.ok());
  v1::AngleOptions again;
  score::AngleOptionsToMessage(*options, &again);
  EXPECT_EQ(again.SerializeAsString(), message.SerializeAsString());
  message.set_scope(static_cast<v1::AngleOptions::Scope>(9));
  EXPECT_EQ(score::AngleOptionsFromMessage(message).status().message().rfind("scope:", 0), 0U);
}

}  // namespace
}  // namespace nasshrink
