// Counter-based random numbers: Philox4x32-10 keyed by a seed, addressed by (purpose, step, choice).
//
// The layout below is frozen, because stored results depend on it:
//   key     = {seed low 32 bits, seed high 32 bits}
//   counter = {block, choice, step low 32 bits, (step high 24 bits << 8) | purpose}
// A draw depends on its address alone, so results do not depend on the order or the number of workers.
// No global generator exists.
#ifndef NASSHRINK_BASE_RANDOM_H_
#define NASSHRINK_BASE_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nasshrink::base {

// What a stream is for. Values are frozen; add at the end.
enum class Purpose : uint8_t {
  kPath = 1,          // sampled path of a training step
  kShuffle = 2,       // order of training images in an epoch
  kAugment = 3,       // crop, flip, cutout of one image in an epoch
  kWeights = 4,       // initial weights
  kSplit = 5,         // training / validation split
  kSampleSpace = 6,   // children drawn from a space
  kScore = 7,         // children drawn to score operators
  kSearch = 8,        // search algorithms
  kSynthetic = 9,     // synthetic images
  kCalibration = 10,  // Re-BN images
  // Of one image in an epoch.
  kResizedCrop = 20,
  kColourJitter = 21,
  kRandAugment = 22,
  kRandomLabel = 23,   // labels that stand in for those of the images
  kDeck = 24,          // shuffled decks of strictly fair training
  kArchitecture = 25,  // initial architecture parameters
  kGate = 26,          // candidates drawn by architecture parameters
  kDropout = 27,       // features a training step leaves out
  kImageDrop = 28,     // operators it leaves out for an image
};

// One block of Philox4x32 with 10 rounds (Salmon et al., SC 2011).
std::array<uint32_t, 4> PhiloxBlock(const std::array<uint32_t, 4>& counter, const std::array<uint32_t, 2>& key);

class Philox {
 public:
  Philox(uint64_t seed, Purpose purpose, uint64_t step = 0, uint32_t choice = 0);

  uint32_t Next32();
  // The low half is drawn first.
  uint64_t Next64();
  // Uniform in 0..bound-1 without bias; bound at least 1.
  uint32_t Below(uint32_t bound);
  uint64_t Below64(uint64_t bound);
  // Uniform in [0, 1) with 53 bits.
  double Uniform();
  // Standard normal (Box-Muller, two draws each call).
  double Normal();

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  size_t used_ = 4;
};

// A uniform permutation of 0..count-1 (Fisher-Yates).
std::vector<uint32_t> Permutation(uint32_t count, Philox& random);

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_RANDOM_H_
