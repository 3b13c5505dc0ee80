// report_pages FOLDER: writes sample reports for browser_test.py.
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>

#include "run/report.h"
#include "sample_run.h"
#include "space/codec.h"
#include "space/presets.h"
#include "space/published_spaces.h"

namespace {

using nasshrink::run::ReportInput;
using nasshrink::run::SampleRun;
using nasshrink::run::SampleShape;
namespace v1 = nasshrink::v1;

v1::SearchSpace CellSpace() {
  v1::SearchSpace message;
  const auto space = nasshrink::space::Preset("nas-bench-201", {});
  if (space.ok()) nasshrink::space::SpaceToMessage(*space, &message);
  return message;
}

bool Write(const std::string& folder, const std::string& name, const ReportInput& input) {
  const auto html = nasshrink::run::ReportHtml(input);
  if (!html.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), html.status().message().c_str());
    return false;
  }
  std::ofstream file(folder + "/" + name + ".html", std::ios::binary);
  file << *html;
  return file.good();
}

// Stopped in the middle, with values that are not finite.
ReportInput BrokenRun(const v1::SearchSpace& space) {
  SampleShape shape;
  shape.finished = false;
  shape.steps = 1;
  ReportInput input = SampleRun(space, shape);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (v1::RunEvent& event : input.events) {
    if (event.has_epoch_finished() && event.epoch_finished().epoch() == 2) {
      event.mutable_epoch_finished()->set_loss(nan);
      event.mutable_epoch_finished()->set_skipped_steps(3);
    } else if (event.has_scores()) {
      event.mutable_scores()->mutable_scores(3)->set_score(nan);
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  const v1::SearchSpace cell_space = CellSpace();
  SampleShape many;
  many.steps = 14;
  many.epochs_between = 2;
  ReportInput empty;
  empty.plan.set_name("</script><b>bold</b>");
  *empty.plan.mutable_space() = cell_space;
  ReportInput table = SampleRun(cell_space, SampleShape());
  table.plan.mutable_supernet()->set_backend("table");
  const bool written = Write(folder, "cell", SampleRun(cell_space, SampleShape())) &&
                       Write(folder, "chain", SampleRun(nasshrink::tests::FairNas(), many)) &&
                       Write(folder, "two-cells", SampleRun(nasshrink::tests::DartsPairs(), many)) &&
                       Write(folder, "broken", BrokenRun(cell_space)) && Write(folder, "empty", empty) &&
                       Write(folder, "table", table);
  return written ? 0 : 1;
}
