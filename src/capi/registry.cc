// What can be named, with help: the tables of other folders as one message.
#include <initializer_list>

#include "capi/context.h"
#include "capi/guard.h"
#include "capi/message.h"
#include "capi/text.h"
#include "nasshrink/v1/context.pb.h"
#include "run/recipes.h"
#include "search/settings.h"
#include "space/latency_formats.h"
#include "space/latency_presets.h"
#include "space/notation.h"
#include "space/operators.h"
#include "space/presets.h"

namespace nasshrink::capi {
namespace {

struct Named {
  const char* name;
  const char* help;
};

void Parameter(v1::RegistryListing::Entry* entry, std::string_view name, std::string_view type, std::string_view help) {
  v1::RegistryListing::Parameter* parameter = entry->add_parameters();
  parameter->set_name(std::string(name));
  parameter->set_type(std::string(type));
  parameter->set_help(std::string(help));
}

v1::RegistryListing::Entry* Entry(v1::RegistryListing* listing, std::string_view name, std::string_view help) {
  v1::RegistryListing::Entry* entry = listing->add_entries();
  entry->set_name(std::string(name));
  entry->set_help(std::string(help));
  return entry;
}

void Entries(v1::RegistryListing* listing, std::initializer_list<Named> all) {
  for (const Named& named : all) Entry(listing, named.name, named.help);
}

void ListPresets(v1::RegistryListing* listing) {
  for (const space::PresetInfo& preset : space::Presets()) {
    v1::RegistryListing::Entry* entry = Entry(listing, preset.name, preset.help);
    for (const space::PresetOption& option : preset.options) {
      Parameter(entry, option.name, std::string(option.type).c_str(), option.help);
    }
  }
}

void ListOperators(v1::RegistryListing* listing) {
  for (const space::OperatorKind& kind : space::OperatorKinds()) {
    v1::RegistryListing::Entry* entry = Entry(listing, kind.name, kind.help);
    for (const space::AttributeSchema& attribute : kind.attributes) {
      Parameter(entry, attribute.name, attribute.type(), attribute.help);
    }
  }
}

void ListRecipes(v1::RegistryListing* listing) {
  for (const run::RecipeInfo& recipe : run::Recipes()) {
    v1::RegistryListing::Entry* entry = Entry(listing, recipe.name, recipe.help);
    for (const run::RecipeParameter& parameter : recipe.parameters) {
      Parameter(entry, parameter.name, parameter.type, parameter.help);
    }
  }
}

void ListRules(v1::RegistryListing* listing) {
  v1::RegistryListing::Entry* abs =
      Entry(listing, "abs", "drop the lowest scores of all choices together (ABS Algorithm 2)");
  Parameter(abs, "drop", "integer", "operators to drop in all");
  v1::RegistryListing::Entry* per_choice = Entry(listing, "per_choice", "drop the lowest scores of every choice");
  Parameter(per_choice, "drop", "integer", "operators to drop from each choice");
  v1::RegistryListing::Entry* pad_nas =
      Entry(listing, "pad_nas", "drop operators that are rare among the first Pareto fronts of a search (PAD-NAS)");
  Parameter(pad_nas, "threshold", "number", "drop at this frequency or below");
  Parameter(pad_nas, "fronts", "integer", "fronts counted, the best being 1");
  Parameter(pad_nas, "pool", "text", "archive or population");
  v1::RegistryListing::Entry* se_nas =
      Entry(listing, "se_nas", "drop the lowest importance and confidence of all choices together (SE-NAS Eq. 7)");
  Parameter(se_nas, "drop", "integer", "operators to drop in all");
  Parameter(se_nas, "combination", "text", "times_sd (default), signed_ratio, ratio_of_means, si_only or literal");
  for (v1::RegistryListing::Entry* rule : {abs, per_choice, se_nas}) {
    Parameter(rule, "significance", "number",
              "drop only operators more than this many standard errors below the best of their choice");
  }
}

void ListMetrics(v1::RegistryListing* listing) {
  Entries(listing, {{"accuracy", "percent of images classified rightly, after Re-BN"},
                    {"top5", "percent of images whose class is among the five largest logits, after Re-BN"},
                    {"loss", "cross-entropy, after Re-BN"},
                    {"angle", "radians between a child's weights and their initial values (ABS Sec. 3.2)"},
                    {"macs", "multiply-adds for one image"},
                    {"params", "trainable parameters"},
                    {"magnitude", "of operators: the softmax of learned architecture parameters"}});
}

base::Result<v1::RegistryListing> List(const std::string& kind) {
  v1::RegistryListing listing;
  listing.set_kind(kind);
  if (kind == "presets") {
    ListPresets(&listing);
  } else if (kind == "operators") {
    ListOperators(&listing);
  } else if (kind == "metrics") {
    ListMetrics(&listing);
  } else if (kind == "rules") {
    ListRules(&listing);
  } else if (kind == "strategies") {
    Entries(&listing, {{"uniform", "one uniformly drawn path a step (SPOS)"},
                       {"fair", "every operator equally often: m paths a step, one optimiser step (FairNAS)"},
                       {"proxyless", "a path drawn by learned parameters, with binary gates (ProxylessNAS)"},
                       {"darts", "a mixture of all operators by learned parameters (DARTS)"}});
  } else if (kind == "recipes") {
    ListRecipes(&listing);
  } else if (kind == "algorithms") {
    for (const search::AlgorithmInfo& algorithm : search::Algorithms()) {
      Entry(&listing, algorithm.name, algorithm.help);
    }
  } else if (kind == "formats") {
    for (const space::NotationInfo& notation : space::Notations()) Entry(&listing, notation.name, notation.help);
  } else if (kind == "latency-formats") {
    for (const space::LatencyFormat& format : space::LatencyFormats()) Entry(&listing, format.name, format.help);
  } else if (kind == "latency-tables") {
    for (const space::LatencyPresetInfo& preset : space::LatencyPresets()) Entry(&listing, preset.name, preset.help);
  } else {
    return base::Invalid("kind", kind,
                         "presets, operators, metrics, rules, strategies, recipes, algorithms, formats, "
                         "latency-formats or latency-tables",
                         "names no registry");
  }
  return listing;
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_registry_list(const nasshrink_context* context, const char* kind, nasshrink_buffer** out,
                                         nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_RETURN_IF_ERROR(Get(context, "context").status());
    NASSHRINK_ASSIGN_OR_RETURN(const std::string text, TextOf(kind, "kind"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const auto listing, List(text));
    return PublishMessage(listing, out);
  });
}
