#include "nn/guard.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>

namespace nasshrink::nn {
namespace {

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

base::Status FromText(const std::string& text) {
  const bool memory =
      text.find("can't allocate memory") != std::string::npos || text.find("not enough memory") != std::string::npos;
  return base::Error(memory ? base::Code::kResourceExhausted : base::Code::kInternal, "torch: {}", FirstLine(text));
}

}  // namespace

base::Status Guarded(const std::function<base::Status()>& body) noexcept {
  try {
    try {
      return body();
    } catch (const c10::Error& error) {
      return FromText(error.what_without_backtrace());
    } catch (const std::bad_alloc&) {
      return base::Status(base::Code::kResourceExhausted, "out of memory in the torch back end");
    } catch (const std::exception& error) {
      return FromText(error.what());
    } catch (...) {
      return base::Status(base::Code::kInternal, "unknown exception in the torch back end");
    }
  } catch (...) {
    static const auto* const kNoMemory =
        new base::Status(base::Code::kResourceExhausted, "out of memory in the torch back end");
    return *kNoMemory;
  }
}

}  // namespace nasshrink::nn
