#include "score/table_codec.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "space/codec.h"
#include "space/parse_message.h"

namespace nasshrink::score {
namespace {

// Joint alternatives of one factor; more than this is no table but an attack.
constexpr uint64_t kMaxRows = 1'000'000;

base::Status CheckColumns(const FactorTable& table) {
  // A table without numbers still knows the costs of its space.
  if (table.columns.empty() && !table.factors.empty()) {
    return base::Invalid("columns", 0, "at least 1", "factors need columns");
  }
  std::set<std::string> names;
  for (size_t column = 0; column < table.columns.size(); ++column) {
    const std::string& name = table.columns[column];
    const std::string field = fmt::format("columns[{}]", column);
    if (name.empty()) return base::Invalid(field, "\"\"", "a name", "a column has no name");
    if (!names.insert(name).second) {
      return base::Invalid(field, name, "each name once", "two columns have one name");
    }
  }
  if (table.fixed.size() != table.columns.size()) {
    return base::Invalid("fixed", fmt::format("{} numbers", table.fixed.size()),
                         fmt::format("{}, one a column", table.columns.size()),
                         "the fixed parts do not match the columns");
  }
  for (size_t column = 0; column < table.fixed.size(); ++column) {
    if (std::isfinite(table.fixed[column])) continue;
    return base::Invalid(fmt::format("fixed[{}]", column), table.fixed[column], "finite numbers",
                         "a table holds no infinities or NaN");
  }
  return {};
}

// The choices a factor of this cell (0: a layer of a chain) may start from.
std::vector<std::set<uint32_t>> ChoicesByCell(const space::Space& space) {
  std::vector<std::set<uint32_t>> choices(space.network.cells.size() + 1);
  for (const space::Layer& layer : space.network.layers) {
    if (const auto* chosen = std::get_if<space::LayerChoice>(&layer.body)) {
      choices[0].insert(chosen->choice);
    } else if (const auto* used = std::get_if<space::LayerCell>(&layer.body)) {
      for (const space::CellEdge& edge : space.network.cells[used->cell].edges) {
        choices[used->cell + 1].insert(edge.choice);
      }
    }
  }
  return choices;
}

base::Status CheckFactor(const space::Space& space, const std::vector<std::set<uint32_t>>& choices, size_t columns,
                         const Factor& factor) {
  if (factor.cell >= choices.size()) {
    return base::Invalid("cell", factor.cell, fmt::format("0..{}", choices.size() - 1), "names no cell of the space");
  }
  if (factor.choices.empty()) {
    return base::Invalid("choices", 0, "at least 1", "a factor names no choice");
  }
  uint64_t rows = 1;
  for (size_t at = 0; at < factor.choices.size(); ++at) {
    const uint32_t choice = factor.choices[at];
    const std::string field = fmt::format("choices[{}]", at);
    if (choice >= space.choices.size()) {
      return base::Invalid(field, choice, fmt::format("0..{}", space.choices.size() - 1),
                           "names no choice of the space");
    }
    if (at == 0 && choices[factor.cell].count(choice) == 0) {
      return base::Invalid(field, choice, factor.cell == 0 ? "a choice of a layer" : "a choice of the cell's edges",
                           "a factor starts from a choice that is not there");
    }
    if (std::count(factor.choices.begin(), factor.choices.end(), choice) > 1) {
      return base::Invalid(field, choice, "each choice once", "a factor names a choice twice");
    }
    rows *= space.choices[choice].candidates.size();
    if (rows == 0 || rows > kMaxRows) {
      return base::Invalid(field, rows, fmt::format("1..{} joint alternatives", kMaxRows),
                           "a factor has too many or too few joint alternatives");
    }
  }
  if (factor.rows.size() != rows * columns) {
    return base::Invalid("rows", fmt::format("{} numbers", factor.rows.size()),
                         fmt::format("{} ({} rows of {})", rows * columns, rows, columns),
                         "the rows do not match the choices' candidates");
  }
  const auto odd =
      std::find_if(factor.rows.begin(), factor.rows.end(), [](double value) { return !std::isfinite(value); });
  if (odd == factor.rows.end()) return {};
  return base::Invalid(fmt::format("rows[{}]", odd - factor.rows.begin()), *odd, "finite numbers",
                       "a table holds no infinities or NaN");
}

FactorTable NumbersOf(const v1::FactorTable& message) {
  FactorTable table;
  table.columns.assign(message.columns().begin(), message.columns().end());
  table.fixed.assign(message.fixed().begin(), message.fixed().end());
  for (const v1::Factor& from : message.factors()) {
    Factor& factor = table.factors.emplace_back();
    factor.choices.assign(from.choices().begin(), from.choices().end());
    factor.cell = from.cell();
    factor.repeats = std::max(from.repeats(), 1U);
    factor.rows.assign(from.rows().begin(), from.rows().end());
  }
  return table;
}

}  // namespace

base::Status CheckTable(const space::Space& space, const FactorTable& table) {
  NASSHRINK_RETURN_IF_ERROR(CheckColumns(table));
  if (table.columns.empty()) return {};
  const std::vector<std::set<uint32_t>> choices = ChoicesByCell(space);
  std::set<std::pair<uint32_t, std::vector<uint32_t>>> seen;
  std::vector<std::set<uint32_t>> missing = choices;
  for (size_t at = 0; at < table.factors.size(); ++at) {
    const Factor& factor = table.factors[at];
    const std::string prefix = fmt::format("factors[{}].", at);
    NASSHRINK_RETURN_IF_ERROR(CheckFactor(space, choices, table.columns.size(), factor).Under(prefix));
    if (!seen.emplace(factor.cell, factor.choices).second) {
      return base::Invalid(prefix + "choices", factor.choices[0], "one factor for the same choices",
                           "two factors are for the same choices of the same cell");
    }
    missing[factor.cell].erase(factor.choices[0]);
  }
  for (size_t cell = 0; cell < missing.size(); ++cell) {
    if (missing[cell].empty()) continue;
    return base::Invalid("factors", fmt::format("none for choice {}", *missing[cell].begin()),
                         "a factor for every layer's and every cell edge's choice", "the table leaves a choice out");
  }
  return {};
}

base::Result<TableOfSpace> TableFromMessage(const v1::FactorTable& message) {
  if (!message.has_space()) {
    return base::Invalid("space", "nothing", "the space the table belongs to", "the table embeds no space");
  }
  auto space = space::SpaceFromMessage(message.space());
  if (!space.ok()) return base::Status(space.status()).Under("space.");
  NASSHRINK_ASSIGN_OR_RETURN(auto table, TableForSpace(message, *space));
  return TableOfSpace{*std::move(space), std::move(table)};
}

base::Result<TableOfSpace> ParseTable(std::string_view bytes) {
  v1::FactorTable message;
  if (!space::ParseMessage(bytes, &message)) {
    return base::Error(base::Code::kInvalidArgument, "the bytes are not a factor table message ({} bytes)",
                       bytes.size());
  }
  return TableFromMessage(message);
}

base::Result<FactorTable> TableForSpace(const v1::FactorTable& message, const space::Space& space) {
  FactorTable table = NumbersOf(message);
  NASSHRINK_RETURN_IF_ERROR(CheckTable(space, table));
  return table;
}

void TableToMessage(const space::Space& space, const FactorTable& table, v1::FactorTable* message) {
  message->Clear();
  space::SpaceToMessage(space, message->mutable_space());
  for (const std::string& column : table.columns) message->add_columns(column);
  message->mutable_fixed()->Add(table.fixed.begin(), table.fixed.end());
  for (const Factor& factor : table.factors) {
    v1::Factor* to = message->add_factors();
    to->mutable_choices()->Add(factor.choices.begin(), factor.choices.end());
    to->set_cell(factor.cell);
    to->set_repeats(factor.repeats);
    to->mutable_rows()->Add(factor.rows.begin(), factor.rows.end());
  }
}

base::Status CheckTableCovers(const space::Space& table_space, const space::Space& scored) {
  if (table_space.root_fingerprint != scored.root_fingerprint) {
    return base::Error(base::Code::kFailedPrecondition, "the table belongs to another space ('{}', not '{}')",
                       table_space.name, scored.name);
  }
  for (size_t choice = 0; choice < scored.choices.size(); ++choice) {
    const std::vector<uint32_t>& rows = table_space.choices[choice].alive;
    for (const uint32_t candidate : scored.choices[choice].alive) {
      if (std::binary_search(rows.begin(), rows.end(), candidate)) continue;
      return base::Error(base::Code::kFailedPrecondition,
                         "the table has no row for candidate '{}' of choice '{}', which was dropped "
                         "before the table was made",
                         scored.choices[choice].candidates[candidate].label, scored.choices[choice].key);
    }
  }
  return {};
}

base::Result<AngleOptions> AngleOptionsFromMessage(const v1::AngleOptions& message) {
  const auto check = [](const char* field, int value, int last) -> base::Status {
    if (value >= 0 && value <= last) return {};
    return base::Invalid(field, value, fmt::format("0..{}", last), "names no option");
  };
  NASSHRINK_RETURN_IF_ERROR(check("fixed_parts", message.fixed_parts(), 1));
  NASSHRINK_RETURN_IF_ERROR(check("pool", message.pool(), 1));
  NASSHRINK_RETURN_IF_ERROR(check("disconnected", message.disconnected(), 2));
  NASSHRINK_RETURN_IF_ERROR(check("scope", message.scope(), 1));
  NASSHRINK_RETURN_IF_ERROR(check("params", message.params(), 2));
  NASSHRINK_RETURN_IF_ERROR(check("identity", message.identity(), 1));
  AngleOptions options;
  options.fixed_parts = message.fixed_parts() == v1::AngleOptions::FIXED_PARTS_ON;
  options.pool_inv_area = message.pool() == v1::AngleOptions::POOL_INV_AREA;
  options.identity_eye = message.identity() == v1::AngleOptions::IDENTITY_EYE;
  options.disconnected = static_cast<AngleOptions::Disconnected>(message.disconnected());
  options.scope = static_cast<AngleOptions::Scope>(message.scope());
  options.params = static_cast<AngleOptions::Params>(message.params());
  return options;
}

void AngleOptionsToMessage(const AngleOptions& options, v1::AngleOptions* message) {
  message->set_fixed_parts(options.fixed_parts ? v1::AngleOptions::FIXED_PARTS_ON : v1::AngleOptions::FIXED_PARTS_OFF);
  message->set_pool(options.pool_inv_area ? v1::AngleOptions::POOL_INV_AREA : v1::AngleOptions::POOL_OFF);
  message->set_identity(options.identity_eye ? v1::AngleOptions::IDENTITY_EYE : v1::AngleOptions::IDENTITY_EMPTY);
  message->set_disconnected(static_cast<v1::AngleOptions::Disconnected>(options.disconnected));
  message->set_scope(static_cast<v1::AngleOptions::Scope>(options.scope));
  message->set_params(static_cast<v1::AngleOptions::Params>(options.params));
}

}  // namespace nasshrink::score
