#include "space/notation_text.h"

#include <algorithm>
#include <charconv>

namespace nasshrink::space {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr size_t kShownBytes = 40;
constexpr size_t kShownCandidates = 16;

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

template <typename NameOf>
std::string AliveNames(const Choice& choice, const NameOf& name_of) {
  std::string names;
  for (size_t i = 0; i < choice.alive.size(); ++i) {
    if (i > 0) names += ", ";
    if (i == kShownCandidates) return names + "...";
    names += name_of(choice.candidates[choice.alive[i]]);
  }
  return names;
}

}  // namespace

size_t TextReader::position() {
  position_ = std::min(text_.find_first_not_of(kBlanks, position_), text_.size());
  return position_;
}

char TextReader::Peek() { return AtEnd() ? '\0' : text_[position_]; }

bool TextReader::Take(char c) {
  if (AtEnd() || text_[position_] != c) return false;
  ++position_;
  return true;
}

base::Status TextReader::Expect(char c) {
  if (Take(c)) return {};
  return Wrong(position(), fmt::format("'{}'", c), "another character is due here");
}

std::string_view TextReader::Word() {
  const size_t begin = position();
  while (position_ < text_.size() && IsWordCharacter(text_[position_])) ++position_;
  return text_.substr(begin, position_ - begin);
}

base::Result<int64_t> TextReader::Number(std::string_view what) {
  const size_t begin = position();
  if (const auto number = NumberIn(Word())) return *number;
  return Wrong(begin, what, "is no whole number");
}

base::Status TextReader::ExpectEnd() {
  if (AtEnd()) return {};
  return Wrong(position(), "the end of the text", "the text goes on after its end");
}

base::Status TextReader::Wrong(size_t position, std::string_view allowed, std::string_view what) const {
  const std::string_view rest = text_.substr(std::min(position, text_.size()));
  size_t length = 0;
  while (length < rest.size() && IsWordCharacter(rest[length])) ++length;
  const std::string value = rest.empty() ? "the end of the text" : Shown(rest.substr(0, std::max<size_t>(length, 1)));
  return base::Invalid(fmt::format("text[{}]", position), value, allowed, what);
}

std::optional<int64_t> NumberIn(std::string_view word) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::string Shown(std::string_view word) {
  std::string shown(word.substr(0, kShownBytes));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown;
}

std::string AliveLabels(const Choice& choice) {
  return AliveNames(choice, [](const Candidate& candidate) { return Shown(candidate.label); });
}

std::string AliveCodes(const Choice& choice) {
  return AliveNames(choice, [](const Candidate& candidate) { return std::to_string(candidate.code); });
}

}  // namespace nasshrink::space
