#include "foreign_weights.h"

#include <fmt/format.h>

#include <cstring>

#include "files.h"

namespace nasshrink::tools {
namespace {

struct ElementType {
  const char* name;
  int32_t dtype;
  size_t size;
};
// Those that nasshrink.h knows.
constexpr ElementType kTypes[] = {{"F32", NASSHRINK_DTYPE_FLOAT32, 4}, {"F64", NASSHRINK_DTYPE_FLOAT64, 8},
                                  {"F16", NASSHRINK_DTYPE_FLOAT16, 2}, {"BF16", NASSHRINK_DTYPE_BFLOAT16, 2},
                                  {"I64", NASSHRINK_DTYPE_INT64, 8},   {"I32", NASSHRINK_DTYPE_INT32, 4},
                                  {"U8", NASSHRINK_DTYPE_UINT8, 1}};

const ElementType* FindType(const std::string& name) {
  for (const ElementType& type : kTypes) {
    if (name == type.name) return &type;
  }
  return nullptr;
}

[[noreturn]] void FailTorn(const std::string& path, const std::string& what) {
  Fail(kCallWrong, "DATA_LOSS", fmt::format("{}: {}; it is torn or no safetensors file", path, what));
}

}  // namespace

WeightsFile::WeightsFile(const std::string& path) : path_(path), bytes_(ReadBytes(path)) {
  uint64_t header_size = 0;
  if (bytes_.size() < sizeof(header_size)) FailTorn(path, "the file has no header");
  std::memcpy(&header_size, bytes_.data(), sizeof(header_size));
  if (header_size > bytes_.size() - sizeof(header_size)) FailTorn(path, "the header is longer than the file");
  data_ = sizeof(header_size) + header_size;
  const Json header =
      Json::parse(bytes_.begin() + sizeof(header_size), bytes_.begin() + static_cast<ptrdiff_t>(data_), nullptr, false);
  if (!header.is_object()) FailTorn(path, "the header is no JSON object");
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") continue;
    try {
      Entry entry;
      entry.dtype = value.at("dtype").get<std::string>();
      entry.shape = value.at("shape").get<std::vector<int64_t>>();
      entry.begin = value.at("data_offsets").at(0).get<size_t>();
      const size_t end = value.at("data_offsets").at(1).get<size_t>();
      if (end < entry.begin || end > bytes_.size() - data_)
        FailTorn(path, fmt::format("'{}' ends after the file", name));
      const ElementType* type = FindType(entry.dtype);
      size_t size = type == nullptr ? 0 : type->size;
      for (const int64_t length : entry.shape) {
        if (length < 0 || __builtin_mul_overflow(size, static_cast<size_t>(length), &size)) {
          FailTorn(path, fmt::format("'{}' has no possible shape", name));
        }
      }
      if (type != nullptr && size != end - entry.begin) {
        FailTorn(path, fmt::format("'{}' has another length than its shape", name));
      }
      tensors_.emplace(name, std::move(entry));
    } catch (const Json::exception&) {
      FailTorn(path, fmt::format("the header's entry '{}' is incomplete", name));
    }
  }
}

std::vector<std::string> WeightsFile::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : tensors_) names.push_back(name);
  return names;
}

Tensor WeightsFile::Open(nasshrink_context* context, const std::string& name) const {
  const Entry& entry = tensors_.at(name);
  const ElementType* type = FindType(entry.dtype);
  if (type == nullptr) {
    FailCall(fmt::format("{}: '{}' is of type {}; F32, F64, F16 and BF16 are read", path_, name, entry.dtype));
  }
  nasshrink_tensor_view view = {};
  view.struct_size = sizeof(view);
  view.data = bytes_.data() + data_ + entry.begin;
  view.dtype = type->dtype;
  view.ndim = static_cast<int32_t>(entry.shape.size());
  view.shape = entry.shape.data();
  return MakeFrom<Tensor>(fmt::format("{}: '{}'", path_, name), nasshrink_tensor_wrap, context, &view);
}

NameMap::NameMap(const std::string& path, const std::vector<std::string>& columns) {
  const Csv csv = ReadCsv(path);
  const size_t pattern = csv.Column(path, "pattern");
  std::vector<size_t> places;
  for (const std::string& column : columns) places.push_back(csv.Column(path, column));
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    Row row;
    try {
      row.pattern = std::regex(csv.rows[i][pattern]);
    } catch (const std::regex_error&) {
      FailCall(fmt::format("{}: row {}: '{}' is no regular expression", path, i + 1, csv.rows[i][pattern]));
    }
    for (const size_t place : places) row.formats.push_back(csv.rows[i][place]);
    rows_.push_back(std::move(row));
  }
}

std::optional<std::vector<std::string>> NameMap::Find(const std::string& name) const {
  for (const Row& row : rows_) {
    std::smatch match;
    if (!std::regex_match(name, match, row.pattern)) continue;
    std::vector<std::string> texts;
    for (const std::string& format : row.formats) texts.push_back(match.format(format));
    return texts;
  }
  return std::nullopt;
}

}  // namespace nasshrink::tools
