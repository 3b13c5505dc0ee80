// How a trainer trains: the messages TrainOptions, Optimizer, ArchitectureOptions and Augmentation of
// proto/nasshrink/v1/plan.proto as plain values, every field resolved to its effective value.
//
// Crosses the border of the back end's library with run/backend.h, whose rules hold here, too.
#ifndef NASSHRINK_RUN_TRAIN_OPTIONS_H_
#define NASSHRINK_RUN_TRAIN_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "space/space.h"

namespace nasshrink::run {

// Images of a data set.
enum class Part : uint8_t { kTrain, kValidation, kTest, kTrainAndValidation };

struct OptimizerOptions {
  // kNone leaves the weights to the caller's own optimiser.
  enum class Kind : uint8_t { kSgd, kAdam, kNone } kind = Kind::kSgd;
  double learning_rate = 0.025;
  double final_learning_rate = 0;
  enum class Schedule : uint8_t { kCosine, kLinear, kConstant } schedule = Schedule::kCosine;
  double momentum = 0.9;  // SGD
  bool nesterov = false;  // SGD
  double beta1 = 0.9;     // Adam
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  bool decay_all = true;  // false: convolution and linear weights only
  double clip_norm = 0;
  double clip_value = 0;
  uint64_t warmup_steps = 0;
  // The schedule moves only every so many steps; an epoch's steps for one that is set by the epoch.
  uint64_t hold_steps = 1;
};

// Costs are those of space/additive_cost.h as plain numbers: [choice][root candidate].
struct ArchitectureOptions {
  enum class Gradient : uint8_t { kFull, kTwo, kReinforce } gradient = Gradient::kFull;
  uint32_t order = 1;
  OptimizerOptions optimizer;
  // In epochs of the trainer; none for batches of the caller's own.
  uint32_t frozen_epochs = 0;
  uint32_t every = 1;
  uint32_t batch_size = 64;
  double init_deviation = 1e-3;
  enum class CostForm : uint8_t { kNone, kMultiplyLog, kAdd } cost_form = CostForm::kNone;
  double cost_fixed = 0;
  std::vector<std::vector<double>> cost;
  double cost_reference = 1;
  double cost_weight = 0.2;
  double cost_exponent = 0.3;
  uint32_t samples = 10;
  double baseline_decay = 0.99;
  double skip_dropout = 0;
  uint32_t epochs = 0;  // of the training, which skip_dropout falls over
};

// Changes of training pictures beyond crop, flip and cutout; 0 switches one off.
struct AugmentationOptions {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  bool resized_crop = false;
  double min_area = 0.08;
  double max_area = 1;
  double min_ratio = 3.0 / 4.0;
  double max_ratio = 4.0 / 3.0;
  uint32_t rand_augment_operations = 0;
  double rand_augment_magnitude = 9;
};

struct TrainOptions {
  uint32_t batch_size = 64;
  // A batch is worked off in pieces of at most this many images whose gradients add up; 0 takes it whole.
  uint32_t micro_batch_size = 0;
  OptimizerOptions optimizer;
  enum class Strategy : uint8_t { kUniform, kFair, kProxyless, kDarts } strategy = Strategy::kUniform;
  bool per_cell_rejecting = false;
  // The path of a step, in place of a uniform one; depends on its arguments alone. Any thread.
  std::function<space::Architecture(uint64_t seed, uint64_t step)> draw;
  bool freeze_unsampled = true;
  double label_smoothing = 0;
  double classifier_dropout = 0;
  double drop_path = 0;
  bool halved = false;  // convolutions on operands of bfloat16
  ArchitectureOptions architecture;
  uint32_t crop_padding = 0;
  bool flip = false;
  uint32_t cutout = 0;
  AugmentationOptions augmentation;
  uint64_t images = 0;  // 0: all of the part
  Part part = Part::kTrain;
  uint64_t seed = 0;
  // The schedule covers steps 0..schedule_steps-1; later steps keep its last value.
  uint64_t schedule_steps = 0;
  // The trainer's first step: above 0 it continues the schedule (and the sequence of sampled paths) of an earlier
  // trainer; its optimiser still starts without momentum.
  uint64_t first_step = 0;
  // Above 0 the loss is the classifier's plus this times that of the auxiliary head, which the supernet must have. With
  // Step and Epoch alone.
  double auxiliary_weight = 0;
  // Exponential average of weights kept beside them and used by evaluation; 0 for none.
  double weight_average_decay = 0;
  // So many steps in a row without a finite loss and gradient end an epoch; 0 for never.
  uint32_t max_skipped_steps = 20;
};

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_TRAIN_OPTIONS_H_
