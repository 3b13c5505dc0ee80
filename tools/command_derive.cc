// derive
#include <algorithm>
#include <memory>
#include <optional>

#include "archs.h"
#include "files.h"
#include "handles.h"
#include "model.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct DeriveArguments {
  std::string source;
  std::string rule = "argmax";
  uint32_t edges = 0;
  std::optional<uint32_t> identities;
  std::string out;
};

// Probabilities of a choice's alive operators by code, the most probable first.
Json ChoiceJson(const v1::Choice& choice, const v1::ChoiceParameters& parameters) {
  std::vector<std::pair<double, int>> order;
  for (int i = 0; i < parameters.probability_size(); ++i) {
    if (parameters.probability(i) > 0) order.emplace_back(-parameters.probability(i), i);
  }
  std::sort(order.begin(), order.end());
  Json document = Json::array();
  for (const auto& [probability, candidate] : order) {
    document.push_back({{"op", choice.candidates(candidate).code()}, {"probability", -probability}});
  }
  return {{"choice", choice.key()}, {"operators", document}};
}

void DeriveChild(const SharedOptions& shared, const DeriveArguments& arguments) {
  const Context context = OpenContext(shared);
  const Supernet supernet = OpenCheckpoint(context.get(), arguments.source);
  const v1::SearchSpace message = SpaceOfSupernet(supernet.get());
  const Space space = SpaceOf(context.get(), message);
  const auto parameters = Ask<v1::ArchitectureParameters>(nasshrink_supernet_architecture, supernet.get());
  v1::DeriveOptions options;
  options.set_rule(arguments.rule);
  options.set_edges_per_node(arguments.edges);
  if (arguments.identities) options.set_most_identities(*arguments.identities);
  const std::string bytes = parameters.SerializeAsString();
  const std::string how = options.SerializeAsString();
  const Arch arch = Make<Arch>(nasshrink_arch_derive, space.get(), Data(bytes), bytes.size(), Data(how), how.size());
  Json result = ChildJson(message, RowOf(arch.get()), CostOf(arch.get(), {}));
  if (!arguments.out.empty()) {
    WriteMessage(arguments.out, Ask<v1::Architecture>(nasshrink_arch_serialize, arch.get()));
    result["file"] = arguments.out;
  }
  result["steps"] = parameters.steps();
  result["choices"] = Json::array();
  for (int i = 0; i < message.choices_size(); ++i) {
    result["choices"].push_back(ChoiceJson(message.choices(i), parameters.choices(i)));
  }
  PrintResult(result);
}

}  // namespace

void AddDeriveCommands(CLI::App* app, SharedOptions* shared) {
  const auto derive = std::make_shared<DeriveArguments>();
  CLI::App* command = AddCommand(app, "derive", "The child that a supernet's learned architecture parameters stand for",
                                 "  nasshrink derive supernet.safetensors -o child.json\n"
                                 "  nasshrink derive supernet.safetensors --rule darts --max-identities 2",
                                 shared, Takes::kMoment, [=] { DeriveChild(*shared, *derive); });
  command->add_option("CKPT", derive->source, "Supernet trained with strategy proxyless or darts")->required();
  command->add_option("--rule", derive->rule, "argmax (default) or darts");
  command->add_option("--edges", derive->edges, "darts: incoming edges a node keeps (2)");
  command->add_option("--max-identities", derive->identities, "darts: most identities in the first cell (P-DARTS: 2)");
  command->add_option("-o,--output", derive->out, "File of Architecture");
}

}  // namespace nasshrink::tools
