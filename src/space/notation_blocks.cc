// "blocks": kernel and expansion of every block, "-" for identity, as ProxylessNAS and PAD-NAS list their networks:
//   k5e3,k3e3,-,-;k7e3,k3e3,k5e3,k5e3;...
// Written with ';' before each block that changes width or size. Read with any of ", ; blank" between blocks, "e3k5",
// "mb_k5_e3" and "IBConv_K5_E3" for k5e3, and with or without the fixed blocks in front of the first choice.
#include <algorithm>
#include <set>

#include "space/mobile_chain.h"
#include "space/notation_family.h"
#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

struct Form {
  int64_t kernel = 0;  // 0: identity
  int64_t expansion = 0;

  friend bool operator<(const Form& a, const Form& b) {
    return std::pair(a.kernel, a.expansion) < std::pair(b.kernel, b.expansion);
  }
  friend bool operator==(const Form& a, const Form& b) { return a.kernel == b.kernel && a.expansion == b.expansion; }
};

Form FormOf(const OperatorDef& op) {
  if (op.kind == "identity") return {};
  return {op.Integer("kernel", 0), op.Integer("expansion", 0)};
}

std::string TextOf(const Form& form) {
  return form.kernel == 0 ? "-" : fmt::format("k{}e{}", form.kernel, form.expansion);
}

// A chain of blocks that kernel and expansion tell apart, each with its own choice.
bool Fits(const Space& space) {
  const auto chain = MobileChainOf(space);
  if (!chain) return false;
  return std::all_of(space.choices.begin(), space.choices.end(), [](const Choice& choice) {
    std::set<Form> forms;
    for (const Candidate& candidate : choice.candidates) forms.insert(FormOf(*candidate.op()));
    return forms.size() == choice.candidates.size();
  });
}

// One letter and its number; moves past them.
bool TakeNumber(std::string_view* word, char letter, int64_t* number) {
  if (word->empty() || (word->front() | 0x20) != letter) return false;
  const size_t end = std::min(word->find_first_not_of("0123456789", 1), word->size());
  const auto value = NumberIn(word->substr(1, end - 1));
  if (!value || *value < 1) return false;
  *number = *value;
  word->remove_prefix(end);
  if (!word->empty() && word->front() == '_') word->remove_prefix(1);
  return true;
}

std::optional<Form> FormIn(std::string_view word) {
  if (word == "-" || word == "identity") return Form{};
  for (const std::string_view prefix : {"mb_", "IBConv_", "MB_", "ibconv_"}) {
    if (word.substr(0, prefix.size()) == prefix) word.remove_prefix(prefix.size());
  }
  Form form;
  const bool kernel_first = TakeNumber(&word, 'k', &form.kernel);
  if (!TakeNumber(&word, 'e', &form.expansion)) return std::nullopt;
  if (!kernel_first && !TakeNumber(&word, 'k', &form.kernel)) return std::nullopt;
  return word.empty() ? std::optional(form) : std::nullopt;
}

bool Recognises(const Space& /*space*/, std::string_view text) {
  TextReader reader(text);
  while (!reader.AtEnd()) {
    const std::string_view word = reader.Word();
    if (word.empty()) return false;
    const auto form = FormIn(word);
    if (!form) return false;
    if (form->kernel > 0) return true;
    if (!reader.Take(',')) reader.Take(';');
  }
  return false;
}

struct Token {
  Form form;
  size_t at = 0;
};

base::Result<std::vector<Token>> Tokens(TextReader* reader, size_t most) {
  std::vector<Token> tokens;
  while (!reader->AtEnd()) {
    const size_t position = reader->position();
    const auto form = FormIn(reader->Word());
    if (!form) return reader->Wrong(position, "k3e6 or -", "is no block");
    if (tokens.size() == most)
      return reader->Wrong(position, fmt::format("up to {} blocks", most), "one block too many");
    tokens.push_back({*form, position});
    while (reader->Take(',') || reader->Take(';')) continue;
  }
  return tokens;
}

std::string AliveForms(const Choice& choice) {
  std::string forms;
  for (const uint32_t candidate : choice.alive) {
    forms += (forms.empty() ? "" : ", ") + TextOf(FormOf(*choice.candidates[candidate].op()));
  }
  return forms;
}

base::Result<Architecture> Read(const Space& space, std::string_view text) {
  const MobileChain chain = *MobileChainOf(space);
  TextReader reader(text);
  NASSHRINK_ASSIGN_OR_RETURN(const std::vector<Token> tokens, Tokens(&reader, chain.blocks.size()));
  const size_t leading = chain.LeadingFixed();
  if (tokens.size() != chain.blocks.size() && tokens.size() + leading != chain.blocks.size()) {
    return reader.Wrong(text.size(), fmt::format("{} blocks", chain.blocks.size() - leading),
                        fmt::format("the network has a block a layer, and here are {}", tokens.size()));
  }
  Architecture architecture(space.choices.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    const MobileBlock& block = chain.blocks[i + chain.blocks.size() - tokens.size()];
    if (block.fixed != nullptr) {
      if (FormOf(*block.fixed) == tokens[i].form) continue;
      return reader.Wrong(tokens[i].at, TextOf(FormOf(*block.fixed)), "the block is fixed");
    }
    const Choice& choice = space.choices[block.choice];
    const auto found =
        FindAlive(choice, [&](const Candidate& candidate) { return FormOf(*candidate.op()) == tokens[i].form; });
    if (!found) {
      return reader.Wrong(tokens[i].at, AliveForms(choice),
                          fmt::format("names no alive operator of choice '{}'", choice.key));
    }
    architecture[block.choice] = *found;
  }
  return architecture;
}

base::Result<std::string> Write(const Space& space, const Architecture& architecture) {
  const MobileChain chain = *MobileChainOf(space);
  std::string text;
  for (size_t i = chain.LeadingFixed(); i < chain.blocks.size(); ++i) {
    const MobileBlock& block = chain.blocks[i];
    if (!text.empty()) text += block.stride > 1 || block.in != block.out ? ';' : ',';
    const OperatorDef* op = block.fixed;
    if (op == nullptr) op = space.choices[block.choice].candidates[architecture[block.choice]].op();
    text += TextOf(FormOf(*op));
  }
  return text;
}

}  // namespace

NotationFamily BlockList() {
  return {"blocks", "kernel and expansion of every block, - is identity (ProxylessNAS, PAD-NAS): \"k5e3,-;k7e6\"",
          Fits,     Recognises,
          Read,     Write};
}

}  // namespace nasshrink::space
