// What nearly every file of this folder includes and is slow to compile; precompiled once.
#ifndef NASSHRINK_RUN_PCH_RUN_PCH_H_
#define NASSHRINK_RUN_PCH_RUN_PCH_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/run_state.pb.h"

#endif  // NASSHRINK_RUN_PCH_RUN_PCH_H_
