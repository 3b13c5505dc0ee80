// The angle fixtures as tables, and the slow way to an angle: the weight vectors themselves.
#ifndef NASSHRINK_TESTS_SCORE_ANGLE_FIXTURE_H_
#define NASSHRINK_TESTS_SCORE_ANGLE_FIXTURE_H_

#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "score/factor_table.h"
#include "space/space.h"

namespace nasshrink::tests {

using Json = nlohmann::json;

// By value: a loop over it keeps it alive.
inline Json CasesOf(const std::string& path) {
  std::ifstream file(path);
  return Json::parse(file)["cases"];
}

inline double Number(const Json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

inline std::vector<int> Codes(const std::string& text) {
  std::istringstream stream(text);
  std::vector<int> codes;
  for (int code = 0; stream >> code;) codes.push_back(code);
  return codes;
}

inline std::vector<double> Numbers(const Json& values) {
  std::vector<double> numbers;
  for (const Json& value : values) numbers.push_back(Number(value));
  return numbers;
}

// The child with these operator codes.
inline space::Architecture ChildOf(const space::Space& space, const std::vector<int>& codes) {
  space::Architecture child;
  for (size_t choice = 0; choice < codes.size(); ++choice) {
    const auto& candidates = space.choices[choice].candidates;
    for (uint32_t at = 0; at < candidates.size(); ++at) {
      if (candidates[at].code == codes[choice]) child.push_back(at);
    }
  }
  return child;
}

inline const std::vector<std::string>& AllColumns() {
  static const std::vector<std::string> columns = {"dot", "current", "base", "delta", "sigma"};
  return columns;
}

// The table of a case of angle_nb201.json.
inline score::FactorTable CellTable(const Json& scalars) {
  score::FactorTable table;
  table.columns = AllColumns();
  table.fixed = Numbers(scalars["fixed"]);
  for (uint32_t edge = 0; edge < scalars["edges"].size(); ++edge) {
    score::Factor& factor = table.factors.emplace_back();
    factor.choices = {edge};
    factor.cell = 1;
    for (const Json& row : scalars["edges"][edge]) {
      const std::vector<double> numbers = row.is_null() ? std::vector<double>(5) : Numbers(row);
      factor.rows.insert(factor.rows.end(), numbers.begin(), numbers.end());
    }
  }
  return table;
}

// The same table without delta and sigma.
inline score::FactorTable PlainTable(const score::FactorTable& full) {
  score::FactorTable table;
  table.columns = {"dot", "current", "base"};
  table.fixed.assign(full.fixed.begin(), full.fixed.begin() + 3);
  for (const score::Factor& from : full.factors) {
    score::Factor& factor = table.factors.emplace_back(from);
    factor.rows.clear();
    for (size_t at = 0; at < from.rows.size(); at += 5) {
      factor.rows.insert(factor.rows.end(), from.rows.begin() + static_cast<ptrdiff_t>(at),
                         from.rows.begin() + static_cast<ptrdiff_t>(at) + 3);
    }
  }
  return table;
}

// Both weight vectors of a child, entry by entry.
struct WeightVectors {
  std::vector<double> base;
  std::vector<double> current;

  void Append(const Json& tensor) {
    for (const Json& value : tensor["w0"]) base.push_back(Number(value));
    for (const Json& value : tensor["w"]) current.push_back(Number(value));
  }
  // Kahan's angle between two vectors, accurate for all angles.
  double Angle() const {
    long double norm_base = 0;
    long double norm_current = 0;
    for (const double value : base) norm_base += static_cast<long double>(value) * value;
    for (const double value : current) norm_current += static_cast<long double>(value) * value;
    if (norm_base == 0 || norm_current == 0) return 0;
    long double apart = 0;
    long double together = 0;
    for (size_t at = 0; at < base.size(); ++at) {
      const long double a = base[at] / std::sqrt(norm_base);
      const long double b = current[at] / std::sqrt(norm_current);
      apart += (a - b) * (a - b);
      together += (a + b) * (a + b);
    }
    return static_cast<double>(2 * std::atan2(std::sqrt(apart), std::sqrt(together)));
  }
};

// The paths 0 -> 3 of a NAS-Bench-201 cell, as edges.
inline constexpr std::array<std::array<int, 3>, 4> kCellPaths = {{{3, -1, -1}, {0, 4, -1}, {1, 5, -1}, {0, 2, 5}}};

inline WeightVectors CellVectors(const Json& weights, const std::vector<int>& codes) {
  WeightVectors vectors;
  for (const Json& part : weights["fixed"]) vectors.Append(part);
  for (const Json& cell : weights["cells"]) {
    for (const auto& path : kCellPaths) {
      bool whole = true;
      for (const int edge : path) whole &= edge < 0 || codes[static_cast<size_t>(edge)] != 0;
      if (!whole) continue;
      for (const int edge : path) {
        if (edge < 0) continue;
        const int code = codes[static_cast<size_t>(edge)];
        if (code == 2 || code == 3) {
          vectors.Append(cell["edges"][static_cast<size_t>(edge)][std::to_string(code)]);
        } else if (code == 4) {
          const size_t entries = 9 * cell["channels"].get<size_t>();
          vectors.base.insert(vectors.base.end(), entries, 1.0 / 9);
          vectors.current.insert(vectors.current.end(), entries, 1.0 / 9);
        }
      }
    }
  }
  return vectors;
}

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_SCORE_ANGLE_FIXTURE_H_
