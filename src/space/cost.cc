#include "space/cost.h"

#include <algorithm>
#include <limits>

#include "space/build_cell.h"
#include "space/build_network.h"
#include "space/build_operator.h"
#include "space/digits.h"
#include "space/grammar_cost.h"
#include "space/paths.h"
#include "space/validate.h"
#include "space/validate_network.h"

namespace nasshrink::space {
namespace {

constexpr uint64_t kMaxCost = std::numeric_limits<int64_t>::max();

base::Status AddChecked(OperatorCost* sum, const OperatorCost& cost) {
  *sum += cost;
  if (sum->macs <= kMaxCost && sum->params <= kMaxCost) return {};
  return base::Error(base::Code::kOutOfRange, "the cost of the network does not fit 63 bits");
}

base::Status At(const base::Status& status, const std::string& prefix) { return base::Status(status).Under(prefix); }

OperatorCost Better(const OperatorCost& a, const OperatorCost& b, bool most) { return most ? Most(a, b) : Least(a, b); }

// A candidate by itself, from a tensor of one shape to another.
struct Lone {
  OperatorCost cost;
  OperatorCost live;
  uint64_t peak = 0;
};

base::Result<Lone> LoneCandidate(const Candidate& candidate, Scope::Kind place, const Shape& in, const Shape& out) {
  Steps steps;
  const InScope scope(&steps, {place, 0, 0, 0, 0, 0, {}});
  NASSHRINK_ASSIGN_OR_RETURN(const Tensor made, BuildCandidate(candidate, steps.Input(in), out, &steps));
  steps.Keep(made);
  Lone lone = {steps.cost(), steps.cost(), steps.Peak()};
  const auto* cell = std::get_if<CellCandidate>(&candidate.body);
  if (cell == nullptr) return lone;
  const CellCandidate pruned = WithoutDeadEdges(*cell);
  const bool connected = std::any_of(pruned.edges.begin(), pruned.edges.end(),
                                     [](const CandidateEdge& edge) { return edge.op.kind != "none"; });
  Steps live;
  NASSHRINK_RETURN_IF_ERROR(BuildCandidateCell(pruned, live.Input(in), out, &live).status());
  lone.live = connected ? live.cost() : OperatorCost{};
  return lone;
}

}  // namespace

class CostBuilder {
 public:
  CostBuilder(const Space& space, uint32_t height, uint32_t width, Counting counting) {
    model_.space_ = space;
    model_.shapes_ = ShapesOf(space, height, width);
    model_.counting_ = counting;
  }

  base::Result<CostModel> Build();

 private:
  using Row = CostModel::Row;

  const Space& space() const { return model_.space_; }
  void MakeRows();
  base::Status AddLayer(size_t index);
  base::Status AddFixed(size_t index, const OperatorDef& op);
  base::Status AddOpenLayer(size_t index, uint32_t choice);
  base::Status AddCellLayer(size_t index, uint32_t cell);
  base::Status AddRow(uint32_t choice, Scope::Kind place, const Shape& in, const Shape& out, Row* row);
  void Flatten();
  base::Status FindRange();
  OperatorCost Extreme(const Digit& digit, bool most) const;
  OperatorCost ExtremeOf(uint32_t choice, bool most) const;

  CostModel model_;
  std::vector<OperatorCostRange> open_;  // [choice]: of the cells of its grammar
};

void CostBuilder::MakeRows() {
  open_.resize(space().choices.size());
  for (uint32_t choice = 0; choice < space().choices.size(); ++choice) {
    const size_t candidates = space().choices[choice].candidates.size();
    model_.table_.emplace_back(candidates);
    model_.peaks_.emplace_back(candidates);
  }
  model_.live_layers_ = model_.table_;
  for (const Cell& cell : space().network.cells) {
    std::vector<Row> rows;
    for (const CellEdge& edge : cell.edges) rows.emplace_back(space().choices[edge.choice].candidates.size());
    model_.cells_.push_back(std::move(rows));
  }
}

// `row` takes the live costs, which differ from the others for candidate cells alone.
base::Status CostBuilder::AddRow(uint32_t choice, Scope::Kind place, const Shape& in, const Shape& out, Row* row) {
  for (size_t c = 0; c < row->size(); ++c) {
    const auto lone = LoneCandidate(space().choices[choice].candidates[c], place, in, out);
    if (!lone.ok()) return At(lone.status(), fmt::format("choices[{}].candidates[{}].", choice, c));
    NASSHRINK_RETURN_IF_ERROR(AddChecked(&(*row)[c], lone->live));
    NASSHRINK_RETURN_IF_ERROR(AddChecked(&model_.table_[choice][c], lone->cost));
    model_.peaks_[choice][c] = std::max(model_.peaks_[choice][c], lone->peak);
  }
  return {};
}

base::Status CostBuilder::AddCellLayer(size_t index, uint32_t cell_index) {
  const Cell& cell = space().network.cells[cell_index];
  const std::string field = fmt::format("network.layers[{}].", index);
  Steps steps;
  std::vector<Shape> inputs;
  std::vector<Tensor> tensors;
  for (const size_t input : CellInputs(cell, index)) {
    inputs.push_back(model_.shapes_[input]);
    tensors.push_back(steps.Input(inputs.back()));
  }
  const auto shapes = ShapesInCell(cell, inputs, model_.shapes_[index + 1]);
  if (!shapes.ok()) return At(shapes.status(), field);
  const auto preprocessed = BuildPreprocessing(cell, tensors, *shapes, &steps);
  if (!preprocessed.ok()) return At(preprocessed.status(), field);
  NASSHRINK_RETURN_IF_ERROR(AddChecked(&model_.fixed_, steps.cost()));
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    NASSHRINK_RETURN_IF_ERROR(AddRow(cell.edges[e].choice, Scope::Kind::kEdge, shapes->From(cell.edges[e]),
                                     shapes->node, &model_.cells_[cell_index][e]));
  }
  return {};
}

base::Status CostBuilder::AddFixed(size_t index, const OperatorDef& op) {
  Steps steps(model_.counting_);
  const auto made = BuildOperator(op, steps.Input(model_.shapes_[index]), model_.shapes_[index + 1], &steps);
  if (!made.ok()) return At(made.status(), fmt::format("network.layers[{}].fixed.", index));
  return AddChecked(&model_.fixed_, steps.cost());
}

base::Status CostBuilder::AddOpenLayer(size_t index, uint32_t choice) {
  const auto range =
      RangeOfCells(space().choices[choice].grammar.front(), model_.shapes_[index], model_.shapes_[index + 1]);
  if (!range.ok()) return At(range.status(), fmt::format("choices[{}].grammar.", choice));
  open_[choice].min += range->min;
  return AddChecked(&open_[choice].max, range->max);
}

base::Status CostBuilder::AddLayer(size_t index) {
  const Layer& layer = space().network.layers[index];
  if (const auto* body = std::get_if<LayerCell>(&layer.body)) return AddCellLayer(index, body->cell);
  if (const auto* body = std::get_if<LayerChoice>(&layer.body)) {
    if (!space().choices[body->choice].grammar.empty()) return AddOpenLayer(index, body->choice);
    return AddRow(body->choice, Scope::Kind::kCandidate, model_.shapes_[index], model_.shapes_[index + 1],
                  &model_.live_layers_[body->choice]);
  }
  return AddFixed(index, std::get<OperatorDef>(layer.body));
}

void CostBuilder::Flatten() {
  for (const Row& row : model_.table_) {
    model_.offsets_.push_back(model_.always_.size());
    model_.always_.insert(model_.always_.end(), row.begin(), row.end());
  }
  for (size_t c = 0; c < space().network.cells.size(); ++c) {
    const Cell& cell = space().network.cells[c];
    for (const NodeInputs& inputs : cell.node_inputs) {
      CostModel::Picked picked = {inputs.choice, c, {}};
      for (const Candidate& candidate : space().choices[inputs.choice].candidates) {
        picked.edges.push_back(std::get<EdgeSubset>(candidate.body).edges);
      }
      model_.picked_.push_back(std::move(picked));
      // These edges cost something only where they are picked.
      for (size_t e = 0; e < cell.edges.size(); ++e) {
        if (cell.edges[e].to != inputs.node) continue;
        const Row& row = model_.cells_[c][e];
        OperatorCost* always = &model_.always_[model_.offsets_[cell.edges[e].choice]];
        for (size_t i = 0; i < row.size(); ++i) {
          always[i].macs -= row[i].macs;
          always[i].params -= row[i].params;
        }
      }
    }
  }
}

OperatorCost CostBuilder::ExtremeOf(uint32_t choice, bool most) const {
  if (!space().choices[choice].grammar.empty()) return most ? open_[choice].max : open_[choice].min;
  const std::vector<uint32_t>& alive = space().choices[choice].alive;
  OperatorCost best = model_.table_[choice][alive.front()];
  for (const uint32_t candidate : alive) best = Better(best, model_.table_[choice][candidate], most);
  return best;
}

OperatorCost CostBuilder::Extreme(const Digit& digit, bool most) const {
  if (digit.open.empty()) return ExtremeOf(digit.choice, most);
  OperatorCost best;
  for (size_t subset = 0; subset < digit.open.size(); ++subset) {
    OperatorCost sum;
    for (const uint32_t choice : digit.open[subset]) sum += ExtremeOf(choice, most);
    best = subset == 0 ? sum : Better(best, sum, most);
  }
  return best;
}

base::Status CostBuilder::FindRange() {
  model_.min_ = model_.max_ = model_.fixed_;
  for (const Digit& digit : DigitsOf(space())) {
    model_.min_ += Extreme(digit, false);
    NASSHRINK_RETURN_IF_ERROR(AddChecked(&model_.max_, Extreme(digit, true)));
  }
  return {};
}

base::Result<CostModel> CostBuilder::Build() {
  MakeRows();
  for (size_t i = 0; i < space().network.layers.size(); ++i) NASSHRINK_RETURN_IF_ERROR(AddLayer(i));
  Flatten();
  NASSHRINK_RETURN_IF_ERROR(FindRange());
  return std::move(model_);
}

base::Result<CostModel> CostModel::Make(const Space& space, uint32_t resolution, Counting counting) {
  if (resolution > kMaxSide) {
    return base::Invalid("resolution", resolution, fmt::format("0..{}", kMaxSide), "the input has a size");
  }
  const uint32_t height = resolution == 0 ? space.network.input_height : resolution;
  const uint32_t width = resolution == 0 ? space.network.input_width : resolution;
  base::Status status = CheckSizes(space, height, width);
  if (!status.ok())
    return std::move(status).Under(resolution == 0 ? "" : fmt::format("at resolution {}: ", resolution));
  return CostBuilder(space, height, width, counting).Build();
}

OperatorCost CostModel::Of(const uint32_t* row) const {
  OperatorCost sum = fixed_;
  for (size_t choice = 0; choice < offsets_.size(); ++choice) {
    const OperatorCost& cost = always_[offsets_[choice] + row[choice]];
    sum.macs += cost.macs;
    sum.params += cost.params;
  }
  for (const Picked& picked : picked_) {
    for (const uint32_t edge : picked.edges[row[picked.choice]]) {
      const OperatorCost& cost = cells_[picked.cell][edge][row[space_.network.cells[picked.cell].edges[edge].choice]];
      sum.macs += cost.macs;
      sum.params += cost.params;
    }
  }
  return sum;
}

OperatorCost CostModel::LiveOf(const Architecture& architecture) const {
  OperatorCost sum = fixed_;
  for (size_t choice = 0; choice < live_layers_.size(); ++choice) sum += live_layers_[choice][architecture[choice]];
  for (size_t c = 0; c < cells_.size(); ++c) {
    const CellPaths paths = CountPaths(space_, c, architecture);
    for (size_t e = 0; e < cells_[c].size(); ++e) {
      if (paths.edge[e] > 0) sum += cells_[c][e][architecture[space_.network.cells[c].edges[e].choice]];
    }
  }
  return sum;
}

base::Result<Steps> CostModel::StepsOfChild(const Architecture& architecture) const {
  return StepsOf(space_, shapes_, architecture, counting_);
}

}  // namespace nasshrink::space
