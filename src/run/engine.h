// A run: a plan carried out on a thread of its own, with events, progress, cancel, checkpoints and resume.
//
// Equal plans, seeds, data and intra-op threads give RunResults of equal bytes, whatever the number of workers and
// however often the run was stopped and resumed. Results hold no wall-clock times.
#ifndef NASSHRINK_RUN_ENGINE_H_
#define NASSHRINK_RUN_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/status.h"
#include "base/worker_pool.h"
#include "nasshrink/v1/estimate.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/backend.h"

namespace nasshrink::run {

// Called at most once, and only when the plan's back end is "torch".
using BackendOpener = std::function<base::Result<std::shared_ptr<Backend>>()>;
// Called on the run's thread, one event at a time. An error stops the run, which ends with that very status; at
// RunFinished, when the outcome is known and the result can be read, it changes nothing.
using EventCallback = std::function<base::Status(const v1::RunEvent&)>;

struct RunRequest {
  v1::RunPlan plan;
  BackendOpener open_torch;
  // Taken instead of a new supernet when given; the run owns it from then on. Its space must be the plan's.
  std::shared_ptr<Supernet> supernet;
  // nullptr for a table back end.
  std::shared_ptr<Dataset> dataset;
  // How `dataset` was opened, so that a resume can open it again; nothing for one made from tensors.
  std::optional<DatasetOptions> dataset_options;
  // "" for a run that is not kept.
  std::string folder;
  // Bytes; with a limit the plan is estimated first and refused with RESOURCE_EXHAUSTED where it needs more. 0 is none.
  uint64_t memory_limit = 0;
  // Shared with others; nullptr works on the run's thread alone.
  std::shared_ptr<base::WorkerPool> pool;
  std::shared_ptr<const base::Cancel> cancel;
  EventCallback on_event;
};

struct ResumeRequest {
  std::string folder;
  BackendOpener open_torch;
  // nullptr opens the data set as it was opened when the run was started.
  std::shared_ptr<Dataset> dataset;
  // Shared with others; nullptr works on the run's thread alone.
  std::shared_ptr<base::WorkerPool> pool;
  // Accept other intra-op threads, another LibTorch or another CPU; the result may then differ.
  bool allow_different_machine = false;
  std::shared_ptr<const base::Cancel> cancel;
  EventCallback on_event;
};

// Thread-safe. Dropping the last reference cancels the run and waits for it.
class Run {
 public:
  // Checks the plan, opens the folder and returns while the run goes on.
  static base::Result<std::shared_ptr<Run>> Start(RunRequest request);
  // From the last checkpoint. A finished run is returned finished. FAILED_PRECONDITION for another data set, another
  // machine (see allow_different_machine) or a folder in use.
  static base::Result<std::shared_ptr<Run>> Resume(ResumeRequest request);
  ~Run();

  v1::RunProgress Progress() const;
  // See EventQueue::Next. A resumed run goes on with the sequence number after the last checkpoint's.
  base::Result<std::optional<v1::RunEvent>> NextEvent(int64_t timeout_ms);
  // Waits for the end (negative: for ever): DEADLINE_EXCEEDED on timeout, else the run's outcome.
  base::Status Wait(int64_t timeout_ms) const;
  // Stops the run at the next step boundary with CANCELLED. Any thread, any number of times.
  void Cancel();
  // FAILED_PRECONDITION while running, the run's outcome when it did not finish.
  base::Result<v1::RunResult> Result() const;
  // The supernet that a run which is over ends with: FAILED_PRECONDITION while running.
  base::Result<std::shared_ptr<Supernet>> supernet() const;

 private:
  struct Parts;
  explicit Run(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// What the run would take (run/plan_estimate.h); nothing is started or written. Of the request, the plan, the back end,
// the data set, the limit and cancel count. Errors as Run::Start.
base::Result<v1::PlanEstimate> EstimateRun(RunRequest request);

// Progress of a run folder as of its last checkpoint, also while another process works on it.
base::Result<v1::RunProgress> FolderProgress(const std::string& folder);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_ENGINE_H_
