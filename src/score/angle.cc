#include "score/angle.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "score/path_weights.h"
#include "score/table_codec.h"

namespace nasshrink::score {
namespace {

// Children whose sums are gathered before their angles are taken in one loop.
constexpr size_t kBlock = 256;

// What one row adds to a child: |w|^2, |w0|^2, then delta and sigma, or the dot product and nothing.
using Sums = std::array<double, 4>;

struct Columns {
  bool small_angles = false;
  std::array<size_t, 4> source{};  // column of each sum
  size_t count = 0;                // sums used

  static base::Result<Columns> Of(const std::vector<std::string>& names);
};

base::Result<Columns> Columns::Of(const std::vector<std::string>& names) {
  const auto find = [&](const char* name) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  Columns columns;
  columns.small_angles = find("delta") < names.size() && find("sigma") < names.size();
  columns.count = columns.small_angles ? 4 : 3;
  columns.source = {find("current"), find("base"), find(columns.small_angles ? "delta" : "dot"),
                    columns.small_angles ? find("sigma") : 0};
  constexpr const char* kNeeded[] = {"current", "base", "dot"};
  for (size_t sum = 0; sum < columns.count; ++sum) {
    if (columns.source[sum] < names.size()) continue;
    return base::Error(base::Code::kInvalidArgument, "columns: the angle needs a column '{}', which the table lacks",
                       kNeeded[sum]);
  }
  return columns;
}

Sums RowAt(const Columns& columns, const double* row) {
  Sums sums{};
  for (size_t sum = 0; sum < columns.count; ++sum) sums[sum] = row[columns.source[sum]];
  return sums;
}

// ABS Eq. 2 from the sums; 0 for an empty vector.
double AngleOf(const Sums& sums, bool small_angles) {
  const double current = sums[0];
  const double base = sums[1];
  if (!(current > 0 && base > 0)) return 0;
  const double norm = std::sqrt(current);
  const double base_norm = std::sqrt(base);
  if (!small_angles) return std::acos(std::clamp(sums[2] / (norm * base_norm), -1.0, 1.0));
  const double difference = sums[3] / (norm + base_norm);
  const double share = (sums[2] - difference * difference) / (4 * norm * base_norm);
  return 2 * std::asin(std::sqrt(std::clamp(share, 0.0, 1.0)));
}

// The rows of one factor, addressed by the candidates of its choices.
struct Term {
  struct Digit {
    uint32_t choice;
    size_t stride;
  };
  std::vector<Digit> digits;
  std::vector<Sums> rows;
  size_t edge = 0;  // of the cell

  const Sums& RowOf(const uint32_t* candidates) const {
    size_t row = 0;
    for (const Digit& digit : digits) row += candidates[digit.choice] * digit.stride;
    return rows[row];
  }
};

struct CellTerms {
  PathWeights paths;
  std::vector<Term> terms;
};

void Add(const Sums& row, double weight, Sums* sums) {
  for (size_t sum = 0; sum < sums->size(); ++sum) (*sums)[sum] += weight * row[sum];
}

Term TermOf(const space::Space& space, const Columns& columns, size_t column_count, const Factor& factor) {
  Term term;
  size_t stride = 1;
  term.digits.resize(factor.choices.size());
  for (size_t at = factor.choices.size(); at-- > 0;) {
    term.digits[at] = {factor.choices[at], stride};
    stride *= space.choices[factor.choices[at]].candidates.size();
  }
  for (size_t row = 0; row < stride; ++row) {
    term.rows.push_back(RowAt(columns, &factor.rows[row * column_count]));
  }
  return term;
}

}  // namespace

struct AngleScorer::Tables {
  size_t choices = 0;
  AngleOptions::Disconnected disconnected = AngleOptions::Disconnected::kZero;
  bool whole_network = false;
  bool small_angles = false;
  Sums fixed{};
  std::vector<CellTerms> cells;  // those that layers use
  std::vector<Term> chain;
  // By chain choice: which candidates break the path (empty: none does).
  std::vector<std::pair<uint32_t, std::vector<bool>>> chain_breaks;

  // Adds up the rows of a child; false when a cell or the chain has no path.
  bool Gather(const uint32_t* candidates, double* scratch, Sums* sums) const;
  base::Status Without(const uint32_t* candidates, const Sums& sums, double* angle) const;
};

bool AngleScorer::Tables::Gather(const uint32_t* candidates, double* scratch, Sums* sums) const {
  *sums = fixed;
  bool connected = true;
  for (const CellTerms& cell : cells) {
    const double* weights = cell.paths.Of(candidates, scratch);
    connected &= weights[cell.paths.edges()] > 0;
    for (const Term& term : cell.terms) Add(term.RowOf(candidates), weights[term.edge], sums);
  }
  bool unbroken = true;
  for (const auto& [choice, breaks] : chain_breaks) unbroken &= !breaks[candidates[choice]];
  if (unbroken) {
    for (const Term& term : chain) Add(term.RowOf(candidates), 1, sums);
  }
  return connected && unbroken;
}

// The angle of a child without a path, for the block scope from its sums (the fixed parts and the cells that do have
// one); over the whole network its vector is empty.
base::Status AngleScorer::Tables::Without(const uint32_t* candidates, const Sums& sums, double* angle) const {
  switch (disconnected) {
    case AngleOptions::Disconnected::kZero:
      *angle = 0;
      return {};
    case AngleOptions::Disconnected::kFixedOnly:
      *angle = whole_network ? 0 : AngleOf(sums, small_angles);
      return {};
    case AngleOptions::Disconnected::kError:
      break;
  }
  return base::Error(base::Code::kFailedPrecondition,
                     "the child with candidates [{}] has no path from input to output, so it has no angle",
                     fmt::join(candidates, candidates + choices, " "));
}

AngleScorer::AngleScorer(std::unique_ptr<const Tables> tables) : tables_(std::move(tables)) {}
AngleScorer::AngleScorer(AngleScorer&&) noexcept = default;
AngleScorer& AngleScorer::operator=(AngleScorer&&) noexcept = default;
AngleScorer::~AngleScorer() = default;

base::Result<AngleScorer> AngleScorer::Make(const space::Space& space, const FactorTable& table,
                                            const AngleOptions& options) {
  NASSHRINK_RETURN_IF_ERROR(CheckTable(space, table));
  NASSHRINK_ASSIGN_OR_RETURN(const Columns columns, Columns::Of(table.columns));
  auto tables = std::make_unique<Tables>();
  tables->choices = space.choices.size();
  tables->disconnected = options.disconnected;
  tables->whole_network = options.scope == AngleOptions::Scope::kWholeNetwork;
  tables->small_angles = columns.small_angles;
  if (options.fixed_parts) tables->fixed = RowAt(columns, table.fixed.data());

  std::vector<size_t> slot(space.network.cells.size(), space.network.cells.size());
  for (const space::Layer& layer : space.network.layers) {
    if (const auto* chosen = std::get_if<space::LayerChoice>(&layer.body)) {
      std::vector<bool> breaks;
      for (const space::Candidate& candidate : space.choices[chosen->choice].candidates) {
        breaks.push_back(space::BreaksPath(candidate));
      }
      if (std::find(breaks.begin(), breaks.end(), true) != breaks.end()) {
        tables->chain_breaks.emplace_back(chosen->choice, std::move(breaks));
      }
    }
    const auto* used = std::get_if<space::LayerCell>(&layer.body);
    if (used == nullptr || slot[used->cell] < space.network.cells.size()) continue;
    const space::Cell& cell = space.network.cells[used->cell];
    if (tables->whole_network && cell.inputs != 1) {
      return base::Error(base::Code::kUnimplemented, "whole-network scope needs cells with one input, cell '{}' has {}",
                         cell.key, cell.inputs);
    }
    NASSHRINK_ASSIGN_OR_RETURN(auto paths, PathWeights::Make(space, used->cell, tables->whole_network));
    slot[used->cell] = tables->cells.size();
    tables->cells.push_back({std::move(paths), {}});
  }
  for (const Factor& factor : table.factors) {
    Term term = TermOf(space, columns, table.columns.size(), factor);
    if (factor.cell == 0) {
      tables->chain.push_back(std::move(term));
      continue;
    }
    const std::vector<space::CellEdge>& edges = space.network.cells[factor.cell - 1].edges;
    term.edge = static_cast<size_t>(
        std::find_if(edges.begin(), edges.end(),
                     [&](const space::CellEdge& edge) { return edge.choice == factor.choices[0]; }) -
        edges.begin());
    tables->cells[slot[factor.cell - 1]].terms.push_back(std::move(term));
  }
  return AngleScorer(std::move(tables));
}

base::Result<double> AngleScorer::Angle(const space::Architecture& architecture) const {
  double angle = 0;
  NASSHRINK_RETURN_IF_ERROR(Angles(architecture.data(), 1, &angle));
  return angle;
}

base::Status AngleScorer::Angles(const uint32_t* candidates, size_t count, double* angles) const {
  const Tables& tables = *tables_;
  std::array<double, PathWeights::kMaxEdges + 1> scratch{};
  std::array<Sums, kBlock> sums;
  std::array<bool, kBlock> connected{};
  for (size_t begin = 0; begin < count; begin += kBlock) {
    const size_t block = std::min(kBlock, count - begin);
    const uint32_t* rows = candidates + begin * tables.choices;
    for (size_t row = 0; row < block; ++row) {
      connected[row] = tables.Gather(rows + row * tables.choices, scratch.data(), &sums[row]);
    }
    for (size_t row = 0; row < block; ++row) {
      angles[begin + row] = AngleOf(sums[row], tables.small_angles);
    }
    for (size_t row = 0; row < block; ++row) {
      if (connected[row]) continue;
      NASSHRINK_RETURN_IF_ERROR(tables.Without(rows + row * tables.choices, sums[row], &angles[begin + row]));
    }
  }
  return {};
}

size_t AngleScorer::choices() const { return tables_->choices; }

}  // namespace nasshrink::score
