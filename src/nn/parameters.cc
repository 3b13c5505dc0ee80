#include "nn/parameters.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/random.h"

namespace nasshrink::nn {
namespace {

// Tensors start on cache lines.
constexpr size_t kAlignment = 16;

using Fill = void (*)(const Parameter&, base::Philox&, float*);

void FillUniform(base::Philox& random, double bound, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) {
    const double unit = static_cast<double>(random.Next32() >> 8) * 0x1p-24;
    out[i] = static_cast<float>((2 * unit - 1) * bound);
  }
}

void FillFrameworkDefault(const Parameter& parameter, base::Philox& random, float* out) {
  FillUniform(random, 1 / std::sqrt(static_cast<double>(parameter.fan_in())), parameter.size, out);
}

void FillKaiming(const Parameter& parameter, base::Philox& random, float* out) {
  const double deviation = std::sqrt(2.0 / static_cast<double>(parameter.fan_in()));
  for (size_t i = 0; i < parameter.size; ++i) out[i] = static_cast<float>(deviation * random.Normal());
}

void FillXavier(const Parameter& parameter, base::Philox& random, float* out) {
  const auto fan_in = static_cast<double>(parameter.fan_in());
  const double fan_out = static_cast<double>(parameter.size) / static_cast<double>(parameter.shape[1]);
  FillUniform(random, std::sqrt(6 / (fan_in + fan_out)), parameter.size, out);
}

// Gram-Schmidt on the shorter side of the [out, in * kernel * kernel] matrix.
void FillOrthogonal(const Parameter& parameter, base::Philox& random, float* out) {
  const auto rows = static_cast<size_t>(parameter.shape[0]);
  const size_t columns = parameter.size / rows;
  const size_t count = std::min(rows, columns);
  const size_t length = std::max(rows, columns);
  std::vector<double> basis(count * length);
  for (double& value : basis) value = random.Normal();
  for (size_t i = 0; i < count; ++i) {
    double* vector = basis.data() + i * length;
    for (int round = 0; round < 2; ++round) {
      for (size_t j = 0; j < i; ++j) {
        const double* other = basis.data() + j * length;
        double dot = 0;
        for (size_t k = 0; k < length; ++k) dot += vector[k] * other[k];
        for (size_t k = 0; k < length; ++k) vector[k] -= dot * other[k];
      }
    }
    double norm = 0;
    for (size_t k = 0; k < length; ++k) norm += vector[k] * vector[k];
    norm = std::sqrt(norm);
    for (size_t k = 0; k < length; ++k) vector[k] /= norm;
  }
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      out[r * columns + c] = static_cast<float>(rows <= columns ? basis[r * length + c] : basis[c * length + r]);
    }
  }
}

Fill FillOf(const std::string& init) {
  if (init == "kaiming_uniform") return FillFrameworkDefault;
  if (init == "kaiming") return FillKaiming;
  if (init == "xavier") return FillXavier;
  if (init == "orthogonal") return FillOrthogonal;
  return nullptr;
}

}  // namespace

int64_t Parameter::fan_in() const {
  int64_t fan = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan *= shape[i];
  return fan;
}

void Layout::Add(Parameter parameter) {
  parameter.size = 1;
  for (const int64_t side : parameter.shape) parameter.size *= static_cast<size_t>(side);
  parameter.offset = weights;
  weights += (parameter.size + kAlignment - 1) / kAlignment * kAlignment;
  elements += parameter.size;
  parameters.push_back(std::move(parameter));
}

void Layout::Add(Statistics norm) {
  norm.offset = channels;
  channels += norm.channels;
  statistics.push_back(std::move(norm));
}

uint64_t BytesOf(const Weights& weights) {
  const size_t floats = weights.current.size() + weights.base.size() + weights.average.size() +
                        weights.running_mean.size() + weights.running_variance.size();
  return floats * sizeof(float);
}

base::Status Initialise(const Layout& layout, const std::string& init, uint64_t seed, Weights* weights) {
  const Fill fill = FillOf(init);
  if (fill == nullptr) {
    return base::Invalid("init", init, "kaiming_uniform, kaiming, xavier or orthogonal", "names no initialisation");
  }
  weights->current.assign(layout.weights, 0.0F);
  for (size_t i = 0; i < layout.parameters.size(); ++i) {
    const Parameter& parameter = layout.parameters[i];
    float* out = weights->current.data() + parameter.offset;
    base::Philox random(seed, base::Purpose::kWeights, parameter.stream);
    switch (parameter.kind) {
      case ParameterKind::kConv:
      case ParameterKind::kLinear:
        fill(parameter, random, out);
        break;
      case ParameterKind::kBias: {
        // The framework's default: the bound of the weight beside it, which is the parameter before.
        const auto fan_in = static_cast<double>(layout.parameters[i - 1].fan_in());
        FillUniform(random, 1 / std::sqrt(fan_in), parameter.size, out);
        break;
      }
      case ParameterKind::kNormScale:
        std::fill_n(out, parameter.size, 1.0F);
        break;
      case ParameterKind::kNormShift:
        break;
    }
  }
  weights->base = weights->current;
  weights->average.clear();
  weights->running_mean.assign(layout.channels, 0.0F);
  weights->running_variance.assign(layout.channels, 1.0F);
  weights->steps = 0;
  return {};
}

}  // namespace nasshrink::nn
