// Weights of other libraries: arrays by DLPack, and their sums.
#include <cmath>
#include <memory>
#include <vector>

#include "capi/fixture.h"
#include "nasshrink/dlpack.h"

namespace nasshrink::tests {
namespace {

// An array that counts how often its deleter is called.
struct Array {
  std::vector<float> values = {9, 1, 2, 3, 4, 5, 6};
  std::vector<int64_t> shape = {2, 3};
  std::vector<int64_t> strides = {3, 1};
  int deleted = 0;
  DLManagedTensorVersioned managed = {};

  Array() {
    managed.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION + 7};
    managed.manager_ctx = this;
    managed.deleter = [](DLManagedTensorVersioned* self) { ++static_cast<Array*>(self->manager_ctx)->deleted; };
    managed.dl_tensor.data = values.data();
    managed.dl_tensor.byte_offset = sizeof(float);
    managed.dl_tensor.device = {kDLCPU, 0};
    managed.dl_tensor.ndim = 2;
    managed.dl_tensor.dtype = {kDLFloat, 32, 1};
    managed.dl_tensor.shape = shape.data();
    managed.dl_tensor.strides = strides.data();
  }
};

TEST(DlPack, BorrowsTheMemoryFromItsOffsetAndReleasesItOnce) {
  const Context context = NewContext();
  Array array;
  Tensor tensor = Make<Tensor>(nasshrink_tensor_import, context.get(), &array.managed);
  nasshrink_tensor_view view = {};
  view.struct_size = sizeof(view);
  ASSERT_EQ(Try(nasshrink_tensor_view_of, tensor.get(), &view).status, NASSHRINK_OK);
  EXPECT_EQ(view.data, array.values.data() + 1);
  EXPECT_EQ(view.dtype, NASSHRINK_DTYPE_FLOAT32);
  ASSERT_EQ(view.ndim, 2);
  EXPECT_EQ(view.shape[0], 2);
  EXPECT_EQ(view.shape[1], 3);
  EXPECT_EQ(array.deleted, 0);
  tensor.reset();
  EXPECT_EQ(array.deleted, 1);
}

TEST(DlPack, StridesMayBeLeftOutAndADeleterToo) {
  const Context context = NewContext();
  Array array;
  array.managed.dl_tensor.strides = nullptr;
  array.managed.deleter = nullptr;
  EXPECT_NE(Make<Tensor>(nasshrink_tensor_import, context.get(), &array.managed), nullptr);
}

TEST(DlPack, AFailureReleasesTheMemoryOnce) {
  const Context context = NewContext();
  struct Case {
    const char* field;
    void (*spoil)(Array* array);
  };
  const Case cases[] = {
      {"managed.version.major", [](Array* array) { array->managed.version.major = 2; }},
      {"managed.dl_tensor.device", [](Array* array) { array->managed.dl_tensor.device.device_type = kDLCUDA; }},
      {"managed.dl_tensor.dtype", [](Array* array) { array->managed.dl_tensor.dtype.code = kDLComplex; }},
      {"managed.dl_tensor.dtype", [](Array* array) { array->managed.dl_tensor.dtype.lanes = 2; }},
      {"view.shape[1]", [](Array* array) { array->shape[1] = -1; }},
      {"view.strides[0]",
       [](Array* array) {
         array->strides = {1, 2};
       }},
      {"view.ndim", [](Array* array) { array->managed.dl_tensor.ndim = 9; }},
      {"view.data", [](Array* array) { array->managed.dl_tensor.data = nullptr; }},
  };
  for (const Case& one : cases) {
    Array array;
    one.spoil(&array);
    array.managed.dl_tensor.strides = array.strides.data();
    nasshrink_tensor* tensor = nullptr;
    const Outcome outcome = Try(nasshrink_tensor_import, context.get(), &array.managed, &tensor);
    EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT) << one.field;
    EXPECT_EQ(outcome.details.field(), one.field);
    EXPECT_EQ(tensor, nullptr);
    EXPECT_EQ(array.deleted, 1) << one.field;
  }
}

Tensor Wrap(const Context& context, int32_t dtype, const void* data, const std::vector<int64_t>& shape) {
  nasshrink_tensor_view view = {};
  view.struct_size = sizeof(view);
  view.data = data;
  view.dtype = dtype;
  view.ndim = static_cast<int32_t>(shape.size());
  view.shape = shape.data();
  return Make<Tensor>(nasshrink_tensor_wrap, context.get(), &view);
}

TEST(TensorStats, AreTheSameInEveryType) {
  const Context context = NewContext();
  const std::vector<float> single0 = {1, -2, 0.5F};
  const std::vector<float> single = {1.5F, -1, 0.25F};
  const std::vector<double> wide0(single0.begin(), single0.end());
  const std::vector<double> wide(single.begin(), single.end());
  const std::vector<uint16_t> half0 = {0x3c00, 0xc000, 0x3800};
  const std::vector<uint16_t> half = {0x3e00, 0xbc00, 0x3400};
  const std::vector<uint16_t> brain0 = {0x3f80, 0xc000, 0x3f00};
  const std::vector<uint16_t> brain = {0x3fc0, 0xbf80, 0x3e80};
  struct Case {
    int32_t dtype;
    const void* base;
    const void* current;
  };
  for (const Case& one : {Case{NASSHRINK_DTYPE_FLOAT32, single0.data(), single.data()},
                          Case{NASSHRINK_DTYPE_FLOAT64, wide0.data(), wide.data()},
                          Case{NASSHRINK_DTYPE_FLOAT16, half0.data(), half.data()},
                          Case{NASSHRINK_DTYPE_BFLOAT16, brain0.data(), brain.data()}}) {
    double sums[5] = {};
    ASSERT_EQ(Try(nasshrink_tensor_stats, Wrap(context, one.dtype, one.base, {3}).get(),
                  Wrap(context, one.dtype, one.current, {3}).get(), &sums[0])
                  .status,
              NASSHRINK_OK);
    EXPECT_DOUBLE_EQ(sums[0], 1.5 + 2 + 0.125);
    EXPECT_DOUBLE_EQ(sums[1], 2.25 + 1 + 0.0625);
    EXPECT_DOUBLE_EQ(sums[2], 1 + 4 + 0.25);
    EXPECT_DOUBLE_EQ(sums[3], 0.25 + 1 + 0.0625);
    EXPECT_DOUBLE_EQ(sums[4], sums[1] - sums[2]);
  }
}

TEST(TensorStats, RefusesPairsThatDoNotFit) {
  const Context context = NewContext();
  const std::vector<double> numbers(6, 1.0);
  const std::vector<float> infinite = {1, 2, 3, 4, 5, INFINITY};
  const Tensor wide = Wrap(context, NASSHRINK_DTYPE_FLOAT64, numbers.data(), {6});
  const Tensor rows = Wrap(context, NASSHRINK_DTYPE_FLOAT64, numbers.data(), {2, 3});
  const Tensor single = Wrap(context, NASSHRINK_DTYPE_FLOAT32, numbers.data(), {6});
  const Tensor whole = Wrap(context, NASSHRINK_DTYPE_INT64, numbers.data(), {6});
  const Tensor wild = Wrap(context, NASSHRINK_DTYPE_FLOAT32, infinite.data(), {6});
  const auto fails = [](const Tensor& base, const Tensor& current, const char* field) {
    double sums[5] = {};
    const Outcome outcome = Try(nasshrink_tensor_stats, base.get(), current.get(), &sums[0]);
    EXPECT_EQ(outcome.status, NASSHRINK_INVALID_ARGUMENT);
    EXPECT_EQ(outcome.details.field(), field) << outcome.message;
  };
  fails(wide, rows, "current");
  fails(wide, single, "current");
  fails(whole, whole, "base");
  fails(single, wild, "current");
}

}  // namespace
}  // namespace nasshrink::tests
