// What nearly every test with torch includes and is slow to compile; precompiled once.
#ifndef NASSHRINK_TESTS_NN_PCH_NN_TESTS_PCH_H_
#define NASSHRINK_TESTS_NN_PCH_NN_TESTS_PCH_H_

#include <ATen/ATen.h>

#include "pch/tests_pch.h"

#include "run/backend.h"
#include "space/space.h"

#endif  // NASSHRINK_TESTS_NN_PCH_NN_TESTS_PCH_H_
