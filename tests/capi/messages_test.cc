// Bytes from outside: malformed, cut short, nested too deep, unknown operators, and things that belong to another
// space.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <functional>

#include "capi/fixture.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/score.pb.h"

namespace nasshrink::tests {
namespace {

// One function that takes a message, and bytes it accepts.
struct Entry {
  const char* name;
  std::string good;
  std::function<Outcome(const std::string&)> call;
};

class MessagesTest : public testing::Test {
 protected:
  static void TearDownTestSuite() { EXPECT_EQ(nasshrink_live_objects(), 0); }

  // A call with bytes whose result, if there is one, is freed.
  template <typename Handle, typename Function, typename Parent>
  auto Parser(Function function, Parent* parent) {
    return [=](const std::string& bytes) {
      typename Handle::pointer out = nullptr;
      Outcome outcome = Try(function, parent, Data(bytes), bytes.size(), &out);
      EXPECT_EQ(out != nullptr, outcome.status == NASSHRINK_OK);
      const Handle freed(out);
      return outcome;
    };
  }

  Outcome Parse(const v1::SearchSpace& message) {
    return Parser<Space>(nasshrink_space_parse, world_.context.get())(message.SerializeAsString());
  }

  std::vector<Entry> Entries() {
    const std::string arch = BytesOf(Make<Buffer>(nasshrink_arch_serialize, world_.arch.get()).get());
    const std::string table = BytesOf(Make<Buffer>(nasshrink_table_serialize, world_.table.get()).get());
    const std::string search = world_.StudyMessage().SerializeAsString();
    const auto study = Make<Study>(nasshrink_study_create, world_.space.get(), Data(search), search.size());
    const std::string snapshot = BytesOf(Make<Buffer>(nasshrink_study_snapshot, study.get()).get());
    v1::ShrinkRule rule;
    rule.mutable_abs()->set_drop(1);
    v1::ShrinkInput input;
    *input.mutable_scores() = world_.Scores();
    return {
        {"space", world_.SpaceMessage().SerializeAsString(),
         Parser<Space>(nasshrink_space_parse, world_.context.get())},
        {"arch", arch, Parser<Arch>(nasshrink_arch_parse, world_.space.get())},
        {"table", table, Parser<Table>(nasshrink_table_parse, world_.context.get())},
        {"table of a space", world_.TableMessage().SerializeAsString(),
         Parser<Table>(nasshrink_table_create, world_.space.get())},
        {"supernet options", world_.SupernetMessage().SerializeAsString(),
         Parser<Supernet>(nasshrink_supernet_create, world_.space.get())},
        {"study", snapshot, Parser<Study>(nasshrink_study_restore, world_.context.get())},
        {"scores", input.SerializeAsString(),
         [this, rule](const std::string& bytes) {
           const std::string how = rule.SerializeAsString();
           nasshrink_space* out = nullptr;
           Outcome outcome = Try(nasshrink_space_shrink, world_.space.get(), Data(bytes), bytes.size(), Data(how),
                                 how.size(), &out, nullptr);
           const Space freed(out);
           return outcome;
         }},
        {"plan", world_.Plan().SerializeAsString(),
         [this](const std::string& bytes) {
           nasshrink_run* out = nullptr;
           Outcome outcome = Try(nasshrink_run_start, world_.context.get(), Data(bytes), bytes.size(), nullptr, nullptr,
                                 nullptr, nullptr, nullptr, &out);
           const RunHandle freed(out);
           return outcome;
         }},
    };
  }

  World world_;
};

TEST_F(MessagesTest, GoodBytesAreTaken) {
  for (const Entry& entry : Entries()) {
    const Outcome outcome = entry.call(entry.good);
    EXPECT_EQ(outcome.status, NASSHRINK_OK) << entry.name << ": " << outcome.message;
  }
}

TEST_F(MessagesTest, NoiseIsRefused) {
  for (const Entry& entry : Entries()) {
    const Outcome outcome = entry.call("\xff\xff\xff\xff this is not a message");
    EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT) << entry.name << ": " << outcome.message;
  }
}

// Cut anywhere, the bytes are refused with a sentence, or happen to be a shorter message; never a crash.
TEST_F(MessagesTest, EveryPrefixIsAnswered) {
  for (const Entry& entry : Entries()) {
    const size_t step = entry.good.size() / 97 + 1;
    int refused = 0;
    for (size_t size = 0; size < entry.good.size(); size += step) {
      const Outcome outcome = entry.call(entry.good.substr(0, size));
      if (outcome.status == NASSHRINK_OK) continue;
      ++refused;
      EXPECT_NE(outcome.status, NASSHRINK_INTERNAL) << entry.name << ": " << outcome.message;
      EXPECT_FALSE(outcome.message.empty());
    }
    EXPECT_GT(refused, 0) << entry.name;
  }
}

TEST_F(MessagesTest, EveryFlippedByteIsAnswered) {
  for (const Entry& entry : Entries()) {
    const size_t step = entry.good.size() / 97 + 1;
    for (size_t at = 0; at < entry.good.size(); at += step) {
      std::string bytes = entry.good;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
      const Outcome outcome = entry.call(bytes);
      EXPECT_NE(outcome.status, NASSHRINK_INTERNAL) << entry.name << " byte " << at << ": " << outcome.message;
    }
  }
}

// RunPlan.stages (6) -> Stage.loop (11) -> LoopStage.body (1), over and over.
TEST_F(MessagesTest, PlansNestedTooDeepAreRefused) {
  v1::Stage stage;
  for (int depth = 0; depth < 40; ++depth) {
    v1::Stage outer;
    *outer.mutable_loop()->add_body() = stage;
    stage = outer;
  }
  v1::RunPlan plan = world_.Plan();
  *plan.add_stages() = stage;
  std::string bytes = plan.SerializeAsString();
  nasshrink_run* run = nullptr;
  EXPECT_EQ(Try(nasshrink_run_start, world_.context.get(), Data(bytes), bytes.size(), nullptr, nullptr, nullptr,
                nullptr, nullptr, &run)
                .status,
            NASSHRINK_INVALID_ARGUMENT);
  // 200 levels by hand: deeper than any parser should follow.
  std::string nested;
  const auto wrap = [](char tag, const std::string& inside) {
    std::string size;
    for (size_t rest = inside.size(); true; rest >>= 7) {
      size += static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      if (rest <= 0x7f) break;
    }
    return tag + size + inside;
  };
  for (int depth = 0; depth < 100; ++depth) nested = wrap(0x5a, wrap(0x0a, nested));
  bytes = wrap(0x32, nested);
  const Outcome outcome = Try(nasshrink_run_start, world_.context.get(), Data(bytes), bytes.size(), nullptr, nullptr,
                              nullptr, nullptr, nullptr, &run);
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(outcome.details.field(), "plan") << outcome.message;
  EXPECT_EQ(run, nullptr);
}

TEST_F(MessagesTest, AnUnknownOperatorIsNamedWithItsField) {
  v1::SearchSpace message = world_.SpaceMessage();
  message.mutable_choices(2)->mutable_candidates(1)->mutable_op()->set_kind("frobnicate");
  const Outcome outcome = Parse(message);
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_NE(outcome.details.field().find("choices[2].candidates[1]"), std::string::npos) << outcome.message;
  EXPECT_NE(outcome.message.find("frobnicate"), std::string::npos) << outcome.message;
}

TEST_F(MessagesTest, InconsistentSpacesAreRefused) {
  const v1::SearchSpace good = world_.SpaceMessage();
  v1::SearchSpace bad = good;
  bad.set_schema_version(2);
  EXPECT_EQ(Parse(bad).status, NASSHRINK_INVALID_ARGUMENT);
  bad = good;
  bad.mutable_choices(0)->add_alive(77);
  EXPECT_EQ(Parse(bad).status, NASSHRINK_INVALID_ARGUMENT);
  bad = good;
  bad.mutable_choices(1)->set_key(bad.choices(0).key());
  EXPECT_EQ(Parse(bad).status, NASSHRINK_INVALID_ARGUMENT);
}

TEST_F(MessagesTest, ParsersHonourTheMemoryLimit) {
  v1::ContextOptions options;
  options.set_memory_limit(100);
  const std::string limit = options.SerializeAsString();
  const auto context = Make<Context>(nasshrink_context_create, Data(limit), limit.size(), nullptr);
  const std::string bytes = world_.SpaceMessage().SerializeAsString();
  nasshrink_space* space = nullptr;
  const Outcome outcome = Try(nasshrink_space_parse, context.get(), Data(bytes), bytes.size(), &space);
  EXPECT_EQ(outcome.status, NASSHRINK_RESOURCE_EXHAUSTED) << outcome.message;
}

class OtherSpaceTest : public MessagesTest {
 protected:
  OtherSpaceTest() {
    v1::PresetOptions options;
    options.set_classes(7);
    const std::string bytes = options.SerializeAsString();
    other_ = Make<Space>(nasshrink_space_preset, world_.context.get(), "nas-bench-201", Data(bytes), bytes.size());
  }
  Space other_;
};

TEST_F(OtherSpaceTest, ItsArchitectureIsRefused) {
  const std::string bytes = BytesOf(Make<Buffer>(nasshrink_arch_serialize, world_.arch.get()).get());
  nasshrink_arch* arch = nullptr;
  const Outcome outcome = Try(nasshrink_arch_parse, other_.get(), Data(bytes), bytes.size(), &arch);
  EXPECT_EQ(outcome.status, NASSHRINK_FAILED_PRECONDITION) << outcome.message;
}

TEST_F(OtherSpaceTest, ItsScoresAreRefused) {
  v1::ShrinkInput input;
  *input.mutable_scores() = world_.Scores();
  v1::ShrinkRule rule;
  rule.mutable_abs()->set_drop(1);
  const std::string scores = input.SerializeAsString();
  const std::string how = rule.SerializeAsString();
  nasshrink_space* shrunk = nullptr;
  nasshrink_buffer* edits = nullptr;
  const Outcome outcome =
      Try(nasshrink_space_shrink, other_.get(), Data(scores), scores.size(), Data(how), how.size(), &shrunk, &edits);
  EXPECT_EQ(outcome.status, NASSHRINK_FAILED_PRECONDITION) << outcome.message;
  EXPECT_EQ(edits, nullptr);
}

TEST_F(OtherSpaceTest, ItsTableEditsSupernetAndCombinationsAreRefused) {
  const std::string table = BytesOf(Make<Buffer>(nasshrink_table_serialize, world_.table.get()).get());
  EXPECT_EQ(Parser<Table>(nasshrink_table_create, other_.get())(table).status, NASSHRINK_FAILED_PRECONDITION);

  const Buffer edits = Make<Buffer>(nasshrink_space_diff, world_.root.get(), world_.space.get());
  EXPECT_EQ(Parser<Space>(nasshrink_space_restrict, other_.get())(BytesOf(edits.get())).status,
            NASSHRINK_FAILED_PRECONDITION);

  nasshrink_supernet* heir = nullptr;
  EXPECT_EQ(Try(nasshrink_supernet_inherit, world_.supernet.get(), other_.get(), nullptr, size_t{0}, &heir).status,
            NASSHRINK_FAILED_PRECONDITION);

  nasshrink_space* both = nullptr;
  EXPECT_EQ(Try(nasshrink_space_combine, world_.space.get(), other_.get(), int32_t{0}, &both).status,
            NASSHRINK_FAILED_PRECONDITION);
  EXPECT_EQ(Try(nasshrink_space_combine, world_.space.get(), world_.root.get(), int32_t{3}, &both).status,
            NASSHRINK_INVALID_ARGUMENT);
}

TEST_F(OtherSpaceTest, AForeignOrTornCheckpointIsDataLoss) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/net.safetensors";
  nasshrink_supernet* supernet = nullptr;
  EXPECT_EQ(Try(nasshrink_supernet_load, world_.context.get(), path.c_str(), &supernet).status, NASSHRINK_NOT_FOUND);
  ASSERT_EQ(Try(nasshrink_supernet_save, world_.supernet.get(), path.c_str()).status, NASSHRINK_OK);
  FILE* file = fopen(path.c_str(), "r+");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(ftruncate(fileno(file), 200), 0);
  fclose(file);
  EXPECT_EQ(Try(nasshrink_supernet_load, world_.context.get(), path.c_str(), &supernet).status, NASSHRINK_DATA_LOSS);
  file = fopen(path.c_str(), "w");
  fputs("something else altogether", file);
  fclose(file);
  EXPECT_EQ(Try(nasshrink_supernet_load, world_.context.get(), path.c_str(), &supernet).status, NASSHRINK_DATA_LOSS);
  EXPECT_EQ(supernet, nullptr);
}

TEST_F(MessagesTest, TextMustBeUtf8) {
  nasshrink_space* space = nullptr;
  const Outcome outcome = Try(nasshrink_space_preset, world_.context.get(), "nas\xff", nullptr, size_t{0}, &space);
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(outcome.details.field(), "name");
  EXPECT_EQ(outcome.details.value(), "nas?");
}

}  // namespace
}  // namespace nasshrink::tests
