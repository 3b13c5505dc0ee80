// "nas-bench-macro": one digit a choice without anything between them, as in NAS-Bench-Macro's files ("22212220").
#include <algorithm>

#include "space/notation_family.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

// A chain of operators, whatever they are.
bool Fits(const Space& space) {
  return space.network.cells.empty() &&
         std::all_of(space.choices.begin(), space.choices.end(), [](const Choice& choice) {
           return std::all_of(choice.candidates.begin(), choice.candidates.end(), [](const Candidate& one) {
             return one.op() != nullptr && one.code >= 0 && one.code <= 9;
           });
         });
}

// A list of one number a choice would have separators.
bool Recognises(const Space& space, std::string_view text) {
  TextReader reader(text);
  const std::string_view word = reader.Word();
  return space.choices.size() > 1 && word.size() == space.choices.size() && reader.AtEnd() &&
         word.find_first_not_of("0123456789") == std::string_view::npos;
}

base::Result<Architecture> Read(const Space& space, std::string_view text) {
  TextReader reader(text);
  const size_t begin = reader.position();
  const std::string_view word = reader.Word();
  Architecture architecture;
  for (const Choice& choice : space.choices) {
    const size_t i = architecture.size();
    if (i == word.size()) {
      return reader.Wrong(begin + i, fmt::format("{} digits", space.choices.size()), "the code has a digit a choice");
    }
    const auto found = FindAlive(choice, [&](const Candidate& one) { return one.code == word[i] - '0'; });
    if (!found) {
      return base::Invalid(fmt::format("text[{}]", begin + i), Shown(word.substr(i, 1)), AliveCodes(choice),
                           fmt::format("names no alive operator of choice '{}'", choice.key));
    }
    architecture.push_back(*found);
  }
  if (word.size() > space.choices.size()) {
    return reader.Wrong(begin + space.choices.size(), fmt::format("{} digits", space.choices.size()),
                        "the code has a digit a choice");
  }
  NASSHRINK_RETURN_IF_ERROR(reader.ExpectEnd());
  return architecture;
}

base::Result<std::string> Write(const Space& space, const Architecture& architecture) {
  std::string text;
  for (size_t i = 0; i < architecture.size(); ++i) {
    text += static_cast<char>('0' + space.choices[i].candidates[architecture[i]].code);
  }
  return text;
}

}  // namespace

NotationFamily NasBenchMacro() {
  return {"nas-bench-macro",
          "one digit a choice, the codes of NAS-Bench-Macro: \"22212220\"",
          Fits,
          Recognises,
          Read,
          Write};
}

}  // namespace nasshrink::space
