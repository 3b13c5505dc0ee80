// The scalars of a pair of weights.
#include <algorithm>
#include <cmath>

#include "capi/guard.h"
#include "capi/message.h"
#include "capi/tensor.h"
#include "score/weight_sums.h"

namespace nasshrink::capi {
namespace {

using base::Invalid;

template <typename T>
const T* ElementsOf(const run::TensorView& view) {
  return static_cast<const T*>(view.data);
}

base::Result<score::AngleSums> SumsOf(const run::TensorView& base, const run::TensorView& current) {
  if (base.shape != current.shape) {
    return Invalid("current", fmt::format("[{}]", fmt::join(current.shape, ", ")),
                   fmt::format("[{}]", fmt::join(base.shape, ", ")), "has another shape than base");
  }
  if (base.dtype != current.dtype) {
    return Invalid("current", static_cast<int>(current.dtype), fmt::format("{}", static_cast<int>(base.dtype)),
                   "has another type than base");
  }
  size_t count = 1;
  for (const int64_t size : base.shape) count *= static_cast<size_t>(size);
  score::AngleSums sums = {};
  switch (base.dtype) {
    case run::DType::kFloat32:
      score::AddAngleSums(ElementsOf<float>(current), ElementsOf<float>(base), count, &sums);
      break;
    case run::DType::kFloat64:
      score::AddAngleSums(ElementsOf<double>(current), ElementsOf<double>(base), count, &sums);
      break;
    case run::DType::kFloat16:
    case run::DType::kBFloat16:
      score::AddAngleSums(base.dtype == run::DType::kFloat16 ? score::Half::kFloat16 : score::Half::kBFloat16,
                          ElementsOf<uint16_t>(current), ElementsOf<uint16_t>(base), count, &sums);
      break;
    default:
      return Invalid("base", static_cast<int>(base.dtype), "float32, float64, float16 or bfloat16",
                     "is of a type that weights have not");
  }
  if (!std::all_of(sums.begin(), sums.end(), [](double sum) { return std::isfinite(sum); })) {
    return Invalid("current", "numbers that are not finite", "finite numbers", "cannot be summed");
  }
  return sums;
}

}  // namespace
}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_tensor_stats(const nasshrink_tensor* base, const nasshrink_tensor* current, double* out,
                                        nasshrink_error** err) {
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto initial, Get(base, "base"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto trained, Get(current, "current"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(const score::AngleSums sums, SumsOf(initial->view, trained->view));
    std::copy(sums.begin(), sums.end(), out);
    return {};
  });
}
