#include "nn/image_drop.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace nasshrink::nn {

std::vector<float> DrawImageScales(const ImageDrop& drop, uint32_t places, int64_t count) {
  const double keep = 1 - drop.probability;
  std::vector<float> scales(static_cast<size_t>(places) * static_cast<size_t>(count));
  base::Philox random(drop.seed, base::Purpose::kImageDrop, drop.step, drop.pass);
  for (float& scale : scales) scale = random.Uniform() < keep ? static_cast<float>(1 / keep) : 0.0F;
  return scales;
}

double DropPathAt(const run::TrainOptions& options, uint64_t step) {
  if (options.schedule_steps == 0) return options.drop_path;
  return options.drop_path * std::min(1.0, static_cast<double>(step) / static_cast<double>(options.schedule_steps));
}

double SkipDropoutAt(const run::ArchitectureOptions& options, uint32_t epoch) {
  if (epoch >= options.frozen_epochs) {
    return options.skip_dropout * std::exp(-0.2 * static_cast<double>(epoch - options.frozen_epochs));
  }
  const auto epochs = static_cast<double>(options.epochs);
  return options.skip_dropout * std::max(0.0, epochs - epoch - 1) / epochs;
}

}  // namespace nasshrink::nn
