#include "run/report_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "run/report_plan.h"
#include "space/architecture.h"
#include "space/codec.h"
#include "space/count.h"
#include "space/notation.h"
#include "space/space.h"

namespace nasshrink::run {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kNb201 = "nas-bench-201";

Json ChoicesData(const space::Space& space) {
  Json choices = Json::array();
  for (const space::Choice& choice : space.choices) {
    Json candidates = Json::array();
    for (const space::Candidate& candidate : choice.candidates) {
      Json entry = {{"code", candidate.code}, {"label", candidate.label}, {"breaks", space::BreaksPath(candidate)}};
      if (const auto* subset = std::get_if<space::EdgeSubset>(&candidate.body)) entry["edges"] = subset->edges;
      candidates.push_back(std::move(entry));
    }
    choices.push_back({{"key", choice.key}, {"alive", choice.alive}, {"candidates", std::move(candidates)}});
  }
  return choices;
}

Json CellsData(const space::Network& network) {
  Json cells = Json::array();
  for (const space::Cell& cell : network.cells) {
    Json edges = Json::array();
    for (const space::CellEdge& edge : cell.edges) edges.push_back({edge.from, edge.to, edge.choice});
    Json node_inputs = Json::array();
    for (const space::NodeInputs& inputs : cell.node_inputs) node_inputs.push_back({inputs.node, inputs.choice});
    cells.push_back({{"key", cell.key},
                     {"inputs", cell.inputs},
                     {"nodes", cell.nodes},
                     {"edges", std::move(edges)},
                     {"node_inputs", std::move(node_inputs)},
                     {"outputs", cell.outputs}});
  }
  return cells;
}

Json LayersData(const space::Network& network) {
  Json layers = Json::array();
  for (const space::Layer& layer : network.layers) {
    Json entry = {{"key", layer.key}, {"channels", layer.out_channels}, {"stride", std::max(layer.stride, 1U)}};
    if (const auto* fixed = std::get_if<space::OperatorDef>(&layer.body)) {
      entry["fixed"] = fixed->kind;
    } else if (const auto* choice = std::get_if<space::LayerChoice>(&layer.body)) {
      entry["choice"] = choice->choice;
    } else if (const auto* cell = std::get_if<space::LayerCell>(&layer.body)) {
      entry["cell"] = cell->cell;
    }
    layers.push_back(std::move(entry));
  }
  return layers;
}

Json SpaceData(const space::Space& space) {
  const space::Network& network = space.network;
  return {{"name", space.name},
          {"children", space::ChildrenText(space)},
          {"operators", space.OperatorCount()},
          {"input", {network.input_channels, network.input_height, network.input_width}},
          {"classes", network.classes},
          {"choices", ChoicesData(space)},
          {"cells", CellsData(network)},
          {"layers", LayersData(network)}};
}

Json ChildData(const v1::Evaluated& evaluated) {
  Json metrics = Json::object();
  for (const v1::NamedValue& metric : evaluated.metrics()) metrics[metric.name()] = metric.value();
  Json child = {{"candidates", Json::array()},
                {"ops", evaluated.ops()},
                {"macs", evaluated.macs()},
                {"params", evaluated.params()},
                {"metrics", std::move(metrics)}};
  for (const uint32_t candidate : evaluated.architecture().candidates()) child["candidates"].push_back(candidate);
  return child;
}

// With the notation string where the space has one: for the few children of the table, not for all evaluated.
Json RankedData(const space::Space& space, const google::protobuf::RepeatedPtrField<v1::Evaluated>& children) {
  const std::vector<std::string> formats = space::Formats(space);
  const bool has_text = std::find(formats.begin(), formats.end(), kNb201) != formats.end();
  Json list = Json::array();
  for (const v1::Evaluated& evaluated : children) {
    Json child = ChildData(evaluated);
    auto architecture = space::ArchitectureFromMessage(space, evaluated.architecture());
    if (has_text && architecture.ok()) {
      if (auto text = space::ExportArchitecture(space, *architecture, kNb201); text.ok()) child["text"] = *text;
    }
    list.push_back(std::move(child));
  }
  return list;
}

void PutScores(Json& iteration, const v1::OperatorScores& scores) {
  iteration["metric"] = scores.metric();
  iteration["aggregation"] = scores.aggregation();
  iteration["exact"] = scores.exact();
  Json rows = Json::array();
  for (const v1::OperatorScore& row : scores.scores()) {
    rows.push_back({row.choice(), row.candidate(), row.score(), row.standard_error(), row.children()});
  }
  iteration["scores"] = std::move(rows);
}

// Shown where scores are: the share of the counted children that use each operator.
void PutFrequencies(Json& iteration, const v1::OperatorFrequencies& frequencies) {
  iteration["metric"] = "frequency";
  Json rows = Json::array();
  for (const v1::OperatorFrequency& row : frequencies.operators()) {
    rows.push_back({row.choice(), row.candidate(), row.frequency(), 0, row.count()});
  }
  iteration["scores"] = std::move(rows);
  iteration["counted"] = frequencies.children();
}

// Collects what the page shows of the events, stage by stage, in the order stages first appear.
class EventReader {
 public:
  void Read(const v1::RunEvent& event) {
    switch (event.kind_case()) {
      case v1::RunEvent::kStageStarted:
        StageOf(event.stage())["kind"] = event.stage_started().kind();
        break;
      case v1::RunEvent::kStageFinished:
        StageOf(event.stage())["seconds"] = event.stage_finished().seconds();
        break;
      case v1::RunEvent::kEpochFinished:
        ReadEpoch(event.stage(), event.epoch_finished());
        break;
      case v1::RunEvent::kScores:
        iterations_.push_back(Json::object());
        PutScores(iterations_.back(), event.scores());
        break;
      case v1::RunEvent::kShrunk:
        ReadShrunk(event.stage(), event.shrunk());
        break;
      case v1::RunEvent::kEvaluated:
        EntryOf(searches_, event.stage())["children"].push_back(ChildData(event.evaluated()));
        break;
      case v1::RunEvent::kNote:
        notes_.push_back({{"stage", event.stage()}, {"text", event.note().text()}});
        break;
      case v1::RunEvent::kStepSkipped:
        notes_.push_back({{"stage", event.stage()}, {"text", event.step_skipped().reason()}});
        break;
      case v1::RunEvent::kRunFinished:
      case v1::RunEvent::KIND_NOT_SET:
        break;
    }
  }

  bool shrank() const { return !iterations_.empty(); }

  void PutInto(Json& data) {
    data["stages"] = std::move(stages_.entries);
    data["iterations"] = std::move(iterations_);
    data["training"] = std::move(training_.entries);
    data["searches"] = std::move(searches_.entries);
    data["notes"] = std::move(notes_);
  }

 private:
  struct ByStage {
    Json entries = Json::array();
    std::map<std::string, size_t> index;
  };

  // The list's entry of this stage, made when there is none.
  static Json& EntryOf(ByStage& list, const std::string& stage) {
    const auto [place, added] = list.index.try_emplace(stage, list.entries.size());
    if (added) list.entries.push_back({{"stage", stage}});
    return list.entries[place->second];
  }

  Json& StageOf(const std::string& stage) { return EntryOf(stages_, stage); }

  void ReadEpoch(const std::string& stage, const v1::EpochFinished& epoch) {
    Json row = {{"epoch", epoch.epoch()},
                {"loss", epoch.loss()},
                {"accuracy", epoch.train_accuracy()},
                {"rate", epoch.learning_rate()},
                {"speed", epoch.images_per_second()},
                {"skipped", epoch.skipped_steps()}};
    if (epoch.has_validation_accuracy()) row["validation"] = epoch.validation_accuracy();
    EntryOf(training_, stage)["epochs"].push_back(std::move(row));
  }

  // Closes the iteration that the last scores opened; a rule without operator scores has an iteration of its own.
  void ReadShrunk(const std::string& stage, const v1::Shrunk& shrunk) {
    if (iterations_.empty() || iterations_.back().contains("stage")) iterations_.push_back(Json::object());
    Json& iteration = iterations_.back();
    iteration["stage"] = stage;
    if (shrunk.has_frequencies()) PutFrequencies(iteration, shrunk.frequencies());
    Json dropped = Json::array();
    for (const v1::OperatorScore& row : shrunk.dropped()) dropped.push_back({row.choice(), row.candidate()});
    iteration["dropped"] = std::move(dropped);
    iteration["children_before"] = shrunk.children_before();
    iteration["children_after"] = shrunk.children_after();
    iteration["operators_after"] = shrunk.operators_after();
  }

  ByStage stages_;
  ByStage training_;
  ByStage searches_;
  Json iterations_ = Json::array();
  Json notes_ = Json::array();
};

// The shrinking steps as the result keeps them, for a run whose events are gone.
Json IterationsOf(const v1::RunResult& result, const std::string& children_at_start) {
  Json iterations = Json::array();
  std::string before = children_at_start;
  for (const v1::ShrinkStep& step : result.history()) {
    Json iteration = {{"stage", step.stage()}};
    if (step.has_scores()) PutScores(iteration, step.scores());
    if (step.has_frequencies()) PutFrequencies(iteration, step.frequencies());
    Json dropped = Json::array();
    for (const v1::OperatorRef& ref : step.dropped()) dropped.push_back({ref.choice(), ref.candidate()});
    iteration["dropped"] = std::move(dropped);
    iteration["children_before"] = before;
    iteration["children_after"] = step.children_after();
    before = step.children_after();
    iterations.push_back(std::move(iteration));
  }
  return iterations;
}

const char* StateName(v1::RunProgress::State state) {
  switch (state) {
    case v1::RunProgress::STATE_FINISHED:
      return "finished";
    case v1::RunProgress::STATE_FAILED:
      return "failed";
    case v1::RunProgress::STATE_CANCELLED:
      return "cancelled";
    case v1::RunProgress::STATE_INTERRUPTED:
      return "interrupted";
    case v1::RunProgress::STATE_RUNNING:
      return "running";
    default:
      return "not started";
  }
}

}  // namespace

base::Result<Json> ReportData(const ReportInput& input) {
  auto space = space::SpaceFromMessage(input.plan.space());
  if (!space.ok()) return base::Status(space.status()).Under("plan.space.");

  EventReader events;
  for (const v1::RunEvent& event : input.events) events.Read(event);

  Json data = {{"name", input.plan.name()}, {"seed", input.plan.seed()}};
  data["state"] = StateName(input.state);
  data["message"] = input.outcome;
  data["seconds"] = input.seconds;
  if (!input.events.empty()) data["started_ms"] = input.events.front().time_ms();
  data["space"] = SpaceData(*space);
  const bool from_events = events.shrank();
  events.PutInto(data);
  if (input.result) {
    const v1::RunResult& result = *input.result;
    if (!from_events) data["iterations"] = IterationsOf(result, space::ChildrenText(*space));
    data["children"] = result.children();
    data["ranked"] = RankedData(*space, result.ranked());
    data["retrained"] = RankedData(*space, result.retrained());
    data["files"] = Json::array();
    for (const std::string& file : result.exported_files()) data["files"].push_back(file);
  }
  // Accuracies that were looked up: nothing was trained, so there are neither curves nor retrained weights.
  const bool table = input.plan.supernet().backend() == "table";
  data["table"] = table;
  if (table) data["training"] = data["retrained"] = Json::array();
  data["plan"] = PlanTree(input.plan);
  data["settings"] = Json::array();
  for (const auto& [key, value] : input.settings) data["settings"].push_back({key, value});
  return data;
}

}  // namespace nasshrink::run
