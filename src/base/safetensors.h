// The safetensors container (https://huggingface.co/docs/safetensors), in memory and without torch.
//
// An image is an 8-byte little-endian header length, a JSON header {"name": {dtype, shape, data_offsets},
// "__metadata__": {text: text}} padded with spaces to a multiple of 8, and the tensors' bytes back to back.
#ifndef NASSHRINK_BASE_SAFETENSORS_H_
#define NASSHRINK_BASE_SAFETENSORS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace nasshrink::base {

struct SafetensorsTensor {
  std::string name;
  std::string dtype;  // "F32", "F64", "I64", "I32", "U8", ...
  std::vector<int64_t> shape;
  std::string_view data;  // dense, row-major, little-endian; borrowed
};

struct SafetensorsImage {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsTensor> tensors;  // ascending by name

  const SafetensorsTensor* Find(std::string_view name) const;
};

// Bytes of one element; 0 for an unknown dtype.
size_t SafetensorsItemSize(std::string_view dtype);

// The tensors borrow `bytes`. DATA_LOSS when the image is torn or is not a safetensors image: lengths, offsets, shapes
// and types must agree, tensors must tile the data without gap or overlap, and nothing may follow.
Result<SafetensorsImage> ParseSafetensors(std::string_view bytes);

// Collects tensors and writes the image. Tensors are ordered by descending element size, then by name, so the bytes
// do not depend on the order of Add and every tensor is aligned to its element.
class SafetensorsWriter {
 public:
  // A key set twice keeps its last value.
  void SetMetadata(std::string key, std::string value);
  // `data` is borrowed until Finish. A name added twice, an unknown dtype, a negative size or a length that does not
  // fit the shape is INVALID_ARGUMENT.
  Status Add(std::string name, std::string_view dtype, std::vector<int64_t> shape, std::string_view data);
  std::string Finish() const;

 private:
  std::map<std::string, std::string> metadata_;
  std::map<std::string, SafetensorsTensor> tensors_;
};

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_SAFETENSORS_H_
