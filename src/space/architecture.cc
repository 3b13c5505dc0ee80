#include "space/architecture.h"

#include <algorithm>

#include "base/digest.h"

namespace nasshrink::space {
namespace {

std::string AliveText(const Choice& choice) {
  constexpr size_t kShown = 16;
  const size_t shown = std::min(choice.alive.size(), kShown);
  const auto end = choice.alive.begin() + static_cast<ptrdiff_t>(shown);
  return fmt::format("{}{}", fmt::join(choice.alive.begin(), end, ", "), shown < choice.alive.size() ? ", ..." : "");
}

base::Status CheckCandidate(const Space& space, size_t index, uint32_t candidate) {
  const Choice& choice = space.choices[index];
  if (std::binary_search(choice.alive.begin(), choice.alive.end(), candidate)) return {};
  const auto field = fmt::format("candidates[{}]", index);
  if (candidate >= choice.candidates.size()) {
    return base::Invalid(field, candidate, AliveText(choice),
                         fmt::format("choice '{}' has no such candidate", choice.key));
  }
  return base::Invalid(field, candidate, AliveText(choice),
                       fmt::format("the candidate is dropped from choice '{}'", choice.key));
}

}  // namespace

base::Status CheckListed(const Space& space) {
  for (size_t i = 0; i < space.choices.size(); ++i) {
    if (space.choices[i].grammar.empty()) continue;
    return base::Error(base::Code::kFailedPrecondition,
                       "choices[{}].grammar: choice '{}' is an open cell grammar, whose candidates are not listed", i,
                       space.choices[i].key);
  }
  return {};
}

base::Status CheckArchitecture(const Space& space, const Architecture& architecture) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space));
  if (architecture.size() != space.choices.size()) {
    return base::Invalid("candidates", architecture.size(), fmt::format("{}", space.choices.size()),
                         "an architecture has one candidate a choice");
  }
  for (size_t i = 0; i < architecture.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(CheckCandidate(space, i, architecture[i]));
  }
  return {};
}

base::Status CheckRootFingerprint(const Space& space, std::string_view fingerprint, std::string_view field) {
  if (fingerprint.empty() || fingerprint == space.root_fingerprint) return {};
  return base::Status(base::Code::kFailedPrecondition, "belongs to another space")
      .WithField(field, base::HexOf(fingerprint), base::HexOf(space.root_fingerprint));
}

base::Result<Architecture> ArchitectureFromMessage(const Space& space, const v1::Architecture& message) {
  NASSHRINK_RETURN_IF_ERROR(CheckRootFingerprint(space, message.root_fingerprint(), "root_fingerprint"));
  Architecture architecture(message.candidates().begin(), message.candidates().end());
  NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(space, architecture));
  return architecture;
}

base::Result<std::vector<Architecture>> ArchitecturesFromMessage(const Space& space,
                                                                 const v1::ArchitectureList& message) {
  NASSHRINK_RETURN_IF_ERROR(CheckRootFingerprint(space, message.root_fingerprint(), "root_fingerprint"));
  const size_t choices = space.choices.size();
  if (message.choices() != choices) {
    return base::Invalid("choices", message.choices(), fmt::format("{}", choices),
                         "rows are as long as the space has choices");
  }
  const auto size = static_cast<size_t>(message.candidates_size());
  if (size % choices != 0) {
    return base::Invalid("candidates", size, fmt::format("a multiple of {}", choices), "the last row is not complete");
  }
  std::vector<Architecture> architectures;
  architectures.reserve(size / choices);
  for (auto row = message.candidates().begin(); row != message.candidates().end();
       row += static_cast<ptrdiff_t>(choices)) {
    Architecture architecture(row, row + static_cast<ptrdiff_t>(choices));
    base::Status status = CheckArchitecture(space, architecture);
    if (!status.ok()) return std::move(status).Under(fmt::format("architectures[{}].", architectures.size()));
    architectures.push_back(std::move(architecture));
  }
  return architectures;
}

void ArchitectureToMessage(const Space& space, const Architecture& architecture, v1::Architecture* message) {
  message->Clear();
  message->set_root_fingerprint(space.root_fingerprint);
  message->mutable_candidates()->Add(architecture.begin(), architecture.end());
}

void ArchitecturesToMessage(const Space& space, const std::vector<Architecture>& architectures,
                            v1::ArchitectureList* message) {
  message->Clear();
  message->set_root_fingerprint(space.root_fingerprint);
  message->set_choices(static_cast<uint32_t>(space.choices.size()));
  message->mutable_candidates()->Reserve(static_cast<int>(architectures.size() * space.choices.size()));
  for (const Architecture& architecture : architectures) {
    message->mutable_candidates()->Add(architecture.begin(), architecture.end());
  }
}

Architecture NthChild(const Space& space, const BigInt& index) {
  Architecture architecture(space.choices.size());
  BigInt rest = index;
  const std::vector<Digit> digits = DigitsOf(space);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    const BigInt size = digit->Size(space);
    digit->Write(space, rest % size, &architecture);
    rest /= size;
  }
  return architecture;
}

Architecture Canonical(const Space& space, Architecture architecture) {
  for (const Digit& digit : DigitsOf(space)) {
    if (digit.open.empty()) continue;
    const std::vector<uint32_t>& alive = space.choices[digit.choice].alive;
    const auto position = std::lower_bound(alive.begin(), alive.end(), architecture[digit.choice]) - alive.begin();
    const std::vector<uint32_t>& open = digit.open[static_cast<size_t>(position)];
    for (const uint32_t edge : digit.edges) {
      if (std::find(open.begin(), open.end(), edge) == open.end()) {
        architecture[edge] = space.choices[edge].alive.front();
      }
    }
  }
  return architecture;
}

}  // namespace nasshrink::space
