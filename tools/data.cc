#include "data.h"

#include <fmt/format.h>

#include <set>

#include "archs.h"
#include "files.h"
#include "known_children.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

constexpr std::string_view kTruthPrefix = "table:";

}  // namespace

const char kDataHelp[] =
    "fashion-mnist[:DIR], cifar10-bin:DIR|TRAIN[,TEST], cifar10-jpeg:DIR|TAR, idx:IMAGES,LABELS, images:DIR[:SIDE], "
    "synthetic:CLASSES[:CxHxW[:IMAGES]], a file of DatasetOptions or, for accuracies known beforehand, "
    "table:CSV[:COLUMN]";

Dataset OpenDataset(nasshrink_context* context, const std::string& data) {
  v1::DatasetOptions options;
  // A source has a colon or is one word.
  const bool file = data.find(':') == std::string::npos && NamesFile(data);
  if (file) {
    ReadMessage(data, &options);
  } else {
    options.set_source(data);
  }
  const std::string bytes = options.SerializeAsString();
  if (file) return MakeFrom<Dataset>(data, nasshrink_dataset_open, context, Data(bytes), bytes.size());
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

v1::Truth ReadTruth(nasshrink_context* context, const nasshrink_space* space, const std::string& data) {
  std::string path = data.substr(kTruthPrefix.size());
  std::string column;
  if (const size_t colon = path.rfind(':'); colon != std::string::npos && !FileExists(path)) {
    column = path.substr(colon + 1);
    path.resize(colon);
  }
  const KnownChildren known = ReadKnownChildren(context, space, path, column, {"accuracy", "cifar10_test"});
  v1::Truth truth;
  truth.set_root_fingerprint(SummaryOf(space).root_fingerprint());
  truth.set_choices(SummaryOf(space).choices());
  for (const Row& row : known.rows) truth.mutable_candidates()->Add(row.begin(), row.end());
  truth.mutable_accuracy()->Add(known.values.begin(), known.values.end());
  return truth;
}

std::string GapsOf(const nasshrink_space* space, const v1::Truth& truth, const std::string& data) {
  const v1::SearchSpace message = MessageOf(space);
  std::set<Row> known;
  for (int i = 0; i < truth.accuracy_size(); ++i) {
    const auto begin = truth.candidates().begin() + i * static_cast<int>(truth.choices());
    const Row row(begin, begin + static_cast<int>(truth.choices()));
    if (IsChild(message, row)) known.insert(row);
  }
  const std::string children = SummaryOf(space).children();
  if (children == std::to_string(known.size())) return "";
  std::string text = fmt::format("{}: holds {} of the space's {} children", data, known.size(), children);
  const std::optional<Row> missing = FirstChild(message, [&](const Row& row) { return known.count(row) == 0; });
  if (missing) text += fmt::format("; the first missing is '{}'", OpsText(message, *missing));
  return text;
}

}  // namespace nasshrink::tools
