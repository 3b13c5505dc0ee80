// The tables of a run's database and the rows that go into them.
#ifndef NASSHRINK_RUN_RUN_DATABASE_H_
#define NASSHRINK_RUN_RUN_DATABASE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "nasshrink/v1/plan.pb.h"
#include "run/store.h"

namespace nasshrink::run {

struct DatabaseCloser {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, DatabaseCloser>;

std::string DatabasePath(const std::string& folder);
std::string LockPath(const std::string& folder);

// Opens run.db in `folder` with SQLite's flags.
base::Result<Database> ConnectDatabase(const std::string& folder, int flags);

// The schema number, 0 for a database that holds nothing yet; FAILED_PRECONDITION for one of a newer version.
base::Result<int64_t> CheckedSchema(sqlite3* database);
base::Status CreateTables(sqlite3* database);

// The first column of the first row; 0 without one.
base::Result<int64_t> QueryNumber(sqlite3* database, const char* sql);
base::Status PutMeta(sqlite3* database, std::string_view name, std::string_view value);
base::Status PutState(sqlite3* database, v1::RunProgress::State state, const base::Status& outcome);
base::Status PutOrigin(sqlite3* database, const RunOrigin& origin);
base::Status PutEvent(sqlite3* database, const v1::RunEvent& event);

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_RUN_DATABASE_H_
