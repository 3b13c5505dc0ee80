#include "data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "archs.h"
#include "files.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

constexpr std::string_view kTruthPrefix = "table:";

size_t FirstColumn(const Csv& csv, const std::string& path, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::find(csv.header.begin(), csv.header.end(), name) != csv.header.end()) return csv.Column(path, name);
  }
  return csv.Column(path, *names.begin());
}

double ParseAccuracy(const std::string& path, size_t row, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    FailCall(fmt::format("{}: row {}: '{}' is no accuracy in percent", path, row + 1, text));
  }
  return value;
}

}  // namespace

const char kDataHelp[] =
    "fashion-mnist[:DIR], cifar10-bin:DIR, idx:IMAGES,LABELS, synthetic:CLASSES[:CxHxW[:IMAGES]] or, for accuracies "
    "known beforehand, table:CSV[:COLUMN]";

Dataset OpenDataset(nasshrink_context* context, const std::string& data) {
  v1::DatasetOptions options;
  options.set_source(data);
  const std::string bytes = options.SerializeAsString();
  return Make<Dataset>(nasshrink_dataset_open, context, Data(bytes), bytes.size());
}

v1::DatasetSummary SummaryOf(const nasshrink_dataset* dataset) {
  return Ask<v1::DatasetSummary>(nasshrink_dataset_describe, dataset);
}

void ShapeFor(const v1::DatasetSummary& data, v1::PresetOptions* options) {
  if (options->classes() == 0) options->set_classes(data.classes());
  if (options->input_channels() == 0) options->set_input_channels(data.channels());
  if (options->input_height() == 0) options->set_input_height(data.height());
  if (options->input_width() == 0) options->set_input_width(data.width());
}

bool IsTruth(const std::string& data) { return data.compare(0, kTruthPrefix.size(), kTruthPrefix) == 0; }

v1::Truth ReadTruth(const nasshrink_space* space, const std::string& data) {
  std::string path = data.substr(kTruthPrefix.size());
  std::string column;
  if (const size_t colon = path.rfind(':'); colon != std::string::npos && !FileExists(path)) {
    column = path.substr(colon + 1);
    path.resize(colon);
  }
  const Csv csv = ReadCsv(path);
  const size_t arch = FirstColumn(csv, path, {"arch", "arch_str", "ops"});
  const size_t accuracy =
      column.empty() ? FirstColumn(csv, path, {"accuracy", "cifar10_test"}) : csv.Column(path, column);
  v1::Truth truth;
  truth.set_root_fingerprint(SummaryOf(space).root_fingerprint());
  truth.set_choices(SummaryOf(space).choices());
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    const std::string& text = csv.rows[i][arch];
    const Row row = RowOf(Make<Arch>(nasshrink_arch_import, space, "", text.data(), text.size()).get());
    truth.mutable_candidates()->Add(row.begin(), row.end());
    truth.add_accuracy(ParseAccuracy(path, i, csv.rows[i][accuracy]));
  }
  return truth;
}

}  // namespace nasshrink::tools
