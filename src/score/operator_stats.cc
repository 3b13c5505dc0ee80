#include "score/operator_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

#include "score/angle_table.h"

namespace nasshrink::score {
namespace {

using base::Invalid;
using base::Status;

using Place = std::tuple<uint32_t, uint32_t, uint32_t>;  // cell, choice, candidate

constexpr std::array<std::string_view, 4> kWeightless = {"none", "identity", "avg_pool", "max_pool"};

template <typename Numbers>
base::Result<AngleSums> SumsFrom(const Numbers& numbers, const std::string& field) {
  if (numbers.size() != 3 && numbers.size() != 5) {
    return Invalid(field, fmt::format("{} numbers", numbers.size()), "3 or 5", "is no set of sums");
  }
  AngleSums sums = {};
  for (int i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i])) return Invalid(field, numbers[i], "finite numbers", "is not finite");
    sums[static_cast<size_t>(i)] = numbers[i];
  }
  // |w - w0|^2 and <w - w0, w + w0> follow from the three, but for the digits they lose.
  if (numbers.size() == 3) {
    sums[3] = std::max(0.0, sums[1] + sums[2] - 2 * sums[0]);
    sums[4] = sums[1] - sums[2];
  }
  return sums;
}

// The cell that a choice given without one stands in.
base::Result<uint32_t> CellOf(const AngleTableBuilder& table, const space::Space& space, const v1::OperatorStat& stat,
                              const std::string& field) {
  const auto cells = static_cast<uint32_t>(space.network.cells.size());
  if (stat.cell() > cells) return Invalid(field + ".cell", stat.cell(), fmt::format("0..{}", cells), "is no cell");
  if (stat.cell() != 0 || table.Stands(0, stat.choice())) {
    if (table.Stands(stat.cell(), stat.choice())) return stat.cell();
    return Invalid(field + ".cell", stat.cell(), "a cell that has the choice", "does not hold the choice");
  }
  std::set<uint32_t> found;
  for (uint32_t cell = 1; cell <= cells; ++cell) {
    if (table.Stands(cell, stat.choice())) found.insert(cell);
  }
  if (found.size() == 1) return *found.begin();
  return Invalid(field + ".cell", 0, fmt::format("1..{}", cells),
                 found.empty() ? "is needed, and no cell has the choice" : "is needed: several cells have the choice");
}

Status AddStat(const space::Space& space, const v1::OperatorStat& stat, const std::string& field,
               AngleTableBuilder* table, std::set<Place>* given) {
  if (stat.choice() >= space.choices.size()) {
    return Invalid(field + ".choice", stat.choice(), fmt::format("0..{}", space.choices.size() - 1), "is no choice");
  }
  const space::Choice& choice = space.choices[stat.choice()];
  if (stat.candidate() >= choice.candidates.size()) {
    return Invalid(field + ".candidate", stat.candidate(), fmt::format("0..{}", choice.candidates.size() - 1),
                   fmt::format("is no candidate of choice '{}'", choice.key));
  }
  NASSHRINK_ASSIGN_OR_RETURN(const uint32_t cell, CellOf(*table, space, stat, field));
  NASSHRINK_ASSIGN_OR_RETURN(const AngleSums sums, SumsFrom(stat.sums(), field + ".sums"));
  table->Add(cell, stat.choice(), stat.candidate(), sums);
  given->insert({cell, stat.choice(), stat.candidate()});
  return {};
}

Status CheckComplete(const space::Space& space, const AngleTableBuilder& table, const std::set<Place>& given) {
  for (uint32_t cell = 0; cell <= space.network.cells.size(); ++cell) {
    for (uint32_t c = 0; c < space.choices.size(); ++c) {
      if (!table.Stands(cell, c)) continue;
      const space::Choice& choice = space.choices[c];
      for (const uint32_t candidate : choice.alive) {
        const space::OperatorDef* op = choice.candidates[candidate].op();
        const bool weights =
            op != nullptr && std::find(kWeightless.begin(), kWeightless.end(), op->kind) == kWeightless.end();
        if (!weights || given.count({cell, c, candidate}) != 0) continue;
        return Invalid("operators",
                       fmt::format("none for '{}' of choice '{}'", choice.candidates[candidate].label, choice.key),
                       "one for each alive operator with weights", "lacks an operator");
      }
    }
  }
  return {};
}

}  // namespace

base::Result<FactorTable> TableFromStats(const v1::OperatorStats& stats, const AngleOptions& options,
                                         const space::Space& space) {
  AngleTableBuilder table(space);
  std::set<Place> given;
  for (int i = 0; i < stats.operators_size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(AddStat(space, stats.operators(i), fmt::format("operators[{}]", i), &table, &given));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckComplete(space, table, given));
  if (options.fixed_parts && stats.fixed_size() != 0) {
    NASSHRINK_ASSIGN_OR_RETURN(const AngleSums sums, SumsFrom(stats.fixed(), "fixed"));
    table.AddFixed(sums);
  }
  return std::move(table).Take(options);
}

}  // namespace nasshrink::score
