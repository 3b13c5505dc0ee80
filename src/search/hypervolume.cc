#include "search/hypervolume.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/non_dominated_sort.h"

namespace nasshrink::search {
namespace {

using Point = std::vector<double>;

// Ascending by the first objective, without duplicates and points that another dominates.
std::vector<Point> Undominated(std::vector<Point> points) {
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  std::vector<Point> kept;
  for (const Point& point : points) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Point& other) {
      return base::Dominates(other.data(), point.data(), point.size());
    });
    if (!covered) kept.push_back(point);
  }
  return kept;
}

// Of one or two objectives; the points are undominated and ascend by the first.
double Sweep(const std::vector<Point>& points, const Point& reference) {
  if (points.empty()) return 0;
  if (reference.size() == 1) return reference[0] - points.front()[0];
  double volume = 0;
  double ceiling = reference[1];
  for (const Point& point : points) {
    volume += (reference[0] - point[0]) * (ceiling - point[1]);
    ceiling = point[1];
  }
  return volume;
}

// What each point covers alone, of those after it. The last objective is cut off where the points descend by it,
// because every later point is then at most as high: the limited set is a set in one objective less.
double Volume(std::vector<Point> points, const Point& reference) {
  points = Undominated(std::move(points));
  if (reference.size() <= 2) return Sweep(points, reference);
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.back() > b.back(); });
  const Point shorter(reference.begin(), reference.end() - 1);
  double volume = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    double own = 1;
    for (size_t k = 0; k < shorter.size(); ++k) own *= shorter[k] - points[i][k];
    std::vector<Point> limited;
    for (size_t j = i + 1; j < points.size(); ++j) {
      Point worse(shorter.size());
      for (size_t k = 0; k < shorter.size(); ++k) worse[k] = std::max(points[i][k], points[j][k]);
      limited.push_back(std::move(worse));
    }
    volume += (reference.back() - points[i].back()) * (own - Volume(std::move(limited), shorter));
  }
  return volume;
}

}  // namespace

double Hypervolume(const std::vector<double>& points, const std::vector<double>& reference) {
  std::vector<Point> below;
  for (auto row = points.begin(); row != points.end(); row += static_cast<ptrdiff_t>(reference.size())) {
    Point point(row, row + static_cast<ptrdiff_t>(reference.size()));
    if (std::equal(point.begin(), point.end(), reference.begin(), std::less<>())) below.push_back(std::move(point));
  }
  return Volume(std::move(below), reference);
}

}  // namespace nasshrink::search
