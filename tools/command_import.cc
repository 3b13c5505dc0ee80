// import
#include <fmt/format.h>

#include <memory>
#include <set>

#include "files.h"
#include "foreign_weights.h"
#include "handles.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct ImportArguments {
  std::string weights;
  std::string base;
  std::string space;
  std::string map;
  std::vector<std::string> set;
  std::string out;
};

constexpr char kIgnore[] = "ignore";

// Writes every tensor of the file to where the map, or its own name, says. Returns how many.
size_t SetTensors(nasshrink_context* context, const WeightsFile& file, const NameMap* map,
                  nasshrink_supernet* supernet) {
  std::set<std::string> written;
  for (const std::string& name : file.Names()) {
    std::string own = name;
    if (map != nullptr) {
      const auto place = map->Find(name);
      if (!place.has_value()) {
        FailCall(fmt::format("{}: no pattern of the map matches '{}'; give it a row, with the name {} to leave it out",
                             file.path(), name, kIgnore));
      }
      own = (*place)[0];
    }
    if (own == kIgnore) continue;
    if (!written.insert(own).second) FailCall(fmt::format("{}: two tensors are named '{}'", file.path(), own));
    const Tensor values = file.Open(context, name);
    Outcome outcome = Try(nasshrink_supernet_set_tensor, supernet, own.c_str(), values.get());
    if (!outcome.ok()) {
      outcome.message = fmt::format("{}: '{}': {}", file.path(), name, outcome.message);
      FailWith(outcome);
    }
  }
  return written.size();
}

void CheckComplete(const nasshrink_supernet* supernet, size_t written, const std::string& path) {
  const auto summary = Ask<v1::SupernetSummary>(nasshrink_supernet_describe, supernet);
  if (written == static_cast<size_t>(summary.tensors_size())) return;
  FailCall(fmt::format("{}: fills {} of the supernet's {} tensors; a supernet is imported whole", path, written,
                       summary.tensors_size()));
}

void Import(const SharedOptions& shared, const ImportArguments& arguments) {
  CheckWritable(arguments.out);
  const Context context = OpenContext(shared);
  const Space space = OpenSpace(context.get(), arguments.space, PresetSettings(arguments.set));
  const auto supernet = Make<Supernet>(nasshrink_supernet_create, space.get(), nullptr, size_t{0});
  std::unique_ptr<const NameMap> map;
  if (!arguments.map.empty()) map = std::make_unique<const NameMap>(arguments.map, std::vector<std::string>{"name"});
  for (const std::string& path : {arguments.base, arguments.weights}) {
    if (path.empty()) continue;
    const WeightsFile file(path);
    CheckComplete(supernet.get(), SetTensors(context.get(), file, map.get(), supernet.get()), path);
    if (path == arguments.base || arguments.base.empty()) Do(nasshrink_supernet_reset_base, supernet.get());
  }
  Do(nasshrink_supernet_save, supernet.get(), arguments.out.c_str());
  const auto summary = Ask<v1::SupernetSummary>(nasshrink_supernet_describe, supernet.get());
  PrintResult({{"file", arguments.out}, {"tensors", summary.tensors_size()}, {"parameters", summary.parameters()}});
}

}  // namespace

void AddImportCommands(CLI::App* app, SharedOptions* shared) {
  const auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command =
      AddCommand(app, "import", "A supernet's checkpoint from weights that were trained elsewhere",
                 "  nasshrink import last.safetensors --base first.safetensors --space nas-bench-201 --map names.csv "
                 "-o supernet.safetensors",
                 shared, Takes::kMoment, [=] { Import(*shared, *arguments); });
  command->add_option("WEIGHTS", arguments->weights, "Safetensors file with all tensors of the supernet, F32")
      ->required();
  command->add_option("--base", arguments->base,
                      "Its initial weights, for the angle; else it starts at 0 from WEIGHTS");
  command->add_option("--space", arguments->space, "Preset or file")->required();
  command->add_option("--map", arguments->map,
                      "CSV with the columns pattern, name: what a tensor is called here; else the names are our own");
  AddSetOption(command, &arguments->set, "key=value that shapes a preset, such as channels=16; may be repeated");
  command->add_option("-o,--output", arguments->out, "Checkpoint")->required();
}

}  // namespace nasshrink::tools
