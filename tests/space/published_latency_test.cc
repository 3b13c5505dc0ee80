// The published latency tables against what was measured and published with them.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "packed_csv.h"
#include "shared_file.h"
#include "space/codec.h"
#include "space/latency_formats.h"
#include "space/latency_model.h"
#include "space/operators.h"
#include "space/preset_parts.h"
#include "space/presets.h"
#include "space/validate.h"

namespace nasshrink::space {
namespace {

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Space PresetOf(const std::string& name, const v1::PresetOptions& options = {}) {
  auto space = Preset(name, options);
  EXPECT_TRUE(space.ok()) << space.status().message();
  return *std::move(space);
}

v1::LatencyTable Read(const std::string& text, const std::string& device = "") {
  auto table = ReadLatency("", device, text);
  EXPECT_TRUE(table.ok()) << table.status().message();
  return *std::move(table);
}

TEST(PublishedLatency, OfProxylessNas) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/latency/proxyless_mobile_lut.csv");
  const v1::LatencyTable table = Read(TextOf(path));
  EXPECT_EQ(table.operators_size(), 73);  // 72 lines; the classifier's is that of the pooling, too
  EXPECT_EQ(table.resolution(), 224U);
  // The blocks of the space with the file's own first stage, 24 channels.
  Space space = PresetOf("mobilenet-proxyless-mobile");
  for (size_t layer = 2; layer < 6; ++layer) space.network.layers[layer].out_channels = 24;
  Finish(space);
  ASSERT_TRUE(Validate(space).ok());
  const auto model = LatencyModel::Make(space, table);
  ASSERT_TRUE(model.ok()) << model.status().message();
  // Identity wherever it may be, k3e3 elsewhere; means and variances as the file has them.
  Architecture child(space.choices.size());
  for (size_t choice = 0; choice < child.size(); ++choice) child[choice] = choice % 4 == 0 ? 0 : 6;
  const double mean = 4.083755600814664 + 3.8821352201257864 + 6.240567073170731 + 3.941117647058823 +
                      3.088623217922607 + 0.3096415478615071;
  const auto estimate = model->Of(child);
  EXPECT_GT(static_cast<double>(estimate.nanoseconds) / 1e6, mean);
  EXPECT_GT(estimate.variance.value(), 0);
  // The published network's first stage has 32 channels, which the file lacks.
  const auto report = LatencyModel::Report(PresetOf("mobilenet-proxyless-mobile"), table);
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->missing_size(), 18);
  for (const auto& missing : report->missing()) EXPECT_NE(missing.key().find("32x56x56"), std::string::npos);
}

TEST(PublishedLatency, CoversNoSpaceOfPadNas) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/latency/proxyless_mobile_lut.csv");
  const auto report = LatencyModel::Report(PresetOf("pad-nas-large"), Read(TextOf(path)));
  ASSERT_TRUE(report.ok());
  std::map<std::string, int> missing;
  for (const auto& one : report->missing()) ++missing[one.key().substr(0, one.key().find(" kernel"))];
  EXPECT_EQ(missing["mb_block expansion=2"], 33);
  EXPECT_EQ(missing["mb_block expansion=4"], 33);
  EXPECT_EQ(missing["mb_block expansion=5"], 33);
  EXPECT_EQ(missing["mb_block expansion=1"], 36);  // with the first layer, which is searchable
  EXPECT_EQ(missing["mb_block expansion=3"] + missing["mb_block expansion=6"], 0);
}

// FBNet's space as HW-NAS-Bench has it; the table knows its operators by label.
Space FbnetSpace(const std::vector<std::string>& labels, const std::vector<Stage>& stages) {
  Space space;
  space.name = "fbnet";
  space.network = {3, 32, 32, 100, {}, {}};
  AddFixed(&space, "stem", ConvNorm(3, "relu"), 16);
  for (const Stage& stage : stages) {
    for (uint32_t i = 0; i < stage.blocks; ++i) {
      Choice* choice = AddChoiceLayer(&space, stage.channels, i == 0 ? stage.stride : 1);
      for (size_t code = 0; code < labels.size(); ++code) {
        const std::string& label = labels[code];
        OperatorDef op = MakeOperator("identity", {{"strided", std::string("conv_bn")}});
        if (label != "skip") {
          op = MakeOperator("mb_block", {{"expansion", int64_t{label[4] - '0'}}, {"kernel", int64_t{label[1] - '0'}}});
        }
        choice->candidates.push_back({static_cast<int32_t>(code), label, op});
      }
    }
  }
  AddHead(&space, 1504, "relu");
  Finish(space);
  return space;
}

TEST(PublishedLatency, OfFbnetAddsUpToTheMeasuredNetworks) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/latency/fbnet_hwnasbench_lut.csv");
  NASSHRINK_SHARED_OR_SKIP(networks_path, "data/latency/fbnet_latency.csv.gz");
  const Space space =
      FbnetSpace({"k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip"},
                 {{16, 1, 1}, {24, 4, 1}, {32, 4, 2}, {64, 4, 2}, {112, 4, 1}, {184, 4, 2}, {352, 1, 1}});
  ASSERT_TRUE(Validate(space).ok()) << Validate(space).message();
  const tests::PackedCsv networks(networks_path);
  ASSERT_EQ(networks.size(), 5000U);
  const std::string text = TextOf(path);
  for (const std::string device : {"pixel3", "raspi4", "eyeriss", "fpga"}) {
    const auto model = LatencyModel::Make(space, Read(text, device));
    ASSERT_TRUE(model.ok()) << model.status().message();
    double worst = 0;
    for (size_t i = 0; i < networks.size(); ++i) {
      Architecture child;
      std::istringstream ops(networks.At(i, "ops"));
      for (uint32_t op = 0; ops >> op;) child.push_back(op);
      const double measured = std::stod(networks.At(i, device));
      worst = std::max(worst, std::abs(static_cast<double>(model->Of(child).nanoseconds) / 1e6 - measured));
    }
    // 22 operators and the fixed parts are rounded to whole nanoseconds, half of one each at most.
    EXPECT_LE(worst, 23 * 0.5e-6) << device;
  }
  EXPECT_EQ(ReadLatency("", "pixel9", text).status().details().field, "device");
}

TEST(PublishedLatency, OfOnceForAllCoversItsNetworks) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/latency/ofa_note10_224_lut.csv");
  const v1::LatencyTable table = Read(TextOf(path));
  EXPECT_EQ(table.operators_size(), 96);
  EXPECT_EQ(table.operators(0).key(), "global_avg_pool in=1152x7x7 out=1152x1x1 stride=1");
  EXPECT_NEAR(table.operators(0).variance(), 0.000903109390250199 * 0.000903109390250199, 1e-18);
  EXPECT_EQ(table.operators(0).count(), 495U);
}

TEST(PublishedLatency, PointsAtTheCell) {
  const std::string header = "op,input,output,expand,kernel,stride,mean_ms,spread,spread_kind,count,key,se,hs\n";
  const auto field_of = [&](const std::string& line, const std::string& more = "") {
    const auto table = ReadLatency("once-for-all", "", header + line + more);
    return table.ok() ? "none" : table.status().details().field;
  };
  const std::string good = "expanded_conv,8x8x16,8x8x16,48,3,1,0.5,0.1,std,9,k,0,1\n";
  EXPECT_EQ(field_of(good), "none");
  EXPECT_EQ(field_of(good, good), "line 3, column op");
  EXPECT_EQ(field_of("pool,8x8x16,8x8x16,48,3,1,0.5,0.1,std,9,k,0,1\n"), "line 2, column op");
  EXPECT_EQ(field_of("expanded_conv,8x8,8x8x16,48,3,1,0.5,0.1,std,9,k,0,1\n"), "line 2, column input");
  EXPECT_EQ(field_of("expanded_conv,8x8x16,70000x8x16,48,3,1,0.5,0.1,std,9,k,0,1\n"), "line 2, column output");
  EXPECT_EQ(field_of("expanded_conv,8x8x16,8x8x16,40,3,1,0.5,0.1,std,9,k,0,1\n"), "line 2, column expand");
  EXPECT_EQ(field_of("expanded_conv,8x8x16,8x8x16,48,3,1,-1,0.1,std,9,k,0,1\n"), "line 2, column mean_ms");
  EXPECT_EQ(field_of("expanded_conv,8x8x16,8x8x16,48,3,1,1,1e300,std,9,k,0,1\n"), "line 2, column spread");
  EXPECT_EQ(field_of("expanded_conv,8x8x16,8x8x16,48,3,1,1,1,std,9,k,2,1\n"), "line 2, column se");
}

}  // namespace
}  // namespace nasshrink::space
