// The object behind a tensor: memory with its shape; the caller's, released once, or the library's own.
#ifndef NASSHRINK_CAPI_TENSOR_H_
#define NASSHRINK_CAPI_TENSOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "capi/context.h"
#include "capi/handle.h"
#include "run/backend.h"

namespace nasshrink::capi {

class TensorObject {
 public:
  TensorObject() = default;
  ~TensorObject() {
    if (release != nullptr) release(user_data);
  }
  TensorObject(const TensorObject&) = delete;
  TensorObject& operator=(const TensorObject&) = delete;

  std::shared_ptr<const ContextObject> context;
  run::TensorView view;
  std::vector<int64_t> strides;
  void* user_data = nullptr;
  void (*release)(void* user_data) = nullptr;
  std::vector<float> owned;  // behind view.data when the library made the tensor
};

// Puts the memory's place, type and shape into `tensor`, but not who releases it. INVALID_ARGUMENT names the view's field.
base::Status FillTensor(const nasshrink_tensor_view& view, TensorObject* tensor);

// Hands out a float32 tensor of the library's own; `shape` fits `values`.
void PublishTensor(std::shared_ptr<const ContextObject> context, std::vector<float> values, std::vector<int64_t> shape,
                   nasshrink_tensor** out);

template <>
struct HandleOf<nasshrink_tensor> {
  using Object = TensorObject;
  static constexpr Kind kKind = Kind::kTensor;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_TENSOR_H_
