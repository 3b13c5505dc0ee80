#include "nn/synthetic.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace nasshrink::nn {
namespace {

constexpr double kTau = 6.283185307179586;
constexpr uint32_t kMaxSide = 256;
constexpr uint32_t kMaxImages = 1000000;

struct Description {
  uint32_t classes = 0;
  uint32_t channels = 1;
  uint32_t height = 28;
  uint32_t width = 28;
  uint32_t images = 2048;
};

// A number in 1..most from the front of `text`, and `separator` after it when there is more.
bool TakeNumber(std::string_view* text, char separator, uint32_t most, uint32_t* out) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *out);
  if (error != std::errc() || *out == 0 || *out > most) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  if (text->empty()) return true;
  if (text->front() != separator || text->size() == 1) return false;
  text->remove_prefix(1);
  return true;
}

bool Parse(std::string_view text, Description* out) {
  if (!TakeNumber(&text, ':', 256, &out->classes)) return false;
  if (text.empty()) return true;
  if (!TakeNumber(&text, 'x', 16, &out->channels) || text.empty()) return false;
  if (!TakeNumber(&text, 'x', kMaxSide, &out->height) || text.empty()) return false;
  if (!TakeNumber(&text, ':', kMaxSide, &out->width)) return false;
  return text.empty() || (TakeNumber(&text, ':', kMaxImages, &out->images) && text.empty());
}

struct Wave {
  double across, down, phase, strength;
};

// Two waves for every class and channel.
std::vector<Wave> DrawWaves(const Description& description, uint64_t seed) {
  base::Philox random(seed, base::Purpose::kSynthetic, 0, 0);
  std::vector<Wave> waves(size_t{2} * description.classes * description.channels);
  for (Wave& wave : waves) {
    wave.across = (random.Uniform() - 0.5) * 6;
    wave.down = (random.Uniform() - 0.5) * 6;
    wave.phase = random.Uniform();
    wave.strength = 0.5 + random.Uniform();
  }
  return waves;
}

LabelledImages Draw(const Description& description, const std::vector<Wave>& waves, uint64_t seed, uint64_t step,
                    uint64_t count) {
  LabelledImages images;
  images.channels = description.channels;
  images.height = description.height;
  images.width = description.width;
  images.pixels.resize(count * images.image_size());
  images.labels.resize(count);
  for (uint64_t i = 0; i < count; ++i) {
    base::Philox random(seed, base::Purpose::kSynthetic, step, static_cast<uint32_t>(i));
    const uint32_t label = random.Below(description.classes);
    images.labels[i] = label;
    const double shift = (random.Uniform() - 0.5) * 0.3;
    const double gain = 25 + 20 * random.Uniform();
    uint8_t* pixel = images.pixels.data() + i * images.image_size();
    for (uint32_t c = 0; c < description.channels; ++c) {
      const Wave* pair = waves.data() + size_t{2} * (label * description.channels + c);
      for (uint32_t h = 0; h < description.height; ++h) {
        for (uint32_t w = 0; w < description.width; ++w) {
          const double x = static_cast<double>(w) / description.width;
          const double y = static_cast<double>(h) / description.height;
          double value = 128 + 30 * (random.Uniform() + random.Uniform() - 1);
          for (const Wave& wave : {pair[0], pair[1]}) {
            value += gain * wave.strength * std::sin(kTau * (wave.across * x + wave.down * y + wave.phase + shift));
          }
          *pixel++ = static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
        }
      }
    }
  }
  return images;
}

}  // namespace

base::Result<TrainAndTest> MakeSynthetic(const std::string& description_text, uint64_t seed,
                                         const ReadRequest& request) {
  Description description;
  if (!Parse(description_text, &description)) {
    return base::Invalid("source", "synthetic:" + description_text, "synthetic:CLASSES[:CxHxW[:IMAGES]]",
                         "the synthetic images cannot be made");
  }
  const auto limited = [](uint64_t count, uint64_t limit) { return limit == 0 ? count : std::min(count, limit); };
  const uint64_t train = limited(description.images, request.limit_train);
  const uint64_t bytes = train * description.channels * description.height * description.width;
  if (bytes > request.max_bytes) {
    return base::Error(base::Code::kResourceExhausted, "synthetic images of {} bytes are more than the {} allowed",
                       bytes, request.max_bytes);
  }
  const std::vector<Wave> waves = DrawWaves(description, seed);
  TrainAndTest both;
  both.classes = description.classes;
  both.train = Draw(description, waves, seed, 1, train);
  both.test = Draw(description, waves, seed, 2, limited(std::max(1U, description.images / 4), request.limit_test));
  return both;
}

}  // namespace nasshrink::nn
