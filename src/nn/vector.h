// Vectors of a few numbers for the loops that are copied for several instruction sets.
#ifndef NASSHRINK_NN_VECTOR_H_
#define NASSHRINK_NN_VECTOR_H_

// Everything called inside a function of several copies is inlined into each.
#define NASSHRINK_INLINE __attribute__((always_inline)) inline

namespace nasshrink::nn {

template <typename T, int kLanes>
struct Vector {
  using Type __attribute__((vector_size(kLanes * sizeof(T)), aligned(sizeof(T)), may_alias)) = T;
};

template <int kLanes, typename T>
NASSHRINK_INLINE typename Vector<T, kLanes>::Type& At(T* p) {
  return *reinterpret_cast<typename Vector<T, kLanes>::Type*>(p);
}
template <int kLanes, typename T>
NASSHRINK_INLINE const typename Vector<T, kLanes>::Type& At(const T* p) {
  return *reinterpret_cast<const typename Vector<T, kLanes>::Type*>(p);
}

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_VECTOR_H_
