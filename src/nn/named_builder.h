// What planning and recording a network have in common: the names of tensors follow from the scopes.
#ifndef NASSHRINK_NN_NAMED_BUILDER_H_
#define NASSHRINK_NN_NAMED_BUILDER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/network.h"
#include "space/network_builder.h"

namespace nasshrink::nn {

// `plan` must outlive the builder; its prefixes must be there.
class NamedBuilder : public space::NetworkBuilder {
 public:
  explicit NamedBuilder(const NetworkPlan& plan) : plan_(plan) {}

  // The means of four windows of `side` x `side` pixels, one in each corner of the picture: 2x2 pixels.
  virtual space::Tensor CornerMeans(const space::Tensor& in, uint32_t side) = 0;

 protected:
  void Entered(const space::Scope& scope) override;
  void Left(const space::Scope& scope) override;

  const NetworkPlan& plan() const { return plan_; }
  // Of a module in the open scopes; in a child's file.
  std::string NameOf(std::string_view module) const { return Joined(names_.back(), module); }
  std::string ChildNameOf(std::string_view module) const { return Joined(child_names_.back(), module); }
  // The candidate inside which the builder is.
  const std::optional<Owner>& owner() const { return owner_; }
  uint32_t layer() const { return layer_; }

 private:
  static std::string Joined(const std::string& prefix, std::string_view module);

  const NetworkPlan& plan_;
  std::vector<std::string> names_ = {""};
  std::vector<std::string> child_names_ = {""};
  std::optional<Owner> owner_;
  uint32_t layer_ = 0;
};

}  // namespace nasshrink::nn

#endif  // NASSHRINK_NN_NAMED_BUILDER_H_
