#include "run/ranking_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "score/fusion.h"
#include "score/jackknife.h"
#include "score/ranking.h"
#include "shrink/abs.h"
#include "space/architecture.h"
#include "space/child_index.h"
#include "space/child_rows.h"
#include "space/cost.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Invalid;
using base::Status;
using score::Interval;
using score::Jackknifed;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// No operator has this choice, so the stream is that of no sampled score.
constexpr uint32_t kRandomBaseline = std::numeric_limits<uint32_t>::max();

struct Scored {
  std::string name;
  std::vector<double> values;
};

// All rows with a truth, and those of them that the statistics are over.
struct Children {
  std::vector<space::Architecture> all;
  std::vector<double> all_truth;
  std::vector<size_t> input_rows;  // of `used`, in the input
  std::vector<space::Architecture> used;
  std::vector<double> truth;
  std::vector<double> live_macs;
};

Status Infinite(const std::string& field, double value) {
  return Invalid(field, value, "finite numbers, or NaN for unknown", "is infinite");
}

Status CheckColumns(const v1::RankInput& input, size_t rows) {
  const auto check = [&](const std::string& field, int size) -> Status {
    if (static_cast<size_t>(size) == rows) return {};
    return Invalid(field, size, fmt::format("{}", rows), "there is not one value a child");
  };
  NASSHRINK_RETURN_IF_ERROR(check("truth", input.truth_size()));
  if (input.scores().empty()) return Invalid("scores", "nothing", "at least one column", "there is no score to report");
  for (int at = 0; at < input.scores_size(); ++at) {
    NASSHRINK_RETURN_IF_ERROR(check(fmt::format("scores[{}].values", at), input.scores(at).values_size()));
  }
  for (int row = 0; row < input.truth_size(); ++row) {
    if (std::isinf(input.truth(row))) return Infinite(fmt::format("truth[{}]", row), input.truth(row));
    for (int at = 0; at < input.scores_size(); ++at) {
      const double score = input.scores(at).values(row);
      if (std::isinf(score)) return Infinite(fmt::format("scores[{}].values[{}]", at, row), score);
    }
  }
  if (input.scores_size() > 1) return Status(score::FusionFromName(input.fusion()).status());
  return {};
}

bool HasAllScores(const v1::RankInput& input, int row) {
  return std::none_of(input.scores().begin(), input.scores().end(),
                      [&](const v1::ScoreColumn& column) { return std::isnan(column.values(row)); });
}

base::Result<Children> ReadChildren(const space::Space& space, const v1::RankInput& input) {
  NASSHRINK_RETURN_IF_ERROR(space::CheckListed(space));
  auto rows = space::ArchitecturesFromMessage(space::RootOf(space), input.children());
  if (!rows.ok()) return Status(rows.status()).Under("children.");
  NASSHRINK_RETURN_IF_ERROR(CheckColumns(input, rows->size()));
  const space::ChildRows alive(space);
  Children children;
  for (size_t row = 0; row < rows->size(); ++row) {
    const double truth = input.truth(static_cast<int>(row));
    if (std::isnan(truth)) continue;
    space::Architecture& child = (*rows)[row];
    if (HasAllScores(input, static_cast<int>(row)) && alive.Contains(child.data())) {
      children.input_rows.push_back(row);
      children.used.push_back(child);
      children.truth.push_back(truth);
    }
    children.all.push_back(std::move(child));
    children.all_truth.push_back(truth);
  }
  if (children.used.size() >= 2) return children;
  return base::Error(Code::kFailedPrecondition,
                     "{} of {} children lie in the space and have a truth and all scores; a ranking needs at least 2",
                     children.used.size(), rows->size());
}

std::vector<Scored> ColumnsOf(const v1::RankInput& input, const Children& children) {
  std::vector<Scored> columns;
  for (const v1::ScoreColumn& column : input.scores()) {
    Scored& scored = columns.emplace_back();
    scored.name = column.name();
    for (const size_t row : children.input_rows) {
      const double value = column.values(static_cast<int>(row));
      scored.values.push_back(column.lower_is_better() ? -value : value);
    }
  }
  return columns;
}

// The counting baselines, best known first, then chance.
std::vector<Scored> BaselinesOf(const space::CostModel& cost, uint64_t seed, Children* children) {
  std::vector<Scored> baselines = {{"live_macs", {}}, {"live_params", {}}, {"params", {}}, {"random", {}}};
  for (size_t at = 0; at < children->used.size(); ++at) {
    const space::OperatorCost live = cost.LiveOf(children->used[at]);
    baselines[0].values.push_back(static_cast<double>(live.macs));
    baselines[1].values.push_back(static_cast<double>(live.params));
    baselines[2].values.push_back(static_cast<double>(cost.Params(children->used[at])));
    base::Philox random(seed, base::Purpose::kScore, children->input_rows[at], kRandomBaseline);
    baselines[3].values.push_back(random.Uniform());
  }
  children->live_macs = baselines[0].values;
  return baselines;
}

// Means over the rows with the operator; those of operators without a row are below all others.
std::vector<shrink::ScoredOperator> MeansOf(const space::Space& space, const std::vector<space::Architecture>& children,
                                            const std::vector<double>& values) {
  std::vector<shrink::ScoredOperator> operators;
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    for (const uint32_t candidate : space.choices[choice].alive) {
      double sum = 0;
      double count = 0;
      for (size_t row = 0; row < children.size(); ++row) {
        if (children[row][choice] != candidate) continue;
        sum += values[row];
        ++count;
      }
      const double mean = count == 0 ? -std::numeric_limits<double>::infinity() : sum / count;
      operators.push_back({choice, candidate, space.choices[choice].candidates[candidate].code, mean});
    }
  }
  return operators;
}

// Shrinking by a score, and what of the true top is left.
class Survival {
 public:
  Survival(const space::Space& space, const Children& children, uint32_t keep) : space_(space), children_(children) {
    for (const space::Choice& choice : space.choices) root_ += choice.candidates.size();
    keep_ = keep == 0 ? (root_ + 1) / 2 : keep;
    top_ = score::LargestOf(children.all_truth, (children.all.size() + 99) / 100);
  }

  void Write(const std::vector<double>& values, v1::Ranking* ranking) const {
    const size_t alive = space_.OperatorCount();
    space::Space left = space_;
    const auto drop = static_cast<uint32_t>(alive > keep_ ? alive - keep_ : 0);
    for (const shrink::ScoredOperator& gone : shrink::AbsDrops(MeansOf(space_, children_.used, values), drop)) {
      std::vector<uint32_t>& kept = left.choices[gone.choice].alive;
      kept.erase(std::remove(kept.begin(), kept.end(), gone.candidate), kept.end());
    }
    const space::ChildRows rows(left);
    const auto survived = static_cast<double>(
        std::count_if(top_.begin(), top_.end(), [&](size_t row) { return rows.Contains(children_.all[row].data()); }));
    ranking->set_top1pct_survival(survived / static_cast<double>(top_.size()));
    ranking->set_kept(static_cast<uint32_t>(left.OperatorCount()));
  }

 private:
  const space::Space& space_;
  const Children& children_;
  size_t root_ = 0;
  size_t keep_ = 0;
  std::vector<size_t> top_;
};

void SetStatistic(const Jackknifed& statistic, double least, double most, v1::Statistic* message) {
  const Interval interval = score::Interval95(statistic, least, most);
  message->set_value(statistic.value);
  message->set_low(interval.low);
  message->set_high(interval.high);
}

v1::Ranking RankingMessage(const std::string& name, const score::Ranking& ranking) {
  v1::Ranking message;
  message.set_name(name);
  SetStatistic(ranking.tau_b, -1, 1, message.mutable_tau_b());
  SetStatistic(ranking.spearman, -1, 1, message.mutable_spearman());
  SetStatistic(ranking.tau_top_half, -1, 1, message.mutable_tau_top_half());
  SetStatistic(ranking.tau_equal, -1, 1, message.mutable_tau_equal_macs());
  message.set_regret(ranking.regret);
  return message;
}

std::string WithInterval(const v1::Statistic& statistic) {
  if (std::isnan(statistic.low())) return fmt::format("{:.3f}", statistic.value());
  return fmt::format("{:.3f} (95 % interval {:.3f} to {:.3f})", statistic.value(), statistic.low(), statistic.high());
}

std::string VerdictOf(const v1::RankReport& report) {
  const v1::Ranking& metric = report.metric();
  const v1::Statistic& above = report.above_counting();
  if (std::isnan(above.value())) {
    return fmt::format("{} cannot be compared with counting: one of them has no tau-b.", metric.name());
  }
  const char* verdict = "ranks no better than counting does as far as these children tell";
  if (report.beats_counting()) verdict = "ranks better than counting does";
  if (above.high() < 0) verdict = "ranks worse than counting does";
  std::string text = fmt::format("{} {}: its tau-b is {:.3f}, that of {} {:.3f}, the difference {}.", metric.name(),
                                 verdict, metric.tau_b().value(), report.best_counting(),
                                 metric.tau_b().value() - above.value(), WithInterval(above));
  if (!std::isnan(metric.tau_equal_macs().value())) {
    text += fmt::format(" Among children of equal live multiply-adds its tau-b is {}.",
                        WithInterval(metric.tau_equal_macs()));
  }
  return text;
}

// The metric's tau-b against that of the best baseline that counts.
void CompareWithCounting(const score::Ranking& metric, const std::vector<Scored>& baselines,
                         const std::vector<score::Ranking>& rankings, v1::RankReport* report) {
  size_t best = 0;
  for (size_t at = 1; at < baselines.size(); ++at) {
    const double tau = rankings[at].tau_b.value;
    if (baselines[at].name != "random" &&
        (std::isnan(rankings[best].tau_b.value) || tau > rankings[best].tau_b.value)) {
      best = at;
    }
  }
  report->set_best_counting(baselines[best].name);
  const Jackknifed above = score::Difference(metric.tau_b, rankings[best].tau_b);
  SetStatistic(above, -2, 2, report->mutable_above_counting());
  report->set_beats_counting(report->above_counting().low() > 0);
  report->set_verdict(VerdictOf(*report));
}

std::vector<score::Ranking> RankingsOf(const std::vector<Scored>& scores, const Children& children,
                                       base::WorkerPool* pool) {
  std::vector<score::Ranking> rankings(scores.size());
  const auto rank = [&](size_t begin, size_t end) {
    for (size_t at = begin; at < end; ++at) {
      rankings[at] = score::RankingOf(scores[at].values, children.truth, children.live_macs);
    }
  };
  if (pool == nullptr) {
    rank(0, scores.size());
  } else {
    pool->ParallelFor(scores.size(), rank);
  }
  return rankings;
}

void WriteFused(const std::vector<double>& values, const Children& children, int rows, v1::RankReport* report) {
  report->mutable_fused()->Resize(rows, kNan);
  for (size_t at = 0; at < values.size(); ++at) {
    report->set_fused(static_cast<int>(children.input_rows[at]), values[at]);
  }
}

}  // namespace

base::Result<v1::RankReport> RankChildren(const space::Space& space, const v1::RankInput& input,
                                          base::WorkerPool* pool) {
  NASSHRINK_ASSIGN_OR_RETURN(Children children, ReadChildren(space, input));
  NASSHRINK_ASSIGN_OR_RETURN(const auto cost, space::CostModel::Make(space));
  std::vector<Scored> scores = ColumnsOf(input, children);
  v1::RankReport report;
  const bool fused = scores.size() > 1;
  if (fused) {
    NASSHRINK_ASSIGN_OR_RETURN(const score::Fusion fusion, score::FusionFromName(input.fusion()));
    std::vector<std::vector<double>> columns;
    for (const Scored& column : scores) columns.push_back(column.values);
    scores.insert(scores.begin(), {"fused", score::Fuse(columns, fusion)});
    WriteFused(scores[0].values, children, input.truth_size(), &report);
  }
  const size_t given = scores.size();
  for (Scored& baseline : BaselinesOf(cost, input.seed(), &children)) scores.push_back(std::move(baseline));
  const std::vector<score::Ranking> rankings = RankingsOf(scores, children, pool);
  const Survival survival(space, children, input.keep());
  report.set_children(children.used.size());
  for (size_t at = 0; at < scores.size(); ++at) {
    v1::Ranking ranking = RankingMessage(scores[at].name, rankings[at]);
    survival.Write(scores[at].values, &ranking);
    *(at == 0 ? report.mutable_metric() : at < given ? report.add_columns() : report.add_baselines()) = ranking;
  }
  const auto first = static_cast<ptrdiff_t>(given);
  CompareWithCounting(rankings[0], {scores.begin() + first, scores.end()}, {rankings.begin() + first, rankings.end()},
                      &report);
  return report;
}

}  // namespace nasshrink::run
