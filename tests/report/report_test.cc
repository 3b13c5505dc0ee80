#include "run/report.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "run/store.h"
#include "sample_run.h"
#include "space/codec.h"
#include "space/presets.h"

namespace nasshrink::run {
namespace {

using Json = nlohmann::json;

v1::SearchSpace CellSpace() {
  v1::SearchSpace message;
  const auto space = space::Preset("nas-bench-201", {});
  EXPECT_TRUE(space.ok());
  if (space.ok()) space::SpaceToMessage(*space, &message);
  return message;
}

std::string Page(const ReportInput& input) {
  auto html = ReportHtml(input);
  EXPECT_TRUE(html.ok()) << html.status().message();
  return html.ok() ? *html : std::string();
}

Json DataOf(const std::string& html) {
  const std::string opening = "id=\"data\">";
  const size_t begin = html.find(opening) + opening.size();
  return Json::parse(html.substr(begin, html.find("</script>", begin) - begin));
}

size_t Occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST(ReportTest, HoldsWhatTheRunDid) {
  const ReportInput input = SampleRun(CellSpace(), SampleShape());
  const Json data = DataOf(Page(input));
  EXPECT_EQ(data["state"], "finished");
  EXPECT_EQ(data["space"]["children"], "15625");
  EXPECT_EQ(data["space"]["operators"], 30);
  EXPECT_EQ(data["children"], input.result->children());

  ASSERT_EQ(data["iterations"].size(), 4U);
  EXPECT_EQ(data["iterations"][0]["scores"].size(), 30U);
  EXPECT_EQ(data["iterations"][1]["scores"].size(), 25U);
  EXPECT_EQ(data["iterations"][0]["dropped"].size(), 5U);
  EXPECT_EQ(data["iterations"][0]["children_before"], "15625");
  EXPECT_EQ(data["iterations"][3]["children_after"], input.result->children());
  EXPECT_EQ(data["iterations"][3]["operators_after"], 10);

  ASSERT_EQ(data["training"].size(), 6U);
  EXPECT_EQ(data["training"][0]["stage"], "warm-up");
  EXPECT_EQ(data["training"][0]["epochs"].size(), 12U);
  EXPECT_TRUE(data["training"][0]["epochs"][11].contains("validation"));
  EXPECT_FALSE(data["training"][0]["epochs"][10].contains("validation"));

  EXPECT_EQ(data["ranked"][0]["ops"], input.result->ranked(0).ops());
  EXPECT_EQ(data["ranked"][0]["text"].get<std::string>().substr(0, 1), "|");
  EXPECT_EQ(data["retrained"][0]["metrics"]["test_accuracy"], 91.37);
  EXPECT_EQ(data["plan"]["stages"][1]["body"][2]["drop"], 5);
  EXPECT_EQ(data["plan"]["stages"][0]["optimizer"]["momentum"], 0.9);
  EXPECT_EQ(data["settings"][0], Json::parse(R"(["nasshrink", "0.1.0"])"));
}

TEST(ReportTest, ARunOnATableShowsNoTraining) {
  ReportInput input = SampleRun(CellSpace(), SampleShape());
  EXPECT_EQ(DataOf(Page(input))["table"], false);
  input.plan.mutable_supernet()->set_backend("table");
  const Json data = DataOf(Page(input));
  EXPECT_EQ(data["table"], true);
  EXPECT_TRUE(data["training"].empty());
  EXPECT_TRUE(data["retrained"].empty());
  EXPECT_FALSE(data["ranked"].empty());
}

TEST(ReportTest, SameInputSameBytes) {
  EXPECT_EQ(Page(SampleRun(CellSpace(), SampleShape())), Page(SampleRun(CellSpace(), SampleShape())));
}

TEST(ReportTest, RefersToNothingOutside) {
  std::string html = Page(SampleRun(CellSpace(), SampleShape()));
  for (const char* reference : {"<link rel=\"stylesheet\"", "<script src", "@import", "https://"}) {
    EXPECT_EQ(html.find(reference), std::string::npos) << reference;
  }
  // The namespace of SVG is a name, not a reference.
  EXPECT_EQ(Occurrences(html, "http://"), Occurrences(html, "http://www.w3.org/2000/svg"));
}

TEST(ReportTest, NamesCannotEndTheScript) {
  ReportInput plain = SampleRun(CellSpace(), SampleShape());
  ReportInput hostile = plain;
  const std::string name = "</script><b>&\"'\\<!-- \xE2\x80\xA8";
  hostile.plan.set_name(name);
  hostile.settings.emplace_back("<img src=x onerror=alert(1)>", name);
  const std::string html = Page(hostile);
  EXPECT_EQ(Occurrences(html, "</script>"), Occurrences(Page(plain), "</script>"));
  EXPECT_EQ(html.find("<b>"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_NE(html.find("<title>&lt;/script>"), std::string::npos);
  EXPECT_EQ(DataOf(html)["name"], name);
}

TEST(ReportTest, BytesThatAreNotUtf8AreReplaced) {
  ReportInput input;
  *input.plan.mutable_space() = CellSpace();
  input.outcome = "caf\xE9";
  EXPECT_EQ(DataOf(Page(input))["message"], "caf\xEF\xBF\xBD");
}

TEST(ReportTest, ARunThatHasNotStarted) {
  ReportInput input;
  *input.plan.mutable_space() = CellSpace();
  const Json data = DataOf(Page(input));
  EXPECT_EQ(data["state"], "not started");
  EXPECT_EQ(data["space"]["children"], "15625");
  for (const char* part : {"iterations", "training", "searches", "stages", "settings"}) {
    EXPECT_TRUE(data[part].empty()) << part;
  }
  EXPECT_FALSE(data.contains("ranked"));
}

TEST(ReportTest, AFailedRunSaysWhy) {
  SampleShape shape;
  shape.finished = false;
  ReportInput input = SampleRun(CellSpace(), shape);
  input.state = v1::RunProgress::STATE_FAILED;
  input.outcome = "the disk is full";
  const Json data = DataOf(Page(input));
  EXPECT_EQ(data["state"], "failed");
  EXPECT_EQ(data["message"], "the disk is full");
  EXPECT_EQ(data["iterations"].size(), 4U);
}

TEST(ReportTest, NumbersThatAreNotFiniteBecomeNull) {
  ReportInput input = SampleRun(CellSpace(), SampleShape());
  for (v1::RunEvent& event : input.events) {
    if (event.has_epoch_finished()) event.mutable_epoch_finished()->set_loss(std::numeric_limits<double>::infinity());
    if (event.has_scores()) {
      event.mutable_scores()->mutable_scores(0)->set_score(std::numeric_limits<double>::quiet_NaN());
    }
  }
  const Json data = DataOf(Page(input));
  EXPECT_TRUE(data["training"][0]["epochs"][0]["loss"].is_null());
  EXPECT_TRUE(data["iterations"][0]["scores"][0][2].is_null());
}

TEST(ReportTest, TheResultAloneGivesTheShrinkingSteps) {
  ReportInput input = SampleRun(CellSpace(), SampleShape());
  input.events.clear();
  const Json data = DataOf(Page(input));
  ASSERT_EQ(data["iterations"].size(), 4U);
  EXPECT_EQ(data["iterations"][0]["children_before"], "15625");
  EXPECT_EQ(data["iterations"][1]["children_before"], data["iterations"][0]["children_after"]);
  EXPECT_EQ(data["iterations"][2]["scores"].size(), 20U);
}

TEST(ReportTest, ShrinkingWithoutScoresIsAStepOfItsOwn) {
  ReportInput input;
  *input.plan.mutable_space() = CellSpace();
  for (const char* children : {"3125", "625"}) {
    v1::RunEvent& event = input.events.emplace_back();
    event.set_stage(std::string("shrink to ") + children);
    event.mutable_shrunk()->set_children_after(children);
  }
  const Json data = DataOf(Page(input));
  ASSERT_EQ(data["iterations"].size(), 2U);
  EXPECT_EQ(data["iterations"][1]["children_after"], "625");
  EXPECT_FALSE(data["iterations"][1].contains("scores"));
}

TEST(ReportTest, FrequenciesStandWhereScoresDo) {
  ReportInput input;
  *input.plan.mutable_space() = CellSpace();
  v1::RunEvent& event = input.events.emplace_back();
  event.set_stage("shrink");
  v1::OperatorFrequencies* frequencies = event.mutable_shrunk()->mutable_frequencies();
  frequencies->set_children(8);
  v1::OperatorFrequency* row = frequencies->add_operators();
  row->set_choice(2);
  row->set_candidate(3);
  row->set_count(2);
  row->set_frequency(0.25);
  const Json data = DataOf(Page(input));
  ASSERT_EQ(data["iterations"].size(), 1U);
  EXPECT_EQ(data["iterations"][0]["metric"], "frequency");
  EXPECT_EQ(data["iterations"][0]["counted"], 8);
  EXPECT_EQ(data["iterations"][0]["scores"], Json::parse("[[2, 3, 0.25, 0, 2]]"));
}

TEST(ReportTest, ASpaceThatIsNotValidIsRefused) {
  ReportInput input = SampleRun(CellSpace(), SampleShape());
  input.plan.mutable_space()->mutable_choices()->Clear();
  const auto html = ReportHtml(input);
  ASSERT_FALSE(html.ok());
  EXPECT_EQ(html.status().code(), base::Code::kInvalidArgument);
  EXPECT_EQ(html.status().message().rfind("plan.space.", 0), 0U) << html.status().message();
}

TEST(ReportTest, AFolderGivesThePageOfItsRun) {
  const ReportInput input = SampleRun(CellSpace(), SampleShape());
  const std::string folder = testing::TempDir() + "/nasshrink-report-run";
  std::filesystem::remove_all(folder);
  RunOrigin origin;
  origin.plan = input.plan;
  origin.version = "1.2.3";
  origin.backend = "torch 2.11.0";
  origin.dataset.set_source("fashion-mnist");
  origin.dataset.set_sha256(std::string(32, '\x0f'));
  {
    auto store = Store::Create(folder, origin);
    ASSERT_TRUE(store.ok()) << store.status().message();
    for (const v1::RunEvent& event : input.events) ASSERT_TRUE((*store)->AppendEvent(event).ok());
    v1::RunState state;
    state.set_seconds(12.5);
    ASSERT_TRUE((*store)->CommitResult(state, *input.result).ok());
  }
  const auto html = ReportHtmlOf(folder);
  ASSERT_TRUE(html.ok()) << html.status().message();
  const Json data = DataOf(*html);
  EXPECT_EQ(data["state"], "finished");
  EXPECT_EQ(data["seconds"], 12.5);
  EXPECT_EQ(data["iterations"].size(), 4U);
  EXPECT_EQ(data["ranked"].size(), 10U);
  EXPECT_EQ(data["settings"][0][1], "1.2.3");
  EXPECT_EQ(data["settings"].back()[1].get<std::string>().substr(0, 6), "0f0f0f");
  std::filesystem::remove_all(folder);
}

TEST(ReportTest, AFolderWithoutARunIsNotFound) {
  const auto html = ReportHtmlOf("/nonexistent/run");
  ASSERT_FALSE(html.ok());
  EXPECT_EQ(html.status().code(), base::Code::kNotFound);
}

}  // namespace
}  // namespace nasshrink::run
