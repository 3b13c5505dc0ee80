#include "capi/text.h"

namespace nasshrink::capi {
namespace {

bool IsContinuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Bytes of the well-formed character at the front (Unicode 15, table 3-7); 0 for none.
size_t CharacterSize(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  const unsigned second = at(1);
  if (first >= 0xc2 && first <= 0xdf) return IsContinuation(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && IsContinuation(at(2)) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && IsContinuation(at(2)) && IsContinuation(at(3)) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string Utf8Of(std::string_view text) {
  std::string repaired;
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
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
