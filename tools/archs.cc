#include "archs.h"

#include <fmt/format.h>

#include "files.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

bool HasEnding(const std::string& path, std::string_view ending) {
  return path.size() > ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

Arch ImportArch(const nasshrink_space* space, const std::string& text, const std::string& format = "") {
  return Make<Arch>(nasshrink_arch_import, space, format.c_str(), text.data(), text.size());
}

// Network files and lists of graphs are JSON, too; an Architecture is an object of its fields.
bool IsArchitectureJson(const std::string& bytes) {
  const Json json = Json::parse(bytes, nullptr, false);
  return json.is_discarded() || (json.is_object() && !json.contains("blocks"));
}

bool HoldsNotation(const std::string& path, const std::string& format) {
  if (!format.empty() || HasEnding(path, ".txt") || HasEnding(path, ".config")) return true;
  return HasEnding(path, ".json") && !IsArchitectureJson(ReadBytes(path));
}

// The children's number, when it is at most `most`.
uint64_t CountUpTo(const nasshrink_space* space, uint64_t most) {
  const std::string children = SummaryOf(space).children();
  if (children.size() > 19 || std::stoull(children) > most) {
    FailCall(fmt::format("the space has {} children; at most {} can be listed (take -n N for a sample)", children,
                         GroupedText(most)));
  }
  return std::stoull(children);
}

}  // namespace

Arch OpenArch(const nasshrink_space* space, const std::string& arch, const std::string& format) {
  if (!FileExists(arch)) return ImportArch(space, arch, format);
  if (HoldsNotation(arch, format)) return ImportArch(space, ReadBytes(arch), format);
  v1::Architecture message;
  const std::string bytes = ReadMessageBytes(arch, &message);
  return Make<Arch>(nasshrink_arch_parse, space, Data(bytes), bytes.size());
}

Arch ArchOf(const nasshrink_space* space, const Row& row) {
  v1::Architecture message;
  message.mutable_candidates()->Add(row.begin(), row.end());
  const std::string bytes = message.SerializeAsString();
  return Make<Arch>(nasshrink_arch_parse, space, Data(bytes), bytes.size());
}

Arch FirstChild(const nasshrink_space* space) {
  Row row;
  const v1::SearchSpace message = MessageOf(space);
  for (const v1::Choice& choice : message.choices()) {
    row.push_back(choice.alive().empty() ? 0 : choice.alive(0));
  }
  return ArchOf(space, row);
}

Row RowOf(const nasshrink_arch* arch) {
  const auto message = Ask<v1::Architecture>(nasshrink_arch_serialize, arch);
  return {message.candidates().begin(), message.candidates().end()};
}

std::string OpsText(const v1::SearchSpace& space, const Row& row) {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) text += ' ';
    text += std::to_string(space.choices(static_cast<int>(i)).candidates(static_cast<int>(row[i])).code());
  }
  return text;
}

v1::ArchitectureList ListOf(const v1::SearchSpace& space, const std::vector<Row>& rows) {
  v1::ArchitectureList list;
  list.set_choices(static_cast<uint32_t>(space.choices_size()));
  for (const Row& row : rows) list.mutable_candidates()->Add(row.begin(), row.end());
  return list;
}

std::vector<Row> RowsOf(const v1::ArchitectureList& list) {
  std::vector<Row> rows;
  const int length = static_cast<int>(list.choices());
  for (int begin = 0; length > 0 && begin + length <= list.candidates_size(); begin += length) {
    rows.emplace_back(list.candidates().begin() + begin, list.candidates().begin() + begin + length);
  }
  return rows;
}

std::vector<Row> ReadArchs(const nasshrink_space* space, const std::string& path) {
  const bool lines = HasEnding(path, ".txt") || HasEnding(path, ".csv") || HasEnding(path, ".csv.gz");
  std::vector<Row> rows;
  if (lines) {
    const Csv csv = ReadCsv(path);
    const auto add = [&](const std::string& text) { rows.push_back(RowOf(ImportArch(space, text).get())); };
    if (csv.header[0].rfind("arch", 0) != 0 && csv.header[0] != "ops") add(csv.header[0]);
    for (const auto& row : csv.rows) add(row[0]);
  } else {
    v1::ArchitectureList list;
    ReadMessage(path, &list);
    // Parsed one by one, so that an error names the architecture.
    for (const Row& row : RowsOf(list)) rows.push_back(RowOf(ArchOf(space, row).get()));
  }
  if (rows.empty()) FailCall(path + ": holds no architecture");
  return rows;
}

std::vector<Row> AllChildren(const nasshrink_space* space, uint64_t most) {
  const uint64_t count = CountUpTo(space, most);
  const v1::SearchSpace message = MessageOf(space);
  for (const v1::Cell& cell : message.network().cells()) {
    if (cell.node_inputs().empty()) continue;
    FailCall(
        fmt::format("children of cell '{}', whose nodes keep some of their edges, cannot be listed; take -n N for "
                    "a sample",
                    cell.key()));
  }
  std::vector<Row> alive;
  for (const v1::Choice& choice : message.choices()) {
    alive.emplace_back(choice.alive().begin(), choice.alive().end());
    if (!alive.back().empty()) continue;
    for (int i = 0; i < choice.candidates_size(); ++i) alive.back().push_back(static_cast<uint32_t>(i));
  }
  std::vector<Row> rows;
  rows.reserve(count);
  for (uint64_t index = 0; index < count; ++index) {
    Row row(alive.size());
    uint64_t rest = index;
    for (size_t i = alive.size(); i-- > 0; rest /= alive[i].size()) row[i] = alive[i][rest % alive[i].size()];
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> SampleChildren(const nasshrink_space* space, const v1::SampleOptions& options) {
  const std::string bytes = options.SerializeAsString();
  return RowsOf(Ask<v1::ArchitectureList>(nasshrink_space_sample, space, Data(bytes), bytes.size()));
}

v1::CostReport CostOf(const nasshrink_arch* arch, const v1::CostQuery& query) {
  const std::string bytes = query.SerializeAsString();
  return Ask<v1::CostReport>(nasshrink_arch_cost, arch, Data(bytes), bytes.size());
}

Json ChildJson(const v1::SearchSpace& space, const Row& row, const v1::CostReport& cost) {
  Json child = {{"ops", OpsText(space, row)}, {"macs", cost.macs()}, {"params", cost.params()}};
  child["latency_ms"] = cost.has_latency_ms() ? Json(cost.latency_ms()) : Json();
  return child;
}

Json EvaluatedJson(const v1::Evaluated& child) {
  Json json = {{"ops", child.ops()}, {"macs", child.macs()}, {"params", child.params()}};
  for (const v1::NamedValue& metric : child.metrics()) json[metric.name()] = metric.value();
  return json;
}

std::optional<double> MetricOf(const v1::Evaluated& child, const std::string& name) {
  for (const v1::NamedValue& metric : child.metrics()) {
    if (metric.name() == name) return metric.value();
  }
  return std::nullopt;
}

v1::LatencyTable ReadLatency(const std::string& path) {
  v1::LatencyTable table;
  ReadMessage(path, &table);
  return table;
}

}  // namespace nasshrink::tools
