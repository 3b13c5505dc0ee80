#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>

#include "base/safetensors.h"
#include "nn/toy_space.h"

namespace nasshrink::nn {
namespace {

using space::Architecture;

std::unique_ptr<run::Supernet> Make(run::Backend& backend, const space::Space& space, bool stand_alone = false,
                                    uint64_t seed = 0) {
  run::SupernetOptions options;
  options.seed = seed;
  options.stand_alone = stand_alone;
  auto supernet = backend.NewSupernet(space, options);
  EXPECT_TRUE(supernet.ok()) << supernet.status().message();
  return *std::move(supernet);
}

void Train(run::Supernet& supernet, int steps, const ToySize& size = {}) {
  run::TrainOptions options;
  options.optimizer.learning_rate = 0.05;
  auto trainer = supernet.NewTrainer(options);
  ASSERT_TRUE(trainer.ok());
  const ToyBatch batch = MakeToyBatch(8, size);
  for (int i = 0; i < steps; ++i) {
    ASSERT_TRUE((*trainer)->Step(batch.inputs_view(), batch.targets_view()).ok());
  }
}

space::Space Only(space::Space space, const Architecture& architecture) {
  for (size_t i = 0; i < architecture.size(); ++i) space.choices[i].alive = {architecture[i]};
  return space;
}

std::vector<float> Values(const base::SafetensorsImage& image, const std::string& name) {
  const base::SafetensorsTensor* tensor = image.Find(name);
  EXPECT_NE(tensor, nullptr) << name;
  if (tensor == nullptr) return {};
  std::vector<float> values(tensor->data.size() / sizeof(float));
  std::memcpy(values.data(), tensor->data.data(), tensor->data.size());
  return values;
}

TEST(Supernet, HasThePublishedNumberOfParameters) {
  const auto backend = ToyBackend();
  EXPECT_EQ(Make(*backend, ToySpace({16, 5, 3, 32, 10}))->Describe().parameters, 1686106U);
}

TEST(Supernet, AStandAloneChildHasThePublishedNumberOfParameters) {
  const auto backend = ToyBackend();
  const space::Space space = ToySpace({16, 5, 3, 32, 10});
  EXPECT_EQ(Make(*backend, Only(space, {3, 3, 3, 3, 3, 3}), true)->Describe().parameters, 1531546U);
  EXPECT_EQ(Make(*backend, Only(space, {2, 2, 2, 2, 2, 2}), true)->Describe().parameters, 241306U);
  EXPECT_EQ(Make(*backend, Only(space, {1, 1, 1, 1, 1, 1}), true)->Describe().parameters, 73306U);
  EXPECT_EQ(Make(*backend, Only(space, {3, 3, 3, 1, 3, 2}), true)->Describe().parameters, 1073466U);
}

TEST(Supernet, AStandAloneChildNeedsOneCandidateAChoice) {
  const auto backend = ToyBackend();
  run::SupernetOptions options;
  options.stand_alone = true;
  const auto supernet = backend->NewSupernet(ToySpace(), options);
  ASSERT_FALSE(supernet.ok());
  EXPECT_EQ(supernet.status().code(), base::Code::kInvalidArgument);
  EXPECT_NE(supernet.status().message().find("choices[0].alive"), std::string::npos) << supernet.status().message();
}

TEST(Supernet, UnknownInitialisationAndDeviceAreRefused) {
  const auto backend = ToyBackend();
  run::SupernetOptions options;
  options.init = "ones";
  const auto supernet = backend->NewSupernet(ToySpace(), options);
  ASSERT_FALSE(supernet.ok());
  EXPECT_NE(supernet.status().message().find("ones"), std::string::npos);

  run::BackendOptions elsewhere;
  elsewhere.device = "abacus";
  base::Status status;
  EXPECT_EQ(nasshrink_backend_factory()->create(elsewhere, &status), nullptr);
  EXPECT_EQ(status.code(), base::Code::kInvalidArgument);
}

TEST(Supernet, FrameworkDefaultInitialisationFillsItsInterval) {
  const auto backend = ToyBackend();
  const auto supernet = Make(*backend, ToySpace({16, 1, 3, 8, 10}));
  const auto bytes = supernet->Serialize({});
  ASSERT_TRUE(bytes.ok());
  const auto image = base::ParseSafetensors(*bytes);
  ASSERT_TRUE(image.ok());
  const std::vector<float> weight = Values(*image, "cells.4.edges.3<-1.3.op.1.weight");
  const double bound = 1 / std::sqrt(64.0 * 9);
  double square = 0;
  for (const float value : weight) {
    EXPECT_LE(std::abs(value), bound);
    square += static_cast<double>(value) * value;
  }
  // E|w0|^2 of a convolution from C to C channels is C / 3, whatever its kernel.
  EXPECT_NEAR(square, 64.0 / 3, 0.2);
}

TEST(Supernet, OrthogonalInitialisationHasOrthonormalRows) {
  const auto backend = ToyBackend();
  run::SupernetOptions options;
  options.init = "orthogonal";
  const auto supernet = backend->NewSupernet(ToySpace(), options);
  ASSERT_TRUE(supernet.ok());
  const auto bytes = (*supernet)->Serialize({});
  const auto image = base::ParseSafetensors(*bytes);
  const std::vector<float> weight = Values(*image, "cells.0.edges.1<-0.3.op.1.weight");
  for (size_t a = 0; a < 4; ++a) {
    for (size_t b = 0; b < 4; ++b) {
      double dot = 0;
      for (size_t i = 0; i < 36; ++i) dot += static_cast<double>(weight[a * 36 + i]) * weight[b * 36 + i];
      EXPECT_NEAR(dot, a == b ? 1 : 0, 1e-6);
    }
  }
}

TEST(Supernet, ASeedFixesTheWeights) {
  const auto backend = ToyBackend();
  const auto first = Make(*backend, ToySpace(), false, 7)->Serialize({});
  const auto second = Make(*backend, ToySpace(), false, 7)->Serialize({});
  const auto other = Make(*backend, ToySpace(), false, 8)->Serialize({});
  EXPECT_EQ(*first, *second);
  EXPECT_NE(*first, *other);
}

TEST(Supernet, SerialisesAndLoadsToTheSameBytes) {
  const auto backend = ToyBackend();
  const auto supernet = Make(*backend, ToySpace());
  Train(*supernet, 3);
  const auto image = supernet->Serialize({{"note", "here"}});
  ASSERT_TRUE(image.ok());
  auto loaded = backend->LoadSupernet(ToySpace(), *image);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(*(*loaded)->Serialize({{"note", "here"}}), *image);
  EXPECT_EQ((*loaded)->Describe().steps, 3U);
  EXPECT_EQ(base::ParseSafetensors(*image)->metadata.at("note"), "here");
}

TEST(Supernet, TornAndForeignImagesAreDataLoss) {
  const auto backend = ToyBackend();
  const auto image = Make(*backend, ToySpace())->Serialize({});
  for (const size_t length : {size_t{0}, size_t{7}, image->size() / 2, image->size() - 1}) {
    const auto loaded = backend->LoadSupernet(ToySpace(), image->substr(0, length));
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.status().code(), base::Code::kDataLoss) << length;
  }
  std::string uncounted = *image;
  const std::string steps = R"("nasshrink.steps":"0")";
  ASSERT_NE(uncounted.find(steps), std::string::npos);
  uncounted[uncounted.find(steps) + steps.size() - 2] = 'x';
  const auto loaded = backend->LoadSupernet(ToySpace(), uncounted);
  EXPECT_EQ(loaded.status().code(), base::Code::kDataLoss);
  EXPECT_NE(loaded.status().message().find("'nasshrink.steps'"), std::string::npos) << loaded.status().message();
  ToySize wider;
  wider.channels = 8;
  EXPECT_EQ(backend->LoadSupernet(ToySpace(wider), *image).status().code(), base::Code::kDataLoss);
  const auto child = Make(*backend, ToySpace())->Extract({3, 3, 3, 3, 3, 3}, {});
  EXPECT_EQ(backend->LoadSupernet(ToySpace(), *child).status().code(), base::Code::kDataLoss);
}

TEST(Supernet, InheritsWeightsAndBaseAndLeavesDroppedOperatorsOut) {
  const auto backend = ToyBackend();
  const auto supernet = Make(*backend, ToySpace());
  Train(*supernet, 4);
  space::Space shrunk = ToySpace();
  shrunk.choices[2].alive = {0, 3};
  auto inherited = supernet->Inherit(shrunk, {});
  ASSERT_TRUE(inherited.ok()) << inherited.status().message();
  EXPECT_LT((*inherited)->Describe().parameters, supernet->Describe().parameters);
  const auto before_bytes = supernet->Serialize({});
  const auto after_bytes = (*inherited)->Serialize({});
  const auto before = base::ParseSafetensors(*before_bytes);
  const auto after = base::ParseSafetensors(*after_bytes);
  EXPECT_EQ(after->Find("cells.0.edges.2<-1.2.op.1.weight"), nullptr);
  for (const base::SafetensorsTensor& tensor : after->tensors) {
    ASSERT_NE(before->Find(tensor.name), nullptr) << tensor.name;
    EXPECT_EQ(before->Find(tensor.name)->data, tensor.data) << tensor.name;
  }
  EXPECT_EQ((*inherited)->Inherit(ToySpace(), {}).status().code(), base::Code::kFailedPrecondition);
}

TEST(Supernet, InheritRefusesASpaceOfAnotherRoot) {
  const auto backend = ToyBackend();
  ToySize other;
  other.classes = 5;
  EXPECT_EQ(Make(*backend, ToySpace())->Inherit(ToySpace(other), {}).status().code(), base::Code::kFailedPrecondition);
}

TEST(Supernet, ResetBaseTakesTheCurrentWeights) {
  const auto backend = ToyBackend();
  const auto supernet = Make(*backend, ToySpace());
  Train(*supernet, 2);
  ASSERT_TRUE(supernet->ResetBase().ok());
  const auto table = supernet->Table({});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->fixed[0], table->fixed[1]);
  EXPECT_EQ(table->fixed[3], 0);
}

TEST(Supernet, ExtractsAChildInThePublishedNetworksNames) {
  const auto backend = ToyBackend();
  const auto supernet = Make(*backend, ToySpace());
  const auto bytes = supernet->Extract({3, 0, 1, 2, 4, 3}, {{"ops", "3 0 1 2 4 3"}});
  ASSERT_TRUE(bytes.ok());
  const auto image = base::ParseSafetensors(*bytes);
  ASSERT_TRUE(image.ok());
  std::set<std::string> names;
  for (const auto& tensor : image->tensors) names.insert(tensor.name);
  for (const char* name :
       {"stem.0.weight", "stem.1.weight", "stem.1.bias", "stem.1.running_mean", "stem.1.running_var",
        "cells.0.layers.0.op.1.weight", "cells.0.layers.3.op.1.weight", "cells.0.layers.5.op.2.running_mean",
        "cells.1.conv_a.op.1.weight", "cells.1.conv_b.op.2.bias", "cells.1.downsample.1.weight", "lastact.0.weight",
        "classifier.weight", "classifier.bias"}) {
    EXPECT_EQ(names.count(name), 1U) << name;
  }
  for (const std::string& name : names) EXPECT_EQ(name.find(".edges."), std::string::npos) << name;
  EXPECT_EQ(names.count("cells.0.layers.1.op.1.weight"), 0U);
  EXPECT_EQ(names.count("base.stem.0.weight"), 0U);
  EXPECT_EQ(image->Find("cells.0.layers.3.op.1.weight")->shape, (std::vector<int64_t>{4, 4, 1, 1}));
  EXPECT_EQ(image->metadata.at("ops"), "3 0 1 2 4 3");
}

// A PyTorch network computes the batch norm of a node that nothing reaches: zeros must come out, as in training.
TEST(Supernet, AnExtractedOperatorThatNothingReachesPutsOutZeros) {
  const auto backend = ToyBackend();
  const auto supernet = Make(*backend, ToySpace());
  Train(*supernet, 30);
  const auto reached_bytes = supernet->Extract({3, 1, 3, 1, 3, 1}, {});
  const auto bytes = supernet->Extract({0, 1, 3, 1, 3, 1}, {});
  const auto reached = base::ParseSafetensors(*reached_bytes);
  const auto image = base::ParseSafetensors(*bytes);
  for (const char* name : {"cells.0.layers.2.op.2", "cells.4.layers.4.op.2"}) {
    EXPECT_NE(Values(*reached, std::string(name) + ".running_mean"), std::vector<float>(name[6] == '0' ? 4 : 16, 0.0F));
    EXPECT_EQ(Values(*image, std::string(name) + ".running_mean"), std::vector<float>(name[6] == '0' ? 4 : 16, 0.0F));
    EXPECT_EQ(Values(*image, std::string(name) + ".running_var"), std::vector<float>(name[6] == '0' ? 4 : 16, 1.0F));
  }
}

TEST(Supernet, ArchitecturesMustBeAlive) {
  const auto backend = ToyBackend();
  space::Space space = ToySpace();
  space.choices[1].alive = {1, 2};
  const auto supernet = Make(*backend, space);
  const auto dropped = supernet->Extract({3, 3, 3, 3, 3, 3}, {});
  ASSERT_FALSE(dropped.ok());
  EXPECT_NE(dropped.status().message().find("[1]"), std::string::npos) << dropped.status().message();
  EXPECT_FALSE(supernet->Extract({3, 1}, {}).ok());
}

TEST(Supernet, SharingGroupsAreRefused) {
  const auto backend = ToyBackend();
  space::Space space = ToySpace();
  space.sharing_groups = {{0, 1}};
  EXPECT_EQ(backend->NewSupernet(space, {}).status().code(), base::Code::kUnimplemented);
}

TEST(Supernet, TheMemoryLimitIsKept) {
  run::BackendOptions options;
  options.intra_op_threads = 1;
  options.memory_limit = 1000000;
  base::Status status;
  const std::unique_ptr<run::Backend> backend(nasshrink_backend_factory()->create(options, &status));
  EXPECT_TRUE(backend->NewSupernet(ToySpace(), {}).ok());
  const auto large = backend->NewSupernet(ToySpace({16, 5, 3, 32, 10}), {});
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.status().code(), base::Code::kResourceExhausted);
}

}  // namespace
}  // namespace nasshrink::nn
