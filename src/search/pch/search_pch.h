// What nearly every file of this folder includes and is slow to compile; precompiled once.
#ifndef NASSHRINK_SEARCH_PCH_SEARCH_PCH_H_
#define NASSHRINK_SEARCH_PCH_SEARCH_PCH_H_

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
#include <vector>

#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"

#endif  // NASSHRINK_SEARCH_PCH_SEARCH_PCH_H_
