#include "space/cost.h"

#include <algorithm>
#include <limits>

#include "space/additive_cost.h"
#include "space/architecture.h"
#include "space/digits.h"
#include "space/paths.h"
#include "space/validate.h"
#include "space/validate_network.h"

namespace nasshrink::space {
namespace {

constexpr uint64_t kMaxCost = std::numeric_limits<int64_t>::max();

void Add(OperatorCost* sum, const OperatorCost& cost) {
  sum->macs += cost.macs;
  sum->params += cost.params;
}

// Fails instead of wrapping.
base::Status AddChecked(OperatorCost* sum, const OperatorCost& cost) {
  if (cost.macs > kMaxCost - sum->macs || cost.params > kMaxCost - sum->params) {
    return base::Error(base::Code::kOutOfRange, "the cost of the network does not fit 63 bits");
  }
  Add(sum, cost);
  return {};
}

uint64_t Pixels(const Shape& shape) { return uint64_t{shape.height} * shape.width; }

// A convolution without bias and its batch norm, at `pixels` output pixels.
OperatorCost ConvNorm(uint64_t kernel, uint64_t in, uint64_t out, uint64_t pixels) {
  const uint64_t weights = kernel * kernel * in * out;
  return {weights * pixels, weights + 2 * out};
}

OperatorCost DepthwiseNorm(uint64_t kernel, uint64_t channels, uint64_t pixels) {
  const uint64_t weights = kernel * kernel * channels;
  return {weights * pixels, weights + 2 * channels};
}

// Residual block of NAS-Bench-201: two 3x3 convolutions with batch norm, 1x1 convolution without one in the shortcut.
OperatorCost ResidualCost(const Shape& in, const Shape& out) {
  OperatorCost cost = ConvNorm(3, in.channels, out.channels, Pixels(out));
  Add(&cost, ConvNorm(3, out.channels, out.channels, Pixels(out)));
  const uint64_t shortcut = uint64_t{in.channels} * out.channels;
  Add(&cost, {shortcut * Pixels(out), shortcut});
  return cost;
}

// Sandler et al., MobileNetV2 (CVPR 2018): expansion (none at ratio 1), depthwise, projection.
OperatorCost MobileCost(const OperatorDef& op, const Shape& in, const Shape& out) {
  const auto expansion = static_cast<uint64_t>(op.Integer("expansion", 1));
  const uint64_t middle = in.channels * expansion;
  OperatorCost cost;
  if (expansion > 1) Add(&cost, ConvNorm(1, in.channels, middle, Pixels(in)));
  Add(&cost, DepthwiseNorm(static_cast<uint64_t>(op.Integer("kernel", 3)), middle, Pixels(out)));
  Add(&cost, ConvNorm(1, middle, out.channels, Pixels(out)));
  return cost;
}

OperatorCost ClassifierCost(const OperatorDef& op, const Shape& in, const Shape& out) {
  const uint64_t weights = uint64_t{in.channels} * out.channels;
  return {weights, weights + (op.Integer("bias", 1) != 0 ? out.channels : 0)};
}

base::Status NoFormula(std::string_view what, const std::string& field) {
  return base::Status(base::Code::kUnimplemented, "there is no cost formula for this operator")
      .WithField(field, what,
                 "none, identity, relu_conv_bn, conv_bn, avg_pool, max_pool, mb_block, resnet_block, "
                 "bn_relu, global_avg_pool, linear");
}

base::Result<OperatorCost> CostOfOperator(const OperatorDef& op, const Shape& in, const Shape& out,
                                          const std::string& field) {
  const auto kernel = static_cast<uint64_t>(op.Integer("kernel", 1));
  const std::string strided = op.Text("strided", "");
  const bool reshapes = in.channels != out.channels || in.height != out.height || in.width != out.width;
  if (op.kind == "none" || op.kind == "global_avg_pool") return OperatorCost{};
  if (op.kind == "identity") {
    if (!reshapes) return OperatorCost{};
    if (strided == "conv_bn") return ConvNorm(1, in.channels, out.channels, Pixels(out));
    return NoFormula(fmt::format("identity with strided '{}'", strided), field);
  }
  if (op.kind == "relu_conv_bn" || (op.kind == "conv_bn" && op.Integer("groups", 1) == 1)) {
    return ConvNorm(kernel, in.channels, out.channels, Pixels(out));
  }
  if (op.kind == "avg_pool" || op.kind == "max_pool") {
    return OperatorCost{0, op.Integer("batch_norm", 0) != 0 ? uint64_t{2} * out.channels : 0};
  }
  if (op.kind == "bn_relu") return OperatorCost{0, uint64_t{2} * out.channels};
  if (op.kind == "mb_block" && op.Integer("squeeze_excite", 0) == 0) return MobileCost(op, in, out);
  if (op.kind == "resnet_block") return ResidualCost(in, out);
  if (op.kind == "linear") return ClassifierCost(op, in, out);
  return NoFormula(op.kind, field);
}

base::Result<OperatorCost> CostOfCandidate(const Space& space, uint32_t choice, size_t candidate, const Shape& in,
                                           const Shape& out) {
  const std::string field = fmt::format("choices[{}].candidates[{}]", choice, candidate);
  const OperatorDef* op = space.choices[choice].candidates[candidate].op();
  if (op == nullptr) return NoFormula("a cell as candidate", field);
  return CostOfOperator(*op, in, out, field + ".op");
}

OperatorCost Least(const OperatorCost& a, const OperatorCost& b) {
  return {std::min(a.macs, b.macs), std::min(a.params, b.params)};
}

OperatorCost Most(const OperatorCost& a, const OperatorCost& b) {
  return {std::max(a.macs, b.macs), std::max(a.params, b.params)};
}

}  // namespace

class CostBuilder {
 public:
  CostBuilder(const Space& space, uint32_t height, uint32_t width) : shapes_(ShapesOf(space, height, width)) {
    model_.space_ = space;
  }

  base::Result<CostModel> Build();

 private:
  const Space& space() const { return model_.space_; }
  std::vector<OperatorCost> Zeros(uint32_t choice) const {
    return std::vector<OperatorCost>(space().choices[choice].candidates.size());
  }
  base::Status AddLayer(size_t index);
  base::Status AddCell(size_t index, uint32_t cell);
  base::Status AddRow(uint32_t choice, const Shape& in, const Shape& out, std::vector<OperatorCost>* row);
  base::Status FindRange();
  OperatorCost Extreme(const Digit& digit, OperatorCost (*better)(const OperatorCost&, const OperatorCost&)) const;
  OperatorCost ExtremeOf(uint32_t choice, OperatorCost (*better)(const OperatorCost&, const OperatorCost&)) const;

  CostModel model_;
  std::vector<Shape> shapes_;
};

base::Status CostBuilder::AddRow(uint32_t choice, const Shape& in, const Shape& out, std::vector<OperatorCost>* row) {
  for (size_t candidate = 0; candidate < row->size(); ++candidate) {
    NASSHRINK_ASSIGN_OR_RETURN(const OperatorCost cost, CostOfCandidate(space(), choice, candidate, in, out));
    NASSHRINK_RETURN_IF_ERROR(AddChecked(&(*row)[candidate], cost));
    NASSHRINK_RETURN_IF_ERROR(AddChecked(&model_.table_[choice][candidate], cost));
  }
  return {};
}

base::Status CostBuilder::AddCell(size_t index, uint32_t cell_index) {
  const Cell& cell = space().network.cells[cell_index];
  const Shape& out = shapes_[index + 1];
  if (cell.inputs != 1 || cell.outputs.size() != 1 || !cell.preprocess.empty() ||
      space().network.layers[index].stride != 1 || shapes_[index].channels != out.channels) {
    return base::Status(base::Code::kUnimplemented, "there is no cost formula for cells of this form")
        .WithField(fmt::format("network.layers[{}].cell", index), cell.key,
                   "cells with one input and one output that keep the shape");
  }
  for (size_t e = 0; e < cell.edges.size(); ++e) {
    NASSHRINK_RETURN_IF_ERROR(AddRow(cell.edges[e].choice, out, out, &model_.cells_[cell_index][e]));
  }
  return {};
}

base::Status CostBuilder::AddLayer(size_t index) {
  const Layer& layer = space().network.layers[index];
  if (const auto* body = std::get_if<LayerCell>(&layer.body)) return AddCell(index, body->cell);
  const Shape& in = shapes_[index];
  const Shape& out = shapes_[index + 1];
  if (const auto* body = std::get_if<LayerChoice>(&layer.body)) {
    return AddRow(body->choice, in, out, &model_.layers_[body->choice]);
  }
  NASSHRINK_ASSIGN_OR_RETURN(const OperatorCost cost, CostOfOperator(std::get<OperatorDef>(layer.body), in, out,
                                                                     fmt::format("network.layers[{}].fixed", index)));
  return AddChecked(&model_.fixed_, cost);
}

OperatorCost CostBuilder::ExtremeOf(uint32_t choice,
                                    OperatorCost (*better)(const OperatorCost&, const OperatorCost&)) const {
  const std::vector<uint32_t>& alive = space().choices[choice].alive;
  OperatorCost best = model_.table_[choice][alive.front()];
  for (const uint32_t candidate : alive) best = better(best, model_.table_[choice][candidate]);
  return best;
}

OperatorCost CostBuilder::Extreme(const Digit& digit,
                                  OperatorCost (*better)(const OperatorCost&, const OperatorCost&)) const {
  if (digit.open.empty()) return ExtremeOf(digit.choice, better);
  OperatorCost best;
  for (size_t subset = 0; subset < digit.open.size(); ++subset) {
    OperatorCost sum;
    for (const uint32_t choice : digit.open[subset]) Add(&sum, ExtremeOf(choice, better));
    best = subset == 0 ? sum : better(best, sum);
  }
  return best;
}

base::Status CostBuilder::FindRange() {
  model_.min_ = model_.max_ = model_.fixed_;
  for (const Digit& digit : DigitsOf(space())) {
    Add(&model_.min_, Extreme(digit, &Least));
    NASSHRINK_RETURN_IF_ERROR(AddChecked(&model_.max_, Extreme(digit, &Most)));
  }
  return {};
}

base::Result<CostModel> CostBuilder::Build() {
  for (uint32_t choice = 0; choice < space().choices.size(); ++choice) {
    if (!space().choices[choice].grammar.empty()) {
      return NoFormula("an open cell grammar", fmt::format("choices[{}].grammar", choice));
    }
    model_.table_.push_back(Zeros(choice));
  }
  model_.layers_ = model_.table_;
  for (const Cell& cell : space().network.cells) {
    CostModel::CellTable rows;
    for (const CellEdge& edge : cell.edges) rows.push_back(Zeros(edge.choice));
    model_.cells_.push_back(std::move(rows));
  }
  for (size_t i = 0; i < space().network.layers.size(); ++i) NASSHRINK_RETURN_IF_ERROR(AddLayer(i));
  NASSHRINK_RETURN_IF_ERROR(FindRange());
  return std::move(model_);
}

base::Result<CostModel> CostModel::Make(const Space& space, uint32_t resolution) {
  if (resolution > kMaxSide) {
    return base::Invalid("resolution", resolution, fmt::format("0..{}", kMaxSide), "the input has a size");
  }
  const uint32_t height = resolution == 0 ? space.network.input_height : resolution;
  const uint32_t width = resolution == 0 ? space.network.input_width : resolution;
  base::Status status = CheckSizes(space, height, width);
  if (!status.ok())
    return std::move(status).Under(resolution == 0 ? "" : fmt::format("at resolution {}: ", resolution));
  return CostBuilder(space, height, width).Build();
}

OperatorCost CostModel::Of(const Architecture& architecture) const {
  OperatorCost sum = fixed_;
  for (size_t choice = 0; choice < layers_.size(); ++choice) Add(&sum, layers_[choice][architecture[choice]]);
  for (size_t c = 0; c < cells_.size(); ++c) {
    const std::vector<bool> kept = KeptEdges(space_, c, architecture);
    for (size_t e = 0; e < cells_[c].size(); ++e) {
      if (kept[e]) Add(&sum, cells_[c][e][architecture[space_.network.cells[c].edges[e].choice]]);
    }
  }
  return sum;
}

OperatorCost CostModel::LiveOf(const Architecture& architecture) const {
  OperatorCost sum = fixed_;
  for (size_t choice = 0; choice < layers_.size(); ++choice) Add(&sum, layers_[choice][architecture[choice]]);
  for (size_t c = 0; c < cells_.size(); ++c) {
    const CellPaths paths = CountPaths(space_, c, architecture);
    for (size_t e = 0; e < cells_[c].size(); ++e) {
      if (paths.edge[e] > 0) Add(&sum, cells_[c][e][architecture[space_.network.cells[c].edges[e].choice]]);
    }
  }
  return sum;
}

base::Result<v1::CostReport> CostOf(const Space& space, const CostModel& model, const Architecture& architecture,
                                    const v1::CostQuery& query) {
  NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(space, architecture));
  v1::CostReport report;
  const OperatorCost cost = model.Of(architecture);
  const OperatorCost live = model.LiveOf(architecture);
  report.set_macs(cost.macs);
  report.set_params(cost.params);
  report.set_live_macs(live.macs);
  report.set_live_params(live.params);
  for (size_t cell = 0; cell < space.network.cells.size(); ++cell) {
    report.add_cell_paths(CountPaths(space, cell, architecture).total);
  }
  if (!query.has_latency()) return report;
  NASSHRINK_ASSIGN_OR_RETURN(const AdditiveCost latency, LatencyOf(space, query.latency()));
  int64_t nanoseconds = latency.fixed;
  for (size_t choice = 0; choice < architecture.size(); ++choice) {
    nanoseconds += latency.table[choice][architecture[choice]];
  }
  report.set_latency_ms(AmountOf(latency.name, nanoseconds));
  return report;
}

}  // namespace nasshrink::space
