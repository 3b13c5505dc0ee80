#include "known_children.h"

#include <fmt/format.h>

#include <charconv>

#include "files.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

double ParseValue(const std::string& path, size_t row, const std::string& column, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    FailCall(fmt::format("{}: row {}: '{}' in column '{}' is no number", path, row + 1, text, column));
  }
  return value;
}

Space RootOf(nasshrink_context* context, const nasshrink_space* space) {
  v1::SearchSpace message = MessageOf(space);
  for (v1::Choice& choice : *message.mutable_choices()) choice.clear_alive();
  return SpaceOf(context, message);
}

}  // namespace

KnownChildren ReadKnownChildren(nasshrink_context* context, const nasshrink_space* space, const std::string& path,
                                const std::string& column, const std::vector<std::string>& columns) {
  const Csv csv = ReadCsv(path);
  const size_t arch = csv.FirstColumn(path, {"arch", "arch_str", "ops"});
  const size_t value = column.empty() ? csv.FirstColumn(path, columns) : csv.Column(path, column);
  const Space root = RootOf(context, space);
  KnownChildren known;
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    known.rows.push_back(RowOf(ImportRow(root.get(), path, i + 1, csv.rows[i][arch]).get()));
    known.values.push_back(ParseValue(path, i, csv.header[value], csv.rows[i][value]));
  }
  return known;
}

CsvSource CsvSourceOf(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || FileExists(text)) return {text, "", StemOf(text)};
  const std::string column = text.substr(colon + 1);
  return {text.substr(0, colon), column, column};
}

std::string StemOf(const std::string& path) {
  const std::string trimmed = path.substr(0, path.find_last_not_of('/') + 1);
  const std::string file = trimmed.substr(trimmed.rfind('/') + 1);
  return file.substr(0, file.find('.'));
}

}  // namespace nasshrink::tools
