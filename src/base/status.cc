#include "base/status.h"

namespace nasshrink::base {

const char* CodeName(int32_t code) {
  static constexpr const char* kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  if (code < 0 || code > static_cast<int32_t>(Code::kUnauthenticated)) return "UNKNOWN";
  return kNames[code];
}

Status::Status(Code code, std::string message) {
  if (code == Code::kOk) return;
  state_ = std::make_shared<State>();
  state_->code = code;
  state_->text = std::move(message);
  state_->Compose();
}

const std::string& Status::message() const {
  static const std::string* const kEmpty = new std::string;
  return state_ == nullptr ? *kEmpty : state_->message;
}

const Status::Details& Status::details() const {
  static const Details* const kEmpty = new Details;
  return state_ == nullptr ? *kEmpty : state_->details;
}

void Status::State::Compose() {
  message.clear();
  for (const std::string& part : {subject, details.field}) {
    if (!part.empty()) message += part + ": ";
  }
  message += text;
  if (!details.value.empty() && !details.allowed.empty()) {
    message += fmt::format(" (got {}, allowed: {})", details.value, details.allowed);
  } else if (!details.value.empty()) {
    message += fmt::format(" (got {})", details.value);
  } else if (!details.allowed.empty()) {
    message += fmt::format(" (allowed: {})", details.allowed);
  }
}

std::shared_ptr<Status::State> Status::Unshared() {
  if (state_ != nullptr && state_.use_count() > 1) state_ = std::make_shared<State>(*state_);
  return state_;
}

Status Status::WithField(std::string_view field, std::string_view value, std::string_view allowed) && {
  if (auto state = Unshared()) {
    state->details.field = field;
    state->details.value = value;
    state->details.allowed = allowed;
    state->Compose();
  }
  return std::move(*this);
}

Status Status::Under(std::string_view prefix) && {
  if (auto state = Unshared()) {
    if (state->details.field.empty() && !prefix.empty() && prefix.back() == '.') prefix.remove_suffix(1);
    state->details.field = std::string(prefix) + state->details.field;
    state->Compose();
  }
  return std::move(*this);
}

Status Status::About(std::string_view subject) && {
  if (auto state = Unshared()) {
    state->subject = subject;
    state->Compose();
  }
  return std::move(*this);
}

Status Status::CausedBy(Status cause) && {
  if (auto state = Unshared()) state->details.causes.push_back(std::move(cause));
  return std::move(*this);
}

}  // namespace nasshrink::base
