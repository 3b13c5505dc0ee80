// "ops", "indices" and "key": architectures as lists of numbers, or as one.
#include <algorithm>

#include <fmt/ranges.h>

#include "space/architecture.h"
#include "space/child_index.h"
#include "space/count.h"
#include "space/notation_family.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

bool AnySpace(const Space& /*space*/) { return true; }
bool NoText(const Space& /*space*/, std::string_view /*text*/) { return false; }

std::optional<uint32_t> CandidateOf(const Choice& choice, int64_t number, bool codes) {
  if (codes) return FindAlive(choice, [&](const Candidate& one) { return one.code == number; });
  const auto alive = std::find(choice.alive.begin(), choice.alive.end(), number);
  return alive == choice.alive.end() ? std::nullopt : std::optional(*alive);
}

std::string AliveNumbers(const Choice& choice, bool codes) {
  if (codes) return AliveCodes(choice);
  constexpr size_t kShown = 16;
  const auto end = choice.alive.begin() + static_cast<ptrdiff_t>(std::min(choice.alive.size(), kShown));
  return fmt::format("{}{}", fmt::join(choice.alive.begin(), end, ", "), end == choice.alive.end() ? "" : ", ...");
}

// The bracket that closes the one the text begins with; 0 without one.
char TakeBracket(TextReader* reader) {
  if (reader->Take('(')) return ')';
  if (reader->Take('[')) return ']';
  return '\0';
}

base::Result<Architecture> ReadNumbers(const Space& space, std::string_view text, bool codes) {
  TextReader reader(text);
  const char closing = TakeBracket(&reader);
  Architecture architecture;
  while (!reader.AtEnd() && (closing == '\0' || reader.Peek() != closing)) {
    const size_t position = reader.position();
    if (architecture.size() == space.choices.size()) {
      return reader.Wrong(position, fmt::format("{} numbers", space.choices.size()),
                          "an architecture has one operator a choice");
    }
    const Choice& choice = space.choices[architecture.size()];
    const auto number = NumberIn(reader.Word());
    const auto candidate = number ? CandidateOf(choice, *number, codes) : std::nullopt;
    if (!candidate) {
      return reader.Wrong(position, AliveNumbers(choice, codes),
                          fmt::format("names no alive operator of choice '{}'", choice.key));
    }
    architecture.push_back(*candidate);
    reader.Take(',');
  }
  if (architecture.size() < space.choices.size()) {
    return reader.Wrong(reader.position(), fmt::format("{} numbers", space.choices.size()),
                        fmt::format("an architecture has one operator a choice, and here are {}", architecture.size()));
  }
  if (closing != '\0') NASSHRINK_RETURN_IF_ERROR(reader.Expect(closing));
  NASSHRINK_RETURN_IF_ERROR(reader.ExpectEnd());
  return architecture;
}

base::Result<Architecture> ReadCodes(const Space& space, std::string_view text) {
  return ReadNumbers(space, text, true);
}
base::Result<Architecture> ReadIndices(const Space& space, std::string_view text) {
  return ReadNumbers(space, text, false);
}
base::Result<std::string> WriteCodes(const Space& space, const Architecture& architecture) {
  return CodesOf(space, architecture);
}
base::Result<std::string> WriteIndices(const Space& /*space*/, const Architecture& architecture) {
  return fmt::format("{}", fmt::join(architecture, " "));
}

base::Result<Architecture> ReadKey(const Space& space, std::string_view text) {
  const Space root = RootOf(space);
  const BigInt children = Children(root);
  const std::string allowed = fmt::format("0..{}", BigInt(children - 1).str());
  TextReader reader(text);
  const size_t position = reader.position();
  const std::string_view word = reader.Word();
  const bool digits = !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || word.size() > allowed.size()) return reader.Wrong(position, allowed, "names no child of the root");
  // A leading zero would make the number octal.
  const size_t first = std::min(word.find_first_not_of('0'), word.size() - 1);
  const BigInt key(std::string(word.substr(first)));
  if (key >= children) return reader.Wrong(position, allowed, "names no child of the root");
  NASSHRINK_RETURN_IF_ERROR(reader.ExpectEnd());
  Architecture architecture = NthChild(root, key);
  // What an edge that is not kept holds depends on what is alive.
  architecture = Canonical(space, std::move(architecture));
  base::Status status = CheckArchitecture(space, architecture);
  if (!status.ok()) return std::move(status).Under(fmt::format("text[{}]: the key's ", position));
  return architecture;
}

base::Result<std::string> WriteKey(const Space& space, const Architecture& architecture) {
  return IndexOfChild(RootOf(space), architecture).str();
}

}  // namespace

NotationFamily OperatorCodes() {
  return {"ops",     "operator codes in choice order, -1 is identity (ABS, FairNAS, SPOS): \"3 1 3 1 3 2\"",
          AnySpace,  NoText,
          ReadCodes, WriteCodes};
}

NotationFamily CandidateIndices() {
  return {"indices", "root indices in choice order", AnySpace, NoText, ReadIndices, WriteIndices};
}

NotationFamily ChildKeyNumber() {
  return {"key",    "the child's number in the root space, from 0, the last choice fastest; shrinking keeps it",
          AnySpace, NoText,
          ReadKey,  WriteKey};
}

}  // namespace nasshrink::space
