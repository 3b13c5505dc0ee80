#include "run/run_database.h"

#include <utility>

#include "run/sqlite_statement.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Status;

constexpr int kSchema = 1;
// `meta` holds messages and texts by name; `checkpoints` the engine's state, of which the last row is where a resume
// starts; `files` which content a checkpoint needs. `evaluations` and `scores` repeat the numbers of events in plain
// columns for people who look with other programs.
constexpr const char* kTables = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE events(sequence INTEGER PRIMARY KEY, event BLOB NOT NULL);
CREATE TABLE evaluations(sequence INTEGER NOT NULL, stage TEXT NOT NULL, ops TEXT NOT NULL, macs INTEGER NOT NULL,
                         params INTEGER NOT NULL, metric TEXT NOT NULL, value REAL);
CREATE TABLE scores(sequence INTEGER NOT NULL, stage TEXT NOT NULL, metric TEXT NOT NULL, choice INTEGER NOT NULL,
                    candidate INTEGER NOT NULL, score REAL, standard_error REAL, children INTEGER NOT NULL);
CREATE TABLE checkpoints(number INTEGER PRIMARY KEY, stage_end INTEGER NOT NULL, state BLOB NOT NULL);
CREATE TABLE files(checkpoint INTEGER NOT NULL REFERENCES checkpoints(number), sha256 TEXT NOT NULL);
)";

Status AppendEvaluated(sqlite3* database, const v1::RunEvent& event) {
  NASSHRINK_ASSIGN_OR_RETURN(auto statement,
                             SqliteStatement::Prepare(database, "INSERT INTO evaluations VALUES(?, ?, ?, ?, ?, ?, ?)"));
  for (const v1::NamedValue& metric : event.evaluated().metrics()) {
    statement.Bind(1, static_cast<int64_t>(event.sequence())).BindText(2, event.stage());
    statement.BindText(3, event.evaluated().ops()).Bind(4, static_cast<int64_t>(event.evaluated().macs()));
    statement.Bind(5, static_cast<int64_t>(event.evaluated().params())).BindText(6, metric.name());
    NASSHRINK_RETURN_IF_ERROR(statement.BindReal(7, metric.value()).Run());
  }
  return {};
}

Status AppendScores(sqlite3* database, const v1::RunEvent& event) {
  NASSHRINK_ASSIGN_OR_RETURN(auto statement,
                             SqliteStatement::Prepare(database, "INSERT INTO scores VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const v1::OperatorScore& score : event.scores().scores()) {
    statement.Bind(1, static_cast<int64_t>(event.sequence())).BindText(2, event.stage());
    statement.BindText(3, event.scores().metric()).Bind(4, score.choice()).Bind(5, score.candidate());
    statement.BindReal(6, score.score()).BindReal(7, score.standard_error());
    NASSHRINK_RETURN_IF_ERROR(statement.Bind(8, static_cast<int64_t>(score.children())).Run());
  }
  return {};
}

}  // namespace

std::string DatabasePath(const std::string& folder) { return folder + "/run.db"; }

std::string LockPath(const std::string& folder) { return folder + "/lock"; }

base::Result<Database> ConnectDatabase(const std::string& folder, int flags) {
  sqlite3* raw = nullptr;
  const int result = sqlite3_open_v2(DatabasePath(folder).c_str(), &raw, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(raw);
  if (raw == nullptr) return base::Error(Code::kResourceExhausted, "there is no memory to open run.db");
  if (result != SQLITE_OK) return SqliteError(raw, "opening");
  sqlite3_busy_timeout(raw, 10000);
  return database;
}

base::Result<int64_t> QueryNumber(sqlite3* database, const char* sql) {
  NASSHRINK_ASSIGN_OR_RETURN(auto statement, SqliteStatement::Prepare(database, sql));
  NASSHRINK_ASSIGN_OR_RETURN(const bool row, statement.Step());
  return row ? statement.Integer(0) : 0;
}

base::Result<int64_t> CheckedSchema(sqlite3* database) {
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t schema, QueryNumber(database, "PRAGMA user_version"));
  if (schema < 0 || schema > kSchema) {
    return base::Error(Code::kFailedPrecondition, "has schema {}, this version reads up to {}", schema, kSchema)
        .About(PathOf(database));
  }
  return schema;
}

base::Status CreateTables(sqlite3* database) {
  const std::string sql = fmt::format("{}PRAGMA user_version = {}", kTables, kSchema);
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return SqliteError(database, "writing");
}

base::Status PutMeta(sqlite3* database, std::string_view name, std::string_view value) {
  NASSHRINK_ASSIGN_OR_RETURN(auto statement,
                             SqliteStatement::Prepare(database, "INSERT OR REPLACE INTO meta VALUES(?, ?)"));
  return statement.BindText(1, name).BindBlob(2, value).Run();
}

base::Status PutState(sqlite3* database, v1::RunProgress::State state, const Status& outcome) {
  NASSHRINK_RETURN_IF_ERROR(PutMeta(database, "state", std::to_string(state)));
  NASSHRINK_RETURN_IF_ERROR(PutMeta(database, "outcome_code", std::to_string(static_cast<int>(outcome.code()))));
  return PutMeta(database, "outcome_message", outcome.message());
}

base::Status PutOrigin(sqlite3* database, const RunOrigin& origin) {
  NASSHRINK_RETURN_IF_ERROR(PutMeta(database, "plan", origin.plan.SerializeAsString()));
  NASSHRINK_RETURN_IF_ERROR(PutMeta(database, "dataset", origin.dataset.SerializeAsString()));
  NASSHRINK_RETURN_IF_ERROR(PutMeta(database, "dataset_options", origin.dataset_options.SerializeAsString()));
  NASSHRINK_RETURN_IF_ERROR(PutMeta(database, "version", origin.version));
  NASSHRINK_RETURN_IF_ERROR(PutMeta(database, "intra_op_threads", std::to_string(origin.intra_op_threads)));
  return PutMeta(database, "backend", origin.backend);
}

base::Status PutEvent(sqlite3* database, const v1::RunEvent& event) {
  NASSHRINK_ASSIGN_OR_RETURN(auto statement, SqliteStatement::Prepare(database, "INSERT INTO events VALUES(?, ?)"));
  const std::string bytes = event.SerializeAsString();
  NASSHRINK_RETURN_IF_ERROR(statement.Bind(1, static_cast<int64_t>(event.sequence())).BindBlob(2, bytes).Run());
  if (event.has_evaluated()) return AppendEvaluated(database, event);
  if (event.has_scores()) return AppendScores(database, event);
  return {};
}

}  // namespace nasshrink::run
