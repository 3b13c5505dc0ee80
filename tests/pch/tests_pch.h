// What nearly every test includes and is slow to compile; precompiled once a program.
#ifndef NASSHRINK_TESTS_PCH_TESTS_PCH_H_
#define NASSHRINK_TESTS_PCH_TESTS_PCH_H_

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#endif  // NASSHRINK_TESTS_PCH_TESTS_PCH_H_
