// JSON from outside, read with limits and with the path of whatever is wrong.
//
// A document is at most 1 MiB and nests at most 32 deep, both checked before anything is allocated. Views borrow the
// document. Writing JSON is not done here.
#ifndef NASSHRINK_BASE_JSON_TEXT_H_
#define NASSHRINK_BASE_JSON_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace nasshrink::base {

inline constexpr size_t kMaxJsonBytes = size_t{1} << 20;
inline constexpr size_t kMaxJsonDepth = 32;

// One value of a document, with its path ("blocks[3].stride") for errors.
class JsonView {
 public:
  const std::string& path() const { return path_; }

  bool IsObject() const;
  bool IsArray() const;
  bool IsText() const;
  bool IsNull() const;

  // False for anything but an object with that member.
  bool Has(std::string_view name) const;
  // INVALID_ARGUMENT when this is no object or has no such member.
  Result<JsonView> Member(std::string_view name) const;

  // 0 for anything but an array.
  size_t Size() const;
  // INVALID_ARGUMENT when this is no array or has no such item.
  Result<JsonView> Item(size_t index) const;

  // INVALID_ARGUMENT unless it is of that type, and a whole number from min to max.
  Result<int64_t> Integer(int64_t min, int64_t max) const;
  Result<bool> Flag() const;
  Result<std::string> Text() const;

  // INVALID_ARGUMENT with this value's path and beginning.
  Status Wrong(std::string_view allowed, std::string_view what) const;

 private:
  friend class JsonDocument;
  JsonView(const void* value, std::string path) : value_(value), path_(std::move(path)) {}

  const void* value_;
  std::string path_;
};

class JsonDocument {
 public:
  // INVALID_ARGUMENT with the field "text[BYTE]" where the text stops being JSON, counted from 0.
  static Result<JsonDocument> Parse(std::string_view text);

  // `path` is what paths of the document's values begin with.
  JsonView root(std::string path = "") const { return {value_.get(), std::move(path)}; }

 private:
  JsonDocument() = default;
  std::shared_ptr<const void> value_;
};

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_JSON_TEXT_H_
