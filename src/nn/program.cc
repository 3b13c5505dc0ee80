#include "nn/program.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace nasshrink::nn {
namespace {

using Kind = Operation::Kind;
using NodeKind = ProgramNode::Kind;

// An operation's result before it is written anywhere: parts of a sum, or a node that is there already.
struct Pending {
  bool node = false;
  NodeRef ref;
  std::vector<NodeTerm> terms;
  std::vector<NodeRef> plain;
  std::vector<uint32_t> pooled;
};

class Compiler {
 public:
  explicit Compiler(Operations operations) : operations_(std::move(operations)) {}

  Program Run();

 private:
  const Operation& At(uint32_t index) const { return operations_.list[index]; }
  void CountReaders();
  void Lower(uint32_t index);
  Pending Convolve(uint32_t index);
  Pending Normalise(uint32_t index);
  Pending Activate(uint32_t index);
  Pending Pool(uint32_t index);
  Pending Sum(uint32_t index);
  Pending Gate(uint32_t index);
  Pending Primitive(uint32_t index, NodeKind kind);

  bool OnlyReader(uint32_t index) const { return readers_[index].size() == 1; }
  bool FeedsNorm(uint32_t index) const { return OnlyReader(index) && At(readers_[index][0]).kind == Kind::kNormalise; }
  // What an operation made, written out.
  NodeRef Written(uint32_t index);
  NodeRef Read(NodeRef ref);
  uint32_t AddNode(NodeKind kind, const Operation& operation);
  void MarkGradients();
  bool Depends(const ProgramNode& node) const;
  void Need(const NodeRef& ref) { needed_[ref.node] = true; }
  void UseNorm(const Norm& norm);
  Classifier ClassifierOf(const Operation& linear);
  void UseClassifier(const Classifier& classifier);
  void CollectParameters();

  Operations operations_;
  std::vector<std::vector<uint32_t>> readers_;  // of operations that lead to the classifier
  std::vector<bool> live_, flows_;
  std::vector<Pending> made_;
  std::map<std::tuple<uint32_t, Form, bool, bool, uint32_t, uint32_t, uint32_t, uint32_t>, uint32_t> groups_;
  std::vector<bool> depends_, needed_;
  Program program_;
};

// What leads to the classifier, and what of it does so by a way that gradient flows back.
void Compiler::CountReaders() {
  const size_t count = operations_.list.size();
  readers_.resize(count);
  live_.assign(count, false);
  flows_.assign(count, false);
  live_[operations_.result] = flows_[operations_.result] = true;
  if (operations_.auxiliary) live_[*operations_.auxiliary] = flows_[*operations_.auxiliary] = true;
  for (auto i = static_cast<uint32_t>(count); i-- > 0;) {
    if (!live_[i]) continue;
    const Operation& operation = At(i);
    for (const uint32_t input : operation.inputs) {
      live_[input] = true;
      if (flows_[i] && (operation.kind != Kind::kGate || operation.flows)) flows_[input] = true;
      readers_[input].push_back(i);
    }
  }
}

uint32_t Compiler::AddNode(NodeKind kind, const Operation& operation) {
  ProgramNode node;
  node.kind = kind;
  node.channels = static_cast<int>(operation.shape.channels);
  node.height = static_cast<int>(operation.shape.height);
  node.width = static_cast<int>(operation.shape.width);
  node.layer = operation.layer;
  program_.nodes.push_back(std::move(node));
  return static_cast<uint32_t>(program_.nodes.size() - 1);
}

NodeRef Compiler::Read(NodeRef ref) {
  program_.nodes[ref.node].read[static_cast<size_t>(ref.form)] = true;
  return ref;
}

NodeRef Compiler::Written(uint32_t index) {
  Pending& made = made_[index];
  if (!made.node) {
    const uint32_t at = AddNode(NodeKind::kSum, At(index));
    ProgramNode& node = program_.nodes[at];
    node.terms = std::move(made.terms);
    node.plain = std::move(made.plain);
    node.pooled = std::move(made.pooled);
    made.node = true;
    made.ref = {at, Form::kRaw};
  }
  return made.ref;
}

Pending Compiler::Convolve(uint32_t index) {
  const Operation& operation = At(index);
  const NodeRef source = Read(Written(operation.inputs[0]));
  const space::Shape& in = At(operation.inputs[0]).shape;
  const bool normalised = FeedsNorm(index);
  const uint32_t stride_height = space::StrideOf(in.height, operation.shape.height);
  const uint32_t stride_width = space::StrideOf(in.width, operation.shape.width);
  const auto fresh_index = static_cast<uint32_t>(program_.groups.size());
  uint32_t at = fresh_index;
  if (operation.window.groups == 1 && !operation.bias.has_value()) {
    at = groups_
             .emplace(std::make_tuple(source.node, source.form, normalised, static_cast<bool>(flows_[index]),
                                      operation.window.kernel, operation.window.dilation, stride_height, stride_width),
                      fresh_index)
             .first->second;
  }
  if (at == fresh_index) {
    ConvGroup group;
    group.source = source;
    group.in = static_cast<int>(in.channels);
    group.kernel = static_cast<int>(operation.window.kernel);
    group.stride_height = static_cast<int>(stride_height);
    group.stride_width = static_cast<int>(stride_width);
    group.dilation = static_cast<int>(operation.window.dilation);
    group.groups = static_cast<int>(operation.window.groups);
    group.normalised = normalised;
    group.gradient = flows_[index];
    program_.groups.push_back(std::move(group));
    program_.nodes[source.node].groups.push_back(at);
  }
  ConvGroup& group = program_.groups[at];
  NodeTerm term;
  term.group = at;
  term.offset = group.out;
  term.bias = operation.bias;
  term.flows = flows_[index];
  const auto out = static_cast<int>(operation.shape.channels);
  group.parts.push_back({operation.weight, out, group.out});
  group.out += out;
  Pending made;
  made.terms.push_back(term);
  return made;
}

Pending Compiler::Normalise(uint32_t index) {
  const Operation& operation = At(index);
  const uint32_t input = operation.inputs[0];
  Pending made;
  if (At(input).kind == Kind::kConvolve && OnlyReader(input)) {
    made = std::move(made_[input]);
  } else {
    NodeTerm term;
    term.of_group = false;
    term.node = Read(Written(input));
    term.flows = flows_[index];
    made.terms.push_back(term);
  }
  made.terms[0].normalised = true;
  made.terms[0].norm = operation.norm;
  return made;
}

Pending Compiler::Activate(uint32_t index) {
  const Operation& operation = At(index);
  NodeRef ref = Written(operation.inputs[0]);
  if (ref.form != Form::kRaw) {
    // A function of a function has a node of its own.
    const NodeRef inner = Read(ref);
    ref = {AddNode(NodeKind::kSum, operation), Form::kRaw};
    program_.nodes[ref.node].plain.push_back(inner);
  }
  Pending made;
  made.node = true;
  made.ref = {ref.node, FormOf(operation.function)};
  return made;
}

Pending Compiler::Pool(uint32_t index) {
  const Operation& operation = At(index);
  const uint32_t input = operation.inputs[0];
  const bool small = operation.kernel == 3 && !operation.inside && space::SameSize(operation.shape, At(input).shape);
  if (operation.pool != space::PoolKind::kAverage || !small || Written(input).form != Form::kRaw) {
    return Primitive(index, NodeKind::kPool);
  }
  Pending made;
  made.pooled.push_back(Read(Written(input)).node);
  return made;
}

template <typename T>
void Append(std::vector<T>& more, std::vector<T>* list) {
  list->insert(list->end(), more.begin(), more.end());
}

Pending Compiler::Sum(uint32_t index) {
  Pending made;
  for (const uint32_t input : At(index).inputs) {
    Pending& part = made_[input];
    if (part.node || !OnlyReader(input)) {
      made.plain.push_back(Read(Written(input)));
      continue;
    }
    Append(part.terms, &made.terms);
    Append(part.plain, &made.plain);
    Append(part.pooled, &made.pooled);
  }
  return made;
}

Pending Compiler::Gate(uint32_t index) {
  const Operation& operation = At(index);
  const uint32_t input = operation.inputs[0];
  Pending& part = made_[input];
  Pending made;
  if (!part.node && OnlyReader(input) && part.terms.size() == 1 && part.plain.empty() && part.pooled.empty() &&
      !part.terms[0].gate.has_value()) {
    made = std::move(part);
  } else {
    NodeTerm term;
    term.of_group = false;
    term.node = Read(Written(input));
    made.terms.push_back(term);
  }
  made.terms[0].gate = operation.gate;
  made.terms[0].flows = operation.flows && flows_[index];
  return made;
}

Pending Compiler::Primitive(uint32_t index, NodeKind kind) {
  const Operation& operation = At(index);
  std::vector<NodeRef> inputs;
  for (const uint32_t input : operation.inputs) inputs.push_back(Read(Written(input)));
  const uint32_t at = AddNode(kind, operation);
  ProgramNode& node = program_.nodes[at];
  node.inputs = std::move(inputs);
  node.pool = operation.pool;
  node.kernel = static_cast<int>(operation.kernel);
  node.inside = operation.inside;
  node.first = static_cast<int>(operation.first);
  node.step = static_cast<int>(operation.step);
  node.place = operation.place;
  Pending made;
  made.node = true;
  made.ref = {at, Form::kRaw};
  return made;
}

void Compiler::Lower(uint32_t index) {
  switch (At(index).kind) {
    case Kind::kImages:
      made_[index] = Primitive(index, NodeKind::kImages);
      break;
    case Kind::kZeros:
      made_[index] = Primitive(index, NodeKind::kZeros);
      break;
    case Kind::kConvolve:
      made_[index] = Convolve(index);
      break;
    case Kind::kNormalise:
      made_[index] = Normalise(index);
      break;
    case Kind::kActivate:
      made_[index] = Activate(index);
      break;
    case Kind::kPool:
      made_[index] = Pool(index);
      break;
    case Kind::kSum:
      made_[index] = Sum(index);
      break;
    case Kind::kGate:
      made_[index] = Gate(index);
      break;
    case Kind::kDrop:
      made_[index] = Primitive(index, NodeKind::kDrop);
      break;
    case Kind::kProduct:
      made_[index] = Primitive(index, NodeKind::kProduct);
      break;
    case Kind::kScale:
      made_[index] = Primitive(index, NodeKind::kScale);
      break;
    case Kind::kConcatenate:
      made_[index] = Primitive(index, NodeKind::kConcatenate);
      break;
    case Kind::kTakeChannels:
      made_[index] = Primitive(index, NodeKind::kTakeChannels);
      break;
    case Kind::kShift:
      made_[index] = Primitive(index, NodeKind::kShift);
      break;
    case Kind::kSubsample:
      made_[index] = Primitive(index, NodeKind::kSubsample);
      break;
    case Kind::kPixelMean:
      made_[index] = Primitive(index, NodeKind::kPixelMean);
      break;
    case Kind::kLinear:
      break;
  }
}

bool Compiler::Depends(const ProgramNode& node) const {
  const auto on = [&](const NodeRef& ref) { return static_cast<bool>(depends_[ref.node]); };
  if (std::any_of(node.inputs.begin(), node.inputs.end(), on)) return true;
  if (std::any_of(node.plain.begin(), node.plain.end(), on)) return true;
  if (std::any_of(node.pooled.begin(), node.pooled.end(), [&](uint32_t source) { return depends_[source]; })) {
    return true;
  }
  return std::any_of(node.terms.begin(), node.terms.end(), [&](const NodeTerm& term) {
    return term.of_group || term.norm.affine || term.gate.has_value() || on(term.node);
  });
}

// Gradients are computed of what depends on a weight or gate and leads to the classifier.
void Compiler::MarkGradients() {
  const size_t count = program_.nodes.size();
  depends_.assign(count, false);
  needed_.assign(count, false);
  for (size_t i = 0; i < count; ++i) depends_[i] = Depends(program_.nodes[i]);
  Need(program_.classifier.source);
  if (program_.auxiliary) Need(program_.auxiliary->source);
  for (size_t i = count; i-- > 0;) {
    ProgramNode& node = program_.nodes[i];
    const bool read_by_group = std::any_of(node.groups.begin(), node.groups.end(),
                                           [&](uint32_t group) { return program_.groups[group].gradient; });
    if (read_by_group) needed_[i] = true;
    node.gradient = needed_[i] && depends_[i];
    if (!node.gradient) continue;
    for (const NodeRef& ref : node.inputs) Need(ref);
    for (const NodeRef& ref : node.plain) Need(ref);
    for (const uint32_t source : node.pooled) needed_[source] = true;
    for (const NodeTerm& term : node.terms) {
      if (!term.of_group && term.flows) Need(term.node);
    }
  }
}

void Compiler::UseNorm(const Norm& norm) {
  if (!norm.affine) return;
  program_.parameters.push_back(norm.scale);
  program_.parameters.push_back(norm.shift);
}

void Compiler::UseClassifier(const Classifier& classifier) {
  program_.parameters.push_back(classifier.weight);
  if (classifier.bias.has_value()) program_.parameters.push_back(*classifier.bias);
}

void Compiler::CollectParameters() {
  for (const ConvGroup& group : program_.groups) {
    if (!group.gradient) continue;
    for (const GroupPart& part : group.parts) program_.parameters.push_back(part.weight);
  }
  for (const ProgramNode& node : program_.nodes) {
    if (!node.gradient) continue;
    for (const NodeTerm& term : node.terms) {
      if (!term.flows) continue;
      UseNorm(term.norm);
      if (term.bias.has_value()) program_.parameters.push_back(*term.bias);
    }
  }
  if (program_.classifier.classes > 0) UseClassifier(program_.classifier);
  if (program_.auxiliary) UseClassifier(*program_.auxiliary);
  std::sort(program_.parameters.begin(), program_.parameters.end());
}

Classifier Compiler::ClassifierOf(const Operation& linear) {
  Classifier classifier;
  classifier.source = Read(Written(linear.inputs[0]));
  classifier.weight = linear.weight;
  classifier.bias = linear.bias;
  classifier.in = static_cast<int>(At(linear.inputs[0]).shape.channels);
  classifier.classes = static_cast<int>(linear.shape.channels);
  return classifier;
}

Program Compiler::Run() {
  CountReaders();
  made_.resize(operations_.list.size());
  for (uint32_t i = 0; i < operations_.list.size(); ++i) {
    if (live_[i]) Lower(i);
  }
  const Operation& last = At(operations_.result);
  if (last.kind == Kind::kLinear) {
    program_.classifier = ClassifierOf(last);
  } else {
    program_.classifier.source = Read(Written(operations_.result));
  }
  if (operations_.auxiliary) program_.auxiliary = ClassifierOf(At(*operations_.auxiliary));
  program_.gates = operations_.gates;
  program_.drops = operations_.drops;
  MarkGradients();
  CollectParameters();
  return std::move(program_);
}

}  // namespace

Program CompileProgram(const NetworkPlan& plan, const std::vector<space::Architecture>& cells, Drops drops,
                       Heads heads) {
  return Compiler(OperationsOf(plan, cells, drops, heads)).Run();
}

Program CompileMixture(const NetworkPlan& plan, const Mixture& mixture, Drops drops) {
  return Compiler(OperationsOf(plan, mixture, drops)).Run();
}

Program CompileLayer(const NetworkPlan& plan, uint32_t layer, uint32_t candidate) {
  return Compiler(LayerOperations(plan, layer, candidate)).Run();
}

}  // namespace nasshrink::nn
