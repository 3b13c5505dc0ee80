#include "output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

namespace nasshrink::tools {
namespace {

bool g_json = false;

std::string ScalarText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "-";
  if (value.is_number_unsigned()) return GroupedText(value.get<uint64_t>());
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump();
}

std::string InlineText(const Json& value) {
  if (!value.is_structured()) return ScalarText(value);
  if (value.empty()) return "none";
  std::string text;
  for (const auto& item : value.items()) {
    if (!text.empty()) text += ", ";
    if (value.is_object()) text += item.key() + " ";
    text += InlineText(item.value());
  }
  return text;
}

std::vector<std::string> ColumnsOf(const Json& rows) {
  std::vector<std::string> columns;
  for (const Json& row : rows) {
    for (const auto& item : row.items()) {
      if (std::find(columns.begin(), columns.end(), item.key()) == columns.end()) columns.push_back(item.key());
    }
  }
  return columns;
}

bool IsTable(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

// Columns that hold tables of their own, which are shown below their row, and those that hold nothing at all.
bool IsInline(const Json& rows, const std::string& column) {
  const auto empty = [&](const Json& row) {
    return !row.contains(column) || (row[column].is_structured() && row[column].empty());
  };
  const auto table = [&](const Json& row) { return row.contains(column) && IsTable(row[column]); };
  return !std::all_of(rows.begin(), rows.end(), empty) && !std::any_of(rows.begin(), rows.end(), table);
}

// Rows of the same kind of object, aligned under their field names.
void PrintTable(const Json& rows, const std::string& indent) {
  std::vector<std::string> columns = ColumnsOf(rows);
  std::vector<std::string> below = columns;
  const auto is_inline = [&](const std::string& column) { return IsInline(rows, column); };
  columns.erase(std::remove_if(columns.begin(), columns.end(), std::not_fn(is_inline)), columns.end());
  below.erase(std::remove_if(below.begin(), below.end(), is_inline), below.end());
  std::vector<std::vector<std::string>> lines = {columns};
  for (const Json& row : rows) {
    std::vector<std::string> line;
    for (const std::string& column : columns) line.push_back(row.contains(column) ? InlineText(row[column]) : "-");
    lines.push_back(std::move(line));
  }
  std::vector<size_t> widths(columns.size(), 0);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  for (size_t number = 0; number < lines.size(); ++number) {
    const auto& line = lines[number];
    std::string text = indent;
    for (size_t i = 0; i + 1 < line.size(); ++i) text += fmt::format("{:<{}}  ", line[i], widths[i]);
    fmt::print("{}{}\n", text, line.empty() ? "" : line.back());
    if (number == 0) continue;
    for (const std::string& column : below) {
      const Json& row = rows[number - 1];
      if (row.contains(column) && IsTable(row[column])) PrintTable(row[column], indent + "    ");
    }
  }
}

void PrintText(const Json& value, const std::string& indent) {
  if (IsTable(value)) return PrintTable(value, indent);
  if (!value.is_object()) return fmt::print("{}{}\n", indent, InlineText(value));
  for (const auto& item : value.items()) {
    if (IsTable(item.value()) || item.value().is_object()) {
      fmt::print("{}{}:\n", indent, item.key());
      PrintText(item.value(), indent + "  ");
    } else {
      fmt::print("{}{}: {}\n", indent, item.key(), InlineText(item.value()));
    }
  }
}

}  // namespace

void UseJson(bool on) { g_json = on; }

void PrintResult(const Json& document) {
  if (g_json) {
    // Names of files need not be UTF-8.
    fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    PrintText(document, "");
  }
  std::fflush(stdout);
}

void Fail(ExitCode code, std::string_view status, std::string_view message, const Json& details) {
  fmt::print(stderr, "nasshrink: error: {}\n", message);
  if (g_json) {
    Json error = {{"status", status}, {"message", message}};
    error.update(details.is_object() ? details : Json::object());
    // Messages may quote a caller's bytes, which need not be UTF-8.
    fmt::print("{}\n", Json({{"error", error}}).dump(2, ' ', false, Json::error_handler_t::replace));
  }
  std::fflush(stdout);
  std::fflush(stderr);
  // Not exit(): a run may still be going on in other threads; its folder is safe to leave at any moment.
  std::_Exit(code);
}

void FailCall(std::string_view message) { Fail(kCallWrong, "INVALID_ARGUMENT", message); }

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string ClockText(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e8) return "?";
  const auto whole = static_cast<uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string GroupedText(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace nasshrink::tools
