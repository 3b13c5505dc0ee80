// What a recipe is made of. One file a recipe (recipe_abs.cc, ...); run/recipes.cc lists them, applies settings and
// makes the space.
#ifndef NASSHRINK_RUN_RECIPE_H_
#define NASSHRINK_RUN_RECIPE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/space.pb.h"

namespace nasshrink::run {

// What the settings before the plan itself decide.
struct RecipeInput {
  std::string space;
  v1::PresetOptions shape;  // what settings say of it
  bool shaped = false;      // a space setting was given
  bool tiny = false;
  bool coloured = false;  // images have more than one channel
};

// A setting's short name and the fields of the plan it sets.
struct ShortName {
  const char* name;
  const char* type;  // as RecipeParameter::type
  const char* help;
  std::vector<const char*> paths;
};

struct Recipe {
  const char* name;
  const char* help;
  // Preset taken when no space is given.
  const char* space;
  // The plan without its seed and space.
  v1::RunPlan (*plan)(const RecipeInput& input);
  const std::vector<ShortName>& (*names)();
  // Fills in the sizes of the preset that the recipe takes where settings say nothing.
  void (*shape)(const RecipeInput& input, v1::PresetOptions* shape);
  // What depends on settings: called when all are applied.
  void (*finish)(v1::RunPlan* plan);
};

const Recipe& AbsRecipe();
const std::vector<Recipe>& PublishedAbsRecipes();
const Recipe& PdartsRecipe();

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_RECIPE_H_
