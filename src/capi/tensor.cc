#include "capi/tensor.h"

#include <algorithm>
#include <utility>

#include "capi/guard.h"
#include "capi/message.h"
#include "capi/sized_struct.h"

namespace nasshrink::capi {
namespace {

using base::Invalid;
using base::Status;

uint64_t ElementSize(int32_t dtype) {
  switch (dtype) {
    case NASSHRINK_DTYPE_UINT8:
      return 1;
    case NASSHRINK_DTYPE_FLOAT16:
    case NASSHRINK_DTYPE_BFLOAT16:
      return 2;
    case NASSHRINK_DTYPE_FLOAT32:
    case NASSHRINK_DTYPE_INT32:
      return 4;
    default:
      return 8;
  }
}

Status CheckFields(const nasshrink_tensor_view& view) {
  if (view.flags != 0) return Invalid("view.flags", view.flags, "0", "has unknown bits");
  if (view.reserved != 0) return Invalid("view.reserved", view.reserved, "0", "must be zero");
  if (view.dtype < NASSHRINK_DTYPE_FLOAT32 || view.dtype > NASSHRINK_DTYPE_BFLOAT16) {
    return Invalid("view.dtype", view.dtype, "1..7", "names no type");
  }
  if (view.device != NASSHRINK_DEVICE_CPU) return Invalid("view.device", view.device, "0", "names no device");
  if (view.ndim < 0 || view.ndim > NASSHRINK_MAX_DIMENSIONS) {
    return Invalid("view.ndim", view.ndim, fmt::format("0..{}", NASSHRINK_MAX_DIMENSIONS),
                   "is no number of dimensions");
  }
  if (view.ndim > 0 && view.shape == nullptr) {
    return Invalid("view.shape", "NULL", fmt::format("{} numbers", view.ndim), "must not be NULL");
  }
  return {};
}

// Elements, with dense strides written for each dimension.
base::Result<uint64_t> Measure(const nasshrink_tensor_view& view, std::vector<int64_t>* strides) {
  constexpr uint64_t kMost = INT64_MAX;
  uint64_t elements = 1;
  strides->assign(view.ndim, 0);
  for (int32_t i = view.ndim; i-- > 0;) {
    const int64_t size = view.shape[i];
    if (size < 0) return Invalid(fmt::format("view.shape[{}]", i), size, "at least 0", "is negative");
    (*strides)[i] = static_cast<int64_t>(elements);
    if (__builtin_mul_overflow(elements, static_cast<uint64_t>(size), &elements) ||
        elements > kMost / ElementSize(view.dtype)) {
      return Invalid(fmt::format("view.shape[{}]", i), size, "a size that fits in memory", "is too large");
    }
  }
  for (int32_t i = 0; view.strides != nullptr && elements > 0 && i < view.ndim; ++i) {
    if (view.shape[i] == 1 || view.strides[i] == (*strides)[i]) continue;
    return Invalid(fmt::format("view.strides[{}]", i), view.strides[i], fmt::format("{}", (*strides)[i]),
                   "is not dense and row-major");
  }
  return elements;
}

}  // namespace

Status FillTensor(const nasshrink_tensor_view& view, TensorObject* tensor) {
  NASSHRINK_RETURN_IF_ERROR(CheckFields(view));
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t elements, Measure(view, &tensor->strides));
  if (elements > 0 && view.data == nullptr) {
    return Invalid("view.data", "NULL", fmt::format("{} elements", elements), "must not be NULL");
  }
  tensor->view.data = view.data;
  tensor->view.dtype = static_cast<run::DType>(view.dtype);
  tensor->view.shape.assign(view.shape, view.shape + view.ndim);
  return {};
}

namespace {

// Releases the caller's memory unless a tensor has taken it over.
class Lent {
 public:
  explicit Lent(const nasshrink_tensor_view& view) : user_data_(view.user_data), release_(view.release) {}
  ~Lent() {
    if (release_ != nullptr) release_(user_data_);
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  void GiveTo(TensorObject* tensor) {
    tensor->user_data = user_data_;
    tensor->release = std::exchange(release_, nullptr);
  }

 private:
  void* user_data_;
  void (*release_)(void* user_data);
};

}  // namespace

void PublishTensor(std::shared_ptr<const ContextObject> context, std::vector<float> values, std::vector<int64_t> shape,
                   nasshrink_tensor** out) {
  auto tensor = std::make_shared<TensorObject>();
  tensor->context = std::move(context);
  tensor->owned = std::move(values);
  tensor->view.data = tensor->owned.data();
  tensor->view.dtype = run::DType::kFloat32;
  tensor->strides.assign(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) tensor->strides[i - 1] = tensor->strides[i] * shape[i];
  tensor->view.shape = std::move(shape);
  Publish(std::move(tensor), out);
}

}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_tensor_wrap(nasshrink_context* context, const nasshrink_tensor_view* view,
                                       nasshrink_tensor** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    if (view == nullptr) return base::Invalid("view", "NULL", "a tensor view", "must not be NULL");
    NASSHRINK_ASSIGN_OR_RETURN(const nasshrink_tensor_view given, StructOf(view, "view"));
    Lent lent(given);
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(context, "context"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    auto tensor = std::make_shared<TensorObject>();
    NASSHRINK_RETURN_IF_ERROR(FillTensor(given, tensor.get()));
    tensor->context = std::move(parent);
    lent.GiveTo(tensor.get());
    Publish(std::move(tensor), out);
    return {};
  });
}

nasshrink_status nasshrink_tensor_view_of(const nasshrink_tensor* tensor, nasshrink_tensor_view* out,
                                          nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(tensor, "tensor"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const uint32_t size = out->struct_size;
    if (size < sizeof(*out) || size > kMaxStructSize) {
      return base::Invalid("out.struct_size", size, fmt::format("{}..{}", sizeof(*out), kMaxStructSize),
                           "is not the size of the struct");
    }
    auto* const bytes = reinterpret_cast<unsigned char*>(out);
    std::fill(bytes, bytes + size, static_cast<unsigned char>(0));
    out->struct_size = size;
    out->data = object->view.data;
    out->dtype = static_cast<int32_t>(object->view.dtype);
    out->device = NASSHRINK_DEVICE_CPU;
    out->ndim = static_cast<int32_t>(object->view.shape.size());
    out->shape = object->view.shape.data();
    out->strides = object->strides.data();
    return {};
  });
}

void nasshrink_tensor_free(nasshrink_tensor* tensor) { Release(tensor); }
