#include "space/space.h"

#include <fmt/format.h>

#include <algorithm>

namespace nasshrink::space {
namespace {

const Attribute* Find(const std::vector<Attribute>& attributes, std::string_view name) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const Attribute& attribute) { return attribute.name == name; });
  return found == attributes.end() ? nullptr : &*found;
}

}  // namespace

int64_t OperatorDef::Integer(std::string_view name, int64_t otherwise) const {
  const Attribute* attribute = Find(attributes, name);
  const auto* value = attribute == nullptr ? nullptr : std::get_if<int64_t>(&attribute->value);
  return value == nullptr ? otherwise : *value;
}

std::string OperatorDef::Text(std::string_view name, std::string_view otherwise) const {
  const Attribute* attribute = Find(attributes, name);
  const auto* value = attribute == nullptr ? nullptr : std::get_if<std::string>(&attribute->value);
  return value == nullptr ? std::string(otherwise) : *value;
}

size_t Space::OperatorCount() const {
  size_t count = 0;
  for (const Choice& choice : choices) count += choice.alive.size();
  return count;
}

bool BreaksPath(const Candidate& candidate) {
  const OperatorDef* op = candidate.op();
  return op != nullptr && op->kind == "none";
}

std::string CodesOf(const Space& space, const Architecture& architecture) {
  std::string text;
  for (size_t i = 0; i < architecture.size(); ++i) {
    if (i > 0) text += ' ';
    text += fmt::format("{}", space.choices[i].candidates[architecture[i]].code);
  }
  return text;
}

}  // namespace nasshrink::space
