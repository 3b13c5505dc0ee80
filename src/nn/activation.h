// Functions of one element and their derivatives, for the loops of nn/kernels.cc.
#ifndef NASSHRINK_NN_ACTIVATION_H_
#define NASSHRINK_NN_ACTIVATION_H_

#include <cmath>
#include <cstdint>

#include "space/network_builder.h"

namespace nasshrink::nn {

// Calls body(function of x, derivative by saved value): one inlined loop for each function. The derivative is that of
// PyTorch at the corners. Not a number stays what it is, so that it reaches the loss.
template <typename T, typename Body>
__attribute__((always_inline)) inline void WithFunction(space::Function function, const Body& body) {
  using space::Function;
  const auto sigmoid = [](T x) { return T(1) / (T(1) + std::exp(-x)); };
  switch (function) {
    case Function::kRelu:
      return body(
          [](T x) __attribute__((always_inline)) { return x < 0 ? T(0) : x; },
          [](T y) __attribute__((always_inline)) { return y > 0 ? T(1) : T(0); });
    case Function::kRelu6:
      return body(
          [](T x) __attribute__((always_inline)) { return x < 0 ? T(0) : (x > 6 ? T(6) : x); },
          [](T y) __attribute__((always_inline)) { return y > 0 && y < 6 ? T(1) : T(0); });
    case Function::kSwish:
      return body([&](T x) { return x * sigmoid(x); },
                  [&](T x) {
                    const T s = sigmoid(x);
                    return s * (1 + x * (1 - s));
                  });
    case Function::kHardSwish:
      return body(
          [](T x) __attribute__((always_inline)) { return x < -3 ? T(0) : (x > 3 ? x : x * (x + 3) * T(1.0 / 6)); },
          [](T x) __attribute__((always_inline)) { return x < -3 ? T(0) : (x > 3 ? T(1) : x * T(1.0 / 3) + T(0.5)); });
    case Function::kSigmoid:
      return body(sigmoid, [](T y) { return y * (1 - y); });
    case Function::kHardSigmoid:
      return body(
          [](T x) __attribute__((always_inline)) { return x < -3 ? T(0) : (x > 3 ? T(1) : (x + 3) * T(1.0 / 6)); },
          [](T y) __attribute__((always_inline)) { return y > 0 && y < 1 ? T(1.0 / 6) : T(0); });
  }
}

// Whether the derivative is taken from the function's argument; else from its value.
inline bool DerivesFromArgument(space::Function function) {
  return function == space::Function::kSwish || function == space::Function::kHardSwish;
}

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_ACTIVATION_H_
