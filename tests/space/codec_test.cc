#include "space/codec.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "space/presets.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

v1::SearchSpace Message() {
  v1::SearchSpace message;
  SpaceToMessage(tests::NasBench201(), &message);
  return message;
}

TEST(ParseSpace, ReadsItsOwnBytes) {
  const Space space = tests::NasBench201();
  const std::string bytes = CanonicalBytes(space);
  const auto parsed = ParseSpace(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(CanonicalBytes(*parsed), bytes);
  EXPECT_EQ(parsed->root_fingerprint, space.root_fingerprint);
}

TEST(ParseSpace, ForgetsUnknownFieldsAndSpelledOutDefaults) {
  const Space space = tests::NasBench201();
  const std::string bytes = CanonicalBytes(space);
  // Field 1000, varint 1.
  const auto unknown = ParseSpace(bytes + std::string("\xc0\x3e\x01", 3));
  ASSERT_TRUE(unknown.ok());
  EXPECT_EQ(CanonicalBytes(*unknown), bytes);
  v1::SearchSpace spelled = Message();
  for (uint32_t c = 0; c < 5; ++c) spelled.mutable_choices(1)->add_alive(c);
  const auto all = SpaceFromMessage(spelled);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(CanonicalBytes(*all), bytes);
}

TEST(ParseSpace, RefusesTornBytes) {
  const std::string bytes = CanonicalBytes(tests::NasBench201());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto space = ParseSpace(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(space.status().code(), base::Code::kInvalidArgument) << size;
  }
}

TEST(ParseSpace, MakesAValidSpaceOrAnErrorOfChangedBytes) {
  const std::string bytes = CanonicalBytes(tests::NasBench201());
  int accepted = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      const auto space = ParseSpace(changed);
      if (!space.ok()) continue;
      ++accepted;
      const auto again = ParseSpace(CanonicalBytes(*space));
      ASSERT_TRUE(again.ok()) << i;
      EXPECT_EQ(again->full_fingerprint, space->full_fingerprint) << i;
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(ParseSpace, RefusesForeignDeepAndLargeBytes) {
  EXPECT_EQ(ParseSpace("").status().details().field, "schema_version");
  EXPECT_EQ(ParseSpace("not a message").status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(ParseSpace(std::string(kMaxMessageBytes + 1, '\0')).status().code(), base::Code::kResourceExhausted);
  // Groups nested 200 deep in an unknown field.
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "\xc3\x3e";
  for (int i = 0; i < 200; ++i) deep += "\xc4\x3e";
  EXPECT_EQ(ParseSpace(CanonicalBytes(tests::NasBench201()) + deep).status().code(), base::Code::kInvalidArgument);
}

TEST(ParseSpace, RefusesAFloodOfEmptyCandidatesBeforeCopyingIt) {
  v1::SearchSpace message;
  message.set_schema_version(1);
  for (int c = 0; c < 40; ++c) {
    v1::Choice* choice = message.add_choices();
    for (int i = 0; i < 30000; ++i) choice->add_candidates();
  }
  const auto space = ParseSpace(message.SerializeAsString());
  EXPECT_EQ(space.status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(space.status().details().field, "choices");
}

TEST(Finish, SortsWhatOthersPutTogether) {
  Space space = tests::NasBench201();
  space.choices[0].alive = {4, 2};
  space.choices[1].alive.clear();
  Finish(space);
  EXPECT_EQ(space.choices[0].alive, (std::vector<uint32_t>{2, 4}));
  EXPECT_EQ(space.choices[1].alive.size(), 5U);
}

TEST(Fingerprints, AreDigestsOfCanonicalBytes) {
  Space space = tests::NasBench201();
  space.choices[0].alive = {1, 3};
  space.sharing_groups = {{0, 2}};
  Finish(space);
  EXPECT_EQ(space.full_fingerprint, base::Sha256(CanonicalBytes(space)));
  Space children = space;
  children.sharing_groups.clear();
  EXPECT_EQ(space.children_fingerprint, base::Sha256(CanonicalBytes(children)));
  EXPECT_EQ(space.root_fingerprint, base::Sha256(CanonicalBytes(tests::NasBench201())));
}

// Stored scores, tables and checkpoints are keyed by these bytes, so they must not change unnoticed.
TEST(Fingerprints, OfThePresetAreFrozen) {
  EXPECT_EQ(base::HexOf(tests::NasBench201().root_fingerprint),
            "bce4a10fed4fb94cfb2a3915429dec8ce0f768be43c82b7a294a7e3ae9c75509");
}

}  // namespace
}  // namespace nasshrink::space
