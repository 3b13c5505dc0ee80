#include "run/engine.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "base/signals_blocked.h"
#include "nasshrink/version.h"
#include "run/checkpoint.h"
#include "run/events.h"
#include "run/execution.h"
#include "run/options.h"
#include "run/plan.h"
#include "run/plan_estimate.h"
#include "run/store.h"
#include "run/table_backend.h"
#include "space/codec.h"
#include "space/count.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Invalid;
using base::Status;

v1::RunProgress::State StateOf(const Status& outcome) {
  if (outcome.ok()) return v1::RunProgress::STATE_FINISHED;
  return outcome.code() == Code::kCancelled ? v1::RunProgress::STATE_CANCELLED : v1::RunProgress::STATE_FAILED;
}

v1::RunEvent EventOfFailure(const Status& status) {
  v1::RunEvent event;
  event.mutable_run_finished()->set_state(StateOf(status));
  event.mutable_run_finished()->set_message(status.message());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  event.set_time_ms(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  return event;
}

base::Result<std::shared_ptr<Backend>> OpenBackend(const v1::RunPlan& plan, const BackendOpener& open_torch) {
  if (plan.supernet().backend() == "table") return NewTableBackend(plan.supernet().truth());
  if (open_torch == nullptr) return base::Error(Code::kFailedPrecondition, "there is no torch back end to train with");
  return open_torch();
}

Status CheckDataset(const v1::RunPlan& plan, const Dataset* dataset) {
  if (plan.supernet().backend() == "table") return {};
  if (dataset == nullptr) return Invalid("dataset", "none", "a data set", "is needed to train");
  const DatasetInfo& info = dataset->info();
  const v1::Network& network = plan.space().network();
  if (info.channels == network.input_channels() && info.height == network.input_height() &&
      info.width == network.input_width() && info.classes == network.classes()) {
    return {};
  }
  return Invalid("dataset",
                 fmt::format("{}x{}x{} and {} classes", info.channels, info.height, info.width, info.classes),
                 fmt::format("{}x{}x{} and {} classes", network.input_channels(), network.input_height(),
                             network.input_width(), network.classes()),
                 "does not fit the space's network");
}

bool HasExport(const google::protobuf::RepeatedPtrField<v1::Stage>& stages) {
  for (const v1::Stage& stage : stages) {
    if (stage.has_export_() || HasExport(stage.loop().body())) return true;
  }
  return false;
}

// A checkpoint of one back end cannot be loaded by another, so such a run could not be resumed.
Status CheckSupernetKind(const RunRequest& request) {
  if (request.supernet == nullptr) return {};
  const std::string kind = BackendKind(request.supernet->Describe().backend);
  const std::string wanted = request.plan.supernet().backend() == "table" ? "table" : "torch";
  if (kind == wanted) return {};
  return Status(Code::kFailedPrecondition, "is of another back end than the plan's")
      .WithField("supernet", kind, wanted);
}

Status CheckRequest(const RunRequest& request, const space::Space& space) {
  NASSHRINK_RETURN_IF_ERROR(CheckPlanFits(request.plan, space));
  NASSHRINK_RETURN_IF_ERROR(CheckDataset(request.plan, request.dataset.get()));
  if (request.folder.empty() && HasExport(request.plan.stages())) {
    return Invalid("folder", "none", "a folder", "is needed by the plan's export stage");
  }
  if (request.supernet != nullptr && request.supernet->space().full_fingerprint != space.full_fingerprint) {
    return Status(Code::kFailedPrecondition, "does not fit the plan")
        .WithField("supernet", "another space", "the plan's space");
  }
  return CheckSupernetKind(request);
}

RunOrigin OriginOf(const RunRequest& request, const Backend& backend) {
  RunOrigin origin;
  origin.plan = request.plan;
  if (request.dataset != nullptr) DatasetToMessage(request.dataset->info(), &origin.dataset);
  if (request.dataset_options) DatasetOptionsToMessage(*request.dataset_options, &origin.dataset_options);
  origin.version = fmt::format("{}.{}.{}", NASSHRINK_VERSION_MAJOR, NASSHRINK_VERSION_MINOR, NASSHRINK_VERSION_PATCH);
  origin.backend = backend.Describe();
  origin.intra_op_threads = backend.intra_op_threads();
  return origin;
}

Status CheckMachine(const RunOrigin& origin, const Backend& backend) {
  if (origin.intra_op_threads != backend.intra_op_threads()) {
    return Status(Code::kFailedPrecondition,
                  "is not what the run was started with, which changes its result; allow a different machine to go on "
                  "all the same")
        .WithField("intra_op_threads", std::to_string(backend.intra_op_threads()),
                   std::to_string(origin.intra_op_threads));
  }
  if (origin.backend == backend.Describe()) return {};
  return Status(
             Code::kFailedPrecondition,
             "is not what the run was started with, which changes its result; allow a different machine to go on all "
             "the same")
      .WithField("machine", backend.Describe(), origin.backend);
}

base::Result<std::shared_ptr<Dataset>> ReopenDataset(const RunOrigin& origin, std::shared_ptr<Dataset> given,
                                                     Backend& backend) {
  if (origin.plan.supernet().backend() == "table") return given;
  if (given == nullptr) {
    if (origin.dataset_options.source().empty()) {
      return Invalid("dataset", "none", "the run's data set", "was made from tensors and must be given again");
    }
    NASSHRINK_ASSIGN_OR_RETURN(const DatasetOptions options, ResolveDataset(origin.dataset_options));
    NASSHRINK_ASSIGN_OR_RETURN(given, backend.OpenDataset(options));
  }
  if (given->info().sha256 != origin.dataset.sha256()) {
    return base::Error(Code::kFailedPrecondition,
                       "the data set '{}' is not the one the run was started with (its SHA-256 differs)",
                       given->info().source);
  }
  return given;
}

base::Result<space::Space> SpaceOfPlan(const v1::RunPlan& plan) {
  NASSHRINK_RETURN_IF_ERROR(ValidatePlan(plan));
  auto space = space::SpaceFromMessage(plan.space());
  if (!space.ok()) return Status(space.status()).Under("space.");
  return space;
}

base::Result<v1::PlanEstimate> EstimateWith(const RunRequest& request, const space::Space& space, Backend& backend) {
  EstimateRequest estimate;
  estimate.plan = &request.plan;
  estimate.space = &space;
  estimate.backend = &backend;
  if (request.plan.supernet().backend() != "table") estimate.dataset = request.dataset;
  estimate.memory_limit = request.memory_limit;
  estimate.cancel = request.cancel;
  return EstimatePlan(estimate);
}

base::Result<std::shared_ptr<Supernet>> LoadKept(const std::string& folder, const v1::StateFile& file,
                                                 const v1::RunPlan& plan, const BackendOpener& open_torch) {
  NASSHRINK_ASSIGN_OR_RETURN(const std::string image, ReadStateFile(folder, file));
  NASSHRINK_ASSIGN_OR_RETURN(const auto backend, OpenBackend(plan, open_torch));
  NASSHRINK_ASSIGN_OR_RETURN(auto supernet, LoadCheckpointImage(image, *backend));
  return std::shared_ptr<Supernet>(std::move(supernet));
}

}  // namespace

struct Run::Parts {
  Execution::Setup setup;
  std::unique_ptr<Store> store;
  std::shared_ptr<base::WorkerPool> pool;
  std::shared_ptr<base::Cancel> cancel;
  EventCallback on_event;
  EventQueue events;
  std::thread thread;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  v1::RunProgress progress;
  // The outcome is known and the result may be read; then the last event is delivered and the run is over.
  bool decided = false;
  bool over = false;
  Status outcome;
  v1::RunResult result;
  std::shared_ptr<Supernet> supernet;
  // Of a run that was finished before: the supernet is loaded when it is first asked for, because its back end may
  // be missing where a result is only read.
  std::function<base::Result<std::shared_ptr<Supernet>>()> load_supernet;

  void Launch();
  void Work();
  base::Result<v1::RunEvent> Execute();
  void Decide(const Status& status);
  void End();
  Status Deliver(const v1::RunEvent& event);
};

void Run::Parts::Launch() {
  setup.store = store.get();
  setup.pool = pool.get();
  setup.cancel = cancel.get();
  setup.on_event = [this](const v1::RunEvent& event) { return Deliver(event); };
  setup.on_progress = [this](const v1::RunProgress& shown) {
    const std::lock_guard<std::mutex> lock(mutex);
    progress = shown;
  };
  progress.set_state(v1::RunProgress::STATE_RUNNING);
  progress.set_fraction(setup.state.fraction());
  // The thread takes no signals of the host program.
  const base::SignalsBlocked blocked;
  thread = std::thread([this] { Work(); });
}

Status Run::Parts::Deliver(const v1::RunEvent& event) {
  events.Push(event);
  return on_event ? on_event(event) : Status();
}

base::Result<v1::RunEvent> Run::Parts::Execute() {
  Execution execution(std::move(setup));
  auto finished = execution.Run();
  const std::lock_guard<std::mutex> lock(mutex);
  supernet = execution.supernet();
  if (!finished.ok()) return finished.status();
  result = std::move(finished->result);
  return std::move(finished->event);
}

void Run::Parts::Work() {
  base::Result<v1::RunEvent> last = base::Error(Code::kInternal, "the run did not begin");
  try {
    last = Execute();
  } catch (const std::bad_alloc&) {
    last = base::Error(Code::kResourceExhausted, "the run is out of memory");
  } catch (const std::exception& problem) {
    last = base::Error(Code::kInternal, "the run failed: {}", problem.what());
  }
  Decide(last.status());
  // The outcome stands; what the callback says of it changes nothing.
  static_cast<void>(Deliver(last.ok() ? *last : EventOfFailure(last.status())));
  End();
}

// What happened since the last checkpoint is forgotten; how the run ended is kept if the disk still takes it.
void Run::Parts::Decide(const Status& status) {
  if (store != nullptr) {
    if (!status.ok()) store->Stop(StateOf(status), status).ok();
    store.reset();
  }
  const std::lock_guard<std::mutex> lock(mutex);
  decided = true;
  outcome = status;
  progress.set_state(StateOf(status));
  progress.set_message(status.message());
  if (status.ok()) {
    progress.set_fraction(1);
    progress.set_seconds_left(0);
  }
}

void Run::Parts::End() {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    over = true;
    changed.notify_all();
  }
  events.Close();
}

Run::Run(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Run::~Run() {
  Cancel();
  if (parts_->thread.joinable()) parts_->thread.join();
}

base::Result<std::shared_ptr<Run>> Run::Start(RunRequest request) {
  NASSHRINK_ASSIGN_OR_RETURN(const space::Space space, SpaceOfPlan(request.plan));
  // Canonical, so that equal plans are kept with equal bytes.
  space::SpaceToMessage(space, request.plan.mutable_space());
  NASSHRINK_RETURN_IF_ERROR(CheckRequest(request, space));
  NASSHRINK_ASSIGN_OR_RETURN(auto backend, OpenBackend(request.plan, request.open_torch));
  if (request.memory_limit != 0) {
    NASSHRINK_ASSIGN_OR_RETURN(const v1::PlanEstimate estimate, EstimateWith(request, space, *backend));
    NASSHRINK_RETURN_IF_ERROR(CheckMemory(estimate, request.memory_limit));
  }

  auto parts = std::make_unique<Parts>();
  if (!request.folder.empty()) {
    NASSHRINK_ASSIGN_OR_RETURN(parts->store, Store::Create(request.folder, OriginOf(request, *backend)));
  }
  parts->setup.plan = std::move(request.plan);
  parts->setup.backend = std::move(backend);
  parts->setup.supernet = std::move(request.supernet);
  parts->setup.dataset = std::move(request.dataset);
  parts->pool = std::move(request.pool);
  parts->cancel = std::make_shared<base::Cancel>(std::move(request.cancel));
  parts->on_event = std::move(request.on_event);
  parts->Launch();
  return std::shared_ptr<Run>(new Run(std::move(parts)));
}

base::Result<std::shared_ptr<Run>> Run::Resume(ResumeRequest request) {
  NASSHRINK_ASSIGN_OR_RETURN(StoredRun stored, ReadRun(request.folder));
  std::unique_ptr<Store> store;
  if (!stored.result) {
    NASSHRINK_ASSIGN_OR_RETURN(store, Store::Open(request.folder));
    // Another process may have gone on before the folder was locked.
    NASSHRINK_ASSIGN_OR_RETURN(stored, ReadRun(request.folder));
  }
  auto parts = std::make_unique<Parts>();
  parts->cancel = std::make_shared<base::Cancel>(std::move(request.cancel));
  if (stored.result) {
    parts->load_supernet = [folder = request.folder, file = stored.run_state.supernet(), plan = stored.origin.plan,
                            open_torch = request.open_torch] { return LoadKept(folder, file, plan, open_torch); };
    parts->result = *std::move(stored.result);
    parts->progress.set_children(parts->result.children());
    parts->progress.set_seconds(stored.run_state.seconds());
    parts->Decide(Status());
    parts->End();
    return std::shared_ptr<Run>(new Run(std::move(parts)));
  }
  NASSHRINK_ASSIGN_OR_RETURN(auto backend, OpenBackend(stored.origin.plan, request.open_torch));
  if (!request.allow_different_machine) NASSHRINK_RETURN_IF_ERROR(CheckMachine(stored.origin, *backend));
  NASSHRINK_ASSIGN_OR_RETURN(parts->setup.dataset, ReopenDataset(stored.origin, std::move(request.dataset), *backend));
  NASSHRINK_RETURN_IF_ERROR(store->Continue());
  parts->store = std::move(store);
  parts->setup.plan = std::move(stored.origin.plan);
  parts->setup.state = std::move(stored.run_state);
  parts->setup.backend = std::move(backend);
  parts->pool = std::move(request.pool);
  parts->on_event = std::move(request.on_event);
  parts->Launch();
  return std::shared_ptr<Run>(new Run(std::move(parts)));
}

v1::RunProgress Run::Progress() const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  return parts_->progress;
}

base::Result<std::optional<v1::RunEvent>> Run::NextEvent(int64_t timeout_ms) { return parts_->events.Next(timeout_ms); }

base::Status Run::Wait(int64_t timeout_ms) const {
  std::unique_lock<std::mutex> lock(parts_->mutex);
  const auto over = [this] { return parts_->over; };
  if (timeout_ms < 0) {
    parts_->changed.wait(lock, over);
  } else if (!parts_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), over)) {
    return base::Error(Code::kDeadlineExceeded, "the run is not over after {} ms", timeout_ms);
  }
  return parts_->outcome;
}

void Run::Cancel() { parts_->cancel->Trigger(); }

base::Result<v1::RunResult> Run::Result() const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  if (!parts_->decided) return base::Error(Code::kFailedPrecondition, "the run is not over yet");
  if (!parts_->outcome.ok()) return parts_->outcome;
  return parts_->result;
}

base::Result<std::shared_ptr<Supernet>> Run::supernet() const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  if (!parts_->decided) return base::Error(Code::kFailedPrecondition, "the run is not over yet");
  if (parts_->supernet == nullptr && parts_->load_supernet != nullptr) {
    NASSHRINK_ASSIGN_OR_RETURN(parts_->supernet, parts_->load_supernet());
  }
  if (parts_->supernet == nullptr) return base::Error(Code::kNotFound, "the run ended before it had a supernet");
  return parts_->supernet;
}

base::Result<v1::PlanEstimate> EstimateRun(RunRequest request) {
  NASSHRINK_ASSIGN_OR_RETURN(const space::Space space, SpaceOfPlan(request.plan));
  NASSHRINK_RETURN_IF_ERROR(CheckPlanFits(request.plan, space));
  NASSHRINK_RETURN_IF_ERROR(CheckDataset(request.plan, request.dataset.get()));
  NASSHRINK_ASSIGN_OR_RETURN(const auto backend, OpenBackend(request.plan, request.open_torch));
  return EstimateWith(request, space, *backend);
}

base::Result<v1::RunProgress> FolderProgress(const std::string& folder) {
  NASSHRINK_ASSIGN_OR_RETURN(const StoredRun stored, ReadRun(folder));
  v1::RunProgress progress;
  progress.set_state(stored.state);
  progress.set_message(stored.outcome.message());
  progress.set_fraction(stored.run_state.fraction());
  progress.set_seconds(stored.run_state.seconds());
  const double fraction = progress.fraction();
  progress.set_seconds_left(fraction > 0 ? progress.seconds() * (1 - fraction) / fraction : 0);
  if (!stored.events.empty()) progress.set_stage(stored.events.back().stage());
  progress.set_step(stored.run_state.stage().step());
  progress.set_steps(stored.run_state.stage().steps());
  NASSHRINK_ASSIGN_OR_RETURN(const space::Space space, space::SpaceFromMessage(stored.run_state.space()));
  progress.set_children(space::ChildrenText(space));
  if (const v1::Evaluated* best = BestOf(stored.run_state)) *progress.mutable_best() = *best;
  *progress.mutable_plan() = stored.origin.plan;
  progress.set_intra_op_threads(stored.origin.intra_op_threads);
  return progress;
}

}  // namespace nasshrink::run
