// What nearly every file of this folder includes and is slow to compile; precompiled once.
#ifndef NASSHRINK_CAPI_PCH_CAPI_PCH_H_
#define NASSHRINK_CAPI_PCH_CAPI_PCH_H_

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/score.pb.h"

#endif  // NASSHRINK_CAPI_PCH_CAPI_PCH_H_
