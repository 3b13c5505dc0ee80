#include "space/gray_order.h"

#include <algorithm>
#include <numeric>

#include "space/architecture.h"

namespace nasshrink::space {

base::Result<GrayOrder> GrayOrder::Make(const Space& space) {
  NASSHRINK_RETURN_IF_ERROR(CheckListed(space));
  GrayOrder order(space);
  order.child_ = order.before_ = NthChild(space, 0);
  const std::vector<Digit> digits = DigitsOf(space);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    const BigInt size = digit->Size(space);
    if (size > UINT32_MAX) {
      return base::Error(
          base::Code::kOutOfRange,
          "choices[{}]: the inputs of a node with their operators have {} alternatives, too many to list",
          digit->choice, size.str());
    }
    if (size > 1) order.wheels_.push_back({*digit, static_cast<uint32_t>(size)});
  }
  order.focus_.resize(order.wheels_.size() + 1);
  std::iota(order.focus_.begin(), order.focus_.end(), 0U);
  return order;
}

bool GrayOrder::Next() {
  const uint32_t j = focus_[0];
  focus_[0] = 0;
  if (j == wheels_.size()) {
    focus_[0] = j;
    changed_.clear();
    return false;
  }
  Wheel& wheel = wheels_[j];
  wheel.value = wheel.up ? wheel.value + 1 : wheel.value - 1;
  if (wheel.value == 0 || wheel.value == wheel.size - 1) {
    wheel.up = !wheel.up;
    focus_[j] = focus_[j + 1];
    focus_[j + 1] = j + 1;
  }
  Turn(&wheel);
  return true;
}

void GrayOrder::Turn(Wheel* wheel) {
  changed_.clear();
  const uint32_t choice = wheel->digit.choice;
  if (wheel->digit.open.empty()) {
    child_[choice] = space_.choices[choice].alive[wheel->value];
    changed_.push_back(choice);
    return;
  }
  wheel->digit.Write(space_, wheel->value, &child_);
  const auto note = [&](uint32_t one) {
    if (child_[one] != before_[one]) changed_.push_back(one);
    before_[one] = child_[one];
  };
  note(choice);
  for (const uint32_t edge : wheel->digit.edges) note(edge);
  std::sort(changed_.begin(), changed_.end());
}

}  // namespace nasshrink::space
