#include "capi/dataset.h"

#include <utility>

#include "capi/guard.h"
#include "capi/message.h"
#include "capi/tensor.h"
#include "nasshrink/v1/context.pb.h"
#include "run/options.h"

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_dataset_open(nasshrink_context* context, const uint8_t* options, size_t options_size,
                                        nasshrink_dataset** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto message, MessageOf<v1::DatasetOptions>(options, options_size, "options"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto resolved, run::ResolveDataset(message));
    NASSHRINK_ASSIGN_OR_RETURN(const auto backend, parent->Torch());
    NASSHRINK_ASSIGN_OR_RETURN(auto dataset, backend->OpenDataset(resolved));
    Publish(std::make_shared<DatasetObject>(DatasetObject{std::move(parent), std::move(dataset), std::move(resolved)}),
            out);
    return {};
  });
}

nasshrink_status nasshrink_dataset_from_tensors(nasshrink_context* context, const nasshrink_tensor* inputs,
                                                const nasshrink_tensor* targets, const uint8_t* options,
                                                size_t options_size, nasshrink_dataset** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(auto parent, Get(context, "context"));
    NASSHRINK_ASSIGN_OR_RETURN(const auto images, Get(inputs, "inputs"));
    NASSHRINK_ASSIGN_OR_RETURN(auto message, OptionsOf<v1::DatasetOptions>(options, options_size));
    run::TensorView labels;
    if (targets == nullptr && message.random_labels() == 0) {
      return base::Invalid("options.random_labels", 0, "1 or above", "without targets there have to be random labels");
    }
    if (targets != nullptr) {
      NASSHRINK_ASSIGN_OR_RETURN(const auto given, Get(targets, "targets"));
      labels = given->view;
    }
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    if (message.source().empty()) message.set_source("tensors");
    NASSHRINK_ASSIGN_OR_RETURN(const auto resolved, run::ResolveDataset(message));
    NASSHRINK_ASSIGN_OR_RETURN(const auto backend, parent->Torch());
    NASSHRINK_ASSIGN_OR_RETURN(auto dataset, backend->DatasetFromTensors(images->view, labels, resolved));
    Publish(std::make_shared<DatasetObject>(DatasetObject{std::move(parent), std::move(dataset), std::nullopt}), out);
    return {};
  });
}

nasshrink_status nasshrink_dataset_describe(const nasshrink_dataset* dataset, nasshrink_buffer** out,
                                            nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(dataset, "dataset"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    v1::DatasetSummary summary;
    run::DatasetToMessage(object->dataset->info(), &summary);
    return PublishMessage(summary, out);
  });
}

void nasshrink_dataset_free(nasshrink_dataset* dataset) { Release(dataset); }
