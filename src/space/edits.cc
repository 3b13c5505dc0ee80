#include "space/edits.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "space/architecture.h"
#include "space/codec.h"

namespace nasshrink::space {
namespace {

using Refs = google::protobuf::RepeatedPtrField<v1::OperatorRef>;

bool IsAlive(const Choice& choice, uint32_t candidate) {
  return std::binary_search(choice.alive.begin(), choice.alive.end(), candidate);
}

std::string NameOf(const Choice& choice, uint32_t candidate) {
  return fmt::format("'{}' of choice '{}'", choice.candidates[candidate].label, choice.key);
}

class Editor {
 public:
  explicit Editor(const Space& space) : space_(space) {}

  base::Status Restore(const Refs& refs);
  base::Status Drop(const Refs& refs);
  base::Status Pin(const Refs& refs);
  base::Result<Space> Done();

 private:
  base::Result<Choice*> Named(const v1::OperatorRef& ref, const std::string& field);

  Space space_;
  std::set<std::pair<uint32_t, uint32_t>> named_;
};

base::Result<Choice*> Editor::Named(const v1::OperatorRef& ref, const std::string& field) {
  if (ref.choice() >= space_.choices.size()) {
    return base::Invalid(field + ".choice", ref.choice(), fmt::format("0..{}", space_.choices.size() - 1),
                         "names no choice");
  }
  Choice* choice = &space_.choices[ref.choice()];
  if (ref.candidate() >= choice->candidates.size()) {
    return base::Invalid(field + ".candidate", ref.candidate(), fmt::format("below {}", choice->candidates.size()),
                         "names no candidate");
  }
  if (!named_.insert({ref.choice(), ref.candidate()}).second) {
    return base::Invalid(field, NameOf(*choice, ref.candidate()), "each candidate once",
                         "the candidate is named twice");
  }
  return choice;
}

base::Status Editor::Restore(const Refs& refs) {
  for (int i = 0; i < refs.size(); ++i) {
    const std::string field = fmt::format("restore[{}]", i);
    NASSHRINK_ASSIGN_OR_RETURN(Choice * choice, Named(refs[i], field));
    if (IsAlive(*choice, refs[i].candidate())) {
      return base::Invalid(field, NameOf(*choice, refs[i].candidate()), "a dropped candidate",
                           "the candidate is alive");
    }
    auto& alive = choice->alive;
    alive.insert(std::upper_bound(alive.begin(), alive.end(), refs[i].candidate()), refs[i].candidate());
  }
  return {};
}

base::Status Editor::Drop(const Refs& refs) {
  for (int i = 0; i < refs.size(); ++i) {
    const std::string field = fmt::format("drop[{}]", i);
    NASSHRINK_ASSIGN_OR_RETURN(Choice * choice, Named(refs[i], field));
    auto& alive = choice->alive;
    const auto found = std::lower_bound(alive.begin(), alive.end(), refs[i].candidate());
    if (found == alive.end() || *found != refs[i].candidate()) {
      return base::Invalid(field, NameOf(*choice, refs[i].candidate()), "an alive candidate",
                           "the candidate is dropped already");
    }
    if (alive.size() == 1) {
      return base::Status(base::Code::kFailedPrecondition, "the choice would lose its last candidate")
          .WithField(field, NameOf(*choice, refs[i].candidate()), "all but one");
    }
    alive.erase(found);
  }
  return {};
}

base::Status Editor::Pin(const Refs& refs) {
  for (int i = 0; i < refs.size(); ++i) {
    const std::string field = fmt::format("pin[{}]", i);
    NASSHRINK_ASSIGN_OR_RETURN(Choice * choice, Named(refs[i], field));
    if (!IsAlive(*choice, refs[i].candidate())) {
      return base::Invalid(field, NameOf(*choice, refs[i].candidate()), "an alive candidate",
                           "the candidate is dropped");
    }
    choice->alive = {refs[i].candidate()};
  }
  return {};
}

base::Result<Space> Editor::Done() {
  Finish(space_);
  return std::move(space_);
}

base::Status CheckSameRoot(const Space& a, const Space& b) {
  return CheckRootFingerprint(a, b.root_fingerprint, "root_fingerprint");
}

using SetOperation = std::vector<uint32_t> (*)(const std::vector<uint32_t>&, const std::vector<uint32_t>&);

base::Result<Space> Combine(const Space& a, const Space& b, SetOperation operation) {
  NASSHRINK_RETURN_IF_ERROR(CheckSameRoot(a, b));
  Space space = a;
  for (size_t i = 0; i < space.choices.size(); ++i) {
    if (!space.choices[i].grammar.empty()) continue;
    space.choices[i].alive = operation(a.choices[i].alive, b.choices[i].alive);
    if (space.choices[i].alive.empty()) {
      return base::Error(base::Code::kFailedPrecondition, "choices[{}].alive: nothing would be left of choice '{}'", i,
                         space.choices[i].key);
    }
  }
  Finish(space);
  return space;
}

std::vector<uint32_t> Minus(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<uint32_t> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

void AddRefs(uint32_t choice, const std::vector<uint32_t>& candidates, Refs* refs) {
  for (const uint32_t candidate : candidates) {
    v1::OperatorRef* ref = refs->Add();
    ref->set_choice(choice);
    ref->set_candidate(candidate);
  }
}

}  // namespace

base::Result<Space> ApplyEdits(const Space& space, const v1::SpaceEdits& edits) {
  NASSHRINK_RETURN_IF_ERROR(CheckRootFingerprint(space, edits.root_fingerprint(), "root_fingerprint"));
  Editor editor(space);
  NASSHRINK_RETURN_IF_ERROR(editor.Restore(edits.restore()));
  NASSHRINK_RETURN_IF_ERROR(editor.Drop(edits.drop()));
  NASSHRINK_RETURN_IF_ERROR(editor.Pin(edits.pin()));
  return editor.Done();
}

base::Result<Space> Union(const Space& a, const Space& b) {
  return Combine(a, b, [](const std::vector<uint32_t>& x, const std::vector<uint32_t>& y) {
    std::vector<uint32_t> out;
    std::set_union(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(out));
    return out;
  });
}

base::Result<Space> Intersect(const Space& a, const Space& b) {
  return Combine(a, b, [](const std::vector<uint32_t>& x, const std::vector<uint32_t>& y) {
    std::vector<uint32_t> out;
    std::set_intersection(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(out));
    return out;
  });
}

base::Result<Space> Difference(const Space& a, const Space& b) { return Combine(a, b, &Minus); }

v1::SpaceEdits EditsFromRoot(const Space& space) {
  v1::SpaceEdits edits;
  edits.set_root_fingerprint(space.root_fingerprint);
  for (uint32_t i = 0; i < space.choices.size(); ++i) {
    std::vector<uint32_t> all(space.choices[i].candidates.size());
    std::iota(all.begin(), all.end(), 0U);
    AddRefs(i, Minus(all, space.choices[i].alive), edits.mutable_drop());
  }
  return edits;
}

base::Result<v1::SpaceEdits> Diff(const Space& from, const Space& to) {
  NASSHRINK_RETURN_IF_ERROR(CheckSameRoot(from, to));
  v1::SpaceEdits edits;
  edits.set_root_fingerprint(from.root_fingerprint);
  for (uint32_t i = 0; i < from.choices.size(); ++i) {
    AddRefs(i, Minus(from.choices[i].alive, to.choices[i].alive), edits.mutable_drop());
    AddRefs(i, Minus(to.choices[i].alive, from.choices[i].alive), edits.mutable_restore());
  }
  return edits;
}

}  // namespace nasshrink::space
