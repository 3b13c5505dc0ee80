#include "measure.h"

#include <fmt/format.h>

#include <limits>

#include "data.h"

namespace nasshrink::tools {
namespace {

struct TableMetric {
  const char* name;
  int32_t number;
};
constexpr TableMetric kTableMetrics[] = {
    {"angle", NASSHRINK_METRIC_ANGLE}, {"macs", NASSHRINK_METRIC_MACS}, {"params", NASSHRINK_METRIC_PARAMS}};

int32_t TableMetricOf(const std::string& name) {
  for (const TableMetric& metric : kTableMetrics) {
    if (name == metric.name) return metric.number;
  }
  FailCall(
      fmt::format("metric '{}': an operator table gives angle, macs and params; give a checkpoint and --data for "
                  "other metrics",
                  name));
}

std::map<Row, double> LookupOf(const v1::Truth& truth) {
  std::map<Row, double> lookup;
  const auto choices = static_cast<int>(truth.choices());
  for (int i = 0; i < truth.accuracy_size(); ++i) {
    const auto begin = truth.candidates().begin() + i * choices;
    lookup[Row(begin, begin + choices)] = truth.accuracy(i);
  }
  return lookup;
}

}  // namespace

Measure::Measure(const Model* model, nasshrink_context* context, const std::string& data, const std::string& metric,
                 nasshrink_cancel* cancel)
    : model_(model), metric_(metric), cancel_(cancel) {
  if (!data.empty() && IsTruth(data)) {
    if (metric != "accuracy") FailCall(fmt::format("metric '{}': a CSV of accuracies gives accuracy only", metric));
    const v1::Truth truth = ReadTruth(context, model->space.get(), data);
    truth_ = LookupOf(truth);
    gaps_ = GapsOf(model->space.get(), truth, data);
  } else if (!data.empty()) {
    dataset_ = OpenDataset(context, data);
  } else if (model->table) {
    TableMetricOf(metric);
  }
}

size_t Measure::batch() const { return model_->supernet && metric_ != "angle" && truth_.empty() ? 16 : 65536; }

Outcome Measure::Values(const std::vector<Row>& rows, std::vector<double>* values) {
  if (!truth_.empty()) return FromTruth(rows, values);
  if (model_->table) return FromTable(rows, values);
  if (model_->supernet) return FromSupernet(rows, values);
  FailCall(
      fmt::format("metric '{}': a space alone gives no scores; give a checkpoint, an operator table or --data "
                  "table:CSV",
                  metric_));
}

Outcome Measure::FromTable(const std::vector<Row>& rows, std::vector<double>* values) {
  std::vector<uint32_t> choices;
  for (const Row& row : rows) choices.insert(choices.end(), row.begin(), row.end());
  values->assign(rows.size(), 0);
  return Try(nasshrink_table_score, model_->table.get(), TableMetricOf(metric_), nullptr, size_t{0}, choices.data(),
             rows.size(), values->data());
}

Outcome Measure::FromSupernet(const std::vector<Row>& rows, std::vector<double>* values) {
  v1::EvaluateOptions options;
  options.add_metrics(metric_);
  const std::string list = ListOf(model_->message, rows).SerializeAsString();
  const std::string bytes = options.SerializeAsString();
  nasshrink_buffer* report = nullptr;
  Outcome outcome = Try(nasshrink_supernet_evaluate, model_->supernet.get(), Data(list), list.size(), dataset_.get(),
                        Data(bytes), bytes.size(), cancel_, &report);
  if (!outcome.ok()) return outcome;
  const auto metrics = MessageOf<v1::EvaluateReport>(Buffer(report));
  values->assign(metrics.metrics(0).values().begin(), metrics.metrics(0).values().end());
  return outcome;
}

Outcome Measure::FromTruth(const std::vector<Row>& rows, std::vector<double>* values) {
  values->clear();
  for (const Row& row : rows) {
    const auto found = truth_.find(row);
    values->push_back(found == truth_.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
  }
  return {};
}

}  // namespace nasshrink::tools
