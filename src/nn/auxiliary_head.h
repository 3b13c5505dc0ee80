// The auxiliary head of DARTS's code for training a child (AuxiliaryHeadCIFAR): a second classifier on what leaves the
// second reduction, whose loss is added to the network's own.
//
// It belongs to the training alone: an evaluated or exported child has none. Its tensors are named as in that code,
// "auxiliary_head.features.2.weight" and so on.
#ifndef NASSHRINK_NN_AUXILIARY_HEAD_H_
#define NASSHRINK_NN_AUXILIARY_HEAD_H_

#include <cstdint>
#include <string_view>

#include "nn/named_builder.h"

namespace nasshrink::nn {

// Logits of the values `in`: ReLU, means of the four corners, convolutions to 128 (1x1) and 768 channels (2x2), each
// with batch norm and ReLU, then linear.
space::Tensor BuildAuxiliaryHead(const space::Tensor& in, uint32_t classes, NamedBuilder* builder);

bool IsOfAuxiliaryHead(std::string_view tensor);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_AUXILIARY_HEAD_H_
