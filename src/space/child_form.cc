#include "space/child_form.h"

#include <algorithm>
#include <utility>

#include "space/digits.h"

namespace nasshrink::space {

size_t ChildHash::operator()(const Architecture& child) const {
  uint64_t hash = 14695981039346656037U;
  for (const uint32_t candidate : child) hash = (hash ^ candidate) * 1099511628211U;
  return static_cast<size_t>(hash ^ (hash >> 32));
}

ChildForm::ChildForm(const Space& space) {
  std::vector<bool> edge(space.choices.size(), false);
  for (Digit& digit : DigitsOf(space)) {
    if (digit.open.empty()) continue;
    for (const uint32_t choice : digit.edges) edge[choice] = true;
    Node node;
    node.choice = digit.choice;
    node.edges = std::move(digit.edges);
    node.open.resize(space.choices[digit.choice].candidates.size());
    for (size_t at = 0; at < digit.open.size(); ++at) {
      node.open[space.choices[digit.choice].alive[at]] = std::move(digit.open[at]);
    }
    nodes_.push_back(std::move(node));
  }
  for (uint32_t choice = 0; choice < space.choices.size(); ++choice) {
    const std::vector<uint32_t>& alive = space.choices[choice].alive;
    first_.push_back(alive.empty() ? 0 : alive.front());
    if (!edge[choice]) always_.push_back(choice);
  }
}

void ChildForm::Canonicalise(Architecture* child) const {
  for (const Node& node : nodes_) {
    const std::vector<uint32_t>& open = node.open[(*child)[node.choice]];
    for (const uint32_t edge : node.edges) {
      if (std::find(open.begin(), open.end(), edge) == open.end()) (*child)[edge] = first_[edge];
    }
  }
}

std::vector<uint8_t> ChildForm::Open(const Architecture& child) const {
  std::vector<uint8_t> open(child.size(), 0);
  for (const uint32_t choice : always_) open[choice] = 1;
  for (const Node& node : nodes_) {
    for (const uint32_t edge : node.open[child[node.choice]]) open[edge] = 1;
  }
  return open;
}

int64_t ChildForm::Sum(const AdditiveCost& cost, const Architecture& child) const {
  int64_t sum = cost.fixed;
  for (const uint32_t choice : always_) sum += cost.table[choice][child[choice]];
  for (const Node& node : nodes_) {
    for (const uint32_t edge : node.open[child[node.choice]]) sum += cost.table[edge][child[edge]];
  }
  return sum;
}

}  // namespace nasshrink::space
