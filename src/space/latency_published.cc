// The tables that ProxylessNAS, Once-for-All and HW-NAS-Bench published, as operators of the registry.
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "space/latency_formats.h"
#include "space/network_config.h"
#include "space/operator_key.h"
#include "space/operators.h"
#include "space/preset_parts.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

constexpr uint64_t kMaxExpansion = 32;
constexpr uint64_t kMaxKernel = 15;

// A number that is at least 0.
base::Result<double> Amount(const CsvText& csv, size_t row, size_t column) {
  NASSHRINK_ASSIGN_OR_RETURN(const double value, csv.Number(row, column));
  if (value < 0) return csv.Wrong(row, column, "0 or more", "is below 0");
  return value;
}

void Add(const std::string& key, double mean, double variance, uint64_t count, v1::LatencyTable* table) {
  v1::OperatorLatency* one = table->add_operators();
  one->set_key(key);
  one->set_mean_ms(mean);
  one->set_variance(variance);
  one->set_count(count);
}

// The files of ProxylessNAS and Once-for-All. Stem, last convolutions and classifier are named by their order: Conv,
// Conv_1, Conv_2 (behind the pooling), Logits.
class BlockTable {
 public:
  BlockTable(const CsvText& csv, bool once_for_all) : csv_(csv), once_for_all_(once_for_all) {}

  base::Result<v1::LatencyTable> Read();

 private:
  struct Columns {
    size_t op = 0, input = 0, output = 0, expand = 0, kernel = 0, stride = 0, mean = 0, spread = 0, kind = 0, count = 0;
    size_t excite = 0, hard_swish = 0;
  };

  base::Status FindColumns();
  base::Status ReadLine(size_t row);
  base::Status AddLine(size_t row, const OperatorDef& op, const OperatorPlace& place);
  base::Status AddOperator(size_t row, const std::string& key, double mean, double variance, uint64_t count);
  // "112x112x16": height, width, channels; one number is that of the classes.
  base::Result<Shape> ReadShape(size_t row, size_t column) const;
  base::Result<OperatorDef> ReadBlock(size_t row, const Shape& in) const;

  const CsvText& csv_;
  bool once_for_all_;
  Columns at_;
  std::set<std::string> seen_;
  v1::LatencyTable table_;
};

base::Status BlockTable::FindColumns() {
  for (const auto& [name, column] :
       {std::pair{"op", &at_.op}, std::pair{"input", &at_.input}, std::pair{"output", &at_.output},
        std::pair{"expand", &at_.expand}, std::pair{"kernel", &at_.kernel}, std::pair{"stride", &at_.stride},
        std::pair{"mean_ms", &at_.mean}, std::pair{"spread", &at_.spread}, std::pair{"spread_kind", &at_.kind},
        std::pair{"count", &at_.count}}) {
    NASSHRINK_ASSIGN_OR_RETURN(*column, csv_.Needed(name));
  }
  if (!once_for_all_) return {};
  NASSHRINK_ASSIGN_OR_RETURN(at_.excite, csv_.Needed("se"));
  NASSHRINK_ASSIGN_OR_RETURN(at_.hard_swish, csv_.Needed("hs"));
  return {};
}

base::Result<Shape> BlockTable::ReadShape(size_t row, size_t column) const {
  const std::string& text = csv_.At(row, column);
  std::vector<uint32_t> numbers;
  const char* at = text.data();
  const char* end = at + text.size();
  for (;;) {
    uint32_t number = 0;
    const auto [stopped, error] = std::from_chars(at, end, number);
    if (error != std::errc() || number == 0 || number > kMaxClasses || numbers.size() == 3) break;
    numbers.push_back(number);
    if (stopped == end && numbers.size() == 1) return Shape{numbers[0], 1, 1};
    const bool sides = numbers.size() == 3 && numbers[0] <= kMaxSide && numbers[1] <= kMaxSide;
    if (stopped == end && sides) return Shape{numbers[2], numbers[0], numbers[1]};
    if (stopped == end || *stopped != 'x') break;
    at = stopped + 1;
  }
  return csv_.Wrong(row, column, "height x width x channels such as 112x112x16", "is no shape");
}

base::Result<OperatorDef> BlockTable::ReadBlock(size_t row, const Shape& in) const {
  const uint64_t most = once_for_all_ ? kMaxExpansion * in.channels : kMaxExpansion;
  NASSHRINK_ASSIGN_OR_RETURN(uint64_t expansion, csv_.Whole(row, at_.expand, 1, most));
  if (once_for_all_) {
    if (expansion % in.channels != 0) {
      return csv_.Wrong(row, at_.expand, fmt::format("a multiple of {}", in.channels), "is no expansion of the input");
    }
    expansion /= in.channels;
  }
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t kernel, csv_.Whole(row, at_.kernel, 1, kMaxKernel));
  OperatorDef op = MakeOperator(
      "mb_block", {{"expansion", static_cast<int64_t>(expansion)}, {"kernel", static_cast<int64_t>(kernel)}});
  if (!once_for_all_) return op;
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t excite, csv_.Whole(row, at_.excite, 0, 1));
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t hard_swish, csv_.Whole(row, at_.hard_swish, 0, 1));
  op.attributes.insert(op.attributes.begin(), {"activation", std::string(hard_swish == 1 ? "h_swish" : "relu")});
  if (excite == 1) op.attributes.push_back({"squeeze_excite", kSqueezeReduction});
  return op;
}

base::Status BlockTable::AddLine(size_t row, const OperatorDef& op, const OperatorPlace& place) {
  NASSHRINK_ASSIGN_OR_RETURN(const double mean, Amount(csv_, row, at_.mean));
  NASSHRINK_ASSIGN_OR_RETURN(double variance, Amount(csv_, row, at_.spread));
  if (csv_.At(row, at_.kind) == "std") variance *= variance;
  if (!std::isfinite(variance)) return csv_.Wrong(row, at_.spread, "a smaller number", "is no deviation");
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t count, csv_.Whole(row, at_.count, 0, UINT32_MAX));
  return AddOperator(row, OperatorKey(op, place), mean, variance, count);
}

base::Status BlockTable::AddOperator(size_t row, const std::string& key, double mean, double variance, uint64_t count) {
  if (!seen_.insert(key).second)
    return csv_.Wrong(row, at_.op, "each operator once", "the operator has a time already");
  Add(key, mean, variance, count, &table_);
  return {};
}

base::Status BlockTable::ReadLine(size_t row) {
  NASSHRINK_ASSIGN_OR_RETURN(const Shape in, ReadShape(row, at_.input));
  NASSHRINK_ASSIGN_OR_RETURN(const Shape out, ReadShape(row, at_.output));
  const std::string& name = csv_.At(row, at_.op);
  const std::string activation = once_for_all_ ? "h_swish" : "relu6";
  if (name == "expanded_conv") {
    NASSHRINK_ASSIGN_OR_RETURN(const OperatorDef op, ReadBlock(row, in));
    NASSHRINK_ASSIGN_OR_RETURN(const uint64_t stride, csv_.Whole(row, at_.stride, 1, kMaxStride));
    return AddLine(row, op, {in, out, static_cast<uint32_t>(stride)});
  }
  if (name == "Conv") {
    table_.set_resolution(in.height);
    return AddLine(row, ConvNorm(3, activation), {in, out, 2});
  }
  if (name == "Conv_1") return AddLine(row, ConvNorm(1, activation), {in, out, 1});
  if (name == "Conv_2") return AddLine(row, BareConv(1, out.channels, activation), {in, out, 1});
  if (name == "AvgPool2D") return AddLine(row, MakeOperator("global_avg_pool"), {in, out, 1});
  if (name != "Logits") {
    return csv_.Wrong(row, at_.op, "expanded_conv, Conv, Conv_1, Conv_2, AvgPool2D, Logits", "is no operator");
  }
  const Shape pooled = {in.channels, 1, 1};
  NASSHRINK_RETURN_IF_ERROR(AddLine(row, MakeOperator("linear"), {pooled, out, 1}));
  if (in.height == 1 && in.width == 1) return {};
  // ProxylessNAS measured pooling and classifier together.
  const uint64_t count = table_.operators(table_.operators_size() - 1).count();
  return AddOperator(row, OperatorKey(MakeOperator("global_avg_pool"), {in, pooled, 1}), 0, 0, count);
}

base::Result<v1::LatencyTable> BlockTable::Read() {
  NASSHRINK_RETURN_IF_ERROR(FindColumns());
  for (size_t row = 0; row < csv_.rows(); ++row) NASSHRINK_RETURN_IF_ERROR(ReadLine(row));
  table_.set_fixed_by_key(true);
  return std::move(table_);
}

constexpr std::string_view kDelta = "_delta_ms";

base::Result<size_t> DeviceColumn(const CsvText& csv, std::string_view device) {
  std::string names;
  for (const std::string& name : csv.header()) {
    if (name.size() <= kDelta.size() || name.substr(name.size() - kDelta.size()) != kDelta) continue;
    const std::string one = name.substr(0, name.size() - kDelta.size());
    if (one == device) return *csv.Column(name);
    names += (names.empty() ? "" : ", ") + one;
  }
  return base::Invalid("device", device.empty() ? "none" : device, names, "the file has several devices");
}

}  // namespace

base::Result<v1::LatencyTable> ReadBlockLatency(const CsvText& csv, bool once_for_all) {
  return BlockTable(csv, once_for_all).Read();
}

// Times over those of a skip in the same place, on top of a network of skips. Layers of one shape agree.
base::Result<v1::LatencyTable> ReadFbnetLatency(const CsvText& csv, std::string_view device) {
  NASSHRINK_ASSIGN_OR_RETURN(const size_t delta, DeviceColumn(csv, device));
  NASSHRINK_ASSIGN_OR_RETURN(const size_t layer, csv.Needed("layer"));
  NASSHRINK_ASSIGN_OR_RETURN(const size_t op, csv.Needed("op"));
  NASSHRINK_ASSIGN_OR_RETURN(const size_t in, csv.Needed("c_in"));
  NASSHRINK_ASSIGN_OR_RETURN(const size_t out, csv.Needed("c_out"));
  NASSHRINK_ASSIGN_OR_RETURN(const size_t stride, csv.Needed("stride"));
  NASSHRINK_ASSIGN_OR_RETURN(const size_t side, csv.Needed("h_in"));
  v1::LatencyTable table;
  table.set_device(std::string(device));
  std::map<std::string, double> known;
  for (size_t row = 0; row < csv.rows(); ++row) {
    NASSHRINK_ASSIGN_OR_RETURN(const double mean, Amount(csv, row, delta));
    if (csv.At(row, layer) == "-1") {
      table.set_fixed_ms(mean);
      continue;
    }
    NASSHRINK_ASSIGN_OR_RETURN(const uint64_t channels_in, csv.Whole(row, in, 1, kMaxChannels));
    NASSHRINK_ASSIGN_OR_RETURN(const uint64_t channels_out, csv.Whole(row, out, 1, kMaxChannels));
    NASSHRINK_ASSIGN_OR_RETURN(const uint64_t step, csv.Whole(row, stride, 1, kMaxStride));
    NASSHRINK_ASSIGN_OR_RETURN(const uint64_t pixels, csv.Whole(row, side, 1, kMaxSide));
    OperatorPlace place;
    place.stride = static_cast<uint32_t>(step);
    place.in = {static_cast<uint32_t>(channels_in), static_cast<uint32_t>(pixels), static_cast<uint32_t>(pixels)};
    place.out = {static_cast<uint32_t>(channels_out), (place.in.height - 1) / place.stride + 1,
                 (place.in.width - 1) / place.stride + 1};
    NASSHRINK_RETURN_IF_ERROR(CheckText(csv.At(row, op), "op"));
    const std::string key = LabelKey(csv.At(row, op), place);
    const auto [found, is_new] = known.insert({key, mean});
    if (!is_new && found->second != mean) {
      return csv.Wrong(row, delta, fmt::format("{}", found->second), "the operator has another time in the same place");
    }
    if (is_new) Add(key, mean, 0, 0, &table);
  }
  return table;
}

}  // namespace nasshrink::space
