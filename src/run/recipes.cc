#include "run/recipes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "run/recipe.h"
#include "run/settings.h"
#include "space/codec.h"
#include "space/presets.h"

namespace nasshrink::run {
namespace {

using base::Invalid;
using base::Status;

const std::vector<const Recipe*>& AllRecipes() {
  static const auto* const kRecipes = [] {
    auto* recipes = new std::vector<const Recipe*>{&AbsRecipe()};
    for (const Recipe& recipe : PublishedAbsRecipes()) recipes->push_back(&recipe);
    recipes->push_back(&PdartsRecipe());
    return recipes;
  }();
  return *kRecipes;
}

base::Result<const Recipe*> FindRecipe(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Recipe* recipe : AllRecipes()) {
    if (name == recipe->name) return recipe;
    known.emplace_back(recipe->name);
  }
  return base::Error(base::Code::kNotFound, "there is no recipe of this name")
      .WithField("recipe", fmt::format("'{}'", name), fmt::format("{}", fmt::join(known, ", ")));
}

std::vector<RecipeParameter> InputParameters(const Recipe& recipe) {
  return {{"tiny", "integer", "1 takes a variant that ends in seconds"},
          {"space", "name", fmt::format("preset of the space; {}", recipe.space)},
          {"space.channels", "integer", "channels of its first stage"},
          {"space.cells", "integer", "cells a stage"},
          {"space.layers", "integer", "layers, or cells in all"},
          {"space.width_multiplier", "number", "multiplies the channels of all layers"},
          {"space.depth_multiplier", "number", "multiplies the blocks of every stage"}};
}

std::vector<std::string> KnownNames(const Recipe& recipe) {
  std::vector<std::string> names;
  for (const RecipeParameter& parameter : InputParameters(recipe)) names.push_back(parameter.name);
  for (const ShortName& name : recipe.names()) names.emplace_back(name.name);
  return names;
}

Status ParseNumber(std::string_view path, std::string_view value, uint32_t most, uint32_t* number) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *number);
  if (error == std::errc() && end == value.data() + value.size() && *number <= most) return {};
  return Invalid(path, fmt::format("'{}'", value), fmt::format("0..{}", most), "is no whole number in range");
}

Status ParseFactor(std::string_view path, std::string_view value, double* number) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *number);
  if (error == std::errc() && end == value.data() + value.size() && *number > 0 && *number <= 16) return {};
  return Invalid(path, fmt::format("'{}'", value), "above 0, up to 16", "is no number in range");
}

// True for a setting of a preset's sizes.
base::Result<bool> TakeShape(std::string_view path, std::string_view value, v1::PresetOptions* shape) {
  uint32_t count = 0;
  double factor = 0;
  if (path == "space.channels" || path == "channels") {
    NASSHRINK_RETURN_IF_ERROR(ParseNumber(path, value, 4096, &count));
    shape->set_channels(count);
  } else if (path == "space.cells" || path == "cells") {
    NASSHRINK_RETURN_IF_ERROR(ParseNumber(path, value, 64, &count));
    shape->set_cells(count);
  } else if (path == "space.layers") {
    NASSHRINK_RETURN_IF_ERROR(ParseNumber(path, value, 4000, &count));
    shape->set_layers(count);
  } else if (path == "space.width_multiplier") {
    NASSHRINK_RETURN_IF_ERROR(ParseFactor(path, value, &factor));
    shape->set_width_multiplier(factor);
  } else if (path == "space.depth_multiplier") {
    NASSHRINK_RETURN_IF_ERROR(ParseFactor(path, value, &factor));
    shape->set_depth_multiplier(factor);
  } else {
    return false;
  }
  return true;
}

// True when the setting is about the recipe's input and not the plan.
base::Result<bool> TakeInput(std::string_view path, std::string_view value, RecipeInput* input) {
  if (path == "tiny") {
    uint32_t tiny = 0;
    NASSHRINK_RETURN_IF_ERROR(ParseNumber(path, value, 1, &tiny));
    input->tiny = tiny == 1;
    return true;
  }
  bool taken = path == "space";
  if (taken) {
    input->space = std::string(value);
  } else {
    NASSHRINK_ASSIGN_OR_RETURN(taken, TakeShape(path, value, &input->shape));
  }
  input->shaped = input->shaped || taken;
  return taken;
}

Status ApplyPlanSetting(const Recipe& recipe, std::string_view path, std::string_view value, v1::RunPlan* plan) {
  for (const ShortName& name : recipe.names()) {
    if (path != name.name) continue;
    for (const char* full : name.paths) {
      Status status = ApplySetting(full, value, plan);
      if (!status.ok()) return Invalid(path, status.details().value, status.details().allowed, "cannot be set");
    }
    return {};
  }
  if (path.find_first_of(".[") == std::string_view::npos && path != "seed" && path != "name") {
    return Invalid(
        path, value,
        fmt::format("{}, or a path like stages[0].train.options.epochs", fmt::join(KnownNames(recipe), ", ")),
        "is an unknown setting");
  }
  return ApplySetting(path, value, plan);
}

Status SetSpace(const Recipe& recipe, const RecipeInput& input, const v1::PlanOptions& options, v1::RunPlan* plan) {
  if (options.has_space()) {
    if (input.shaped) {
      return Invalid("set", "space", "no space settings", "shapes a preset, but the space is given as a message");
    }
    *plan->mutable_space() = options.space();
    return {};
  }
  v1::PresetOptions shape = input.shape;
  recipe.shape(input, &shape);
  if (options.has_dataset()) {
    shape.set_classes(options.dataset().classes());
    shape.set_input_channels(options.dataset().channels());
    shape.set_input_height(options.dataset().height());
    shape.set_input_width(options.dataset().width());
  }
  NASSHRINK_ASSIGN_OR_RETURN(const space::Space space, space::Preset(input.space, shape));
  space::SpaceToMessage(space, plan->mutable_space());
  return {};
}

}  // namespace

std::vector<RecipeInfo> Recipes() {
  std::vector<RecipeInfo> recipes;
  for (const Recipe* recipe : AllRecipes()) {
    RecipeInfo& info = recipes.emplace_back();
    info.name = recipe->name;
    info.help = recipe->help;
    info.parameters = InputParameters(*recipe);
    for (const ShortName& name : recipe->names()) info.parameters.push_back({name.name, name.type, name.help});
  }
  return recipes;
}

base::Result<v1::RunPlan> PlanPreset(std::string_view name, const v1::PlanOptions& options) {
  NASSHRINK_ASSIGN_OR_RETURN(const Recipe* const recipe, FindRecipe(name));
  RecipeInput input;
  input.space = recipe->space;
  input.coloured = options.dataset().channels() > 1;
  std::vector<std::pair<std::string_view, std::string_view>> settings;
  for (const std::string& text : options.set()) {
    NASSHRINK_ASSIGN_OR_RETURN(const auto setting, SplitSetting(text));
    NASSHRINK_ASSIGN_OR_RETURN(const bool taken, TakeInput(setting.first, setting.second, &input));
    if (!taken) settings.push_back(setting);
  }
  v1::RunPlan plan = recipe->plan(input);
  plan.set_seed(options.seed());
  for (const auto& [path, value] : settings) {
    NASSHRINK_RETURN_IF_ERROR(ApplyPlanSetting(*recipe, path, value, &plan));
  }
  recipe->finish(&plan);
  NASSHRINK_RETURN_IF_ERROR(SetSpace(*recipe, input, options, &plan));
  return plan;
}

}  // namespace nasshrink::run
