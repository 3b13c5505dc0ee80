#include "run/sqlite_statement.h"

#include <cerrno>
#include <cstring>

namespace nasshrink::run {
namespace {

base::Code CodeOf(int result, int system_error) {
  const bool full = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
  switch (result & 0xff) {
    case SQLITE_FULL:
      return base::Code::kResourceExhausted;
    case SQLITE_NOMEM:
      return base::Code::kResourceExhausted;
    case SQLITE_IOERR:
      return full ? base::Code::kResourceExhausted : base::Code::kDataLoss;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return base::Code::kPermissionDenied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return base::Code::kFailedPrecondition;
    // Our statements are well formed, so the database lacks the tables they name.
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return base::Code::kDataLoss;
    default:
      return base::Code::kInternal;
  }
}

}  // namespace

base::Status SqliteError(sqlite3* database, std::string_view doing) {
  const int result = sqlite3_extended_errcode(database);
  const int system_error = sqlite3_system_errno(database);
  std::string text = sqlite3_errmsg(database);
  if (system_error != 0 && (result & 0xff) == SQLITE_IOERR) text += fmt::format(" ({})", strerror(system_error));
  return base::Error(CodeOf(result, system_error), "{} it failed: {}", doing, text).About(PathOf(database));
}

std::string PathOf(sqlite3* database) {
  const char* path = sqlite3_db_filename(database, "main");
  return path == nullptr || *path == '\0' ? "run.db" : path;
}

base::Result<SqliteStatement> SqliteStatement::Prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK) return SqliteError(database, "reading");
  return SqliteStatement(statement);
}

SqliteStatement& SqliteStatement::Bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

SqliteStatement& SqliteStatement::BindReal(int parameter, double value) {
  sqlite3_bind_double(statement_, parameter, value);
  return *this;
}

SqliteStatement& SqliteStatement::BindText(int parameter, std::string_view value) {
  sqlite3_bind_text64(statement_, parameter, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::BindBlob(int parameter, std::string_view value) {
  if (value.empty()) {
    sqlite3_bind_zeroblob(statement_, parameter, 0);
  } else {
    sqlite3_bind_blob64(statement_, parameter, value.data(), value.size(), SQLITE_STATIC);
  }
  return *this;
}

base::Result<bool> SqliteStatement::Step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return SqliteError(sqlite3_db_handle(statement_), "using");
}

base::Status SqliteStatement::Run() {
  const auto row = Step();
  sqlite3_reset(statement_);
  return row.status();
}

std::string_view SqliteStatement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace nasshrink::run
