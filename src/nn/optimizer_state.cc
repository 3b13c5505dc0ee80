#include "nn/optimizer_state.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

namespace nasshrink::nn {
namespace {

constexpr char kCounter[] = "counter.";
constexpr char kMoved[] = "moved_weights";

base::Status Torn(std::string_view what, std::string_view name) {
  return base::Error(base::Code::kDataLoss, "the trainer's snapshot {} '{}'", what, name);
}

const base::SafetensorsTensor* Find(const base::SafetensorsImage& image, const std::string& name, const char* dtype,
                                    size_t bytes) {
  const base::SafetensorsTensor* tensor = image.Find(name);
  return tensor != nullptr && tensor->dtype == dtype && tensor->data.size() == bytes ? tensor : nullptr;
}

struct State {
  std::vector<std::vector<float>> slots;
  std::vector<uint64_t> counters;
  uint64_t moved = 0;
};

// Copies one weight's state when the image has it whole. False: it has no counter for it, or another size.
base::Result<bool> TakeWeight(const base::SafetensorsImage& image, const Parameter& parameter, uint32_t index,
                              const Optimizer& optimizer, State* state) {
  const auto* counter = Find(image, kCounter + parameter.name, "I64", sizeof(uint64_t));
  if (counter == nullptr) return false;
  for (size_t i = 0; i < state->slots.size(); ++i) {
    const std::string name = optimizer.slots()[i].name + "." + parameter.name;
    const auto* tensor = image.Find(name);
    if (tensor == nullptr || tensor->dtype != "F32") return Torn("has no tensor", name);
    if (tensor->shape != parameter.shape || tensor->data.size() != parameter.size * sizeof(float)) return false;
    std::memcpy(state->slots[i].data() + parameter.offset, tensor->data.data(), tensor->data.size());
  }
  std::memcpy(&state->counters[index], counter->data.data(), sizeof(uint64_t));
  ++state->moved;
  return true;
}

base::Result<State> Take(const Layout& layout, const base::SafetensorsImage& image, const Optimizer& optimizer) {
  State state;
  state.slots.assign(optimizer.slots().size(), std::vector<float>(layout.weights, 0.0F));
  state.counters.assign(layout.parameters.size(), 0);
  for (uint32_t i = 0; i < layout.parameters.size(); ++i) {
    NASSHRINK_RETURN_IF_ERROR(TakeWeight(image, layout.parameters[i], i, optimizer, &state).status());
  }
  return state;
}

void Install(State state, Optimizer* optimizer) {
  for (size_t i = 0; i < state.slots.size(); ++i) optimizer->slots()[i].values = std::move(state.slots[i]);
  optimizer->counters() = std::move(state.counters);
}

std::string KindOf(const Optimizer& optimizer) {
  return optimizer.slots().empty() ? "nothing" : optimizer.slots()[0].name;
}

}  // namespace

base::Result<uint64_t> NumberOf(const base::SafetensorsImage& image, const std::string& key) {
  const auto found = image.metadata.find(key);
  if (found == image.metadata.end()) return Torn("does not say", key);
  uint64_t number = 0;
  const char* const end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, number);
  if (error != std::errc() || stop != end) return Torn("has no number for", key);
  return number;
}

base::Status WriteOptimizer(const Layout& layout, const Optimizer& optimizer, base::SafetensorsWriter* writer) {
  uint64_t moved = 0;
  for (uint32_t i = 0; i < layout.parameters.size(); ++i) {
    const uint64_t& counter = optimizer.counters()[i];
    if (counter == 0) continue;
    ++moved;
    const Parameter& parameter = layout.parameters[i];
    NASSHRINK_RETURN_IF_ERROR(
        writer->Add(kCounter + parameter.name, "I64", {1}, {reinterpret_cast<const char*>(&counter), sizeof(counter)}));
    for (const Optimizer::Slot& slot : optimizer.slots()) {
      NASSHRINK_RETURN_IF_ERROR(writer->Add(
          slot.name + "." + parameter.name, "F32", parameter.shape,
          {reinterpret_cast<const char*>(slot.values.data() + parameter.offset), parameter.size * sizeof(float)}));
    }
  }
  writer->SetMetadata("optimizer", KindOf(optimizer));
  writer->SetMetadata(kMoved, fmt::format("{}", moved));
  return {};
}

base::Status ReadOptimizer(const Layout& layout, const base::SafetensorsImage& image, Optimizer* optimizer) {
  NASSHRINK_ASSIGN_OR_RETURN(const uint64_t moved, NumberOf(image, kMoved));
  NASSHRINK_ASSIGN_OR_RETURN(State state, Take(layout, image, *optimizer));
  if (state.moved != moved) {
    return base::Error(base::Code::kDataLoss, "the trainer's snapshot is of another supernet: {} of its {} weights fit",
                       state.moved, moved);
  }
  Install(std::move(state), optimizer);
  return {};
}

base::Status AdoptOptimizer(const Layout& layout, const base::SafetensorsImage& image, Optimizer* optimizer) {
  const auto kind = image.metadata.find("optimizer");
  if (kind == image.metadata.end()) return Torn("does not say", "optimizer");
  if (kind->second != KindOf(*optimizer)) {
    return base::Error(base::Code::kFailedPrecondition,
                       "the snapshot is of another kind of optimiser (it keeps {}, not {})", kind->second,
                       KindOf(*optimizer));
  }
  NASSHRINK_ASSIGN_OR_RETURN(State state, Take(layout, image, *optimizer));
  Install(std::move(state), optimizer);
  return {};
}

}  // namespace nasshrink::nn
