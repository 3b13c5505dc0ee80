#include "sample_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <random>
#include <string>

namespace nasshrink::run {
namespace {

class Maker {
 public:
  Maker(const v1::SearchSpace& space, const SampleShape& shape) : space_(space), shape_(shape) {
    for (const v1::Choice& choice : space.choices()) {
      std::vector<uint32_t> alive(static_cast<size_t>(choice.candidates_size()));
      for (uint32_t i = 0; i < alive.size(); ++i) alive[i] = i;
      alive_.push_back(std::move(alive));
    }
  }

  ReportInput Make() {
    MakePlan();
    Train("warm-up", "train", shape_.warmup_epochs, 2.31, 1.12);
    for (uint32_t step = 0; step < shape_.steps; ++step) Shrink(fmt::format("shrink[{}]", step), step);
    if (shape_.finished) {
      Search();
      Train("retrain", "retrain", shape_.retrain_epochs, 1.05, 0.19);
      Finish();
    } else {
      input_.state = v1::RunProgress::STATE_INTERRUPTED;
    }
    input_.seconds = 1e-3 * static_cast<double>(time_ms_ - 1790000000000);
    input_.settings = {{"nasshrink", "0.1.0"},
                       {"back end", "torch 2.11.0, 2 intra-op threads, AVX512"},
                       {"data set", "fashion-mnist"},
                       {"images", "50000 training, 10000 validation, 10000 test"},
                       {"data set SHA-256", "8f4a1c0e5d3b2a9787f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a190"},
                       {"normalisation", "mean 0.286, deviation 0.353"}};
    return std::move(input_);
  }

 private:
  double Uniform() { return std::generate_canonical<double, 53>(random_); }

  v1::RunEvent& Event(const std::string& stage, double seconds) {
    time_ms_ += static_cast<int64_t>(1000 * seconds);
    v1::RunEvent& event = input_.events.emplace_back();
    event.set_sequence(input_.events.size());
    event.set_time_ms(time_ms_);
    event.set_stage(stage);
    return event;
  }

  void MakePlan() {
    v1::RunPlan& plan = input_.plan;
    plan.set_schema_version(1);
    plan.set_name("abs on " + space_.name());
    plan.set_seed(7);
    *plan.mutable_space() = space_;
    v1::Stage* train = plan.add_stages();
    train->set_key("warm-up");
    SetTraining(train->mutable_train()->mutable_options(), shape_.warmup_epochs);
    v1::Stage* loop = plan.add_stages();
    loop->set_key("shrink");
    loop->mutable_loop()->mutable_until()->set_iterations(shape_.steps);
    v1::Stage* again = loop->mutable_loop()->add_body();
    again->set_key("train");
    SetTraining(again->mutable_train()->mutable_options(), shape_.epochs_between);
    v1::Stage* score = loop->mutable_loop()->add_body();
    score->set_key("score");
    score->mutable_score()->mutable_options()->set_metric("angle");
    score->mutable_score()->mutable_options()->set_aggregation("mean");
    v1::Stage* drop = loop->mutable_loop()->add_body();
    drop->set_key("drop");
    drop->mutable_shrink()->mutable_rule()->mutable_abs()->set_drop(shape_.drop);
    v1::Stage* search = plan.add_stages();
    search->set_key("search");
    v1::SearchOptions* options = search->mutable_search()->mutable_options();
    options->set_algorithm("evolution");
    options->add_metrics("accuracy");
    options->mutable_evolution()->set_population(40);
    options->mutable_evolution()->set_generations(6);
    options->mutable_evaluate()->mutable_re_bn()->set_images(5000);
    v1::Stage* retrain = plan.add_stages();
    retrain->set_key("retrain");
    retrain->mutable_retrain()->set_top(1);
    SetTraining(retrain->mutable_retrain()->mutable_options(), shape_.retrain_epochs);
    v1::Stage* exported = plan.add_stages();
    exported->set_key("export");
    exported->mutable_export_()->set_format("safetensors");
    exported->mutable_export_()->set_file("best.safetensors");
  }

  static void SetTraining(v1::TrainOptions* options, uint32_t epochs) {
    options->set_epochs(epochs);
    options->set_batch_size(256);
    options->set_crop_padding(2);
    options->set_flip(true);
    options->mutable_optimizer()->set_learning_rate(0.1);
    options->mutable_optimizer()->set_schedule("cosine");
    options->mutable_optimizer()->set_momentum(0.9);
    options->mutable_optimizer()->set_weight_decay(5e-4);
  }

  void Start(const std::string& stage, const std::string& kind) {
    Event(stage, 0.01).mutable_stage_started()->set_kind(kind);
    stage_began_ms_ = time_ms_;
  }
  void End(const std::string& stage) {
    const int64_t began = stage_began_ms_;
    v1::RunEvent& event = Event(stage, 0.02);
    event.mutable_stage_finished()->set_seconds(1e-3 * static_cast<double>(time_ms_ - began));
  }

  void Train(const std::string& stage, const std::string& kind, uint32_t epochs, double from, double to) {
    Start(stage, kind);
    for (uint32_t epoch = 1; epoch <= epochs; ++epoch) {
      const double share = 1 - std::exp(-3.0 * epoch / epochs);
      v1::EpochFinished& outcome = *Event(stage, 7.5 + Uniform()).mutable_epoch_finished();
      outcome.set_epoch(epoch);
      outcome.set_epochs(epochs);
      outcome.set_loss(from + (to - from) * share + 0.03 * Uniform());
      outcome.set_train_accuracy(100 - 36 * outcome.loss() + 2 * Uniform());
      outcome.set_learning_rate(0.05 * (1 + std::cos(3.14159265 * epoch / epochs)));
      outcome.set_images_per_second(2150 + 60 * Uniform());
      if (kind == "retrain" || epoch == epochs) outcome.set_validation_accuracy(outcome.train_accuracy() - 1.5);
    }
    End(stage);
  }

  // A made-up quality of an operator; convolutions are better than the rest.
  double Quality(uint32_t choice, uint32_t candidate) const {
    const std::string& label = space_.choices(static_cast<int>(choice)).candidates(static_cast<int>(candidate)).label();
    double quality = label.find("3x3") != std::string::npos ? 1.0 : 0.7;
    if (label.find("pool") != std::string::npos) quality = 0.45;
    if (label.find("skip") != std::string::npos) quality = 0.55;
    if (label.find("none") != std::string::npos) quality = 0.1;
    return quality + 0.21 * std::sin(2.3 * choice + 1.7 * candidate);
  }

  std::string Children() const {
    boost::multiprecision::cpp_int children = 1;
    for (const auto& alive : alive_) children *= alive.size();
    return children.str();
  }
  uint32_t Operators() const {
    uint32_t operators = 0;
    for (const auto& alive : alive_) operators += static_cast<uint32_t>(alive.size());
    return operators;
  }

  v1::OperatorScores Scores(uint32_t step) const {
    v1::OperatorScores scores;
    scores.set_metric("angle");
    scores.set_aggregation("mean");
    scores.set_exact(true);
    for (uint32_t choice = 0; choice < alive_.size(); ++choice) {
      for (const uint32_t candidate : alive_[choice]) {
        v1::OperatorScore& row = *scores.add_scores();
        row.set_choice(choice);
        row.set_candidate(candidate);
        row.set_score(0.62 + 0.08 * step + 0.09 * Quality(choice, candidate));
        row.set_children(15625 / alive_[choice].size());
      }
    }
    return scores;
  }

  // The walk of ABS: from the lowest score, never the last of a choice.
  std::vector<v1::OperatorScore> Drop(const v1::OperatorScores& scores) {
    std::vector<v1::OperatorScore> sorted(scores.scores().begin(), scores.scores().end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.score() < b.score(); });
    std::vector<v1::OperatorScore> dropped;
    for (const v1::OperatorScore& row : sorted) {
      std::vector<uint32_t>& alive = alive_[row.choice()];
      if (alive.size() < 2 || dropped.size() == shape_.drop) continue;
      alive.erase(std::find(alive.begin(), alive.end(), row.candidate()));
      dropped.push_back(row);
    }
    return dropped;
  }

  void Shrink(const std::string& loop, uint32_t step) {
    Train(loop + "/train", "train", shape_.epochs_between, 1.15 * std::pow(0.93, step), 1.05 * std::pow(0.93, step));
    Start(loop + "/score", "score");
    const v1::OperatorScores scores = Scores(step);
    *Event(loop + "/score", 0.4).mutable_scores() = scores;
    End(loop + "/score");
    Start(loop + "/drop", "shrink");
    v1::Shrunk shrunk;
    shrunk.set_children_before(Children());
    v1::ShrinkStep& history = *result_.add_history();
    history.set_stage(loop + "/drop");
    *history.mutable_scores() = scores;
    for (const v1::OperatorScore& row : Drop(scores)) {
      *shrunk.add_dropped() = row;
      v1::OperatorRef& ref = *history.add_dropped();
      ref.set_choice(row.choice());
      ref.set_candidate(row.candidate());
    }
    shrunk.set_children_after(Children());
    shrunk.set_operators_after(Operators());
    history.set_children_after(Children());
    *Event(loop + "/drop", 0.1).mutable_shrunk() = shrunk;
    End(loop + "/drop");
  }

  v1::Evaluated Child() {
    v1::Evaluated child;
    double quality = 0;
    uint64_t macs = 5'600'000;
    uint64_t params = 70'000;
    for (uint32_t choice = 0; choice < alive_.size(); ++choice) {
      const uint32_t candidate = alive_[choice][random_() % alive_[choice].size()];
      const v1::Candidate& op = space_.choices(static_cast<int>(choice)).candidates(static_cast<int>(candidate));
      child.mutable_architecture()->add_candidates(candidate);
      child.set_ops(child.ops() + (choice == 0 ? "" : " ") + std::to_string(op.code()));
      quality += Quality(choice, candidate) / static_cast<double>(alive_.size());
      const bool costs = op.label().find("pool") == std::string::npos && op.code() > 1;
      const bool large = op.label().find("1x1") == std::string::npos;
      if (costs) macs += large ? 18'120'000U + 100'000U * candidate : 2'010'000U;
      if (costs) params += large ? 160'000 : 19'000;
    }
    child.set_macs(macs);
    child.set_params(params);
    v1::NamedValue& accuracy = *child.add_metrics();
    accuracy.set_name("accuracy");
    accuracy.set_value(66 + 22 * quality + 2.5 * Uniform());
    return child;
  }

  void Search() {
    Start("search", "search");
    std::vector<v1::Evaluated> children;
    for (uint32_t i = 0; i < shape_.children; ++i) {
      v1::Evaluated child = Child();
      const auto same = [&](const v1::Evaluated& other) { return other.ops() == child.ops(); };
      if (std::any_of(children.begin(), children.end(), same)) continue;
      *Event("search", 0.35).mutable_evaluated() = child;
      children.push_back(std::move(child));
    }
    End("search");
    std::stable_sort(children.begin(), children.end(), [](const v1::Evaluated& a, const v1::Evaluated& b) {
      return a.metrics(0).value() > b.metrics(0).value();
    });
    for (size_t i = 0; i < std::min<size_t>(10, children.size()); ++i) *result_.add_ranked() = children[i];
  }

  void Finish() {
    v1::RunFinished& finished = *Event("", 0.1).mutable_run_finished();
    finished.set_state(v1::RunProgress::STATE_FINISHED);
    input_.state = v1::RunProgress::STATE_FINISHED;
    *result_.mutable_plan() = input_.plan;
    *result_.mutable_space() = space_;
    result_.set_children(Children());
    if (result_.ranked_size() > 0) {
      v1::Evaluated& retrained = *result_.add_retrained();
      retrained = result_.ranked(0);
      v1::NamedValue& accuracy = *retrained.add_metrics();
      accuracy.set_name("test_accuracy");
      accuracy.set_value(91.37);
    }
    result_.add_exported_files("best.safetensors");
    input_.result = result_;
  }

  const v1::SearchSpace& space_;
  const SampleShape shape_;
  std::mt19937_64 random_{20};
  std::vector<std::vector<uint32_t>> alive_;
  ReportInput input_;
  v1::RunResult result_;
  int64_t time_ms_ = 1790000000000;
  int64_t stage_began_ms_ = 0;
};

}  // namespace

ReportInput SampleRun(const v1::SearchSpace& space, const SampleShape& shape) { return Maker(space, shape).Make(); }

}  // namespace nasshrink::run
