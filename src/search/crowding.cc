#include "search/crowding.h"

#include <algorithm>
#include <limits>

namespace nasshrink::search {

std::vector<double> CrowdingDistances(const double* points, size_t objectives, const std::vector<uint32_t>& members) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const size_t count = members.size();
  if (count <= 2) return std::vector<double>(count, kInfinity);
  struct Entry {
    double value;
    uint32_t row;
    uint32_t at;  // in `members`
  };
  std::vector<double> distances(count, 0);
  std::vector<Entry> entries(count);
  for (size_t k = 0; k < objectives; ++k) {
    for (uint32_t i = 0; i < count; ++i) entries[i] = {points[members[i] * objectives + k], members[i], i};
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.value != b.value ? a.value < b.value : a.row < b.row; });
    const double range = entries.back().value - entries.front().value;
    if (range == 0) continue;
    distances[entries.front().at] = distances[entries.back().at] = kInfinity;
    for (size_t i = 1; i + 1 < count; ++i) {
      distances[entries[i].at] += (entries[i + 1].value - entries[i - 1].value) / range;
    }
  }
  for (double& distance : distances) distance /= static_cast<double>(objectives);
  return distances;
}

}  // namespace nasshrink::search
