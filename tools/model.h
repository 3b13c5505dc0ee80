// What a CKPT, TABLE or SPACE argument means where a command takes more than one of them: the file's content decides.
#ifndef NASSHRINK_TOOLS_MODEL_H_
#define NASSHRINK_TOOLS_MODEL_H_

#include <string>

#include "handles.h"
#include "nasshrink/v1/space.pb.h"

namespace nasshrink::tools {

// One of `supernet` and `table` is set, or none when the argument named a space alone.
struct Model {
  Supernet supernet;
  Table table;
  Space space;
  v1::SearchSpace message;
};

Model OpenModel(nasshrink_context* context, const std::string& model);
// The same for commands that need scores: a space alone ends the program.
Model OpenScoredModel(nasshrink_context* context, const std::string& model);

Supernet OpenCheckpoint(nasshrink_context* context, const std::string& path);
v1::SearchSpace SpaceOfSupernet(const nasshrink_supernet* supernet);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_MODEL_H_
