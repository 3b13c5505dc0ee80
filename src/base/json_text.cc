#include "base/json_text.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace nasshrink::base {
namespace {

using Json = nlohmann::json;

constexpr size_t kShown = 40;

const Json& Of(const void* value) { return *static_cast<const Json*>(value); }

// The byte where brackets first nest too deeply; npos when they do not. Brackets inside strings do not count.
size_t TooDeepAt(std::string_view text) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if ((c == '[' || c == '{') && ++depth > kMaxJsonDepth) {
      return i;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::string_view::npos;
}

std::string ShownAt(std::string_view text, size_t position) {
  if (position >= text.size()) return "the end of the text";
  std::string shown(text.substr(position, kShown));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown;
}

}  // namespace

bool JsonView::IsObject() const { return Of(value_).is_object(); }
bool JsonView::IsArray() const { return Of(value_).is_array(); }
bool JsonView::IsText() const { return Of(value_).is_string(); }
bool JsonView::IsNull() const { return Of(value_).is_null(); }

bool JsonView::Has(std::string_view name) const {
  return IsObject() && Of(value_).find(std::string(name)) != Of(value_).end();
}

Result<JsonView> JsonView::Member(std::string_view name) const {
  const std::string path = path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  if (!IsObject()) return Wrong("an object", "is no object");
  const auto found = Of(value_).find(std::string(name));
  if (found == Of(value_).end()) return Invalid(path, "nothing", "a value", "is missing");
  return JsonView(&*found, path);
}

size_t JsonView::Size() const { return IsArray() ? Of(value_).size() : 0; }

Result<JsonView> JsonView::Item(size_t index) const {
  if (!IsArray()) return Wrong("a list", "is no list");
  if (index >= Size()) return Invalid(path_, Size(), fmt::format("more than {}", index), "the list is too short");
  return JsonView(&Of(value_)[index], fmt::format("{}[{}]", path_, index));
}

Result<int64_t> JsonView::Integer(int64_t min, int64_t max) const {
  const Json& value = Of(value_);
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX));
  if (!fits || value.get<int64_t>() < min || value.get<int64_t>() > max) {
    return Wrong(fmt::format("a whole number from {} to {}", min, max), "is out of range");
  }
  return value.get<int64_t>();
}

Result<bool> JsonView::Flag() const {
  if (!Of(value_).is_boolean()) return Wrong("true or false", "is no flag");
  return Of(value_).get<bool>();
}

Result<std::string> JsonView::Text() const {
  if (!IsText()) return Wrong("text", "is no text");
  return Of(value_).get<std::string>();
}

Status JsonView::Wrong(std::string_view allowed, std::string_view what) const {
  const std::string dump = Of(value_).is_structured()
                               ? fmt::format("{} with {} values", Of(value_).type_name(), Of(value_).size())
                               : Of(value_).dump(-1, ' ', true, Json::error_handler_t::replace);
  return Invalid(path_.empty() ? "text" : path_, ShownAt(dump, 0), allowed, what);
}

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    return Invalid("text", fmt::format("{} bytes", text.size()), fmt::format("up to {} bytes", kMaxJsonBytes),
                   "the document is too long");
  }
  if (const size_t deep = TooDeepAt(text); deep != std::string_view::npos) {
    return Invalid(fmt::format("text[{}]", deep), ShownAt(text, deep), fmt::format("{} levels", kMaxJsonDepth),
                   "the document nests too deeply");
  }
  JsonDocument document;
  try {
    document.value_ = std::make_shared<const Json>(Json::parse(text));
  } catch (const Json::parse_error& error) {
    const size_t position = error.byte == 0 ? 0 : error.byte - 1;
    return Invalid(fmt::format("text[{}]", position), ShownAt(text, position), "JSON", "this is not JSON");
  } catch (const Json::out_of_range&) {
    return Invalid("text", "a number", "numbers that fit 64 bits", "the document has a number out of range");
  }
  return document;
}

}  // namespace nasshrink::base
