#include "nn/architecture_file.h"

#include <cstring>

namespace nasshrink::nn {
namespace {

constexpr char kAlpha[] = "architecture.alpha";
constexpr char kFirst[] = "architecture.first_moment";
constexpr char kSecond[] = "architecture.second_moment";
// Steps and baseline.
constexpr char kState[] = "architecture.state";

std::vector<double> Flat(const std::vector<std::vector<double>>& rows) {
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
}

base::Status AddValues(const char* name, const std::vector<double>& values, base::SafetensorsWriter* writer) {
  return writer->Add(name, "F64", {static_cast<int64_t>(values.size())},
                     {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)});
}

base::Status ReadValues(const base::SafetensorsImage& image, const char* name, std::vector<double>* values) {
  const base::SafetensorsTensor* tensor = image.Find(name);
  const size_t bytes = values->size() * sizeof(double);
  if (tensor == nullptr || tensor->dtype != "F64" || tensor->data.size() != bytes) {
    return base::Error(base::Code::kDataLoss, "the supernet's image has no tensor '{}' of {} numbers", name,
                       values->size());
  }
  std::memcpy(values->data(), tensor->data.data(), bytes);
  return {};
}

base::Status ReadRows(const base::SafetensorsImage& image, const char* name, const space::Space& space,
                      std::vector<std::vector<double>>* rows) {
  size_t count = 0;
  for (const space::Choice& choice : space.choices) count += choice.candidates.size();
  std::vector<double> values(count);
  NASSHRINK_RETURN_IF_ERROR(ReadValues(image, name, &values));
  auto next = values.begin();
  for (const space::Choice& choice : space.choices) {
    const auto end = next + static_cast<ptrdiff_t>(choice.candidates.size());
    rows->emplace_back(next, end);
    next = end;
  }
  return {};
}

}  // namespace

bool IsArchitectureTensor(const std::string& name) { return name.rfind("architecture.", 0) == 0; }

ArchitectureTensors::ArchitectureTensors(const std::optional<run::ArchitectureParameters>& parameters) {
  if (!parameters) return;
  alpha_ = Flat(parameters->alpha);
  first_moment_ = Flat(parameters->first_moment);
  second_moment_ = Flat(parameters->second_moment);
  state_ = {static_cast<double>(parameters->steps), parameters->baseline};
}

base::Status ArchitectureTensors::AddTo(base::SafetensorsWriter* writer) const {
  if (state_.empty()) return {};
  NASSHRINK_RETURN_IF_ERROR(AddValues(kAlpha, alpha_, writer));
  NASSHRINK_RETURN_IF_ERROR(AddValues(kFirst, first_moment_, writer));
  NASSHRINK_RETURN_IF_ERROR(AddValues(kSecond, second_moment_, writer));
  return AddValues(kState, state_, writer);
}

base::Result<std::optional<run::ArchitectureParameters>> ReadArchitecture(const space::Space& space,
                                                                          const base::SafetensorsImage& image) {
  std::optional<run::ArchitectureParameters> none;
  if (image.Find(kAlpha) == nullptr) return none;
  run::ArchitectureParameters parameters;
  NASSHRINK_RETURN_IF_ERROR(ReadRows(image, kAlpha, space, &parameters.alpha));
  NASSHRINK_RETURN_IF_ERROR(ReadRows(image, kFirst, space, &parameters.first_moment));
  NASSHRINK_RETURN_IF_ERROR(ReadRows(image, kSecond, space, &parameters.second_moment));
  std::vector<double> state(2);
  NASSHRINK_RETURN_IF_ERROR(ReadValues(image, kState, &state));
  parameters.steps = static_cast<uint64_t>(state[0]);
  parameters.baseline = state[1];
  return std::optional(std::move(parameters));
}

}  // namespace nasshrink::nn
