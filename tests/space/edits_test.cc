#include "space/edits.h"

#include <gtest/gtest.h>

#include "space/codec.h"
#include "space/count.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

using Refs = google::protobuf::RepeatedPtrField<v1::OperatorRef>;

void Add(Refs* refs, uint32_t choice, uint32_t candidate) {
  v1::OperatorRef* ref = refs->Add();
  ref->set_choice(choice);
  ref->set_candidate(candidate);
}

// ABS, appendix: sub-spaces S1..S8 of NAS-Bench-201 keep 5, 4, 3 or 2 operators on every edge.
TEST(ApplyEdits, MakesTheSubSpacesOfAbs) {
  const Space root = tests::NasBench201();
  const struct {
    const char* name;
    std::vector<uint32_t> dropped;
    const char* children;
  } cases[] = {{"S1", {}, "15625"}, {"S2", {0}, "4096"},   {"S3", {1}, "4096"},   {"S4", {3}, "4096"},
               {"S5", {4}, "4096"}, {"S6", {0, 4}, "729"}, {"S7", {2, 3}, "729"}, {"S8", {0, 1, 4}, "64"}};
  for (const auto& sub : cases) {
    v1::SpaceEdits edits;
    edits.set_root_fingerprint(root.root_fingerprint);
    for (uint32_t choice = 0; choice < 6; ++choice) {
      for (const uint32_t candidate : sub.dropped) Add(edits.mutable_drop(), choice, candidate);
    }
    const auto space = ApplyEdits(root, edits);
    ASSERT_TRUE(space.ok()) << sub.name << space.status().message();
    EXPECT_EQ(ChildrenText(*space), sub.children) << sub.name;
    EXPECT_EQ(space->root_fingerprint, root.root_fingerprint);
  }
  EXPECT_EQ(ChildrenText(root), "15625");
}

TEST(ApplyEdits, RestoresAndPins) {
  Space space = tests::NasBench201();
  space.choices[0].alive = {1, 3};
  Finish(space);
  v1::SpaceEdits edits;
  Add(edits.mutable_restore(), 0, 2);
  Add(edits.mutable_drop(), 0, 3);
  Add(edits.mutable_pin(), 5, 4);
  const auto edited = ApplyEdits(space, edits);
  ASSERT_TRUE(edited.ok()) << edited.status().message();
  EXPECT_EQ(edited->choices[0].alive, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(edited->choices[5].alive, std::vector<uint32_t>{4});
}

TEST(ApplyEdits, NamesTheEditAtFault) {
  Space space = tests::NasBench201();
  space.choices[1].alive = {2};
  Finish(space);
  const auto status_of = [&](auto change) {
    v1::SpaceEdits edits;
    change(edits);
    return ApplyEdits(space, edits).status();
  };
  EXPECT_EQ(status_of([](auto& e) { Add(e.mutable_drop(), 6, 0); }).details().field, "drop[0].choice");
  EXPECT_EQ(status_of([](auto& e) { Add(e.mutable_drop(), 0, 5); }).details().field, "drop[0].candidate");
  EXPECT_EQ(status_of([](auto& e) { Add(e.mutable_drop(), 1, 0); }).details().field, "drop[0]");
  EXPECT_EQ(status_of([](auto& e) { Add(e.mutable_pin(), 1, 0); }).details().field, "pin[0]");
  EXPECT_EQ(status_of([](auto& e) { Add(e.mutable_restore(), 0, 0); }).details().field, "restore[0]");
  EXPECT_EQ(status_of([](auto& e) {
              Add(e.mutable_drop(), 0, 0);
              Add(e.mutable_drop(), 0, 0);
            })
                .details()
                .field,
            "drop[1]");
  const base::Status last = status_of([](auto& e) { Add(e.mutable_drop(), 1, 2); });
  EXPECT_EQ(last.code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(status_of([](auto& e) { e.set_root_fingerprint("other"); }).code(), base::Code::kFailedPrecondition);
}

TEST(SetOperations, WorkChoiceByChoice) {
  Space a = tests::NasBench201();
  Space b = a;
  a.choices[0].alive = {0, 1, 2};
  b.choices[0].alive = {2, 3};
  for (size_t i = 1; i < 6; ++i) b.choices[i].alive = {0};
  Finish(a);
  Finish(b);
  EXPECT_EQ(Union(a, b)->choices[0].alive, (std::vector<uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(Intersect(a, b)->choices[0].alive, std::vector<uint32_t>{2});
  EXPECT_EQ(Difference(a, b)->choices[0].alive, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(Difference(a, a).status().code(), base::Code::kFailedPrecondition);
}

TEST(SetOperations, RefuseAnotherRoot) {
  const Space a = tests::NasBench201();
  const auto b = SpaceFromMessage(tests::NasBenchMacro());
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(Union(a, *b).status().code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(Diff(a, *b).status().code(), base::Code::kFailedPrecondition);
}

TEST(EditsFromRoot, RebuildTheSpaceAfterItWasStored) {
  for (const char* preset : {"mobilenet-proxyless-gpu", "darts", "autospace"}) {
    const Space root = tests::PresetSpace(preset);
    EXPECT_EQ(EditsFromRoot(root).drop_size(), 0) << preset;
    Space shrunk = root;
    for (size_t i = 0; i < shrunk.choices.size(); i += 2) {
      if (shrunk.choices[i].alive.size() > 2) shrunk.choices[i].alive = {0, 2};
    }
    Finish(shrunk);
    const auto stored = ParseSpace(CanonicalBytes(shrunk));
    ASSERT_TRUE(stored.ok()) << preset;
    const v1::SpaceEdits edits = EditsFromRoot(*stored);
    EXPECT_EQ(edits.root_fingerprint(), root.full_fingerprint) << preset;
    const auto again = ApplyEdits(root, edits);
    ASSERT_TRUE(again.ok()) << preset << ": " << again.status().message();
    EXPECT_EQ(again->full_fingerprint, shrunk.full_fingerprint) << preset;
  }
}

TEST(Diff, TurnsOneSpaceIntoTheOther) {
  Space a = tests::NasBench201();
  Space b = a;
  a.choices[0].alive = {0, 1};
  b.choices[0].alive = {1, 4};
  b.choices[3].alive = {3};
  Finish(a);
  Finish(b);
  const auto edits = Diff(a, b);
  ASSERT_TRUE(edits.ok());
  EXPECT_EQ(ApplyEdits(a, *edits)->full_fingerprint, b.full_fingerprint);
}

}  // namespace
}  // namespace nasshrink::space
