// Arrays of other libraries by DLPack 1.x.
#include "nasshrink/dlpack.h"

#include <memory>
#include <utility>

#include "capi/guard.h"
#include "capi/message.h"
#include "capi/tensor.h"

namespace nasshrink::capi {
namespace {

using base::Invalid;
using base::Status;

struct TypePair {
  uint8_t code;
  uint8_t bits;
  int32_t dtype;
};
constexpr TypePair kTypes[] = {
    {kDLFloat, 32, NASSHRINK_DTYPE_FLOAT32}, {kDLFloat, 64, NASSHRINK_DTYPE_FLOAT64},
    {kDLFloat, 16, NASSHRINK_DTYPE_FLOAT16}, {kDLBfloat, 16, NASSHRINK_DTYPE_BFLOAT16},
    {kDLInt, 64, NASSHRINK_DTYPE_INT64},     {kDLInt, 32, NASSHRINK_DTYPE_INT32},
    {kDLUInt, 8, NASSHRINK_DTYPE_UINT8},
};

void CallDeleter(void* managed) {
  auto* const tensor = static_cast<DLManagedTensorVersioned*>(managed);
  if (tensor->deleter != nullptr) tensor->deleter(tensor);
}

using Managed = std::unique_ptr<DLManagedTensorVersioned, void (*)(void*)>;

base::Result<int32_t> TypeOf(const DLDataType& type) {
  for (const TypePair& known : kTypes) {
    if (type.lanes == 1 && type.code == known.code && type.bits == known.bits) return known.dtype;
  }
  return Invalid("managed.dl_tensor.dtype", fmt::format("code {}, {} bits, {} lanes", type.code, type.bits, type.lanes),
                 "float of 16, 32 or 64 bits, bfloat16, int of 32 or 64 bits, uint8", "is no type that is known here");
}

// Of the tensor, only `version` and `deleter` may be looked at before the version has been checked.
Status Fill(const DLManagedTensorVersioned& managed, TensorObject* tensor) {
  if (managed.version.major != DLPACK_MAJOR_VERSION) {
    return Invalid("managed.version.major", managed.version.major, fmt::format("{}", DLPACK_MAJOR_VERSION),
                   "is another layout of DLPack");
  }
  const DLTensor& array = managed.dl_tensor;
  if (array.device.device_type != kDLCPU) {
    return Invalid("managed.dl_tensor.device", static_cast<int>(array.device.device_type), "1 (kDLCPU)",
                   "is no memory of this process");
  }
  nasshrink_tensor_view view = {};
  NASSHRINK_ASSIGN_OR_RETURN(view.dtype, TypeOf(array.dtype));
  view.data = array.data == nullptr ? nullptr : static_cast<const char*>(array.data) + array.byte_offset;
  view.ndim = array.ndim;
  view.shape = array.shape;
  view.strides = array.strides;
  return FillTensor(view, tensor);
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_tensor_import(nasshrink_context* context, struct DLManagedTensorVersioned* managed,
                                         nasshrink_tensor** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    if (managed == nullptr) return Invalid("managed", "NULL", "a DLPack tensor", "must not be NULL");
    Managed owned(managed, CallDeleter);
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(context, "context"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    auto tensor = std::make_shared<TensorObject>();
    NASSHRINK_RETURN_IF_ERROR(Fill(*owned, tensor.get()));
    tensor->context = std::move(parent);
    tensor->release = CallDeleter;
    tensor->user_data = owned.release();
    Publish(std::move(tensor), out);
    return {};
  });
}
