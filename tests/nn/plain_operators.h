// Every operator kind in plain tensor code, written from the papers' definitions, to compare the engine with.
//
// It must not use the library's own writing-out of operators (src/space/*_steps, network builders, src/nn). Sources and
// our decisions where papers are silent are in docs/methods.md; those that the tests pin beyond it:
//  - a convolution is conv (no bias), batch norm; where DARTS, NAS-Bench-201 or a name say so, a ReLU comes first;
//  - MobileNet block: activation (ReLU6) after expansion and depthwise, none after the projection;
//  - squeeze-and-excite stands behind the depthwise convolution's activation; its gate is the hard sigmoid where the
//    block's activation is h_swish, else the logistic function;
//  - factorised reduction: ReLU, one half of the channels from every n-th pixel, the other from the picture shifted by
//  one
//    pixel to the upper left (zeros come in), batch norm over both;
//  - SPOS block whose shape stays: the input's even channels pass, the odd ones go through the main branch, the result
//    is [passed, main]; there is no shuffle at the end. Otherwise [projection, main]. ReLU follows 1x1 convolutions
//    only;
//  - cell as candidate: batch norm and ReLU6 follow the input adjuster and the convolutions on edges, the output
//  adjuster
//    has a batch norm alone (a cell whose graph is one depthwise convolution is MobileNetV2's block). A product leaves
//    out edges that carry nothing;
//  - nothing goes on where nothing comes in: an operator behind a node that no path reaches adds nothing, not even the
//    shift of its batch norm. A cell that no path crosses makes zeros.
#ifndef NASSHRINK_TESTS_NN_PLAIN_OPERATORS_H_
#define NASSHRINK_TESTS_NN_PLAIN_OPERATORS_H_

#include <cstdint>
#include <optional>

#include "nn/plain_scope.h"
#include "space/space.h"

namespace nasshrink::nn {

// A value, or nothing where no path comes through.
using PlainValue = std::optional<at::Tensor>;

// What surrounds an operator.
struct PlainSite {
  int64_t out = 0;  // channels that leave
  int64_t stride = 1;
  bool on_edge = false;  // of a cell
  PlainScope scope;
};

// x [n, channels, height, width]; the result has `site.out` channels and the size divided by the stride, rounded up.
PlainValue PlainOperator(const space::OperatorDef& op, const at::Tensor& x, const PlainSite& site);

// DARTS's replacement of an identity or a preprocessing that halves the picture.
at::Tensor PlainFactorizedReduce(const at::Tensor& x, const PlainSite& site);

// A candidate that is a cell. `stand_alone` gives the batch norms on its edges scale and shift.
at::Tensor PlainCandidateCell(const space::CellCandidate& cell, const at::Tensor& x, const PlainSite& site,
                              bool stand_alone);

at::Tensor PlainZeros(const at::Tensor& like, int64_t channels, int64_t stride);

}  // namespace nasshrink::nn

#endif  // NASSHRINK_TESTS_NN_PLAIN_OPERATORS_H_
