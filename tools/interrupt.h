// Ctrl-C and --max-seconds: both stop long work at its next step through one cancel latch.
//
// The first Ctrl-C triggers the latch and is otherwise ignored, the second one kills the program.
#ifndef NASSHRINK_TOOLS_INTERRUPT_H_
#define NASSHRINK_TOOLS_INTERRUPT_H_

#include "handles.h"

namespace nasshrink::tools {

// Installs the handlers; `max_seconds` 0 is no limit. The latch lives as long as the program.
nasshrink_cancel* CatchInterrupts(double max_seconds);

bool OutOfTime();

// Ends the program when long work did not come to its end: 130 after Ctrl-C, 1 when its time was up or it failed.
// `hint` says how to go on after a stop ("" for nothing).
void CheckWork(const Outcome& outcome, std::string_view hint);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_INTERRUPT_H_
