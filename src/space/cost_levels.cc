#include "space/cost_levels.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "space/architecture.h"
#include "space/digits.h"

namespace nasshrink::space {
namespace {

constexpr uint64_t kMaxAlternatives = 1'000'000;

base::Status CheckAlive(const Space& space, const Operator& op, const std::string& field) {
  if (op.choice >= space.choices.size()) {
    return base::Invalid(field + ".choice", op.choice, fmt::format("0..{}", space.choices.size() - 1),
                         "names no choice");
  }
  const std::vector<uint32_t>& alive = space.choices[op.choice].alive;
  if (!std::binary_search(alive.begin(), alive.end(), op.candidate)) {
    return base::Invalid(field + ".candidate", op.candidate, fmt::format("{}", fmt::join(alive, ", ")),
                         fmt::format("is not alive in choice '{}'", space.choices[op.choice].key));
  }
  return {};
}

class LevelBuilder {
 public:
  LevelBuilder(const Space& space, const ChildFilter& filter) : space_(space), filter_(filter) {}

  base::Status ReadOperators();
  base::Result<CostLevel> Level(const Digit& digit) const;

 private:
  // `open` names the choices that have a meaning in this alternative.
  bool Wanted(uint32_t choice, const std::vector<uint32_t>& open, const Architecture& architecture) const;
  void AddAlternative(const Digit& digit, const std::vector<uint32_t>& open, const Architecture& architecture,
                      CostLevel* level) const;

  const Space& space_;
  const ChildFilter& filter_;
  std::map<uint32_t, uint32_t> required_;
  std::set<std::pair<uint32_t, uint32_t>> excluded_;
};

base::Status LevelBuilder::ReadOperators() {
  for (size_t i = 0; i < filter_.containing.size(); ++i) {
    const std::string field = fmt::format("containing[{}]", i);
    const Operator& op = filter_.containing[i];
    NASSHRINK_RETURN_IF_ERROR(CheckAlive(space_, op, field));
    if (!required_.insert({op.choice, op.candidate}).second) {
      return base::Invalid(field + ".choice", op.choice, "each choice once",
                           "no child has two candidates of one choice");
    }
  }
  for (size_t i = 0; i < filter_.excluding.size(); ++i) {
    const Operator& op = filter_.excluding[i];
    NASSHRINK_RETURN_IF_ERROR(CheckAlive(space_, op, fmt::format("excluding[{}]", i)));
    excluded_.insert({op.choice, op.candidate});
  }
  return {};
}

bool LevelBuilder::Wanted(uint32_t choice, const std::vector<uint32_t>& open, const Architecture& architecture) const {
  const bool is_open = std::find(open.begin(), open.end(), choice) != open.end();
  if (is_open && excluded_.count({choice, architecture[choice]}) > 0) return false;
  const auto found = required_.find(choice);
  return found == required_.end() || (is_open && architecture[choice] == found->second);
}

void LevelBuilder::AddAlternative(const Digit& digit, const std::vector<uint32_t>& open,
                                  const Architecture& architecture, CostLevel* level) const {
  if (!Wanted(digit.choice, open, architecture)) return;
  for (const uint32_t edge : digit.edges) {
    if (!Wanted(edge, open, architecture)) return;
  }
  for (const uint32_t choice : level->choices) level->candidates.push_back(architecture[choice]);
  for (const CostWindow& window : filter_.windows) {
    int64_t cost = 0;
    for (const uint32_t choice : open) cost += window.cost.table[choice][architecture[choice]];
    level->costs.push_back(cost);
  }
  ++level->alternatives;
}

base::Result<CostLevel> LevelBuilder::Level(const Digit& digit) const {
  CostLevel level;
  level.choices = digit.edges;
  level.choices.push_back(digit.choice);
  const BigInt size = digit.Size(space_);
  if (size > kMaxAlternatives) {
    return base::Error(base::Code::kResourceExhausted, "choice '{}' has {} alternatives, above the limit of {}",
                       space_.choices[digit.choice].key, size.str(), kMaxAlternatives);
  }
  Architecture architecture(space_.choices.size());
  const std::vector<uint32_t>& alive = space_.choices[digit.choice].alive;
  for (uint64_t i = 0; i < static_cast<uint64_t>(size); ++i) {
    digit.Write(space_, i, &architecture);
    std::vector<uint32_t> open = {digit.choice};
    if (!digit.open.empty()) {
      const auto subset = std::lower_bound(alive.begin(), alive.end(), architecture[digit.choice]) - alive.begin();
      const std::vector<uint32_t>& edges = digit.open[static_cast<size_t>(subset)];
      open.insert(open.end(), edges.begin(), edges.end());
    }
    AddAlternative(digit, open, architecture, &level);
  }
  return level;
}

}  // namespace

base::Result<std::vector<CostLevel>> CostLevelsOf(const Space& space, const ChildFilter& filter) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space));
  LevelBuilder builder(space, filter);
  NASSHRINK_RETURN_IF_ERROR(builder.ReadOperators());
  std::vector<CostLevel> levels;
  for (const Digit& digit : DigitsOf(space)) {
    NASSHRINK_ASSIGN_OR_RETURN(levels.emplace_back(), builder.Level(digit));
  }
  return levels;
}

}  // namespace nasshrink::space
