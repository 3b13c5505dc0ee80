#include "model.h"

#include <fmt/format.h>

#include "files.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/score.pb.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

// A table's first field is its space, a space's first field is its schema version; in text, a table has factors.
bool IsTable(const std::string& path) {
  const std::string bytes = ReadBytes(path);
  const bool text = path.find(".json") != std::string::npos || path.find(".textproto") != std::string::npos;
  if (text) return bytes.find("factors") != std::string::npos;
  constexpr char kFirstFieldIsMessage = 0x0a;
  return !bytes.empty() && bytes[0] == kFirstFieldIsMessage;
}

}  // namespace

Supernet OpenCheckpoint(nasshrink_context* context, const std::string& path) {
  if (!FileExists(path)) Fail(kCallWrong, "NOT_FOUND", path + ": there is no such checkpoint");
  return Make<Supernet>(nasshrink_supernet_load, context, path.c_str());
}

v1::SearchSpace SpaceOfSupernet(const nasshrink_supernet* supernet) {
  return Ask<v1::SupernetSummary>(nasshrink_supernet_describe, supernet).space();
}

Model OpenModel(nasshrink_context* context, const std::string& model) {
  Model opened;
  if (FileExists(model) && IsSafetensors(model)) {
    opened.supernet = OpenCheckpoint(context, model);
    opened.space = SpaceOf(context, SpaceOfSupernet(opened.supernet.get()));
  } else if (FileExists(model) && IsTable(model)) {
    v1::FactorTable table;
    const std::string bytes = ReadMessageBytes(model, &table);
    opened.table = MakeFrom<Table>(model, nasshrink_table_parse, context, Data(bytes), bytes.size());
    opened.space = SpaceOf(context, Ask<v1::FactorTable>(nasshrink_table_serialize, opened.table.get()).space());
  } else {
    opened.space = OpenSpace(context, model);
  }
  opened.message = MessageOf(opened.space.get());
  return opened;
}

Model OpenScoredModel(nasshrink_context* context, const std::string& model) {
  if (!FileExists(model)) {
    Fail(kCallWrong, "NOT_FOUND", fmt::format("{}: there is no such checkpoint or operator table", model));
  }
  Model opened = OpenModel(context, model);
  if (!opened.supernet && !opened.table) {
    FailCall(fmt::format("{}: is a search space; a checkpoint or an operator table is needed", model));
  }
  return opened;
}

}  // namespace nasshrink::tools
