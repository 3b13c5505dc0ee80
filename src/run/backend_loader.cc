#include "run/backend_loader.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <string_view>

namespace nasshrink::run {
namespace {

using base::Code;

constexpr const char* kLibrary = "libnasshrink_torch.so";
constexpr const char* kSymbol = "nasshrink_backend_factory";

base::Result<std::string> OwnFolder() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<const void*>(&OpenTorchBackend), &info) == 0 || info.dli_fname == nullptr) {
    return base::Error(Code::kFailedPrecondition,
                       "the folder of this library cannot be found; name the folder of {} as "
                       "ContextOptions.backend_folder (of the program: NASSHRINK_BACKEND_FOLDER)",
                       kLibrary);
  }
  const std::string_view path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? "." : path.substr(0, slash));
}

// "torch 2.11.0+cpu" -> "torch 2.11"
std::string_view MinorVersion(std::string_view version) {
  const size_t first = version.find('.');
  const size_t second = first == std::string_view::npos ? first : version.find('.', first + 1);
  return version.substr(0, second);
}

base::Status CheckFactory(const std::string& path, const BackendFactory* factory) {
  if (factory == nullptr) return base::Error(Code::kFailedPrecondition, "{} offers no back end", path);
  if (factory->interface_version != kBackendInterfaceVersion) {
    return base::Error(Code::kFailedPrecondition,
                       "{} speaks interface version {} and this library version {}; install both from one build", path,
                       factory->interface_version, kBackendInterfaceVersion);
  }
  if (MinorVersion(factory->built_against) != MinorVersion(factory->loaded)) {
    return base::Error(Code::kFailedPrecondition,
                       "{} is built against {} but the process has loaded {}; install the LibTorch it is built against",
                       path, factory->built_against, factory->loaded);
  }
  return {};
}

}  // namespace

base::Result<std::shared_ptr<Backend>> OpenTorchBackend(const std::string& folder, const BackendOptions& options) {
  std::string where = folder;
  if (where.empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(where, OwnFolder());
  }
  const std::string path = where + "/" + kLibrary;
  if (access(path.c_str(), F_OK) != 0) {
    return base::Error(Code::kFailedPrecondition,
                       "training needs {}, which is not in {}; build nasshrink with LibTorch, or name the folder it is "
                       "in as ContextOptions.backend_folder (of the program: NASSHRINK_BACKEND_FOLDER)",
                       kLibrary, where);
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return base::Error(Code::kFailedPrecondition,
                       "{} cannot be opened ({}); install the LibTorch it is built against where it looks for it", path,
                       dlerror());
  }
  auto* const get = reinterpret_cast<BackendFactoryFunction>(dlsym(library, kSymbol));
  if (get == nullptr) {
    return base::Error(Code::kFailedPrecondition, "{} has no symbol {}; it is not a back end of nasshrink", path,
                       kSymbol);
  }
  const BackendFactory* factory = get();
  NASSHRINK_RETURN_IF_ERROR(CheckFactory(path, factory));
  base::Status status;
  std::shared_ptr<Backend> backend(factory->create(options, &status));
  if (backend == nullptr) {
    return status.ok() ? base::Error(Code::kInternal, "{} made no back end", path) : status;
  }
  return backend;
}

}  // namespace nasshrink::run
