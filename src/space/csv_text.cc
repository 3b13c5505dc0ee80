#include "space/csv_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/ranges.h>

#include "space/notation_text.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

base::Status AtLine(size_t line, std::string_view value, std::string_view allowed, std::string_view what) {
  return base::Invalid(fmt::format("line {}", line), Shown(value), allowed, what);
}

base::Result<std::vector<std::string>> Cells(std::string_view line, size_t number) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      const bool doubled = quoted && i + 1 < line.size() && line[i + 1] == '"';
      if (doubled) {
        cells.back() += line[i++];
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      if (cells.size() == CsvText::kMaxColumns) {
        return AtLine(number, line, fmt::format("up to {} columns", CsvText::kMaxColumns), "has too many columns");
      }
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  if (!quoted) return cells;
  return AtLine(number, line, "a closing quotation mark", "a quoted cell does not end on its line");
}

template <typename Value>
bool Parsed(const std::string& text, Value* value) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stopped == end;
}

}  // namespace

base::Result<CsvText> CsvText::Parse(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return base::Invalid("text", text.size(), fmt::format("up to {} bytes", kMaxBytes), "the text is too long");
  }
  CsvText csv;
  size_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (!CheckText(line, "", line.size()).ok()) return AtLine(number, line, "UTF-8", "is not UTF-8");
    if (number > kMaxLines) return AtLine(number, line, fmt::format("up to {} lines", kMaxLines), "is one too many");
    NASSHRINK_ASSIGN_OR_RETURN(std::vector<std::string> cells, Cells(line, number));
    if (csv.header_.empty()) {
      const std::set<std::string> names(cells.begin(), cells.end());
      if (names.size() < cells.size()) return AtLine(number, line, "each column once", "names a column twice");
      csv.header_ = std::move(cells);
      continue;
    }
    if (cells.size() != csv.header_.size()) {
      return AtLine(number, line, fmt::format("{} cells", csv.header_.size()),
                    fmt::format("has {} cells", cells.size()));
    }
    csv.lines_.push_back(number);
    std::move(cells.begin(), cells.end(), std::back_inserter(csv.cells_));
  }
  if (csv.header_.empty()) return base::Invalid("text", "nothing", "a header line", "there are no columns");
  return csv;
}

std::optional<size_t> CsvText::Column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  return found == header_.end() ? std::nullopt : std::optional(static_cast<size_t>(found - header_.begin()));
}

base::Result<size_t> CsvText::Needed(std::string_view name) const {
  const auto column = Column(name);
  if (column) return *column;
  return base::Invalid("line 1", Shown(fmt::format("{}", fmt::join(header_, ","))), name, "the column is missing");
}

base::Result<double> CsvText::Number(size_t row, size_t column) const {
  double value = 0;
  if (Parsed(At(row, column), &value) && std::isfinite(value)) return value;
  return Wrong(row, column, "a number", "is no number");
}

base::Result<uint64_t> CsvText::Whole(size_t row, size_t column, uint64_t min, uint64_t max) const {
  uint64_t value = 0;
  if (Parsed(At(row, column), &value) && value >= min && value <= max) return value;
  return Wrong(row, column, fmt::format("{}..{}", min, max), "is no such number");
}

base::Status CsvText::Wrong(size_t row, size_t column, std::string_view allowed, std::string_view what) const {
  return base::Invalid(fmt::format("line {}, column {}", lines_[row], Shown(header_[column])), Shown(At(row, column)),
                       allowed, what);
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of("\",") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

}  // namespace nasshrink::space
