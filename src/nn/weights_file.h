// Supernets and children as safetensors images.
//
// A supernet's image holds every weight under its name (see network.h), W0 under "base." + name, the averaged weights
// (if any) under "average." + name, and NORM + ".running_mean" / ".running_var" of every batch norm.
// A child's image holds the names a PyTorch NAS-Bench-201 network of this genotype uses: as above, but with
// "cells.I.layers.E.op" for edge E of a cell, and without W0. Operators on no path have running mean 0 and variance 1.
// Out of a supernet an operator's batch norm has no weight and bias (PyTorch: affine=False).
#ifndef NASSHRINK_NN_WEIGHTS_FILE_H_
#define NASSHRINK_NN_WEIGHTS_FILE_H_

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "nn/network.h"
#include "nn/parameters.h"

namespace nasshrink::nn {

using Metadata = std::map<std::string, std::string>;

base::Result<std::string> WriteSupernet(const NetworkPlan& plan, const Weights& weights, const Metadata& metadata);

// What an image's network was made with, as run::SupernetOptions.
struct NetworkForm {
  bool stand_alone = false;
  bool auxiliary_head = false;
};
// DATA_LOSS when it is no supernet's image.
base::Result<NetworkForm> FormOf(std::string_view image);

// DATA_LOSS when the image is torn or holds other tensors than the plan.
base::Result<Weights> ReadSupernet(const NetworkPlan& plan, std::string_view image);

base::Result<std::string> WriteChild(const NetworkPlan& plan, const Weights& weights,
                                     const space::Architecture& architecture, const Metadata& metadata);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_WEIGHTS_FILE_H_
