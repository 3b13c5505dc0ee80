#include "capi/fixture.h"

#include <stdlib.h>

#include <cmath>
#include <filesystem>

#include "nasshrink/v1/architecture.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "nasshrink/v1/space.pb.h"

namespace nasshrink::tests {
namespace {

constexpr uint32_t kChoices = 6;
constexpr uint32_t kCandidates = 5;
// skip_connect and nor_conv_3x3 in NAS-Bench-201's order.
constexpr uint32_t kKept[2] = {1, 3};

Space Reduced(const nasshrink_space* root) {
  v1::SpaceEdits edits;
  for (uint32_t choice = 0; choice < kChoices; ++choice) {
    for (const uint32_t candidate : {0U, 2U, 4U}) {
      v1::OperatorRef* drop = edits.add_drop();
      drop->set_choice(choice);
      drop->set_candidate(candidate);
    }
  }
  const std::string bytes = edits.SerializeAsString();
  return Make<Space>(nasshrink_space_restrict, root, Data(bytes), bytes.size());
}

}  // namespace

Outcome OutcomeOf(nasshrink_status status, nasshrink_error* error) {
  const Error owned(error);
  Outcome outcome;
  outcome.status = status;
  EXPECT_EQ(error != nullptr, status != NASSHRINK_OK);
  EXPECT_EQ(nasshrink_error_status(error), status);
  outcome.message = nasshrink_error_message(error);
  size_t size = 0;
  const uint8_t* details = nasshrink_error_details(error, &size);
  EXPECT_TRUE(outcome.details.ParseFromArray(details, static_cast<int>(size)));
  return outcome;
}

std::string BytesOf(const nasshrink_buffer* buffer) {
  const uint8_t* data = nasshrink_buffer_data(buffer);
  return data == nullptr ? std::string()
                         : std::string(reinterpret_cast<const char*>(data), nasshrink_buffer_size(buffer));
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "nasshrink-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Context NewContext(const nasshrink_log_sink* log, const char* log_level) {
  v1::ContextOptions options;
  options.set_backend_folder("/nonexistent");
  options.set_workers(2);
  options.set_log_level(log_level);
  const std::string bytes = options.SerializeAsString();
  return Make<Context>(nasshrink_context_create, Data(bytes), bytes.size(), log);
}

World::World(uint32_t workers) {
  v1::ContextOptions options;
  options.set_backend_folder("/nonexistent");
  options.set_workers(workers);
  const std::string bytes = options.SerializeAsString();
  context = Make<Context>(nasshrink_context_create, Data(bytes), bytes.size(), nullptr);
  root = Make<Space>(nasshrink_space_preset, context.get(), "nas-bench-201", nullptr, size_t{0});
  space = Reduced(root.get());
  const std::string child = "1 3 1 3 3 1";
  arch = Make<Arch>(nasshrink_arch_import, space.get(), "ops", child.data(), child.size());
  const std::string factors = TableMessage().SerializeAsString();
  table = Make<Table>(nasshrink_table_create, space.get(), Data(factors), factors.size());
  const std::string net = SupernetMessage().SerializeAsString();
  supernet = Make<Supernet>(nasshrink_supernet_create, space.get(), Data(net), net.size());
}

v1::SearchSpace World::SpaceMessage() const { return Ask<v1::SearchSpace>(nasshrink_space_serialize, space.get()); }

v1::FactorTable World::TableMessage() const {
  v1::FactorTable message;
  for (const char* column : {"dot", "current", "base", "delta", "sigma"}) message.add_columns(column);
  for (const double value : {9.0, 10.0, 10.0, 2.0, 0.0}) message.add_fixed(value);
  for (uint32_t choice = 0; choice < kChoices; ++choice) {
    v1::Factor* factor = message.add_factors();
    factor->add_choices(choice);
    factor->set_cell(1);
    factor->set_repeats(1);
    for (uint32_t candidate = 0; candidate < kCandidates; ++candidate) {
      const bool convolution = candidate == 2 || candidate == 3;
      const double base = convolution ? 1 + 0.1 * choice + 0.01 * candidate : 0;
      const double current = convolution ? base + 0.1 : 0;
      const double dot = std::sqrt(base * current) * 0.8;
      for (const double value : {dot, current, base, current + base - 2 * dot, current - base}) {
        factor->add_rows(value);
      }
    }
  }
  return message;
}

v1::SupernetOptions World::SupernetMessage() const {
  v1::SupernetOptions message;
  message.set_backend("table");
  v1::Truth* truth = message.mutable_truth();
  truth->set_choices(kChoices);
  for (uint32_t child = 0; child < 64; ++child) {
    for (uint32_t choice = 0; choice < kChoices; ++choice) truth->add_candidates(kKept[(child >> choice) & 1]);
    truth->add_accuracy(50 + child * 0.5);
  }
  *truth->mutable_table() = TableMessage();
  return message;
}

v1::ArchitectureList World::Children(uint32_t count) const {
  v1::SampleOptions options;
  options.set_count(count);
  const std::string bytes = options.SerializeAsString();
  return Ask<v1::ArchitectureList>(nasshrink_space_sample, space.get(), Data(bytes), bytes.size());
}

v1::OperatorScores World::Scores() const {
  return Ask<v1::OperatorScores>(nasshrink_table_score_operators, table.get(), nullptr, size_t{0}, nullptr);
}

v1::StudyOptions World::StudyMessage() const {
  v1::StudyOptions message;
  message.mutable_search()->set_algorithm("random");
  message.mutable_search()->set_trials(8);
  return message;
}

v1::RunPlan World::Plan() const {
  v1::RunPlan plan;
  plan.set_schema_version(1);
  plan.set_name("small");
  plan.set_seed(7);
  *plan.mutable_space() = SpaceMessage();
  *plan.mutable_supernet() = SupernetMessage();
  plan.add_stages()->mutable_train()->mutable_options()->set_epochs(2);
  v1::ScoreOptions* score = plan.add_stages()->mutable_score()->mutable_options();
  score->set_metric("angle");
  score->set_aggregation("mean");
  plan.add_stages()->mutable_shrink()->mutable_rule()->mutable_abs()->set_drop(2);
  v1::SearchOptions* search = plan.add_stages()->mutable_search()->mutable_options();
  search->set_algorithm("random");
  search->add_metrics("accuracy");
  search->set_trials(8);
  return plan;
}

}  // namespace nasshrink::tests
