#include "search/polynomial_mutation.h"

#include <algorithm>
#include <cmath>

namespace nasshrink::search {

uint32_t PolynomialMutation(uint32_t place, uint32_t count, double eta, double uniform) {
  const double width = count;
  const double from = (place + 0.5) / width;  // of the range 0..1
  const double power = eta + 1;
  double step = 0;
  if (uniform < 0.5) {
    step = std::pow(2 * uniform + (1 - 2 * uniform) * std::pow(1 - from, power), 1 / power) - 1;
  } else {
    step = 1 - std::pow(2 * (1 - uniform) + (2 * uniform - 1) * std::pow(from, power), 1 / power);
  }
  const double to = std::floor((from + step) * width);
  return static_cast<uint32_t>(std::clamp(to, 0.0, width - 1));
}

}  // namespace nasshrink::search
