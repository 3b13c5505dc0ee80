// Recipes: complete run plans by name.
#ifndef NASSHRINK_RUN_RECIPES_H_
#define NASSHRINK_RUN_RECIPES_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"

namespace nasshrink::run {

struct RecipeParameter {
  std::string name;
  std::string type;  // "integer", "number" or "name"
  std::string help;
};

struct RecipeInfo {
  std::string name;
  std::string help;
  std::vector<RecipeParameter> parameters;
};

std::vector<RecipeInfo> Recipes();

// The plan of a recipe. Settings (PlanOptions.set) are applied in order, either a recipe's short name or a path of
// run/settings.h. These shape the space when `options.space` is absent:
//   space=PRESET     preset name
//   space.channels=C, space.cells=N, space.layers=L, space.width_multiplier=X, space.depth_multiplier=X
//                    sizes of the preset; the recipe has its own defaults
// With `options.dataset` the preset takes the data set's input size, channels and classes. A space given as a message
// is taken as it is.
// NOT_FOUND for an unknown recipe, INVALID_ARGUMENT for a bad setting.
base::Result<v1::RunPlan> PlanPreset(std::string_view name, const v1::PlanOptions& options);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_RECIPES_H_
