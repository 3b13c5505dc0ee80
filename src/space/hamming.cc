#include "space/hamming.h"

#include <algorithm>

#include "space/architecture.h"
#include "space/draw_below.h"

namespace nasshrink::space {
namespace {

constexpr size_t kMaxWays = 1'000'000;  // numbers of the table; our decision

}  // namespace

uint32_t HammingDistance(const Space& space, const Architecture& a, const Architecture& b) {
  uint32_t distance = 0;
  for (const Digit& digit : DigitsOf(space)) distance += digit.Index(space, a) != digit.Index(space, b) ? 1 : 0;
  return distance;
}

HammingBall::HammingBall(const Space& space, Architecture center, uint32_t radius)
    : space_(space), center_(std::move(center)), radius_(radius), digits_(DigitsOf(space)) {
  for (const Digit& digit : digits_) {
    sizes_.push_back(digit.Size(space_));
    values_.push_back(digit.Index(space_, center_));
  }
}

base::Result<HammingBall> HammingBall::Make(const Space& space, const Architecture& center, uint32_t radius) {
  NASSHRINK_RETURN_IF_ERROR(CheckArchitecture(space, center));
  const auto digits = static_cast<uint32_t>(DigitsOf(space).size());
  radius = std::min(radius, digits);
  const size_t width = size_t{radius} + 1;
  if (size_t{digits} + 1 > kMaxWays / width) {
    return base::Status(base::Code::kResourceExhausted, "the table of distances is too large")
        .WithField("radius", std::to_string(radius), fmt::format("below {}", kMaxWays / (size_t{digits} + 1)));
  }
  HammingBall ball(space, Canonical(space, center), radius);
  ball.ways_.assign(size_t{digits} + 1, std::vector<BigInt>(width));
  ball.ways_[digits][0] = 1;
  for (size_t i = digits; i-- > 0;) {
    for (size_t d = 0; d < width; ++d) {
      ball.ways_[i][d] = ball.ways_[i + 1][d];
      if (d > 0) ball.ways_[i][d] += (ball.sizes_[i] - 1) * ball.ways_[i + 1][d - 1];
    }
  }
  return ball;
}

BigInt HammingBall::SizeAt(uint32_t distance) const { return distance > radius_ ? BigInt(0) : ways_[0][distance]; }

BigInt HammingBall::Size() const {
  BigInt size = 0;
  for (const BigInt& at : ways_[0]) size += at;
  return size;
}

Architecture HammingBall::Nth(BigInt index) const {
  size_t left = 0;
  for (; index >= ways_[0][left]; ++left) index -= ways_[0][left];
  Architecture child = center_;
  for (size_t i = 0; left > 0; ++i) {
    const BigInt& stay = ways_[i + 1][left];
    if (index < stay) continue;
    index -= stay;
    --left;
    const BigInt& behind = ways_[i + 1][left];
    BigInt value = index / behind;
    if (value >= values_[i]) ++value;  // all but the centre's
    digits_[i].Write(space_, value, &child);
    index %= behind;
  }
  return child;
}

Architecture HammingBall::Draw(uint64_t seed, base::Purpose purpose, uint64_t step) const {
  base::Philox random(seed, purpose, step);
  return Nth(DrawBelow(Size(), &random));
}

}  // namespace nasshrink::space
