// What nearly every file of the program includes and is slow to compile; precompiled once.
#ifndef NASSHRINK_TOOLS_PCH_TOOLS_PCH_H_
#define NASSHRINK_TOOLS_PCH_TOOLS_PCH_H_

#include <fmt/format.h>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#endif  // NASSHRINK_TOOLS_PCH_TOOLS_PCH_H_
