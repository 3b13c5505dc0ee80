// What the readers of notations share: a cursor that knows where it is, and errors that point there.
//
// Positions are bytes from the beginning of the text, counted from 0; an error's field is "text[POSITION]".
#ifndef NASSHRINK_SPACE_NOTATION_TEXT_H_
#define NASSHRINK_SPACE_NOTATION_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "space/space.h"

namespace nasshrink::space {

class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}

  // Past blanks.
  size_t position();
  bool AtEnd() { return position() == text_.size(); }
  // The character at position(), 0 at the end.
  char Peek();
  // Takes the character, after blanks, if it comes next.
  bool Take(char c);
  // INVALID_ARGUMENT unless it comes next.
  base::Status Expect(char c);
  // The longest run of letters, digits, '_', '-' and '.'; empty when something else comes.
  std::string_view Word();
  // A whole number, with nothing but a separator behind it.
  base::Result<int64_t> Number(std::string_view what);
  // INVALID_ARGUMENT unless nothing but blanks is left.
  base::Status ExpectEnd();

  // INVALID_ARGUMENT that points at `position`.
  base::Status Wrong(size_t position, std::string_view allowed, std::string_view what) const;

 private:
  std::string_view text_;
  size_t position_ = 0;
};

// The whole number that a word is; nothing when it is none or does not fit.
std::optional<int64_t> NumberIn(std::string_view word);

// Words of people end up in error messages, so they are cut to a readable length.
std::string Shown(std::string_view word);

// "none, skip_connect, ..." or "0, 1, ..." of the alive candidates, the first sixteen.
std::string AliveLabels(const Choice& choice);
std::string AliveCodes(const Choice& choice);

// The alive candidate that `matches`; nothing when there is none.
template <typename Matches>
std::optional<uint32_t> FindAlive(const Choice& choice, const Matches& matches) {
  for (const uint32_t candidate : choice.alive) {
    if (matches(choice.candidates[candidate])) return candidate;
  }
  return std::nullopt;
}

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_NOTATION_TEXT_H_
