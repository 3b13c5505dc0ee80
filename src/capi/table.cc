#include "capi/table.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "capi/cancel.h"
#include "capi/guard.h"
#include "capi/message.h"
#include "nasshrink/v1/score.pb.h"
#include "run/evaluate.h"
#include "score/angle.h"
#include "score/operator_stats.h"
#include "score/table_codec.h"
#include "space/architecture.h"
#include "space/child_rows.h"
#include "space/codec.h"

namespace nasshrink::capi {
namespace {

using base::Status;

// Rows of one ParallelFor piece share a status; the lowest failing row is reported, so that the answer does not depend
// on the number of workers.
class FirstFailure {
 public:
  void Note(size_t row, Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status_.ok() || row < row_) {
      row_ = row;
      status_ = std::move(status);
    }
  }
  const Status& status() const { return status_; }

 private:
  std::mutex mutex_;
  size_t row_ = 0;
  Status status_;
};

// One child's score, after its row has been checked.
using RowScorer = std::function<base::Result<double>(const space::Architecture&)>;

base::Result<RowScorer> ScorerOf(const TableObject& table, int32_t metric, const v1::AngleOptions& options) {
  if (metric == NASSHRINK_METRIC_ANGLE) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto angle, score::AngleOptionsFromMessage(options));
    NASSHRINK_ASSIGN_OR_RETURN(auto made, score::AngleScorer::Make(table.space->space(), table.table, angle));
    const auto scorer = std::make_shared<const score::AngleScorer>(std::move(made));
    return RowScorer([scorer](const space::Architecture& row) { return scorer->Angle(row); });
  }
  if (metric != NASSHRINK_METRIC_MACS && metric != NASSHRINK_METRIC_PARAMS) {
    return base::Invalid("metric", metric, "1..3", "names no metric");
  }
  const base::Result<space::CostModel>& costs = table.space->costs();
  if (!costs.ok()) return costs.status();
  const space::CostModel* model = &*costs;
  const bool macs = metric == NASSHRINK_METRIC_MACS;
  return RowScorer([model, macs](const space::Architecture& row) -> base::Result<double> {
    return static_cast<double>(macs ? model->Macs(row) : model->Params(row));
  });
}

base::Result<std::vector<double>> ScoresOf(const TableObject& table, const RowScorer& scorer, const uint32_t* choices,
                                           size_t count) {
  const space::Space& space = table.space->space();
  const size_t width = space.choices.size();
  const space::ChildRows rows(space);
  std::vector<double> scores(count);
  FirstFailure failure;
  table.space->context()->pool()->ParallelFor(count, [&](size_t begin, size_t end) {
    space::Architecture row(width);
    for (size_t i = begin; i < end; ++i) {
      row.assign(choices + i * width, choices + (i + 1) * width);
      Status status = rows.Contains(row.data()) ? Status() : space::CheckArchitecture(space, row);
      if (status.ok()) {
        const base::Result<double> score = scorer(row);
        if (score.ok()) {
          scores[i] = *score;
          continue;
        }
        status = score.status();
      }
      failure.Note(i, std::move(status).Under(fmt::format("choices[row {}].", i)));
      return;
    }
  });
  if (!failure.status().ok()) return failure.status();
  return scores;
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_table_create(const nasshrink_space* space, const uint8_t* data, size_t size,
                                        nasshrink_table** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::FactorTable>(data, size, "data"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    if (message.has_space()) {
      NASSHRINK_ASSIGN_OR_RETURN(const auto own, space::SpaceFromMessage(message.space()));
      NASSHRINK_RETURN_IF_ERROR(score::CheckTableCovers(own, parent->space()));
    }
    NASSHRINK_ASSIGN_OR_RETURN(auto table, score::TableForSpace(message, parent->space()));
    Publish(std::make_shared<TableObject>(TableObject{std::move(parent), std::move(table)}), out);
    return {};
  });
}

nasshrink_status nasshrink_table_from_stats(const nasshrink_space* space, const uint8_t* stats, size_t stats_size,
                                            const uint8_t* options, size_t options_size, nasshrink_table** out,
                                            nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(space, "space"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto given, MessageOf<v1::OperatorStats>(stats, stats_size, "stats"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto asked, OptionsOf<v1::AngleOptions>(options, options_size));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto angle, score::AngleOptionsFromMessage(asked));
    NASSHRINK_ASSIGN_OR_RETURN(auto table, score::TableFromStats(given, angle, parent->space()));
    Publish(std::make_shared<TableObject>(TableObject{std::move(parent), std::move(table)}), out);
    return {};
  });
}

nasshrink_status nasshrink_table_parse(nasshrink_context* context, const uint8_t* data, size_t size,
                                       nasshrink_table** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto object, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto bytes, BytesOf(data, size, "data"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_RETURN_IF_ERROR(object->CheckMemory(size, "data"));
    NASSHRINK_ASSIGN_OR_RETURN(auto parsed, score::ParseTable(bytes));
    auto space = std::make_shared<SpaceObject>(std::move(object), std::move(parsed.space));
    Publish(std::make_shared<TableObject>(TableObject{std::move(space), std::move(parsed.table)}), out);
    return {};
  });
}

nasshrink_status nasshrink_table_serialize(const nasshrink_table* table, nasshrink_buffer** out,
                                           nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(table, "table"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    v1::FactorTable message;
    score::TableToMessage(object->space->space(), object->table, &message);
    return PublishMessage(message, out);
  });
}

nasshrink_status nasshrink_table_score(const nasshrink_table* table, int32_t metric, const uint8_t* options,
                                       size_t options_size, const uint32_t* choices, size_t count, double* out,
                                       nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(table, "table"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, OptionsOf<v1::AngleOptions>(options, options_size));
    NASSHRINK_RETURN_IF_ERROR(BytesOf(reinterpret_cast<const uint8_t*>(choices), 0, "choices").status());
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const size_t most = PTRDIFF_MAX / sizeof(double) / object->space->space().choices.size();
    if (count > most) return base::Invalid("count", count, fmt::format("0..{}", most), "is more than memory holds");
    NASSHRINK_ASSIGN_OR_RETURN(const RowScorer scorer, ScorerOf(*object, metric, message));
    NASSHRINK_ASSIGN_OR_RETURN(const auto scores, ScoresOf(*object, scorer, choices, count));
    std::copy(scores.begin(), scores.end(), out);
    return {};
  });
}

nasshrink_status nasshrink_table_score_operators(const nasshrink_table* table, const uint8_t* options,
                                                 size_t options_size, nasshrink_cancel* cancel, nasshrink_buffer** out,
                                                 nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(table, "table"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto latch, GetOptional(cancel, "cancel"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto message, OptionsOf<v1::ScoreOptions>(options, options_size));
    if (message.metric().empty()) message.set_metric("angle");
    run::Measuring measuring;
    measuring.pool = object->space->context()->pool().get();
    measuring.cancel = latch.get();
    NASSHRINK_ASSIGN_OR_RETURN(const auto scores,
                               run::ScoreTable(object->space->space(), object->table, message, measuring));
    return PublishMessage(scores, out);
  });
}

void nasshrink_table_free(nasshrink_table* table) { Release(table); }
