// What each noun's functions do, seen through the C ABI with a table for a supernet.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "capi/fixture.h"
#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "nasshrink/v1/space.pb.h"

namespace nasshrink::tests {
namespace {

class NounsTest : public testing::Test {
 protected:
  static void TearDownTestSuite() { EXPECT_EQ(nasshrink_live_objects(), 0); }
  World world_;
};

TEST_F(NounsTest, EveryRegistryListsNamesWithHelp) {
  for (const char* kind : {"presets", "operators", "metrics", "rules", "strategies", "recipes", "algorithms", "formats",
                           "latency-formats", "latency-tables"}) {
    const auto listing = Ask<v1::RegistryListing>(nasshrink_registry_list, world_.context.get(), kind);
    EXPECT_EQ(listing.kind(), kind);
    EXPECT_FALSE(listing.entries().empty()) << kind;
    std::set<std::string> names;
    for (const auto& entry : listing.entries()) {
      EXPECT_TRUE(names.insert(entry.name()).second) << entry.name();
      EXPECT_FALSE(entry.help().empty()) << entry.name();
    }
  }
  nasshrink_buffer* out = nullptr;
  const Outcome outcome = Try(nasshrink_registry_list, world_.context.get(), "colours", &out);
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_NE(outcome.message.find("colours"), std::string::npos);
}

TEST_F(NounsTest, ListedPresetsAndRecipesCanBeMade) {
  const auto presets = Ask<v1::RegistryListing>(nasshrink_registry_list, world_.context.get(), "presets");
  for (const auto& entry : presets.entries()) {
    Make<Space>(nasshrink_space_preset, world_.context.get(), entry.name().c_str(), nullptr, size_t{0});
  }
  const auto recipes = Ask<v1::RegistryListing>(nasshrink_registry_list, world_.context.get(), "recipes");
  for (const auto& entry : recipes.entries()) {
    Make<Buffer>(nasshrink_plan_preset, world_.context.get(), entry.name().c_str(), nullptr, size_t{0});
  }
}

TEST_F(NounsTest, ListedRulesCanBeApplied) {
  v1::ShrinkInput input;
  *input.mutable_scores() = world_.Scores();
  std::map<std::string, v1::ShrinkRule> rules;
  rules["abs"].mutable_abs()->set_drop(1);
  rules["per_choice"].mutable_per_choice()->set_drop(1);
  rules["se_nas"].mutable_se_nas()->set_drop(1);
  rules["pad_nas"].mutable_pad_nas();
  const auto listing = Ask<v1::RegistryListing>(nasshrink_registry_list, world_.context.get(), "rules");
  for (const auto& entry : listing.entries()) {
    ASSERT_EQ(rules.count(entry.name()), 1U) << entry.name();
    const std::string rule = rules[entry.name()].SerializeAsString();
    v1::ShrinkInput known = input;
    if (entry.name() == "pad_nas") {
      known.Clear();
      const auto space = Ask<v1::SearchSpace>(nasshrink_space_serialize, world_.space.get());
      v1::EvaluatedArchitectures* evaluated = known.mutable_evaluated();
      evaluated->set_root_fingerprint(
          Ask<v1::SpaceSummary>(nasshrink_space_describe, world_.space.get()).root_fingerprint());
      evaluated->set_choices(static_cast<uint32_t>(space.choices_size()));
      for (const v1::Choice& choice : space.choices()) {
        evaluated->add_candidates(choice.alive_size() > 0 ? choice.alive(0) : 0);
      }
      v1::Objective* accuracy = evaluated->add_objectives();
      accuracy->set_name("accuracy");
      accuracy->set_maximise(true);
      accuracy->add_values(90);
    }
    const std::string bytes = known.SerializeAsString();
    nasshrink_space* shrunk = nullptr;
    const Outcome outcome = Try(nasshrink_space_shrink, world_.space.get(), Data(bytes), bytes.size(), Data(rule),
                                rule.size(), &shrunk, nullptr);
    EXPECT_EQ(outcome.status, NASSHRINK_OK) << entry.name() << ": " << outcome.message;
    nasshrink_space_free(shrunk);
  }
}

TEST_F(NounsTest, SpacesAreCountedCombinedAndTurnedIntoEachOther) {
  EXPECT_EQ(Ask<v1::SpaceSummary>(nasshrink_space_describe, world_.root.get()).children(), "15625");
  EXPECT_EQ(Ask<v1::CountReport>(nasshrink_space_count, world_.space.get(), nullptr, size_t{0}).children(), "64");

  const Space rest = Make<Space>(nasshrink_space_combine, world_.root.get(), world_.space.get(),
                                 int32_t{NASSHRINK_COMBINE_DIFFERENCE});
  EXPECT_EQ(Ask<v1::SpaceSummary>(nasshrink_space_describe, rest.get()).children(), "729");
  const Space all =
      Make<Space>(nasshrink_space_combine, rest.get(), world_.space.get(), int32_t{NASSHRINK_COMBINE_UNION});
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_space_serialize, all.get()).get()),
            BytesOf(Make<Buffer>(nasshrink_space_serialize, world_.root.get()).get()));
  const Space common = Make<Space>(nasshrink_space_combine, world_.root.get(), world_.space.get(),
                                   int32_t{NASSHRINK_COMBINE_INTERSECTION});
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_space_serialize, common.get()).get()),
            BytesOf(Make<Buffer>(nasshrink_space_serialize, world_.space.get()).get()));

  const std::string edits = BytesOf(Make<Buffer>(nasshrink_space_diff, world_.root.get(), world_.space.get()).get());
  const Space edited = Make<Space>(nasshrink_space_restrict, world_.root.get(), Data(edits), edits.size());
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_space_serialize, edited.get()).get()),
            BytesOf(Make<Buffer>(nasshrink_space_serialize, world_.space.get()).get()));
}

TEST_F(NounsTest, ShrinkingDropsWhatItSays) {
  v1::ShrinkInput input;
  *input.mutable_scores() = world_.Scores();
  v1::ShrinkRule rule;
  rule.mutable_abs()->set_drop(3);
  const std::string scores = input.SerializeAsString();
  const std::string how = rule.SerializeAsString();
  nasshrink_space* shrunk = nullptr;
  nasshrink_buffer* bytes = nullptr;
  ASSERT_EQ(Try(nasshrink_space_shrink, world_.space.get(), Data(scores), scores.size(), Data(how), how.size(), &shrunk,
                &bytes)
                .status,
            NASSHRINK_OK);
  const Space space(shrunk);
  const Buffer edits(bytes);
  EXPECT_EQ(Ask<v1::SpaceSummary>(nasshrink_space_describe, space.get()).children(), "8");
  const std::string applied = BytesOf(edits.get());
  const Space again = Make<Space>(nasshrink_space_restrict, world_.space.get(), Data(applied), applied.size());
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_space_serialize, again.get()).get()),
            BytesOf(Make<Buffer>(nasshrink_space_serialize, space.get()).get()));
}

TEST_F(NounsTest, ArchitecturesTravelThroughAllNotations) {
  const std::string bytes = BytesOf(Make<Buffer>(nasshrink_arch_serialize, world_.arch.get()).get());
  for (const char* format : {"ops", "indices", "nas-bench-201"}) {
    const std::string text = BytesOf(Make<Buffer>(nasshrink_arch_export, world_.arch.get(), format).get());
    const Arch back = Make<Arch>(nasshrink_arch_import, world_.space.get(), format, text.data(), text.size());
    EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_arch_serialize, back.get()).get()), bytes) << text;
  }
  nasshrink_arch* none = nullptr;
  const Outcome outcome = Try(nasshrink_arch_import, world_.space.get(), nullptr, "0 1 1 1 1 1", size_t{11}, &none);
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
}

// The cost of one child equals the bulk scores of a table.
TEST_F(NounsTest, BulkScoresAgreeWithSingleOnes) {
  const v1::ArchitectureList list = world_.Children(50);
  const std::vector<uint32_t> choices(list.candidates().begin(), list.candidates().end());
  std::vector<double> macs(50);
  std::vector<double> params(50);
  std::vector<double> angles(50);
  const auto score = [&](int32_t metric, std::vector<double>* out) {
    EXPECT_EQ(Try(nasshrink_table_score, world_.table.get(), metric, nullptr, size_t{0}, choices.data(), size_t{50},
                  out->data())
                  .status,
              NASSHRINK_OK);
  };
  score(NASSHRINK_METRIC_MACS, &macs);
  score(NASSHRINK_METRIC_PARAMS, &params);
  score(NASSHRINK_METRIC_ANGLE, &angles);

  v1::EvaluateOptions options;
  for (const char* metric : {"macs", "params", "angle", "accuracy"}) options.add_metrics(metric);
  const std::string children = list.SerializeAsString();
  const std::string what = options.SerializeAsString();
  const auto report = Ask<v1::EvaluateReport>(nasshrink_supernet_evaluate, world_.supernet.get(), Data(children),
                                              children.size(), nullptr, Data(what), what.size(), nullptr);
  ASSERT_EQ(report.metrics_size(), 4);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(report.metrics(0).values(i), macs[i]);
    EXPECT_EQ(report.metrics(1).values(i), params[i]);
    EXPECT_EQ(report.metrics(2).values(i), angles[i]);
    EXPECT_FALSE(std::isnan(report.metrics(3).values(i)));
  }
}

TEST_F(NounsTest, ABadRowOfABulkCallIsNamedAndNothingIsWritten) {
  std::vector<uint32_t> choices(6 * 100, 1);
  choices[6 * 71 + 4] = 0;
  choices[6 * 90] = 9;
  std::vector<double> scores(100, -1);
  const Outcome outcome = Try(nasshrink_table_score, world_.table.get(), int32_t{NASSHRINK_METRIC_MACS}, nullptr,
                              size_t{0}, choices.data(), size_t{100}, scores.data());
  EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
  EXPECT_NE(outcome.message.find("row 71"), std::string::npos) << outcome.message;
  EXPECT_EQ(scores, std::vector<double>(100, -1));
  EXPECT_EQ(Try(nasshrink_table_score, world_.table.get(), int32_t{0}, nullptr, size_t{0}, choices.data(), size_t{1},
                scores.data())
                .status,
            NASSHRINK_INVALID_ARGUMENT);
}

TEST_F(NounsTest, OperatorScoresOfATableAndOfItsSupernetAreTheSame) {
  const auto from_supernet = Ask<v1::OperatorScores>(nasshrink_supernet_score_operators, world_.supernet.get(), nullptr,
                                                     nullptr, size_t{0}, nullptr);
  EXPECT_EQ(from_supernet.SerializeAsString(), world_.Scores().SerializeAsString());
  EXPECT_TRUE(from_supernet.exact());
  v1::ScoreOptions options;
  options.set_metric("accuracy");
  const std::string bytes = options.SerializeAsString();
  nasshrink_buffer* out = nullptr;
  EXPECT_EQ(Try(nasshrink_table_score_operators, world_.table.get(), Data(bytes), bytes.size(), nullptr, &out).status,
            NASSHRINK_INVALID_ARGUMENT);
}

TEST_F(NounsTest, ASupernetIsSavedLoadedShrunkAndTakenApart) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/net.safetensors";
  const Trainer trainer = Make<Trainer>(nasshrink_trainer_create, world_.supernet.get(), nullptr, size_t{0});
  ASSERT_EQ(Try(nasshrink_supernet_save, world_.supernet.get(), path.c_str()).status, NASSHRINK_OK);
  const Supernet loaded = Make<Supernet>(nasshrink_supernet_load, world_.context.get(), path.c_str());
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_supernet_describe, loaded.get()).get()),
            BytesOf(Make<Buffer>(nasshrink_supernet_describe, world_.supernet.get()).get()));

  v1::SpaceEdits edits;
  edits.add_pin()->set_choice(0);
  edits.mutable_pin(0)->set_candidate(3);
  const std::string bytes = edits.SerializeAsString();
  const Space shrunk = Make<Space>(nasshrink_space_restrict, world_.space.get(), Data(bytes), bytes.size());
  const Supernet heir = Make<Supernet>(nasshrink_supernet_inherit, loaded.get(), shrunk.get(), nullptr, size_t{0});
  EXPECT_EQ(Ask<v1::SupernetSummary>(nasshrink_supernet_describe, heir.get()).space().SerializeAsString(),
            BytesOf(Make<Buffer>(nasshrink_space_serialize, shrunk.get()).get()));
  nasshrink_supernet* grown = nullptr;
  EXPECT_EQ(Try(nasshrink_supernet_inherit, heir.get(), world_.space.get(), nullptr, size_t{0}, &grown).status,
            NASSHRINK_INVALID_ARGUMENT);

  EXPECT_GT(nasshrink_buffer_size(
                Make<Buffer>(nasshrink_supernet_extract, loaded.get(), world_.arch.get(), nullptr, size_t{0}).get()),
            8U);
  nasshrink_buffer* out = nullptr;
  EXPECT_EQ(Try(nasshrink_supernet_extract, heir.get(), world_.arch.get(), nullptr, size_t{0}, &out).status,
            NASSHRINK_INVALID_ARGUMENT);
  v1::ExtractOptions options;
  options.set_format("clay");
  const std::string format = options.SerializeAsString();
  EXPECT_EQ(Try(nasshrink_supernet_extract, loaded.get(), world_.arch.get(), Data(format), format.size(), &out).status,
            NASSHRINK_INVALID_ARGUMENT);
  EXPECT_EQ(Try(nasshrink_supernet_save, loaded.get(), "/nonexistent/net").status, NASSHRINK_NOT_FOUND);
}

TEST_F(NounsTest, ARunIsKeptReportedAndResumedFinished) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/run";
  const std::string plan = world_.Plan().SerializeAsString();
  const auto start = [&](const char* where) {
    return Make<RunHandle>(nasshrink_run_start, world_.context.get(), Data(plan), plan.size(), nullptr, nullptr, where,
                           nullptr, nullptr);
  };
  const RunHandle run = start(path.c_str());
  ASSERT_EQ(Try(nasshrink_run_wait, run.get(), INT64_MAX).status, NASSHRINK_OK);
  const std::string result = BytesOf(Make<Buffer>(nasshrink_run_result, run.get()).get());
  const RunHandle unkept = start(nullptr);
  ASSERT_EQ(Try(nasshrink_run_wait, unkept.get(), int64_t{-1}).status, NASSHRINK_OK);
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_run_result, unkept.get()).get()), result);

  EXPECT_EQ(Ask<v1::RunProgress>(nasshrink_run_status, world_.context.get(), path.c_str()).state(),
            v1::RunProgress::STATE_FINISHED);
  const std::string html = BytesOf(Make<Buffer>(nasshrink_report, world_.context.get(), path.c_str()).get());
  EXPECT_NE(html.find("</html>"), std::string::npos);
  const RunHandle resumed =
      Make<RunHandle>(nasshrink_run_resume, world_.context.get(), path.c_str(), uint32_t{0}, nullptr, nullptr, nullptr);
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_run_result, resumed.get()).get()), result);

  nasshrink_run* none = nullptr;
  EXPECT_EQ(Try(nasshrink_run_start, world_.context.get(), Data(plan), plan.size(), nullptr, nullptr, path.c_str(),
                nullptr, nullptr, &none)
                .status,
            NASSHRINK_ALREADY_EXISTS);
  EXPECT_EQ(Try(nasshrink_run_resume, world_.context.get(), path.c_str(), uint32_t{8}, nullptr, nullptr, nullptr, &none)
                .status,
            NASSHRINK_INVALID_ARGUMENT);
  nasshrink_buffer* out = nullptr;
  EXPECT_EQ(Try(nasshrink_run_status, world_.context.get(), folder.path().c_str(), &out).status, NASSHRINK_NOT_FOUND);
  EXPECT_EQ(Try(nasshrink_report, world_.context.get(), folder.path().c_str(), &out).status, NASSHRINK_NOT_FOUND);
}

TEST_F(NounsTest, AStudyContinuesFromItsSnapshot) {
  const std::string search = world_.StudyMessage().SerializeAsString();
  const Study study = Make<Study>(nasshrink_study_create, world_.space.get(), Data(search), search.size());
  const auto trials = Ask<v1::TrialList>(nasshrink_study_ask, study.get(), uint32_t{3});
  ASSERT_EQ(trials.trials_size(), 3);
  v1::ObservationList list;
  for (const v1::Trial& trial : trials.trials()) {
    v1::Observation* observation = list.add_observations();
    observation->set_trial(trial.id());
    observation->add_metrics()->set_name("accuracy");
    observation->mutable_metrics(0)->set_value(50 + static_cast<double>(trial.id()));
  }
  const std::string told = list.SerializeAsString();
  EXPECT_EQ(Try(nasshrink_study_tell, study.get(), Data(told), told.size()).status, NASSHRINK_OK);
  EXPECT_EQ(Try(nasshrink_study_tell, study.get(), Data(told), told.size()).status, NASSHRINK_ALREADY_EXISTS);
  const std::string snapshot = BytesOf(Make<Buffer>(nasshrink_study_snapshot, study.get()).get());
  const Study twin = Make<Study>(nasshrink_study_restore, world_.context.get(), Data(snapshot), snapshot.size());
  EXPECT_EQ(BytesOf(Make<Buffer>(nasshrink_study_ask, twin.get(), uint32_t{5}).get()),
            BytesOf(Make<Buffer>(nasshrink_study_ask, study.get(), uint32_t{5}).get()));
  EXPECT_EQ(Ask<v1::StudyReport>(nasshrink_study_report, twin.get()).ranked_size(), 3);
  nasshrink_buffer* out = nullptr;
  EXPECT_EQ(Try(nasshrink_study_ask, twin.get(), uint32_t{0}, &out).status, NASSHRINK_INVALID_ARGUMENT);
}

TEST_F(NounsTest, ContextsReportWhatIsInEffect) {
  const auto report = Ask<v1::ContextReport>(nasshrink_context_report, world_.context.get());
  EXPECT_EQ(report.effective().device(), "cpu");
  EXPECT_EQ(report.effective().workers(), 2U);
  EXPECT_GE(report.effective().intra_op_threads(), 1U);
  EXPECT_EQ(report.torch_version(), "");
  for (const auto& [field, bytes] : {std::pair<const char*, std::string>{"device", "\x0a\x03xyz"},
                                     {"workers", "\x10\xff\xff\x03"},
                                     {"log_level", "\x32\x04loud"}}) {
    nasshrink_context* context = nullptr;
    const Outcome outcome = Try(nasshrink_context_create, Data(bytes), bytes.size(), nullptr, &context);
    EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
    EXPECT_EQ(outcome.details.field(), field) << outcome.message;
  }
}

}  // namespace
}  // namespace nasshrink::tests
