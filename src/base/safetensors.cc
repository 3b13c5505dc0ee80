#include "base/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace nasshrink::base {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's limit
constexpr const char* kMetadata = "__metadata__";

struct ItemType {
  std::string_view name;
  size_t size;
};
constexpr ItemType kItemTypes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"I16", 2}, {"U16", 2}, {"F16", 2}, {"BF16", 2},
                                   {"I32", 4},  {"U32", 4}, {"F32", 4}, {"I64", 8}, {"U64", 8}, {"F64", 8}};

template <typename... Args>
Status Torn(fmt::format_string<Args...> format, Args&&... args) {
  return Status(Code::kDataLoss, "not a whole safetensors image: " + fmt::format(format, std::forward<Args>(args)...));
}

// Bytes of a dense tensor; nothing when a size is negative or the product does not fit.
std::optional<uint64_t> BytesOf(const std::vector<int64_t>& shape, size_t item) {
  uint64_t bytes = item;
  for (const int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) return std::nullopt;
  }
  return bytes;
}

uint64_t LengthAt(std::string_view bytes) {
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

Status ReadMetadata(const Json& entry, std::map<std::string, std::string>* metadata) {
  if (!entry.is_object()) return Torn("{} is not an object", kMetadata);
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) return Torn("{} '{}' is not text", kMetadata, key);
    metadata->emplace(key, value.get<std::string>());
  }
  return {};
}

Result<std::vector<int64_t>> ReadShape(const Json& entry, const std::string& name) {
  std::vector<int64_t> shape;
  const auto found = entry.find("shape");
  if (found == entry.end() || !found->is_array()) return Torn("tensor '{}' has no shape", name);
  for (const Json& size : *found) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > INT64_MAX) {
      return Torn("tensor '{}' has a size that is not a whole number", name);
    }
    shape.push_back(static_cast<int64_t>(size.get<uint64_t>()));
  }
  return shape;
}

Result<SafetensorsTensor> ReadTensor(const std::string& name, const Json& entry, std::string_view data) {
  if (!entry.is_object()) return Torn("the entry of tensor '{}' is not an object", name);
  SafetensorsTensor tensor;
  tensor.name = name;
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) return Torn("tensor '{}' has no dtype", name);
  tensor.dtype = dtype->get<std::string>();
  const size_t item = SafetensorsItemSize(tensor.dtype);
  if (item == 0) return Torn("tensor '{}' has the unknown dtype '{}'", name, tensor.dtype);
  NASSHRINK_ASSIGN_OR_RETURN(tensor.shape, ReadShape(entry, name));
  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
      !(*offsets)[1].is_number_unsigned()) {
    return Torn("tensor '{}' has no data_offsets", name);
  }
  const auto begin = (*offsets)[0].get<uint64_t>();
  const auto end = (*offsets)[1].get<uint64_t>();
  if (begin > end || end > data.size()) {
    return Torn("tensor '{}' lies at {}..{} of {} bytes", name, begin, end, data.size());
  }
  const auto bytes = BytesOf(tensor.shape, item);
  if (!bytes || *bytes != end - begin) {
    return Torn("tensor '{}' has {} bytes, which its shape does not fill", name, end - begin);
  }
  tensor.data = data.substr(begin, end - begin);
  return tensor;
}

Status CheckTiling(const SafetensorsImage& image, std::string_view data) {
  std::vector<const SafetensorsTensor*> order;
  for (const SafetensorsTensor& tensor : image.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->data.data(), a->data.size()) < std::pair(b->data.data(), b->data.size());
  });
  const char* position = data.data();
  for (const SafetensorsTensor* tensor : order) {
    if (tensor->data.data() != position) return Torn("tensor '{}' does not follow the one before it", tensor->name);
    position += tensor->data.size();
  }
  if (position != data.data() + data.size()) {
    return Torn("{} bytes follow the last tensor", data.data() + data.size() - position);
  }
  return {};
}

}  // namespace

size_t SafetensorsItemSize(std::string_view dtype) {
  for (const ItemType& type : kItemTypes) {
    if (type.name == dtype) return type.size;
  }
  return 0;
}

const SafetensorsTensor* SafetensorsImage::Find(std::string_view name) const {
  const auto found = std::lower_bound(tensors.begin(), tensors.end(), name,
                                      [](const auto& tensor, std::string_view wanted) { return tensor.name < wanted; });
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

Result<SafetensorsImage> ParseSafetensors(std::string_view bytes) {
  if (bytes.size() < kLengthBytes) return Torn("{} bytes are too few for a header", bytes.size());
  const uint64_t length = LengthAt(bytes);
  if (length > kMaxHeaderBytes || length > bytes.size() - kLengthBytes) {
    return Torn("a header of {} bytes does not fit {} bytes", length, bytes.size());
  }
  const std::string_view text = bytes.substr(kLengthBytes, length);
  const std::string_view data = bytes.substr(kLengthBytes + length);
  const Json header = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!header.is_object()) return Torn("the header is not a JSON object");
  SafetensorsImage image;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) {
      NASSHRINK_RETURN_IF_ERROR(ReadMetadata(entry, &image.metadata));
      continue;
    }
    NASSHRINK_ASSIGN_OR_RETURN(SafetensorsTensor tensor, ReadTensor(name, entry, data));
    image.tensors.push_back(std::move(tensor));
  }
  NASSHRINK_RETURN_IF_ERROR(CheckTiling(image, data));
  return image;
}

void SafetensorsWriter::SetMetadata(std::string key, std::string value) {
  metadata_[std::move(key)] = std::move(value);
}

Status SafetensorsWriter::Add(std::string name, std::string_view dtype, std::vector<int64_t> shape,
                              std::string_view data) {
  const size_t item = SafetensorsItemSize(dtype);
  if (item == 0) return Invalid("dtype", dtype, "F32, F64, I64, ...", "names no element type");
  if (name == kMetadata) return Invalid("name", name, "another name", "is reserved by the format");
  const auto bytes = BytesOf(shape, item);
  if (!bytes || *bytes != data.size()) {
    return Error(Code::kInvalidArgument, "tensor '{}' has {} bytes, which its shape does not fill", name, data.size());
  }
  SafetensorsTensor tensor{name, std::string(dtype), std::move(shape), data};
  if (!tensors_.emplace(name, std::move(tensor)).second) {
    return Error(Code::kInvalidArgument, "tensor '{}' is added twice", name);
  }
  return {};
}

std::string SafetensorsWriter::Finish() const {
  std::vector<const SafetensorsTensor*> order;
  for (const auto& [name, tensor] : tensors_) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return SafetensorsItemSize(a->dtype) > SafetensorsItemSize(b->dtype);
  });
  Json header = Json::object();
  if (!metadata_.empty()) header[kMetadata] = metadata_;
  uint64_t offset = 0;
  for (const SafetensorsTensor* tensor : order) {
    const uint64_t end = offset + tensor->data.size();
    header[tensor->name] = {{"dtype", tensor->dtype}, {"shape", tensor->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  std::string image;
  image.reserve(kLengthBytes + text.size() + offset);
  for (size_t i = 0; i < kLengthBytes; ++i) image += static_cast<char>(text.size() >> (8 * i) & 255);
  image += text;
  for (const SafetensorsTensor* tensor : order) image += tensor->data;
  return image;
}

}  // namespace nasshrink::base
