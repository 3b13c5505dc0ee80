// The object behind a data set.
#ifndef NASSHRINK_CAPI_DATASET_H_
#define NASSHRINK_CAPI_DATASET_H_

#include <memory>
#include <optional>

#include "capi/context.h"
#include "capi/handle.h"
#include "run/backend.h"

namespace nasshrink::capi {

struct DatasetObject {
  std::shared_ptr<const ContextObject> context;
  std::shared_ptr<run::Dataset> dataset;
  // How it was opened; nothing for one made from tensors.
  std::optional<run::DatasetOptions> options;
};

template <>
struct HandleOf<nasshrink_dataset> {
  using Object = DatasetObject;
  static constexpr Kind kKind = Kind::kDataset;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_DATASET_H_
