#include "archs.h"

#include <fmt/format.h>

#include <algorithm>

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

std::string BytesOf(const Row& row, const std::string& root_fingerprint = "") {
  v1::Architecture message;
  message.set_root_fingerprint(root_fingerprint);
  message.mutable_candidates()->Add(row.begin(), row.end());
  return message.SerializeAsString();
}

// Parsed one by one, so that an error names the architecture.
std::vector<Row> ReadList(const nasshrink_space* space, const std::string& path) {
  v1::ArchitectureList list;
  ReadMessage(path, &list);
  if (list.choices() == 0 ? !list.candidates().empty() : list.candidates_size() % list.choices() != 0) {
    FailCall(fmt::format(
        "{}: candidates: the last architecture is not complete (got {}, allowed: a multiple of choices, {})", path,
        list.candidates_size(), list.choices()));
  }
  std::vector<Row> rows;
  for (const Row& row : RowsOf(list)) {
    const std::string place = fmt::format("{}: architecture {}", path, rows.size() + 1);
    const std::string bytes = BytesOf(row, list.root_fingerprint());
    rows.push_back(RowOf(MakeFrom<Arch>(place, nasshrink_arch_parse, space, Data(bytes), bytes.size()).get()));
  }
  return rows;
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

// A cell whose children are more than one candidate for each choice; NULL for none.
const v1::Cell* UnlistedCell(const v1::SearchSpace& space) {
  for (const v1::Cell& cell : space.network().cells()) {
    if (!cell.node_inputs().empty()) return &cell;
  }
  return nullptr;
}

// The candidates that are left of each choice.
std::vector<Row> AliveOf(const v1::SearchSpace& space) {
  std::vector<Row> alive;
  for (const v1::Choice& choice : space.choices()) {
    alive.emplace_back(choice.alive().begin(), choice.alive().end());
    if (!alive.back().empty()) continue;
    for (int i = 0; i < choice.candidates_size(); ++i) alive.back().push_back(static_cast<uint32_t>(i));
  }
  return alive;
}

}  // namespace

Arch OpenArch(const nasshrink_space* space, const std::string& arch, const std::string& format) {
  if (!FileExists(arch)) return ImportArch(space, arch, format);
  if (HoldsNotation(arch, format)) {
    const std::string text = ReadBytes(arch);
    return MakeFrom<Arch>(arch, nasshrink_arch_import, space, format.c_str(), text.data(), text.size());
  }
  v1::Architecture message;
  const std::string bytes = ReadMessageBytes(arch, &message);
  return MakeFrom<Arch>(arch, nasshrink_arch_parse, space, Data(bytes), bytes.size());
}

Arch ArchOf(const nasshrink_space* space, const Row& row) {
  const std::string bytes = BytesOf(row);
  return Make<Arch>(nasshrink_arch_parse, space, Data(bytes), bytes.size());
}

Arch ImportRow(const nasshrink_space* space, const std::string& path, size_t number, const std::string& text) {
  return MakeFrom<Arch>(fmt::format("{}: row {}", path, number), nasshrink_arch_import, space, "", text.data(),
                        text.size());
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

bool IsChild(const v1::SearchSpace& space, const Row& row) {
  for (size_t i = 0; i < row.size(); ++i) {
    const auto& alive = space.choices(static_cast<int>(i)).alive();
    if (!alive.empty() && std::find(alive.begin(), alive.end(), row[i]) == alive.end()) return false;
  }
  return true;
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
    const bool headed = csv.header[0].rfind("arch", 0) == 0 || csv.header[0] == "ops";
    if (!headed) rows.push_back(RowOf(ImportRow(space, path, 1, csv.header[0]).get()));
    for (const auto& row : csv.rows) {
      const size_t number = rows.size() + 1;
      rows.push_back(RowOf(ImportRow(space, path, number, row[0]).get()));
    }
  } else {
    rows = ReadList(space, path);
  }
  if (rows.empty()) FailCall(path + ": holds no architecture");
  return rows;
}

void WriteArchs(const std::string& path, const nasshrink_space* space, const std::vector<Row>& rows) {
  const bool csv = HasEnding(path, ".csv");
  if (HasEnding(path, ".gz")) FailCall(path + ": is not written compressed; take .csv, .txt or a file of messages");
  const v1::SearchSpace message = MessageOf(space);
  if (!csv && !HasEnding(path, ".txt")) {
    v1::ArchitectureList list = ListOf(message, rows);
    list.set_root_fingerprint(SummaryOf(space).root_fingerprint());
    return WriteMessage(path, list);
  }
  std::string text = csv ? "arch\n" : "";
  for (const Row& row : rows) text += OpsText(message, row) + "\n";
  WriteBytes(path, text);
}

std::vector<Row> AllChildren(const nasshrink_space* space, uint64_t most) {
  const uint64_t count = CountUpTo(space, most);
  const v1::SearchSpace message = MessageOf(space);
  if (const v1::Cell* cell = UnlistedCell(message)) {
    FailCall(
        fmt::format("children of cell '{}', whose nodes keep some of their edges, cannot be listed; take -n N for "
                    "a sample",
                    cell->key()));
  }
  const std::vector<Row> alive = AliveOf(message);
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

std::optional<Row> FirstChild(const v1::SearchSpace& space, const std::function<bool(const Row&)>& wanted) {
  if (UnlistedCell(space) != nullptr) return std::nullopt;
  const std::vector<Row> alive = AliveOf(space);
  std::vector<size_t> digits(alive.size(), 0);
  for (;;) {
    Row row;
    for (size_t i = 0; i < alive.size(); ++i) row.push_back(alive[i][digits[i]]);
    if (wanted(row)) return row;
    size_t place = alive.size();
    while (place > 0 && ++digits[place - 1] == alive[place - 1].size()) digits[--place] = 0;
    if (place == 0) return std::nullopt;
  }
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

Json BestJson(const v1::Evaluated& child, bool table) {
  const auto retrained = MetricOf(child, "test_accuracy");
  const auto accuracy = retrained ? retrained : MetricOf(child, "accuracy");
  Json best = {{"ops", child.ops()}, {"macs", child.macs()}, {"params", child.params()}};
  best["accuracy"] = accuracy ? Json(*accuracy) : Json();
  best["retrained"] = retrained.has_value() && !table;
  if (accuracy) {
    best["accuracy_of"] = table       ? "the table of accuracies known beforehand"
                          : retrained ? "test images, weights trained from scratch"
                                      : "validation images, the supernet's weights";
  }
  return best;
}

std::optional<double> MetricOf(const v1::Evaluated& child, const std::string& name) {
  for (const v1::NamedValue& metric : child.metrics()) {
    if (metric.name() == name) return metric.value();
  }
  return std::nullopt;
}

}  // namespace nasshrink::tools
