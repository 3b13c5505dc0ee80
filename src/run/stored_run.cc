// Reading a run folder from outside.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "run/run_database.h"
#include "run/sqlite_statement.h"
#include "run/store.h"
#include "space/parse_message.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Status;

// Whether another open file holds the run's lock; asking does not take it.
bool IsLocked(const std::string& folder) {
  const int file = open(LockPath(folder).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  const bool locked = fcntl(file, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
  close(file);
  return locked;
}

base::Result<std::optional<std::string>> GetMeta(sqlite3* database, std::string_view name) {
  NASSHRINK_ASSIGN_OR_RETURN(auto statement,
                             SqliteStatement::Prepare(database, "SELECT value FROM meta WHERE name = ?"));
  NASSHRINK_ASSIGN_OR_RETURN(const bool row, statement.BindText(1, name).Step());
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(statement.Bytes(0));
}

Status Damaged(sqlite3* database, std::string_view what) {
  return base::Error(Code::kDataLoss, "is damaged: its {} cannot be read", what).About(PathOf(database));
}

template <typename Message>
Status GetMessage(sqlite3* database, std::string_view name, Message* message) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto bytes, GetMeta(database, name));
  if (!bytes || !space::ParseMessage(*bytes, message)) return Damaged(database, name);
  return {};
}

Status GetState(sqlite3* database, StoredRun* run) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto state, GetMeta(database, "state"));
  NASSHRINK_ASSIGN_OR_RETURN(const auto code, GetMeta(database, "outcome_code"));
  NASSHRINK_ASSIGN_OR_RETURN(const auto message, GetMeta(database, "outcome_message"));
  if (!state || !code || !message) return Damaged(database, "state");
  const int number = atoi(state->c_str());
  if (!v1::RunProgress::State_IsValid(number)) return Damaged(database, "state");
  run->state = static_cast<v1::RunProgress::State>(number);
  run->outcome = Status(static_cast<Code>(atoi(code->c_str())), *message);
  return {};
}

Status GetOrigin(sqlite3* database, RunOrigin* origin) {
  NASSHRINK_RETURN_IF_ERROR(GetMessage(database, "plan", &origin->plan));
  NASSHRINK_RETURN_IF_ERROR(GetMessage(database, "dataset", &origin->dataset));
  NASSHRINK_RETURN_IF_ERROR(GetMessage(database, "dataset_options", &origin->dataset_options));
  NASSHRINK_ASSIGN_OR_RETURN(const auto version, GetMeta(database, "version"));
  NASSHRINK_ASSIGN_OR_RETURN(const auto backend, GetMeta(database, "backend"));
  NASSHRINK_ASSIGN_OR_RETURN(const auto threads, GetMeta(database, "intra_op_threads"));
  if (!version || !backend || !threads) return Damaged(database, "origin");
  origin->version = *version;
  origin->backend = *backend;
  origin->intra_op_threads = static_cast<uint32_t>(atoi(threads->c_str()));
  return {};
}

Status GetEvents(sqlite3* database, std::vector<v1::RunEvent>* events) {
  NASSHRINK_ASSIGN_OR_RETURN(auto statement,
                             SqliteStatement::Prepare(database, "SELECT event FROM events ORDER BY sequence"));
  while (true) {
    NASSHRINK_ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return {};
    if (!space::ParseMessage(statement.Bytes(0), &events->emplace_back())) return Damaged(database, "events");
  }
}

Status GetRunState(sqlite3* database, v1::RunState* state) {
  NASSHRINK_ASSIGN_OR_RETURN(
      auto statement, SqliteStatement::Prepare(database, "SELECT state FROM checkpoints ORDER BY number DESC LIMIT 1"));
  NASSHRINK_ASSIGN_OR_RETURN(const bool row, statement.Step());
  // The first checkpoint is in the transaction that makes the run.
  if (!row || !space::ParseMessage(statement.Bytes(0), state)) return Damaged(database, "checkpoint");
  return {};
}

}  // namespace

base::Result<StoredRun> ReadRun(const std::string& folder) {
  if (access(DatabasePath(folder).c_str(), F_OK) != 0) {
    return base::Error(Code::kNotFound, "folder '{}' holds no run", folder);
  }
  // Asked first: a run that ends in between is then shown as interrupted only if it really is.
  const bool locked = IsLocked(folder);
  NASSHRINK_ASSIGN_OR_RETURN(const Database database, ConnectDatabase(folder, SQLITE_OPEN_READONLY));
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t schema, CheckedSchema(database.get()));
  if (schema == 0) return base::Error(Code::kNotFound, "folder '{}' holds no run", folder);
  if (sqlite3_exec(database.get(), "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return SqliteError(database.get(), "reading");
  }
  StoredRun run;
  NASSHRINK_RETURN_IF_ERROR(GetState(database.get(), &run));
  NASSHRINK_RETURN_IF_ERROR(GetOrigin(database.get(), &run.origin));
  NASSHRINK_RETURN_IF_ERROR(GetEvents(database.get(), &run.events));
  NASSHRINK_RETURN_IF_ERROR(GetRunState(database.get(), &run.run_state));
  if (run.state == v1::RunProgress::STATE_RUNNING && !locked) run.state = v1::RunProgress::STATE_INTERRUPTED;
  if (run.state == v1::RunProgress::STATE_FINISHED) {
    run.result.emplace();
    NASSHRINK_RETURN_IF_ERROR(GetMessage(database.get(), "result", &*run.result));
  }
  return run;
}

}  // namespace nasshrink::run
