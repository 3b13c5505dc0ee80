#include "capi/context.h"

#include <fstream>
#include <thread>
#include <utility>

#include "capi/guard.h"
#include "capi/message.h"
#include "capi/sized_struct.h"
#include "run/backend_loader.h"

namespace nasshrink::capi {
namespace {

using base::Invalid;
using base::Status;

constexpr uint32_t kMostThreads = 1024;

uint32_t Processors() {
  const unsigned count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : count;
}

Status CheckThreads(const char* field, uint32_t threads) {
  if (threads <= kMostThreads) return {};
  return Invalid(field, threads, fmt::format("0..{}", kMostThreads), "is more threads than this library starts");
}

// Effective values in place of those left out.
Status Resolve(v1::ContextOptions* options) {
  if (options->device().empty()) options->set_device("cpu");
  if (options->device() != "cpu") return Invalid("device", options->device(), "cpu", "names no device");
  NASSHRINK_RETURN_IF_ERROR(CheckThreads("workers", options->workers()));
  NASSHRINK_RETURN_IF_ERROR(CheckThreads("intra_op_threads", options->intra_op_threads()));
  if (options->workers() == 0) options->set_workers(Processors());
  if (options->intra_op_threads() == 0) options->set_intra_op_threads(Processors());
  if (options->log_level().empty()) options->set_log_level("warning");
  return {};
}

// "model name" of /proc/cpuinfo; "" where there is none.
std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const size_t colon = line.find(": ");
    return colon == std::string::npos ? std::string() : line.substr(colon + 2);
  }
  return "";
}

Status CheckSink(const nasshrink_log_sink& sink) {
  if (sink.flags != 0) return Invalid("log.flags", sink.flags, "0", "has unknown bits");
  if (sink.reserved != 0) return Invalid("log.reserved", sink.reserved, "0", "must be zero");
  if (sink.write == nullptr) return Invalid("log.write", "NULL", "a function", "must not be NULL");
  return {};
}

}  // namespace

ContextObject::ContextObject(v1::ContextOptions options, int32_t log_level, LogSink sink)
    : options_(std::move(options)),
      pool_(std::make_shared<base::WorkerPool>(options_.workers())),
      log_(log_level, std::move(sink)) {}

base::Result<std::shared_ptr<run::Backend>> ContextObject::Torch() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (torch_ != nullptr) return torch_;
  run::BackendOptions backend;
  backend.device = options_.device();
  backend.workers = options_.workers();
  backend.intra_op_threads = options_.intra_op_threads();
  backend.memory_limit = options_.memory_limit();
  auto opened = run::OpenTorchBackend(options_.backend_folder(), backend);
  if (!opened.ok()) {
    torch_problem_ = opened.status().message();
    log_.Write(NASSHRINK_LOG_ERROR, torch_problem_);
    return opened.status();
  }
  torch_ = *std::move(opened);
  torch_problem_.clear();
  log_.Write(NASSHRINK_LOG_INFO, "opened the training back end: " + torch_->Describe());
  return torch_;
}

v1::ContextReport ContextObject::Report() const {
  v1::ContextReport report;
  *report.mutable_effective() = options_;
  report.add_devices("cpu");
  report.set_cpu(CpuName());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (torch_ != nullptr) report.set_torch_version(torch_->Describe());
  report.set_torch_problem(torch_problem_);
  return report;
}

Status ContextObject::CheckMemory(size_t bytes, const char* parameter) const {
  const uint64_t limit = options_.memory_limit();
  if (limit == 0 || bytes <= limit) return {};
  return base::Error(base::Code::kResourceExhausted, "is above the context's memory limit")
      .WithField(parameter, fmt::format("{} bytes", bytes), fmt::format("at most {} bytes", limit));
}

}  // namespace nasshrink::capi

using namespace nasshrink;        // NOLINT(google-build-using-namespace)
using namespace nasshrink::capi;  // NOLINT(google-build-using-namespace)
using nasshrink::base::Status;

nasshrink_status nasshrink_context_create(const uint8_t* options, size_t options_size, const nasshrink_log_sink* log,
                                          nasshrink_context** out, nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    nasshrink_log_sink given = {};
    if (log != nullptr) {
      NASSHRINK_ASSIGN_OR_RETURN(given, StructOf(log, "log"));
    }
    // The sink's user_data is the library's from here on, whatever fails afterwards.
    LogSink sink(given);
    if (log != nullptr) NASSHRINK_RETURN_IF_ERROR(CheckSink(given));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    NASSHRINK_ASSIGN_OR_RETURN(auto message, OptionsOf<v1::ContextOptions>(options, options_size));
    NASSHRINK_RETURN_IF_ERROR(Resolve(&message));
    NASSHRINK_ASSIGN_OR_RETURN(const int32_t level, LogLevelOf(message.log_level()));
    Publish(std::make_shared<ContextObject>(std::move(message), level, std::move(sink)), out);
    return {};
  });
}

nasshrink_status nasshrink_context_report(const nasshrink_context* context, nasshrink_buffer** out,
                                          nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(context, "context"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    return PublishMessage(object->Report(), out);
  });
}

nasshrink_status nasshrink_context_next_log(nasshrink_context* context, int64_t timeout_ms, nasshrink_buffer** out,
                                            nasshrink_error** err) {
  if (out != nullptr) *out = nullptr;
  return Guard(err, [&]() -> Status {
    NASSHRINK_ASSIGN_OR_RETURN(const auto object, Get(context, "context"));
    NASSHRINK_RETURN_IF_ERROR(CheckOut(out));
    const auto record = object->log().Next(timeout_ms);
    return record ? PublishMessage(*record, out) : Status();
  });
}

void nasshrink_context_free(nasshrink_context* context) { Release(context); }
