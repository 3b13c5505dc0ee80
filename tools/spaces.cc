#include "spaces.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstdlib>

#include "files.h"
#include "settings.h"

namespace nasshrink::tools {
namespace {

// The settings of messages that a short one stands for.
std::vector<std::string> FullSettings(const std::string& setting) {
  const size_t equals = setting.find('=');
  const std::string name = setting.substr(0, equals);
  if (equals == std::string::npos) return {setting};
  if (name == "height" || name == "width") return {"input_" + setting};
  if (name == "resolution") return {"input_height" + setting.substr(equals), "input_width" + setting.substr(equals)};
  return {setting};
}

template <typename Number>
bool ParseWhole(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Context OpenContext(const SharedOptions& shared) {
  v1::ContextOptions options;
  options.set_device(shared.device);
  options.set_workers(shared.workers);
  options.set_intra_op_threads(shared.threads);
  options.set_memory_limit(shared.memory_limit);
  if (shared.quiet) options.set_log_level("error");
  if (const char* folder = std::getenv("NASSHRINK_BACKEND_FOLDER")) options.set_backend_folder(folder);
  const std::string bytes = options.SerializeAsString();
  return Make<Context>(nasshrink_context_create, Data(bytes), bytes.size(), nullptr);
}

bool NamesFile(const std::string& space) {
  return space.find('/') != std::string::npos || space.find('.') != std::string::npos || FileExists(space);
}

Space OpenSpace(nasshrink_context* context, const std::string& space, const v1::PresetOptions& options) {
  if (NamesFile(space)) {
    v1::SearchSpace message;
    const std::string bytes = ReadMessageBytes(space, &message);
    return MakeFrom<Space>(space, nasshrink_space_parse, context, Data(bytes), bytes.size());
  }
  const std::string bytes = options.SerializeAsString();
  return Make<Space>(nasshrink_space_preset, context, space.c_str(), Data(bytes), bytes.size());
}

Space OpenConfig(nasshrink_context* context, const std::string& path) {
  const std::string text = ReadBytes(path);
  return MakeFrom<Space>(path, nasshrink_space_import, context, "", text.data(), text.size());
}

Space SpaceOf(nasshrink_context* context, const v1::SearchSpace& message) {
  const std::string bytes = message.SerializeAsString();
  return Make<Space>(nasshrink_space_parse, context, Data(bytes), bytes.size());
}

v1::SearchSpace MessageOf(const nasshrink_space* space) {
  return Ask<v1::SearchSpace>(nasshrink_space_serialize, space);
}

v1::SpaceSummary SummaryOf(const nasshrink_space* space) {
  return Ask<v1::SpaceSummary>(nasshrink_space_describe, space);
}

void WriteSpace(const std::string& path, const nasshrink_space* space) {
  const auto bytes = Make<Buffer>(nasshrink_space_serialize, space);
  v1::SearchSpace message;
  WriteMessageBytes(path, View(bytes), &message);
}

v1::PresetOptions PresetSettings(const std::vector<std::string>& settings) {
  std::vector<std::string> full;
  for (const std::string& setting : settings) {
    for (std::string& one : FullSettings(setting)) full.push_back(std::move(one));
  }
  v1::PresetOptions options;
  ApplySettings(full, &options);
  return options;
}

v1::OperatorRef ParseOperator(const v1::SearchSpace& space, const std::string& text) {
  const size_t colon = text.find(':');
  uint32_t choice = 0;
  int32_t code = 0;
  if (colon == std::string::npos || !ParseWhole(text.substr(0, colon), &choice) ||
      !ParseWhole(text.substr(colon + 1), &code)) {
    FailCall(fmt::format("'{}' is not of the form CHOICE:OP, two whole numbers such as 3:0", text));
  }
  if (choice >= static_cast<uint32_t>(space.choices_size())) {
    FailCall(fmt::format("'{}': there is no choice {} (choices: 0..{})", text, choice, space.choices_size() - 1));
  }
  const auto& candidates = space.choices(static_cast<int>(choice)).candidates();
  std::vector<int32_t> codes;
  for (int i = 0; i < candidates.size(); ++i) {
    codes.push_back(candidates[i].code());
    if (candidates[i].code() != code) continue;
    v1::OperatorRef reference;
    reference.set_choice(choice);
    reference.set_candidate(static_cast<uint32_t>(i));
    return reference;
  }
  FailCall(
      fmt::format("'{}': choice {} has no operator {} (operators: {})", text, choice, code, fmt::join(codes, ", ")));
}

Json OperatorJson(const v1::SearchSpace& space, uint32_t choice, uint32_t candidate) {
  const auto& body = space.choices(static_cast<int>(choice)).candidates(static_cast<int>(candidate));
  return {{"choice", choice}, {"op", body.code()}, {"label", body.label()}};
}

}  // namespace nasshrink::tools
