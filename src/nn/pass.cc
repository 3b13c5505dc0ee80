#include "nn/pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "nn/activation.h"
#include "nn/head.h"

namespace nasshrink::nn {
namespace {

// The framework's default epsilon.
constexpr double kEpsilon = 1e-5;
constexpr size_t kRaw = static_cast<size_t>(Form::kRaw);

std::vector<double> Slice(const std::vector<double>& values, int offset, int count) {
  return {values.begin() + offset, values.begin() + offset + count};
}

}  // namespace

template <typename T>
Pass<T>::Pass(const NetworkPlan& plan, const Program& program, const T* weights, BufferPool& pool, bool for_training)
    : plan_(plan), program_(program), weights_(weights), pool_(pool), for_training_(for_training) {
  plans_.resize(program_.nodes.size());
  nodes_.resize(program_.nodes.size());
  groups_.resize(program_.groups.size());
  group_kept_.assign(program_.groups.size(), false);
  PlanKept();
  PlanMemory();
}

template <typename T>
bool Pass<T>::IsBare(const ProgramNode& node) const {
  if (node.kind != ProgramNode::Kind::kSum || node.terms.size() != 1) return false;
  const NodeTerm& term = node.terms[0];
  if (!term.of_group || ReadsProducts(term) || term.bias.has_value()) return false;
  if (!node.plain.empty() || !node.pooled.empty() || GroupAt(term.group).parts.size() != 1) return false;
  return std::count(node.read.begin(), node.read.end(), true) == 1 && node.read[kRaw];
}

// What is stored, and what of it Backward reads.
template <typename T>
void Pass<T>::PlanKept() {
  const auto keep = [&](const NodeRef& ref) { plans_[ref.node].kept[static_cast<size_t>(ref.form)] = true; };
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    const ProgramNode& node = NodeAt(i);
    NodePlan& plan = plans_[i];
    plan.stored = node.read;
    plan.bare = IsBare(node);
    if (node.kind != ProgramNode::Kind::kSum) plan.stored[kRaw] = true;
    for (size_t form = kRaw + 1; form < kForms; ++form) {
      if (!for_training_ || !node.gradient || !node.read[form]) continue;
      const bool from_raw = DerivesFromArgument(FunctionOf(static_cast<Form>(form)));
      plan.stored[from_raw ? kRaw : form] = plan.kept[from_raw ? kRaw : form] = true;
    }
    for (const NodeTerm& term : node.terms) {
      if (term.of_group) {
        if (ReadsProducts(term) || GroupAt(term.group).parts.size() > 1) group_kept_[term.group] = true;
      } else if (ReadsProducts(term)) {
        keep(term.node);
      }
    }
    if (node.kind == ProgramNode::Kind::kProduct || node.kind == ProgramNode::Kind::kScale) {
      for (const NodeRef& ref : node.inputs) keep(ref);
    }
  }
  for (const ConvGroup& group : program_.groups) {
    if (group.gradient) keep(group.source);
  }
  keep(program_.classifier.source);
  if (program_.auxiliary) keep(program_.auxiliary->source);
}

// Who reads a tensor last decides when it is given back.
template <typename T>
void Pass<T>::PlanMemory() {
  const auto count = static_cast<uint32_t>(nodes_.size());
  std::vector<std::array<uint32_t, kForms>> last(count);
  std::vector<uint32_t> last_of_group(groups_.size(), 0);
  for (uint32_t i = 0; i < count; ++i) {
    const ProgramNode& node = NodeAt(i);
    last[i].fill(i);
    uint32_t first_source = i;
    const auto read = [&](const NodeRef& ref) { last[ref.node][static_cast<size_t>(ref.form)] = i; };
    for (const NodeRef& ref : node.inputs) read(ref);
    for (const NodeRef& ref : node.plain) {
      read(ref);
      first_source = std::min(first_source, ref.node);
    }
    for (const uint32_t source : node.pooled) {
      read({source, Form::kRaw});
      first_source = std::min(first_source, source);
    }
    for (const NodeTerm& term : node.terms) {
      if (!term.of_group) {
        read(term.node);
        continue;
      }
      last_of_group[term.group] = i;
      if (!ReadsProducts(term)) first_source = std::min(first_source, GroupAt(term.group).source.node);
    }
    plans_[first_source].free_gradients_at.push_back(i);
  }
  const auto stays = [&](const NodeRef& ref) { last[ref.node][static_cast<size_t>(ref.form)] = count; };
  stays(program_.classifier.source);
  if (program_.auxiliary) stays(program_.auxiliary->source);
  for (uint32_t i = 0; i < count; ++i) {
    for (size_t form = 0; form < kForms; ++form) {
      const bool kept = last[i][form] == count || (for_training_ && plans_[i].kept[form]);
      if (plans_[i].stored[form] && !kept) plans_[last[i][form]].free_after.push_back({i, static_cast<Form>(form)});
    }
  }
  for (uint32_t g = 0; g < groups_.size(); ++g) {
    if (!for_training_ || !group_kept_[g]) plans_[last_of_group[g]].free_groups_after.push_back(g);
  }
}

template <typename T>
ConvolutionSize Pass<T>::SizeOf(const ConvGroup& group) const {
  ConvolutionSize size;
  size.input = ShapeOf(NodeAt(group.source.node));
  size.out = group.out;
  size.kernel = group.kernel;
  size.stride_height = group.stride_height;
  size.stride_width = group.stride_width;
  size.dilation = group.dilation;
  size.groups = group.groups;
  size.halved = halved_ && group.groups == 1 && std::min(size.input.channels, size.out) >= kFewestHalved;
  return size;
}

template <typename T>
PoolSize Pass<T>::PoolSizeOf(const ProgramNode& node) const {
  PoolSize size;
  size.kind = node.pool;
  size.in = ShapeOf(NodeAt(node.inputs[0].node));
  size.out = ShapeOf(node);
  size.kernel = node.kernel;
  size.inside = node.inside;
  const auto stride = [&node](int in, int out) {
    // From one border to the other.
    if (node.inside) return (in - node.kernel) / (out - 1);
    return static_cast<int>(space::StrideOf(static_cast<uint32_t>(in), static_cast<uint32_t>(out)));
  };
  size.stride_height = stride(size.in.height, size.out.height);
  size.stride_width = stride(size.in.width, size.out.width);
  return size;
}

template <typename T>
Strided<T> Pass<T>::TermValue(const NodeTerm& term, int channels) const {
  if (!term.of_group) return {ValueOf(term.node), channels};
  return {groups_[term.group].output.data() + term.offset, GroupAt(term.group).out};
}

template <typename T>
const std::vector<T>& Pass<T>::Forward(const T* images, int64_t count, const GivenMoments<T>* given, const T* gates) {
  images_ = count;
  input_ = images;
  gates_ = gates;
  moments_.clear();
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    ComputeNode(i, given);
    for (const uint32_t group : NodeAt(i).groups) ComputeGroup(group, given);
    for (const NodeRef& ref : plans_[i].free_after) nodes_[ref.node].values[static_cast<size_t>(ref.form)] = {};
    for (const uint32_t group : plans_[i].free_groups_after) groups_[group].output = {};
  }
  if (program_.classifier.classes > 0) ComputeLogits();
  if (program_.auxiliary) {
    auxiliary_logits_.resize(static_cast<size_t>(images_ * program_.auxiliary->classes));
    Classify(*program_.auxiliary, ValueOf(program_.auxiliary->source), auxiliary_logits_.data());
  }
  return logits_;
}

template <typename T>
void Pass<T>::Release() {
  for (NodeState& node : nodes_) node = {};
  for (GroupState& group : groups_) group = {};
}

template <typename T>
void Pass<T>::ComputeNode(uint32_t index, const GivenMoments<T>* given) {
  const ProgramNode& node = NodeAt(index);
  NodeState& state = nodes_[index];
  state.terms.clear();
  if (plans_[index].bare) {
    state.terms.emplace_back();
    state.values[kRaw] = std::move(groups_[node.terms[0].group].output);
  } else if (node.kind == ProgramNode::Kind::kSum) {
    ComputeSum(index, given);
  } else {
    ComputeMove(index);
    ComputeForms(index);
  }
}

template <typename T>
NormMoments Pass<T>::MomentsOf(const NodeTerm& term, int channels, const GivenMoments<T>* given) {
  const Statistics& statistics = plan_.layout.statistics[term.norm.statistics];
  const auto count = static_cast<size_t>(channels);
  NormMoments moments;
  moments.statistics = term.norm.statistics;
  if (given != nullptr) {
    moments.mean.assign(given->mean + statistics.offset, given->mean + statistics.offset + count);
    moments.variance.assign(given->variance + statistics.offset, given->variance + statistics.offset + count);
  } else if (term.of_group) {
    moments.mean = Slice(groups_[term.group].mean, term.offset, channels);
    moments.variance = Slice(groups_[term.group].variance, term.offset, channels);
    moments.count = SizeOf(GroupAt(term.group)).output().pixels();
  } else {
    const Shape shape = ShapeOf(NodeAt(term.node.node));
    ChannelMoments(shape, ValueOf(term.node), &moments.mean, &moments.variance);
    moments.count = shape.pixels();
  }
  return moments;
}

template <typename T>
typename Pass<T>::TermState Pass<T>::Prepare(const NodeTerm& term, int channels, const GivenMoments<T>* given,
                                             std::vector<T>* shift) {
  TermState state;
  const auto count = static_cast<size_t>(channels);
  if (term.gate.has_value()) state.gate = gates_[*term.gate];
  if (!term.normalised) {
    state.scale.assign(count, static_cast<T>(state.gate));
    const T* bias = term.bias.has_value() ? ParameterData(*term.bias) : nullptr;
    for (size_t c = 0; bias != nullptr && c < count; ++c) (*shift)[c] += static_cast<T>(state.gate * bias[c]);
    return state;
  }
  NormMoments moments = MomentsOf(term, channels, given);
  const T* gamma = term.norm.affine ? ParameterData(term.norm.scale) : nullptr;
  const T* beta = term.norm.affine ? ParameterData(term.norm.shift) : nullptr;
  state.mean = moments.mean;
  state.deviation_inverse.resize(count);
  state.scale.resize(count);
  for (size_t c = 0; c < count; ++c) {
    state.deviation_inverse[c] = 1 / std::sqrt(moments.variance[c] + kEpsilon);
    const double scale = state.gate * (gamma != nullptr ? gamma[c] : 1.0) * state.deviation_inverse[c];
    state.scale[c] = static_cast<T>(scale);
    (*shift)[c] += static_cast<T>((beta != nullptr ? state.gate * beta[c] : 0.0) - moments.mean[c] * scale);
  }
  if (given == nullptr) moments_.push_back(std::move(moments));
  return state;
}

template <typename T>
void Pass<T>::ComputeSum(uint32_t index, const GivenMoments<T>* given) {
  const ProgramNode& node = NodeAt(index);
  NodeState& state = nodes_[index];
  CombineInput<T> input;
  input.shape = ShapeOf(node);
  std::vector<T> shift(static_cast<size_t>(node.channels), T(0));
  for (const NodeTerm& term : node.terms) {
    state.terms.push_back(Prepare(term, node.channels, given, &shift));
    input.scaled.push_back(TermValue(term, node.channels));
  }
  for (const TermState& term : state.terms) input.scale.push_back(term.scale.data());
  if (!node.terms.empty()) input.shift = shift.data();
  for (const NodeRef& ref : node.plain) input.plain.push_back(ValueOf(ref));
  for (const uint32_t source : node.pooled) input.pooled.push_back(ValueOf({source, Form::kRaw}));
  std::vector<ActivatedOutput<T>> activated;
  for (size_t form = 0; form < kForms; ++form) {
    if (!plans_[index].stored[form]) continue;
    state.values[form] = Take(input.shape.size());
    if (form != kRaw) activated.push_back({FunctionOf(static_cast<Form>(form)), state.values[form].data()});
  }
  Combine(input, state.values[kRaw].data(), activated);
}

// Functions of a value that is there already.
template <typename T>
void Pass<T>::ComputeForms(uint32_t index) {
  NodeState& state = nodes_[index];
  CombineInput<T> input;
  input.shape = ShapeOf(NodeAt(index));
  input.plain.push_back(state.values[kRaw].data());
  std::vector<ActivatedOutput<T>> activated;
  for (size_t form = kRaw + 1; form < kForms; ++form) {
    if (!plans_[index].stored[form]) continue;
    state.values[form] = Take(input.shape.size());
    activated.push_back({FunctionOf(static_cast<Form>(form)), state.values[form].data()});
  }
  if (!activated.empty()) Combine<T>(input, nullptr, activated);
}

template <typename T>
void Pass<T>::Concatenate(uint32_t index, T* out) const {
  const ProgramNode& node = NodeAt(index);
  int offset = 0;
  for (const NodeRef& ref : node.inputs) {
    const int channels = NodeAt(ref.node).channels;
    CopyChannels<T>({ShapeOf(node).pixels(), channels, ValueOf(ref), channels, 1, out + offset, node.channels, 1});
    offset += channels;
  }
}

template <typename T>
void Pass<T>::ComputeMove(uint32_t index) {
  using Kind = ProgramNode::Kind;
  const ProgramNode& node = NodeAt(index);
  NodeState& state = nodes_[index];
  const Shape shape = ShapeOf(node);
  if (node.kind == Kind::kImages) {
    // Nothing writes to a node's value, so the caller's memory serves as it is.
    state.values[kRaw] = Activation<T>(nullptr, const_cast<T*>(input_));
    return;
  }
  state.values[kRaw] = Take(shape.size());
  T* out = state.values[kRaw].data();
  const T* in = node.inputs.empty() ? nullptr : ValueOf(node.inputs[0]);
  switch (node.kind) {
    case Kind::kPool:
      if (node.pool == space::PoolKind::kMax) state.taken.resize(static_cast<size_t>(shape.size()));
      return Pool(PoolSizeOf(node), in, out, state.taken.data());
    case Kind::kProduct:
      return Multiply(shape, in, ValueOf(node.inputs[1]), out);
    case Kind::kScale:
      return ScaleChannels(shape, in, ValueOf(node.inputs[1]), out);
    case Kind::kConcatenate:
      return Concatenate(index, out);
    case Kind::kTakeChannels:
      return CopyChannels<T>({shape.pixels(), node.channels, in + node.first, NodeAt(node.inputs[0].node).channels,
                              node.step, out, node.channels, 1});
    case Kind::kShift:
      return Shift(shape, 1, in, out);
    case Kind::kSubsample:
      return Subsample(PoolSizeOf(node), in, out);
    case Kind::kPixelMean:
      return PixelMean(ShapeOf(NodeAt(node.inputs[0].node)), in, out);
    case Kind::kDrop:
      return ScaleImages(shape, in, ImageScalesOf(node), out);
    case Kind::kZeros:
    case Kind::kImages:
    case Kind::kSum:
      break;
  }
  std::fill_n(out, shape.size(), T(0));
}

template <typename T>
void Pass<T>::ComputeGroup(uint32_t index, const GivenMoments<T>* given) {
  const ConvGroup& group = GroupAt(index);
  GroupState& state = groups_[index];
  const ConvolutionSize size = SizeOf(group);
  if (group.parts.size() == 1) {
    state.weight_data = ParameterData(group.parts[0].weight);
  } else {
    const size_t per_output = size.weights() / static_cast<size_t>(group.out);
    state.weight = Take(static_cast<int64_t>(size.weights()));
    for (const GroupPart& part : group.parts) {
      std::memcpy(state.weight.data() + static_cast<size_t>(part.offset) * per_output, ParameterData(part.weight),
                  static_cast<size_t>(part.out) * per_output * sizeof(T));
    }
    state.weight_data = state.weight.data();
  }
  state.output = Convolve(size, ValueOf(group.source), state.weight_data, pool_);
  if (!for_training_) state.weight = {};
  if (given == nullptr && group.normalised) {
    ChannelMoments(size.output(), state.output.data(), &state.mean, &state.variance);
  }
}

template <typename T>
void Pass<T>::ComputeLogits() {
  const Classifier& classifier = program_.classifier;
  logits_.resize(static_cast<size_t>(images_ * classifier.classes));
  if (feature_scale_ != nullptr) {
    const T* features = ValueOf(classifier.source);
    features_.resize(static_cast<size_t>(images_ * classifier.in));
    for (size_t i = 0; i < features_.size(); ++i) features_[i] = features[i] * feature_scale_[i];
  }
  Classify(classifier, Features(), logits_.data());
}

template <typename T>
void Pass<T>::Classify(const Classifier& classifier, const T* features, T* logits) const {
  nn::Classify<T>({images_, classifier.in, classifier.classes}, features, ParameterData(classifier.weight),
                  classifier.bias.has_value() ? ParameterData(*classifier.bias) : nullptr, logits);
}

template class Pass<float>;
template class Pass<double>;

}  // namespace nasshrink::nn
