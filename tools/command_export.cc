// export, report
#include <memory>

#include "archs.h"
#include "files.h"
#include "handles.h"
#include "model.h"
#include "options.h"
#include "spaces.h"

namespace nasshrink::tools {
namespace {

struct ExportArguments {
  std::string source;
  std::string arch;
  std::string format = "safetensors";
  std::string out;
};

void ExportChild(const SharedOptions& shared, const ExportArguments& arguments) {
  const Context context = OpenContext(shared);
  const Supernet supernet = OpenCheckpoint(context.get(), arguments.source);
  const Space space = SpaceOf(context.get(), SpaceOfSupernet(supernet.get()));
  const Arch arch = OpenArch(space.get(), arguments.arch);
  v1::ExtractOptions options;
  options.set_format(arguments.format);
  const std::string bytes = options.SerializeAsString();
  const auto image = Make<Buffer>(nasshrink_supernet_extract, supernet.get(), arch.get(), Data(bytes), bytes.size());
  WriteBytes(arguments.out, View(image));
  PrintResult({{"file", arguments.out},
               {"max_difference", Json()},
               {"max_difference_note", "none is measured: safetensors holds the weights bit by bit"},
               {"bytes", View(image).size()}});
}

void WriteReport(const SharedOptions& shared, const ExportArguments& arguments) {
  const Context context = OpenContext(shared);
  const auto html = Make<Buffer>(nasshrink_report, context.get(), arguments.source.c_str());
  WriteBytes(arguments.out, View(html));
  PrintResult({{"file", arguments.out}});
}

}  // namespace

void AddExportCommands(CLI::App* app, SharedOptions* shared) {
  const auto exported = std::make_shared<ExportArguments>();
  CLI::App* command = AddCommand(app, "export", "A child's weights out of a supernet, under PyTorch's parameter names",
                                 "  nasshrink export supernet.safetensors --arch \"3 3 3 1 3 3\" -o child.safetensors",
                                 shared, Takes::kMoment, [=] { ExportChild(*shared, *exported); });
  command->add_option("CKPT", exported->source, "Checkpoint of a supernet")->required();
  command->add_option("--arch", exported->arch, "A notation of the space, or a file")->required();
  command->add_option("--format", exported->format, "safetensors (default)");
  command->add_option("-o,--output", exported->out, "File to write")->required();

  const auto report = std::make_shared<ExportArguments>();
  command = AddCommand(app, "report", "One HTML file about a run: sizes, scores, training, children, settings",
                       "  nasshrink report my-run -o report.html", shared, Takes::kMoment,
                       [=] { WriteReport(*shared, *report); });
  command->add_option("DIR", report->source, "Folder of the run")->required();
  command->add_option("-o,--output", report->out, "HTML file")->required();
}

}  // namespace nasshrink::tools
