#include "run/latency_measure.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/cancel.h"
#include "space/latency_model.h"
#include "space/presets.h"
#include "space/validate_network.h"

namespace nasshrink::run {
namespace {

// A machine on which every layer takes as many microseconds as its output has channels, and a pixel mean and a
// classifier a millisecond each.
class CountingBackend final : public Backend {
 public:
  std::string Describe() const override { return "counting"; }
  uint32_t intra_op_threads() const override { return 1; }
  base::Result<std::shared_ptr<Dataset>> OpenDataset(const DatasetOptions& /*options*/) override { return None(); }
  base::Result<std::shared_ptr<Dataset>> DatasetFromTensors(const TensorView& /*inputs*/, const TensorView& /*targets*/,
                                                            const DatasetOptions& /*options*/) override {
    return None();
  }
  base::Result<std::unique_ptr<Supernet>> NewSupernet(const space::Space& /*space*/,
                                                      const SupernetOptions& /*options*/) override {
    return None();
  }
  base::Result<std::unique_ptr<Supernet>> LoadSupernet(const space::Space& /*space*/,
                                                       std::string_view /*image*/) override {
    return None();
  }

  base::Result<InferenceTimes> TimeInference(const space::Space& child, const TimingOptions& options,
                                             const base::Cancel* cancel) override {
    if (base::Triggered(cancel)) return base::Status(base::Code::kCancelled, "the measurement was cancelled");
    ++calls;
    InferenceTimes times;
    const auto shapes = space::ShapesOf(child, child.network.input_height, child.network.input_width);
    for (size_t i = 0; i < child.network.layers.size(); ++i) {
      const auto* op = std::get_if<space::OperatorDef>(&child.network.layers[i].body);
      const bool end = op != nullptr && (op->kind == "linear" || op->kind == "global_avg_pool");
      times.mean_ms += options.batch_size * (end ? 1 : 0.001 * shapes[i + 1].channels);
    }
    times.variance = 0.25;
    times.count = 30;
    return times;
  }

  int calls = 0;

 private:
  static base::Status None() { return base::Error(base::Code::kUnimplemented, "only times"); }
};

space::Space PresetOf(const char* name) { return *space::Preset(name, {}); }

TEST(MeasureLatency, TimesEveryOperatorOnce) {
  CountingBackend backend;
  const space::Space space = PresetOf("nas-bench-201");
  const auto table = MeasureLatency(backend, space, {}, nullptr);
  ASSERT_TRUE(table.ok()) << table.status().message();
  std::map<std::string, double> times;
  for (const v1::OperatorLatency& one : table->operators()) {
    times[one.key()] = one.mean_ms();
    EXPECT_EQ(one.count(), 30U);
    EXPECT_EQ(one.variance(), 0.25);
  }
  EXPECT_EQ(times.size(), 15U);
  EXPECT_EQ(table->operators_size(), 15);
  EXPECT_NEAR(times["relu_conv_bn kernel=3 in=32x16x16 out=32x16x16 stride=1"], 0.032, 1e-12);
  EXPECT_NEAR(times["resnet_block in=16x32x32 out=32x16x16 stride=2"], 0.032, 1e-12);
  EXPECT_NEAR(times["global_avg_pool in=64x8x8 out=64x1x1 stride=1"], 1, 1e-12);
  EXPECT_NEAR(times["linear in=64x1x1 out=10x1x1 stride=1"], 1, 1e-12);
  EXPECT_EQ(backend.calls, 2 * 14 + 1);  // nothing comes off a classifier
  EXPECT_EQ(table->device(), "counting, batch 1");
  EXPECT_EQ(table->resolution(), 32U);
  EXPECT_TRUE(space::LatencyModel::Make(space, *table).ok());
}

TEST(MeasureLatency, GoesOnWhereATableEnds) {
  CountingBackend backend;
  const space::Space space = PresetOf("mobilenet-proxyless-mobile");
  const auto whole = MeasureLatency(backend, space, {}, nullptr);
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  v1::LatencyMeasureOptions options;
  options.set_operators(30);
  for (const int size : {30, 60, 71}) {
    const auto part = MeasureLatency(backend, space, options, nullptr);
    ASSERT_TRUE(part.ok()) << part.status().message();
    EXPECT_EQ(part->operators_size(), size);
    *options.mutable_known() = *part;
  }
  EXPECT_EQ(options.known().SerializeAsString(), whole->SerializeAsString());
}

TEST(MeasureLatency, RefusesWhatDoesNotFit) {
  CountingBackend backend;
  const space::Space space = PresetOf("nas-bench-macro");
  const auto field_of = [&](auto change) {
    v1::LatencyMeasureOptions options;
    change(options);
    return MeasureLatency(backend, space, options, nullptr).status().details().field;
  };
  EXPECT_EQ(field_of([](auto& o) { o.set_batch_size(5000); }), "batch_size");
  EXPECT_EQ(field_of([](auto& o) { o.set_precision(0); }), "precision");
  EXPECT_EQ(field_of([](auto& o) { o.set_max_seconds(-1); }), "max_seconds");
  EXPECT_EQ(field_of([](auto& o) { o.mutable_known()->set_resolution(7); }), "latency.resolution");
  EXPECT_EQ(backend.calls, 0);
  base::Cancel cancel;
  cancel.Trigger();
  EXPECT_EQ(MeasureLatency(backend, space, {}, &cancel).status().code(), base::Code::kCancelled);
}

}  // namespace
}  // namespace nasshrink::run
