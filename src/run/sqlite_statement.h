// SQLite's C interface with statuses: open a database, run and step statements.
#ifndef NASSHRINK_RUN_SQLITE_STATEMENT_H_
#define NASSHRINK_RUN_SQLITE_STATEMENT_H_

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace nasshrink::run {

// RESOURCE_EXHAUSTED for a full disk or file-size limit, DATA_LOSS for a damaged or foreign file or failing I/O,
// PERMISSION_DENIED, FAILED_PRECONDITION for a database in use.
base::Status SqliteError(sqlite3* database, std::string_view doing);

// The database's file, for errors.
std::string PathOf(sqlite3* database);

// One prepared statement. Parameters are counted from 1, columns from 0; text and blobs are borrowed until the next
// Step or Reset.
class SqliteStatement {
 public:
  static base::Result<SqliteStatement> Prepare(sqlite3* database, const char* sql);
  SqliteStatement(SqliteStatement&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
  SqliteStatement& operator=(SqliteStatement&&) = delete;
  ~SqliteStatement() { sqlite3_finalize(statement_); }

  SqliteStatement& Bind(int parameter, int64_t value);
  SqliteStatement& BindReal(int parameter, double value);
  SqliteStatement& BindText(int parameter, std::string_view value);
  SqliteStatement& BindBlob(int parameter, std::string_view value);

  // True while there is a row.
  base::Result<bool> Step();
  // Runs a statement without rows and makes it ready to be bound again.
  base::Status Run();

  int64_t Integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string_view Bytes(int column) const;

 private:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_;
};

}  // namespace nasshrink::run

#endif  // NASSHRINK_RUN_SQLITE_STATEMENT_H_
