// What nearly every file with a command includes and is slow to compile; precompiled once.
#ifndef NASSHRINK_TOOLS_PCH_COMMANDS_PCH_H_
#define NASSHRINK_TOOLS_PCH_COMMANDS_PCH_H_

#include <CLI/CLI.hpp>

#include "pch/tools_pch.h"

#endif  // NASSHRINK_TOOLS_PCH_COMMANDS_PCH_H_
