#include "run/synthetic_run.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "run/execution.h"
#include "run/table_backend.h"
#include "score/factor_table.h"
#include "score/table_codec.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/edits.h"
#include "space/presets.h"

namespace nasshrink::tests {
namespace {

template <typename Value>
Value Must(base::Result<Value> result) {
  if (!result.ok()) {
    fprintf(stderr, "%s\n", result.status().message().c_str());
    abort();
  }
  return *std::move(result);
}

// A repeatable number in 0..1 for a place in the space.
double Number(uint64_t place) { return static_cast<double>(run::SeedOfPart(7, place) >> 11) * 0x1p-53; }

void AddTraining(uint32_t epochs, bool continued, v1::Stage* stage) {
  v1::TrainStage* train = stage->mutable_train();
  train->mutable_options()->set_epochs(epochs);
  train->mutable_options()->mutable_optimizer()->set_schedule_epochs(8);
  train->set_continue_schedule(continued);
}

}  // namespace

space::Space SmallSpace() {
  v1::PresetOptions options;
  options.set_channels(4);
  options.set_cells(1);
  space::Space root = Must(space::Preset("nas-bench-201", options));
  v1::SpaceEdits edits;
  for (uint32_t choice = 0; choice < root.choices.size(); ++choice) {
    for (const uint32_t candidate : {0U, 4U}) {
      v1::OperatorRef* drop = edits.add_drop();
      drop->set_choice(choice);
      drop->set_candidate(candidate);
    }
  }
  return Must(space::ApplyEdits(root, edits));
}

v1::Truth SmallTruth(const space::Space& space) {
  v1::Truth truth;
  truth.set_root_fingerprint(space.root_fingerprint);
  truth.set_choices(static_cast<uint32_t>(space.choices.size()));
  for (uint64_t index = 0; index < 729; ++index) {
    const space::Architecture child = space::NthChild(space, index);
    double accuracy = 80 + Number(1000 + index);
    for (size_t choice = 0; choice < child.size(); ++choice) accuracy += 2 * Number(10 * choice + child[choice]);
    truth.mutable_candidates()->Add(child.begin(), child.end());
    truth.add_accuracy(accuracy);
  }
  score::FactorTable table;
  table.columns = {"dot", "current", "base", "delta", "sigma"};
  table.fixed = {9, 10, 10, 2, 0};
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    score::Factor factor;
    factor.choices = {choice};
    factor.cell = 1;
    for (uint32_t candidate = 0; candidate < 5; ++candidate) {
      const bool convolution = candidate == 2 || candidate == 3;
      const double base = convolution ? 1 + Number(100 + 10 * choice + candidate) : 0;
      const double current = convolution ? base + 0.1 : 0;
      const double dot = std::sqrt(base * current) * 0.8;
      for (const double value : {dot, current, base, current + base - 2 * dot, current - base}) {
        factor.rows.push_back(value);
      }
    }
    table.factors.push_back(factor);
  }
  score::TableToMessage(space, table, truth.mutable_table());
  truth.mutable_table()->clear_space();
  return truth;
}

v1::RunPlan SmallPlan(uint64_t seed) {
  const space::Space space = SmallSpace();
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name("small");
  plan.set_seed(seed);
  space::SpaceToMessage(space, plan.mutable_space());
  plan.mutable_supernet()->set_backend("table");
  *plan.mutable_supernet()->mutable_truth() = SmallTruth(space);
  AddTraining(3, false, plan.add_stages());
  v1::Stage* loop = plan.add_stages();
  loop->set_key("shrink");
  loop->mutable_loop()->mutable_until()->set_children_at_most("64");
  v1::ScoreOptions* score = loop->mutable_loop()->add_body()->mutable_score()->mutable_options();
  score->set_metric("angle");
  score->set_aggregation("mean");
  loop->mutable_loop()->add_body()->mutable_shrink()->mutable_rule()->mutable_abs()->set_drop(2);
  v1::Stage* again = loop->mutable_loop()->add_body();
  AddTraining(2, true, again);
  again->mutable_train()->set_inherit_optimizer(true);
  loop->mutable_loop()->add_body()->mutable_reset_base()->set_after_dropped(3);
  v1::SearchOptions* search = plan.add_stages()->mutable_search()->mutable_options();
  search->set_algorithm("evolution");
  search->add_metrics("accuracy");
  search->add_metrics("angle");
  search->mutable_evolution()->set_population(6);
  search->mutable_evolution()->set_top_k(3);
  search->mutable_evolution()->set_generations(3);
  v1::RetrainStage* retrain = plan.add_stages()->mutable_retrain();
  retrain->mutable_options()->set_epochs(2);
  retrain->set_top(2);
  retrain->set_keep_best(true);
  plan.add_stages()->mutable_export_()->set_file("best.safetensors");
  return plan;
}

run::RunRequest SmallRequest(uint64_t seed, const std::string& folder) {
  run::RunRequest request;
  request.plan = SmallPlan(seed);
  request.supernet = Must(run::NewTableSupernet(SmallSpace(), request.plan.supernet().truth(), {0.002}));
  request.folder = folder;
  return request;
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "nasshrink_test_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) abort();
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace nasshrink::tests
