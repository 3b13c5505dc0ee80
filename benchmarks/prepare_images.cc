// What it costs to make one training image: from bytes in memory, with each kind of augmentation, and from a JPEG file.
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "nn/dataset.h"

namespace nasshrink::nn {
namespace {

// A picture of the size that ImageNet's have most often, as a JPEG file of its class.
void WriteJpeg(const std::string& path) {
  constexpr int kHeight = 375;
  constexpr int kWidth = 500;
  std::vector<uint8_t> pixels;
  for (int i = 0; i < kHeight * kWidth * 3; ++i) {
    pixels.push_back(static_cast<uint8_t>(std::lround(128 + 60 * std::sin(i * 0.013) + 40 * std::sin(i * 0.00041))));
  }
  tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  if (tjCompress2(encoder, pixels.data(), kWidth, 0, kHeight, TJPF_RGB, &data, &size, TJSAMP_420, 90, 0) == 0) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<long>(size));
  }
  tjFree(data);
  tjDestroy(encoder);
}

std::shared_ptr<ImageDataset> OpenFolder() {
  char folder[] = "/tmp/nasshrink-pictures-XXXXXX";
  if (mkdtemp(folder) == nullptr) return nullptr;
  const std::string path = std::string(folder) + "/class";
  std::filesystem::create_directories(path);
  for (int i = 0; i < 8; ++i) WriteJpeg(path + "/" + std::to_string(i) + ".jpg");
  static const std::string* const kFolder = new std::string(folder);
  std::atexit([] { std::filesystem::remove_all(*kFolder); });
  run::DatasetOptions options;
  options.source = "images:" + *kFolder;
  options.validation_fraction = 0;
  auto dataset = ImageDataset::Open(options);
  return dataset.ok() ? *dataset : nullptr;
}

std::shared_ptr<ImageDataset> OpenSynthetic(const std::string& source) {
  run::DatasetOptions options;
  options.source = source;
  options.validation_fraction = 0;
  auto dataset = ImageDataset::Open(options);
  return dataset.ok() ? *dataset : nullptr;
}

void Prepare(benchmark::State& state, const std::shared_ptr<ImageDataset>& dataset, const Augmentation* augmentation) {
  if (dataset == nullptr) return state.SkipWithError("the images could not be made");
  std::vector<float> image(dataset->image_size());
  int64_t target = 0;
  uint32_t next = 0;
  for (auto _ : state) {
    const base::Status status = dataset->Fill(false, next++ % static_cast<uint32_t>(dataset->info().train_images),
                                              augmentation, image.data(), &target);
    if (!status.ok()) return state.SkipWithError(status.message().c_str());
    benchmark::DoNotOptimize(image.data());
  }
  state.SetItemsProcessed(state.iterations());
}

Augmentation CropAndFlip() { return {4, true, 0, 1, 0, {}}; }

Augmentation Everything() {
  Augmentation augmentation = CropAndFlip();
  augmentation.picture.resized_crop = true;
  augmentation.picture.brightness = augmentation.picture.contrast = augmentation.picture.saturation = 0.4;
  augmentation.picture.rand_augment_operations = 2;
  return augmentation;
}

void Register() {
  static const auto kGrey = OpenSynthetic("synthetic:10:1x28x28:256");
  static const auto kColour = OpenSynthetic("synthetic:10:3x32x32:256");
  static const auto kFolder = OpenFolder();
  static const Augmentation kCropAndFlip = CropAndFlip();
  static const Augmentation kEverything = Everything();
  static Augmentation resized = {0, true, 0, 1, 0, {}};
  resized.picture.resized_crop = true;
  const auto add = [](const char* name, const std::shared_ptr<ImageDataset>& dataset,
                      const Augmentation* augmentation) {
    benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { Prepare(state, dataset, augmentation); });
  };
  add("28x28 grey, as it is", kGrey, nullptr);
  add("28x28 grey, crop and flip", kGrey, &kCropAndFlip);
  add("32x32, as it is", kColour, nullptr);
  add("32x32, crop and flip", kColour, &kCropAndFlip);
  add("32x32, everything", kColour, &kEverything);
  add("JPEG of 500x375 to 224x224, for evaluation", kFolder, nullptr);
  add("JPEG of 500x375 to 224x224, resized crop and flip", kFolder, &resized);
  add("JPEG of 500x375 to 224x224, everything", kFolder, &kEverything);
}

}  // namespace
}  // namespace nasshrink::nn

int main(int argc, char** argv) {
  nasshrink::nn::Register();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
