// The run store: one folder with a lock file, run.db (SQLite), weights files, and what the run exports.
//
//   lock                       flock'ed while a process works on the run
//   run.db                     tables of store.cc; schema number in user_version
//   checkpoints/<sha256>.safetensors   weights and optimiser states, named by their content
//
// One transaction is open from a checkpoint to the next, so whatever happened after the last checkpoint vanishes when
// the process dies, and nothing has to be cut off. This file knows messages, not what stages do.
#ifndef NASSHRINK_RUN_STORE_H_
#define NASSHRINK_RUN_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nasshrink/v1/context.pb.h"
#include "nasshrink/v1/plan.pb.h"
#include "nasshrink/v1/run_state.pb.h"

struct sqlite3;

namespace nasshrink::run {

// What a run was started with. Kept for the report and for the checks of a resume.
struct RunOrigin {
  v1::RunPlan plan;
  v1::DatasetSummary dataset;          // empty without one
  v1::DatasetOptions dataset_options;  // `source` empty when the data set cannot be opened again by itself
  std::string version;                 // of this library
  std::string backend;                 // Backend::Describe()
  uint32_t intra_op_threads = 0;       // Backend::intra_op_threads()
};

// A run folder as it was at its last checkpoint.
struct StoredRun {
  RunOrigin origin;
  // RUNNING while a process holds the lock; INTERRUPTED when none does and it had not ended.
  v1::RunProgress::State state = v1::RunProgress::STATE_UNSPECIFIED;
  base::Status outcome;  // of a failed or cancelled run
  v1::RunState run_state;
  std::vector<v1::RunEvent> events;
  std::optional<v1::RunResult> result;
};

// Reads a run folder without locking it; works while another process runs it. NOT_FOUND when there is no run,
// DATA_LOSS for a damaged store, FAILED_PRECONDITION for a store of a newer schema.
base::Result<StoredRun> ReadRun(const std::string& folder);

// DATA_LOSS for a file that is missing or is not what its name says.
base::Result<std::string> ReadStateFile(const std::string& folder, const v1::StateFile& file);

class Store {
 public:
  // A folder that does not exist yet or is empty. ALREADY_EXISTS when it holds a run, FAILED_PRECONDITION when it
  // holds something else or another process uses it. The folder holds a run from the first Commit on.
  static base::Result<std::unique_ptr<Store>> Create(const std::string& folder, const RunOrigin& origin);
  // The run in the folder, locked for this process: FAILED_PRECONDITION when another one works on it.
  static base::Result<std::unique_ptr<Store>> Open(const std::string& folder);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& folder() const { return folder_; }

  // Joins the open transaction.
  base::Status AppendEvent(const v1::RunEvent& event);

  // Writes the content unless it is there already; it stays while the last two checkpoints or a stage's end name it.
  base::Result<v1::StateFile> WriteFile(std::string_view content);
  base::Result<std::string> ReadFile(const v1::StateFile& file) const;

  // Commits everything since the last checkpoint together with `state`, then removes files no checkpoint names.
  base::Status Commit(const v1::RunState& state, bool stage_end);
  // The last of them, with the result that says the run is over.
  base::Status CommitResult(const v1::RunState& state, const v1::RunResult& result);
  // Forgets everything since the last checkpoint and records how the run stopped, if it got as far as a checkpoint.
  base::Status Stop(v1::RunProgress::State state, const base::Status& outcome);
  // Marks the run as under way again.
  base::Status Continue();

 private:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}
  base::Status Lock();
  base::Status OpenDatabase(bool create);
  base::Status Execute(const char* sql);
  base::Status CommitState(const v1::RunState& state, bool stage_end, const v1::RunResult* result);
  void RemoveUnnamedFiles();

  std::string folder_;
  int lock_ = -1;
  sqlite3* database_ = nullptr;
};

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_STORE_H_
