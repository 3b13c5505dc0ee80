// What nearly every file of this folder includes and is slow to compile; precompiled once.
#ifndef NASSHRINK_SPACE_PCH_SPACE_PCH_H_
#define NASSHRINK_SPACE_PCH_SPACE_PCH_H_

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#endif  // NASSHRINK_SPACE_PCH_SPACE_PCH_H_
