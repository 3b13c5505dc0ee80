#include "capi/text.h"

#include "base/utf8.h"

namespace nasshrink::capi {

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = base::Utf8CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string Utf8Of(std::string_view text) {
  std::string repaired;
  while (!text.empty()) {
    const size_t size = base::Utf8CharacterSize(text);
    if (size == 0) {
      repaired += '?';
      text.remove_prefix(1);
    } else {
      repaired += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return repaired;
}

base::Result<std::string> TextOf(const char* text, const char* parameter) {
  if (text == nullptr) return base::Invalid(parameter, "NULL", "a NUL-terminated string", "must not be NULL");
  return OptionalTextOf(text, parameter);
}

base::Result<std::string> OptionalTextOf(const char* text, const char* parameter) {
  if (text == nullptr) return std::string();
  if (!IsUtf8(text)) return base::Invalid(parameter, Utf8Of(text), "UTF-8", "is not UTF-8");
  return std::string(text);
}

}  // namespace nasshrink::capi
