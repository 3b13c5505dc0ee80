// What a DATA argument means: images the library opens (by name, or as a file of options says), or accuracies known
// beforehand ("table:CSV[:COLUMN]").
//
// Everything here ends the program when an argument cannot be read.
#ifndef NASSHRINK_TOOLS_DATA_H_
#define NASSHRINK_TOOLS_DATA_H_

#include <string>

#include "handles.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/space.pb.h"

namespace nasshrink::tools {

// Shown in the help of every command that takes --data.
extern const char kDataHelp[];

// From a source of images, or from a file of DatasetOptions.
Dataset OpenDataset(nasshrink_context* context, const std::string& data);
v1::DatasetSummary SummaryOf(const nasshrink_dataset* dataset);

// Input size, channels and classes as the data has them, where `options` do not say otherwise.
void ShapeFor(const v1::DatasetSummary& data, v1::PresetOptions* options);

// True for "table:...".
bool IsTruth(const std::string& data);
// The column of architectures is "arch", "arch_str" or "ops"; that of accuracies (percent) is COLUMN, "accuracy" or
// "cifar10_test". Children of the space's root that the space has not are read, too: one table serves all sub-spaces.
v1::Truth ReadTruth(nasshrink_context* context, const nasshrink_space* space, const std::string& data);
// How many children of the space the truth lacks and which is the first of them, as a sentence; "" for none.
std::string GapsOf(const nasshrink_space* space, const v1::Truth& truth, const std::string& data);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_DATA_H_
