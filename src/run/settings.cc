#include "run/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <vector>

namespace nasshrink::run {
namespace {

using base::Invalid;
using base::Status;

// One step of a path: "stages[2]" is {"stages", "2"}.
struct PathStep {
  std::string_view name;
  std::string_view index;
  std::string_view rest;
};

base::Result<PathStep> SplitPath(std::string_view path) {
  PathStep step;
  const size_t dot = path.find('.');
  step.rest = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  step.name = path.substr(0, dot);
  const size_t open = step.name.find('[');
  if (open == std::string_view::npos) return step;
  if (step.name.back() != ']') return Invalid(path, step.name, "NAME[INDEX]", "has an open bracket");
  step.index = step.name.substr(open + 1, step.name.size() - open - 2);
  step.name = step.name.substr(0, open);
  return step;
}

Status Parse(std::string_view text, std::string* value) {
  *value = std::string(text);
  return {};
}

Status Parse(std::string_view text, bool* value) {
  *value = text == "1" || text == "true";
  if (*value || text == "0" || text == "false") return {};
  return Invalid("", fmt::format("'{}'", text), "0, 1, false, true", "is neither true nor false");
}

template <typename Number, std::enable_if_t<std::is_integral_v<Number>, int> = 0>
Status Parse(std::string_view text, Number* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return Invalid("", fmt::format("'{}'", text),
                 fmt::format("{}..{}", std::numeric_limits<Number>::min(), std::numeric_limits<Number>::max()),
                 "is no whole number in range");
}

Status Parse(std::string_view text, double* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  if (error == std::errc() && end == text.data() + text.size() && std::isfinite(*value)) return {};
  return Invalid("", fmt::format("'{}'", text), "a finite number", "is no number");
}

template <typename Message>
using Setter = Status (*)(Message*, const PathStep&, std::string_view value);

template <typename Message>
struct Field {
  std::string_view name;
  Setter<Message> set;
};

// Specialised below for each message: its fields.
template <typename Message>
const std::vector<Field<Message>>& Fields();

template <typename Message>
Status SetField(Message* message, std::string_view path, std::string_view value) {
  NASSHRINK_ASSIGN_OR_RETURN(const PathStep step, SplitPath(path));
  std::vector<std::string_view> names;
  for (const Field<Message>& field : Fields<Message>()) {
    if (field.name != step.name) {
      names.push_back(field.name);
      continue;
    }
    Status status = field.set(message, step, value);
    if (status.ok()) return status;
    const bool here = status.details().field.empty();
    return here ? std::move(status).WithField(path, status.details().value, status.details().allowed)
                : std::move(status).Under(fmt::format("{}.", path.substr(0, path.size() - step.rest.size() - 1)));
  }
  return Invalid(path, value, fmt::format("{}", fmt::join(names, ", ")), "is an unknown setting");
}

template <typename>
struct SetterValue;
template <typename Message, typename Value>
struct SetterValue<void (Message::*)(Value)> {
  using Owner = Message;
  using Type = std::decay_t<Value>;
};

Status CheckSingle(const PathStep& step) {
  if (step.rest.empty() && step.index.empty()) return {};
  return Invalid("", step.name, "no part of it", "is a single value");
}

// The accessors of generated messages are the table's template arguments: a number, a text, a message.
template <auto kSet>
Status Scalar(typename SetterValue<decltype(kSet)>::Owner* message, const PathStep& step, std::string_view text) {
  NASSHRINK_RETURN_IF_ERROR(CheckSingle(step));
  typename SetterValue<decltype(kSet)>::Type value{};
  NASSHRINK_RETURN_IF_ERROR(Parse(text, &value));
  (message->*kSet)(value);
  return {};
}

template <typename Message, std::string* (Message::*kMutable)()>
Status Text(Message* message, const PathStep& step, std::string_view text) {
  NASSHRINK_RETURN_IF_ERROR(CheckSingle(step));
  return Parse(text, (message->*kMutable)());
}

template <typename Message, typename Child, Child* (Message::*kMutable)()>
Status Nested(Message* message, const PathStep& step, std::string_view value) {
  if (step.rest.empty() || !step.index.empty()) {
    std::vector<std::string_view> names;
    for (const auto& field : Fields<Child>()) names.push_back(field.name);
    return Invalid("", value, fmt::format("{}.NAME with {}", step.name, fmt::join(names, ", ")), "is no single value");
  }
  return SetField((message->*kMutable)(), step.rest, value);
}

// Enumerations of the messages by their upper-case names without prefix.
template <auto kSet, auto kParse, const char* kPrefix>
Status Enumeration(typename SetterValue<decltype(kSet)>::Owner* message, const PathStep& step, std::string_view text) {
  NASSHRINK_RETURN_IF_ERROR(CheckSingle(step));
  typename SetterValue<decltype(kSet)>::Type value{};
  if (!kParse(std::string(kPrefix) + std::string(text), &value)) {
    return Invalid("", fmt::format("'{}'", text), "an upper-case name of the enumeration", "is an unknown name");
  }
  (message->*kSet)(value);
  return {};
}

#define NASSHRINK_SCALAR(M, name) \
  { #name, &Scalar < &v1::M::set_##name> }
#define NASSHRINK_TEXT(M, name) \
  { #name, &Text < v1::M, &v1::M::mutable_##name> }
#define NASSHRINK_NESTED(M, Child, name) \
  { #name, &Nested < v1::M, v1::Child, &v1::M::mutable_##name> }

#define NASSHRINK_FIELDS(M, ...)                                                   \
  template <>                                                                      \
  const std::vector<Field<v1::M>>& Fields<v1::M>() {                               \
    static const auto* const kFields = new std::vector<Field<v1::M>>{__VA_ARGS__}; \
    return *kFields;                                                               \
  }

// A stage of a list, by index or by key.
Status StageOf(google::protobuf::RepeatedPtrField<v1::Stage>* stages, const PathStep& step, std::string_view value);

template <typename Message, google::protobuf::RepeatedPtrField<v1::Stage>* (Message::*kMutable)()>
Status StageList(Message* message, const PathStep& step, std::string_view value) {
  return StageOf((message->*kMutable)(), step, value);
}

// Comma-separated names replace the whole list.
Status Names(google::protobuf::RepeatedPtrField<std::string>* names, const PathStep& step, std::string_view text) {
  NASSHRINK_RETURN_IF_ERROR(CheckSingle(step));
  names->Clear();
  while (!text.empty()) {
    const size_t comma = text.find(',');
    names->Add(std::string(text.substr(0, comma)));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return {};
}

Status EvaluateMetricNames(v1::EvaluateOptions* message, const PathStep& step, std::string_view text) {
  return Names(message->mutable_metrics(), step, text);
}
Status SearchMetricNames(v1::SearchOptions* message, const PathStep& step, std::string_view text) {
  return Names(message->mutable_metrics(), step, text);
}

// Comma-separated numbers replace the whole list.
Status SearchReference(v1::SearchOptions* message, const PathStep& step, std::string_view text) {
  google::protobuf::RepeatedPtrField<std::string> texts;
  NASSHRINK_RETURN_IF_ERROR(Names(&texts, step, text));
  message->clear_reference();
  for (const std::string& one : texts) {
    double value = 0;
    NASSHRINK_RETURN_IF_ERROR(Parse(one, &value));
    message->add_reference(value);
  }
  return {};
}

constexpr char kFixedParts[] = "FIXED_PARTS_";
constexpr char kPool[] = "POOL_";
constexpr char kDisconnected[] = "DISCONNECTED_";
constexpr char kScope[] = "SCOPE_";
constexpr char kParams[] = "PARAMS_";
constexpr char kIdentity[] = "IDENTITY_";
constexpr char kAverage[] = "AVERAGE_";
#define NASSHRINK_ENUM(M, Type, name, prefix) \
  { #name, &Enumeration < &v1::M::set_##name, &v1::M##_##Type##_Parse, prefix> }

NASSHRINK_FIELDS(AngleOptions, NASSHRINK_ENUM(AngleOptions, FixedParts, fixed_parts, kFixedParts),
                 NASSHRINK_ENUM(AngleOptions, Pool, pool, kPool),
                 NASSHRINK_ENUM(AngleOptions, Disconnected, disconnected, kDisconnected),
                 NASSHRINK_ENUM(AngleOptions, Scope, scope, kScope),
                 NASSHRINK_ENUM(AngleOptions, Params, params, kParams),
                 NASSHRINK_ENUM(AngleOptions, Identity, identity, kIdentity))

NASSHRINK_FIELDS(ReBatchNorm, NASSHRINK_ENUM(ReBatchNorm, Average, average, kAverage),
                 NASSHRINK_SCALAR(ReBatchNorm, images), NASSHRINK_SCALAR(ReBatchNorm, batch_size),
                 NASSHRINK_SCALAR(ReBatchNorm, momentum), NASSHRINK_TEXT(ReBatchNorm, part))

NASSHRINK_FIELDS(EvaluateOptions, {"metrics", &EvaluateMetricNames},
                 NASSHRINK_NESTED(EvaluateOptions, AngleOptions, angle),
                 NASSHRINK_NESTED(EvaluateOptions, ReBatchNorm, re_bn), NASSHRINK_SCALAR(EvaluateOptions, batch_size),
                 NASSHRINK_SCALAR(EvaluateOptions, images), NASSHRINK_TEXT(EvaluateOptions, part))

NASSHRINK_FIELDS(Optimizer, NASSHRINK_TEXT(Optimizer, name), NASSHRINK_SCALAR(Optimizer, learning_rate),
                 NASSHRINK_SCALAR(Optimizer, final_learning_rate), NASSHRINK_TEXT(Optimizer, schedule),
                 NASSHRINK_SCALAR(Optimizer, schedule_epochs), NASSHRINK_SCALAR(Optimizer, momentum),
                 NASSHRINK_SCALAR(Optimizer, nesterov), NASSHRINK_SCALAR(Optimizer, weight_decay),
                 NASSHRINK_TEXT(Optimizer, weight_decay_on), NASSHRINK_SCALAR(Optimizer, clip_norm),
                 NASSHRINK_SCALAR(Optimizer, clip_value), NASSHRINK_SCALAR(Optimizer, warmup_steps),
                 NASSHRINK_SCALAR(Optimizer, beta1), NASSHRINK_SCALAR(Optimizer, beta2),
                 NASSHRINK_SCALAR(Optimizer, epsilon), NASSHRINK_TEXT(Optimizer, schedule_by))

NASSHRINK_FIELDS(ArchitectureOptions, NASSHRINK_TEXT(ArchitectureOptions, gradient),
                 NASSHRINK_SCALAR(ArchitectureOptions, order),
                 NASSHRINK_NESTED(ArchitectureOptions, Optimizer, optimizer),
                 NASSHRINK_SCALAR(ArchitectureOptions, frozen_epochs), NASSHRINK_SCALAR(ArchitectureOptions, every),
                 NASSHRINK_SCALAR(ArchitectureOptions, batch_size),
                 NASSHRINK_SCALAR(ArchitectureOptions, init_deviation), NASSHRINK_TEXT(ArchitectureOptions, cost),
                 NASSHRINK_TEXT(ArchitectureOptions, cost_form), NASSHRINK_SCALAR(ArchitectureOptions, cost_reference),
                 NASSHRINK_SCALAR(ArchitectureOptions, cost_weight),
                 NASSHRINK_SCALAR(ArchitectureOptions, cost_exponent), NASSHRINK_SCALAR(ArchitectureOptions, samples),
                 NASSHRINK_SCALAR(ArchitectureOptions, baseline_decay),
                 NASSHRINK_SCALAR(ArchitectureOptions, skip_dropout))

NASSHRINK_FIELDS(ResizedCrop, NASSHRINK_SCALAR(ResizedCrop, min_area), NASSHRINK_SCALAR(ResizedCrop, max_area),
                 NASSHRINK_SCALAR(ResizedCrop, min_ratio), NASSHRINK_SCALAR(ResizedCrop, max_ratio))
NASSHRINK_FIELDS(RandAugment, NASSHRINK_SCALAR(RandAugment, operations), NASSHRINK_SCALAR(RandAugment, magnitude))
NASSHRINK_FIELDS(Augmentation, NASSHRINK_SCALAR(Augmentation, brightness), NASSHRINK_SCALAR(Augmentation, contrast),
                 NASSHRINK_SCALAR(Augmentation, saturation), NASSHRINK_NESTED(Augmentation, ResizedCrop, resized_crop),
                 NASSHRINK_NESTED(Augmentation, RandAugment, rand_augment))

NASSHRINK_FIELDS(TrainOptions, NASSHRINK_SCALAR(TrainOptions, epochs), NASSHRINK_SCALAR(TrainOptions, batch_size),
                 NASSHRINK_NESTED(TrainOptions, Optimizer, optimizer), NASSHRINK_TEXT(TrainOptions, strategy),
                 NASSHRINK_TEXT(TrainOptions, cell_sampling), NASSHRINK_SCALAR(TrainOptions, freeze_unsampled),
                 NASSHRINK_SCALAR(TrainOptions, label_smoothing), NASSHRINK_SCALAR(TrainOptions, crop_padding),
                 NASSHRINK_SCALAR(TrainOptions, flip), NASSHRINK_SCALAR(TrainOptions, images),
                 NASSHRINK_SCALAR(TrainOptions, average_snapshots), NASSHRINK_SCALAR(TrainOptions, cutout),
                 NASSHRINK_SCALAR(TrainOptions, micro_batch_size), NASSHRINK_SCALAR(TrainOptions, max_skipped_steps),
                 NASSHRINK_SCALAR(TrainOptions, drop_path), NASSHRINK_SCALAR(TrainOptions, classifier_dropout),
                 NASSHRINK_TEXT(TrainOptions, precision),
                 NASSHRINK_NESTED(TrainOptions, ArchitectureOptions, architecture),
                 NASSHRINK_NESTED(TrainOptions, Augmentation, augmentation))

NASSHRINK_FIELDS(TrainStage, NASSHRINK_NESTED(TrainStage, TrainOptions, options), NASSHRINK_TEXT(TrainStage, target),
                 NASSHRINK_SCALAR(TrainStage, continue_schedule), NASSHRINK_SCALAR(TrainStage, inherit_optimizer),
                 NASSHRINK_SCALAR(TrainStage, base_epoch), NASSHRINK_SCALAR(TrainStage, new_supernet))

NASSHRINK_FIELDS(ScoreOptions, NASSHRINK_TEXT(ScoreOptions, metric),
                 NASSHRINK_NESTED(ScoreOptions, AngleOptions, angle), NASSHRINK_TEXT(ScoreOptions, aggregation),
                 NASSHRINK_SCALAR(ScoreOptions, seed), NASSHRINK_SCALAR(ScoreOptions, enumerate_up_to),
                 NASSHRINK_SCALAR(ScoreOptions, samples_per_operator),
                 NASSHRINK_NESTED(ScoreOptions, EvaluateOptions, evaluate))

NASSHRINK_FIELDS(ScoreStage, NASSHRINK_NESTED(ScoreStage, ScoreOptions, options))

NASSHRINK_FIELDS(AbsRule, NASSHRINK_SCALAR(AbsRule, drop))
NASSHRINK_FIELDS(PerChoiceRule, NASSHRINK_SCALAR(PerChoiceRule, drop), NASSHRINK_SCALAR(PerChoiceRule, significance),
                 NASSHRINK_SCALAR(PerChoiceRule, keep_none))
NASSHRINK_FIELDS(PadNasRule, NASSHRINK_SCALAR(PadNasRule, threshold), NASSHRINK_SCALAR(PadNasRule, fronts),
                 NASSHRINK_TEXT(PadNasRule, pool))
NASSHRINK_FIELDS(ShrinkRule, NASSHRINK_NESTED(ShrinkRule, AbsRule, abs),
                 NASSHRINK_NESTED(ShrinkRule, PerChoiceRule, per_choice),
                 NASSHRINK_NESTED(ShrinkRule, PadNasRule, pad_nas))
NASSHRINK_FIELDS(ShrinkStage, NASSHRINK_NESTED(ShrinkStage, ShrinkRule, rule))

NASSHRINK_FIELDS(EvolutionOptions, NASSHRINK_SCALAR(EvolutionOptions, population),
                 NASSHRINK_SCALAR(EvolutionOptions, generations), NASSHRINK_SCALAR(EvolutionOptions, top_k),
                 NASSHRINK_SCALAR(EvolutionOptions, mutations), NASSHRINK_SCALAR(EvolutionOptions, crossovers),
                 NASSHRINK_SCALAR(EvolutionOptions, mutation_probability),
                 NASSHRINK_SCALAR(EvolutionOptions, sample_size))
NASSHRINK_FIELDS(LocalSearchOptions, NASSHRINK_SCALAR(LocalSearchOptions, radius),
                 NASSHRINK_TEXT(LocalSearchOptions, improvement))
NASSHRINK_FIELDS(ReinforceOptions, NASSHRINK_SCALAR(ReinforceOptions, learning_rate),
                 NASSHRINK_SCALAR(ReinforceOptions, baseline_decay),
                 NASSHRINK_SCALAR(ReinforceOptions, logit_deviation),
                 NASSHRINK_SCALAR(ReinforceOptions, cost_reference), NASSHRINK_SCALAR(ReinforceOptions, cost_exponent))
NASSHRINK_FIELDS(Nsga2Options, NASSHRINK_SCALAR(Nsga2Options, crossover_probability),
                 NASSHRINK_SCALAR(Nsga2Options, eta), NASSHRINK_TEXT(Nsga2Options, mutation),
                 NASSHRINK_TEXT(Nsga2Options, infeasible))

NASSHRINK_FIELDS(SearchOptions, NASSHRINK_TEXT(SearchOptions, algorithm), {"metrics", &SearchMetricNames},
                 NASSHRINK_NESTED(SearchOptions, EvaluateOptions, evaluate), NASSHRINK_SCALAR(SearchOptions, trials),
                 NASSHRINK_NESTED(SearchOptions, EvolutionOptions, evolution), NASSHRINK_SCALAR(SearchOptions, seed),
                 NASSHRINK_NESTED(SearchOptions, LocalSearchOptions, local_search),
                 NASSHRINK_NESTED(SearchOptions, ReinforceOptions, reinforce),
                 NASSHRINK_NESTED(SearchOptions, Nsga2Options, nsga2), NASSHRINK_SCALAR(SearchOptions, batch),
                 {"reference", &SearchReference})
NASSHRINK_FIELDS(SearchStage, NASSHRINK_NESTED(SearchStage, SearchOptions, options))

NASSHRINK_FIELDS(ResetBaseStage, NASSHRINK_SCALAR(ResetBaseStage, after_dropped))

NASSHRINK_FIELDS(RetrainStage, NASSHRINK_NESTED(RetrainStage, TrainOptions, options),
                 NASSHRINK_SCALAR(RetrainStage, use_all_training_images), NASSHRINK_SCALAR(RetrainStage, top),
                 NASSHRINK_SCALAR(RetrainStage, weight_average_decay), NASSHRINK_TEXT(RetrainStage, weights),
                 NASSHRINK_SCALAR(RetrainStage, keep_best), NASSHRINK_SCALAR(RetrainStage, scale_to_macs),
                 NASSHRINK_SCALAR(RetrainStage, cells), NASSHRINK_SCALAR(RetrainStage, auxiliary_weight))

NASSHRINK_FIELDS(DeriveOptions, NASSHRINK_TEXT(DeriveOptions, rule), NASSHRINK_SCALAR(DeriveOptions, edges_per_node),
                 NASSHRINK_SCALAR(DeriveOptions, most_identities))
NASSHRINK_FIELDS(DeriveStage, NASSHRINK_NESTED(DeriveStage, DeriveOptions, options))

NASSHRINK_FIELDS(DeepenStage, NASSHRINK_SCALAR(DeepenStage, cells), NASSHRINK_SCALAR(DeepenStage, inherit))

NASSHRINK_FIELDS(ExportStage, NASSHRINK_TEXT(ExportStage, format), NASSHRINK_TEXT(ExportStage, file))

NASSHRINK_FIELDS(Until, NASSHRINK_TEXT(Until, children_at_most), NASSHRINK_SCALAR(Until, iterations),
                 NASSHRINK_SCALAR(Until, nothing_dropped))
NASSHRINK_FIELDS(LoopStage, NASSHRINK_NESTED(LoopStage, Until, until),
                 {"body", &StageList<v1::LoopStage, &v1::LoopStage::mutable_body>})

NASSHRINK_FIELDS(SupernetOptions, NASSHRINK_TEXT(SupernetOptions, backend), NASSHRINK_SCALAR(SupernetOptions, seed),
                 NASSHRINK_TEXT(SupernetOptions, init))

NASSHRINK_FIELDS(RunPlan, NASSHRINK_TEXT(RunPlan, name), NASSHRINK_SCALAR(RunPlan, seed),
                 NASSHRINK_NESTED(RunPlan, SupernetOptions, supernet),
                 {"stages", &StageList<v1::RunPlan, &v1::RunPlan::mutable_stages>})

// A setting changes a stage of the plan; it never turns it into one of another kind.
template <typename Child>
Status KindOf(v1::Stage* stage, v1::Stage::KindCase kind, Child* (v1::Stage::*get)(), const PathStep& step,
              std::string_view value) {
  if (stage->kind_case() != kind) return Invalid("", step.name, "the stage's own kind", "is another kind of stage");
  if (step.rest.empty()) return Invalid("", value, fmt::format("{}.NAME", step.name), "is no single value");
  return SetField((stage->*get)(), step.rest, value);
}

#define NASSHRINK_KIND(name, Kind, accessor)                                                                        \
  {                                                                                                                 \
#name, [](v1::Stage * stage, const PathStep& step,                                                              \
              std::string_view                                                                                      \
                  value) { return KindOf(stage, v1::Stage::k##Kind, &v1::Stage::mutable_##accessor, step, value); } \
  }
NASSHRINK_FIELDS(Stage, NASSHRINK_KIND(train, Train, train), NASSHRINK_KIND(score, Score, score),
                 NASSHRINK_KIND(shrink, Shrink, shrink), NASSHRINK_KIND(search, Search, search),
                 NASSHRINK_KIND(reset_base, ResetBase, reset_base), NASSHRINK_KIND(retrain, Retrain, retrain),
                 NASSHRINK_KIND(export, Export, export_), NASSHRINK_KIND(loop, Loop, loop),
                 NASSHRINK_KIND(deepen, Deepen, deepen), NASSHRINK_KIND(derive, Derive, derive))

Status StageOf(google::protobuf::RepeatedPtrField<v1::Stage>* stages, const PathStep& step, std::string_view value) {
  std::vector<std::string> known;
  for (int i = 0; i < stages->size(); ++i) {
    v1::Stage* stage = stages->Mutable(i);
    const std::string number = std::to_string(i);
    if (!step.index.empty() && (step.index == number || step.index == stage->key())) {
      if (step.rest.empty()) return Invalid("", value, "KIND.NAME of the stage", "is no single value");
      return SetField(stage, step.rest, value);
    }
    known.push_back(stage->key().empty() ? number : stage->key());
  }
  return Invalid("", fmt::format("'{}'", step.index), fmt::format("{}[{}]", step.name, fmt::join(known, "], [")),
                 "names no stage");
}

}  // namespace

base::Result<std::pair<std::string_view, std::string_view>> SplitSetting(std::string_view setting) {
  const size_t equals = setting.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Invalid("set", fmt::format("'{}'", setting), "PATH=VALUE", "is no setting");
  }
  return std::pair(setting.substr(0, equals), setting.substr(equals + 1));
}

base::Status ApplySetting(std::string_view path, std::string_view value, v1::RunPlan* plan) {
  return SetField(plan, path, value);
}

}  // namespace nasshrink::run
