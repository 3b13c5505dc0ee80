// doctor
#include <fmt/format.h>

#include "data.h"
#include "handles.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct DataSet {
  const char* source;
  const char* how;
};
constexpr DataSet kDataSets[] = {
    {"fashion-mnist", "apt-get install dataset-fashion-mnist, or --data fashion-mnist:DIR with the four IDX files"},
};

std::string VersionText(uint32_t version) {
  return fmt::format("{}.{}.{}", version >> 16, version >> 8 & 0xff, version & 0xff);
}

void Diagnose(const SharedOptions& shared) {
  const auto build = Ask<v1::BuildInfo>(nasshrink_build_info);
  const Context context = OpenContext(shared);
  Json missing = Json::array();
  // Opening images is the first thing that needs the torch library.
  const Outcome torch = [&] {
    v1::DatasetOptions options;
    options.set_source("synthetic:2");
    const std::string bytes = options.SerializeAsString();
    nasshrink_dataset* dataset = nullptr;
    Outcome outcome = Try(nasshrink_dataset_open, context.get(), Data(bytes), bytes.size(), &dataset);
    nasshrink_dataset_free(dataset);
    return outcome;
  }();
  Json sets = Json::array();
  for (const DataSet& set : kDataSets) {
    v1::DatasetOptions options;
    options.set_source(set.source);
    const std::string bytes = options.SerializeAsString();
    nasshrink_dataset* dataset = nullptr;
    const Outcome found = Try(nasshrink_dataset_open, context.get(), Data(bytes), bytes.size(), &dataset);
    const Dataset owned(dataset);
    sets.push_back({{"name", set.source}, {"found", found.ok()}, {"problem", found.message}});
    if (torch.ok() && !found.ok()) missing.push_back({{"what", set.source}, {"how", set.how}});
  }
  const auto report = Ask<v1::ContextReport>(nasshrink_context_report, context.get());
  if (!torch.ok()) {
    missing.push_back({{"what", "LibTorch"},
                       {"how",
                        "scripts/bootstrap puts LibTorch into .deps/, scripts/build then builds "
                        "libnasshrink_torch.so beside libnasshrink.so"}});
  }
  Json devices = Json::array();
  for (const std::string& device : report.devices()) devices.push_back(device);
  PrintResult({{"version", build.version()},
               {"abi_version", VersionText(nasshrink_abi_version())},
               {"header_abi_version", VersionText(NASSHRINK_ABI_VERSION)},
               {"compiler", build.compiler()},
               {"protobuf_version", build.protobuf_version()},
               {"sqlite_version", build.sqlite_version()},
               {"cpu", report.cpu()},
               {"devices", devices},
               {"workers", report.effective().workers()},
               {"threads", report.effective().intra_op_threads()},
               {"torch", {{"found", torch.ok()}, {"version", report.torch_version()}, {"problem", torch.message}}},
               {"data", sets},
               {"missing", missing}});
}

}  // namespace

void AddDoctorCommands(CLI::App* app, SharedOptions* shared) {
  AddCommand(app, "doctor", "Versions, devices, threads, data sets; what is missing and how to get it",
             "  nasshrink doctor\n  nasshrink doctor --json", shared, Takes::kMoment, [shared] { Diagnose(*shared); });
}

}  // namespace nasshrink::tools
