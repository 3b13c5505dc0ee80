// The object behind a context: effective options, log, workers, and the torch back end once it has been opened.
#ifndef NASSHRINK_CAPI_CONTEXT_H_
#define NASSHRINK_CAPI_CONTEXT_H_

#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"
#include "base/worker_pool.h"
#include "capi/handle.h"
#include "capi/log.h"
#include "nasshrink/v1/context.pb.h"
#include "run/backend.h"

namespace nasshrink::capi {

// Thread-safe.
class ContextObject {
 public:
  ContextObject(v1::ContextOptions options, int32_t log_level, LogSink sink);

  // Threads and levels resolved to effective values.
  const v1::ContextOptions& options() const { return options_; }
  Log& log() const { return log_; }
  const std::shared_ptr<base::WorkerPool>& pool() const { return pool_; }

  // Opens the back end at the first call; a failure is tried again at the next one.
  base::Result<std::shared_ptr<run::Backend>> Torch() const;
  v1::ContextReport Report() const;

  // RESOURCE_EXHAUSTED when bytes to be parsed alone are above the memory limit.
  base::Status CheckMemory(size_t bytes, const char* parameter) const;

 private:
  v1::ContextOptions options_;
  std::shared_ptr<base::WorkerPool> pool_;
  mutable Log log_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<run::Backend> torch_;
  mutable std::string torch_problem_;
};

template <>
struct HandleOf<nasshrink_context> {
  using Object = ContextObject;
  static constexpr Kind kKind = Kind::kContext;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_CONTEXT_H_
