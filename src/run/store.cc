#include "run/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "run/run_database.h"
#include "run/sqlite_statement.h"

namespace nasshrink::run {
namespace {

using base::Code;
using base::Status;

std::string FilesFolder(const std::string& folder) { return folder + "/checkpoints"; }
std::string FilePath(const std::string& folder, const std::string& sha256) {
  return FilesFolder(folder) + "/" + sha256 + ".safetensors";
}

Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0) return {};
  if (errno == ENOENT) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) return base::FileError(ENOENT, "cannot make folder", path);
    NASSHRINK_RETURN_IF_ERROR(MakeFolder(path.substr(0, slash)));
    if (mkdir(path.c_str(), 0777) == 0) return {};
  }
  struct stat info = {};
  if (errno == EEXIST && stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  return base::FileError(errno, "cannot make folder", path);
}

base::Result<std::vector<std::string>> NamesIn(const std::string& folder) {
  DIR* directory = opendir(folder.c_str());
  if (directory == nullptr) return base::FileError(errno, "cannot read folder", folder);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(directory);
  return names;
}

// A folder a run may be made in: nothing but what a run that died while it was made may have left.
Status CheckEmpty(const std::string& folder) {
  NASSHRINK_ASSIGN_OR_RETURN(const auto names, NamesIn(folder));
  for (const std::string& name : names) {
    if (name == "lock" || name == "checkpoints" || name.compare(0, 6, "run.db") == 0) continue;
    return base::Error(Code::kFailedPrecondition, "folder '{}' holds something else ('{}'); name an empty or new one",
                       folder, name);
  }
  return {};
}

std::vector<std::string> FilesOf(const v1::RunState& state, bool stage_end) {
  std::vector<std::string> files;
  if (state.has_supernet()) files.push_back(state.supernet().sha256());
  if (state.has_child()) files.push_back(state.child().sha256());
  if (state.has_trainer()) files.push_back(state.trainer().sha256());
  if (!stage_end && state.stage().has_trainer()) files.push_back(state.stage().trainer().sha256());
  if (!stage_end && state.stage().has_best()) files.push_back(state.stage().best().sha256());
  if (!stage_end && state.stage().has_weights()) files.push_back(state.stage().weights().sha256());
  return files;
}

}  // namespace

Store::~Store() {
  if (database_ != nullptr) {
    if (sqlite3_get_autocommit(database_) == 0) static_cast<void>(Execute("ROLLBACK"));
    // A write-ahead log needs a writable folder even for reading; while somebody reads, it stays.
    static_cast<void>(Execute("PRAGMA journal_mode = DELETE"));
    sqlite3_close(database_);
  }
  if (lock_ >= 0) close(lock_);
}

base::Status Store::Lock() {
  const std::string path = LockPath(folder_);
  lock_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0) return base::FileError(errno, "cannot open", path);
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  if (fcntl(lock_, F_OFD_SETLK, &range) == 0) return {};
  if (errno != EAGAIN && errno != EACCES) return base::FileError(errno, "cannot lock", path);
  return base::Error(Code::kFailedPrecondition, "folder '{}' is in use by another run", folder_);
}

base::Status Store::Execute(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return SqliteError(database_, "writing");
}

base::Status Store::OpenDatabase(bool create) {
  NASSHRINK_ASSIGN_OR_RETURN(Database database,
                             ConnectDatabase(folder_, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0)));
  database_ = database.release();
  NASSHRINK_RETURN_IF_ERROR(Execute("PRAGMA journal_mode = WAL"));
  return Execute("PRAGMA synchronous = FULL");
}

base::Result<std::unique_ptr<Store>> Store::Create(const std::string& folder, const RunOrigin& origin) {
  NASSHRINK_RETURN_IF_ERROR(MakeFolder(folder));
  // Before anything is written into a folder that may be somebody's.
  if (access(DatabasePath(folder).c_str(), F_OK) != 0) NASSHRINK_RETURN_IF_ERROR(CheckEmpty(folder));
  std::unique_ptr<Store> store(new Store(folder));
  NASSHRINK_RETURN_IF_ERROR(store->Lock());
  NASSHRINK_RETURN_IF_ERROR(store->OpenDatabase(true));
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t schema, CheckedSchema(store->database_));
  if (schema != 0) {
    return base::Error(Code::kAlreadyExists, "folder '{}' holds a run; resume it or name another folder", folder);
  }
  NASSHRINK_RETURN_IF_ERROR(CheckEmpty(folder));
  NASSHRINK_RETURN_IF_ERROR(MakeFolder(FilesFolder(folder)));
  NASSHRINK_RETURN_IF_ERROR(store->Execute("BEGIN IMMEDIATE"));
  NASSHRINK_RETURN_IF_ERROR(CreateTables(store->database_));
  NASSHRINK_RETURN_IF_ERROR(PutOrigin(store->database_, origin));
  NASSHRINK_RETURN_IF_ERROR(PutState(store->database_, v1::RunProgress::STATE_RUNNING, Status()));
  return store;
}

base::Result<std::unique_ptr<Store>> Store::Open(const std::string& folder) {
  if (access(DatabasePath(folder).c_str(), F_OK) != 0) {
    return base::Error(Code::kNotFound, "folder '{}' holds no run", folder);
  }
  std::unique_ptr<Store> store(new Store(folder));
  NASSHRINK_RETURN_IF_ERROR(store->Lock());
  NASSHRINK_RETURN_IF_ERROR(store->OpenDatabase(false));
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t schema, CheckedSchema(store->database_));
  if (schema == 0) return base::Error(Code::kNotFound, "folder '{}' holds no run", folder);
  NASSHRINK_RETURN_IF_ERROR(store->Execute("BEGIN IMMEDIATE"));
  return store;
}

base::Status Store::Continue() {
  NASSHRINK_RETURN_IF_ERROR(PutState(database_, v1::RunProgress::STATE_RUNNING, Status()));
  return Execute("COMMIT; BEGIN IMMEDIATE");
}

base::Status Store::AppendEvent(const v1::RunEvent& event) { return PutEvent(database_, event); }

base::Result<v1::StateFile> Store::WriteFile(std::string_view content) {
  v1::StateFile file;
  file.set_sha256(base::HexOf(base::Sha256(content)));
  const std::string path = FilePath(folder_, file.sha256());
  struct stat info = {};
  const bool there = stat(path.c_str(), &info) == 0 && static_cast<size_t>(info.st_size) == content.size();
  if (!there) NASSHRINK_RETURN_IF_ERROR(base::WriteFileAtomically(path, content));
  return file;
}

base::Result<std::string> Store::ReadFile(const v1::StateFile& file) const { return ReadStateFile(folder_, file); }

base::Result<std::string> ReadStateFile(const std::string& folder, const v1::StateFile& file) {
  const std::string path = FilePath(folder, file.sha256());
  auto content = base::ReadFile(path);
  if (!content.ok()) return base::Error(Code::kDataLoss, "a checkpoint cannot be read: {}", content.status().message());
  if (base::HexOf(base::Sha256(*content)) != file.sha256()) {
    return base::Error(Code::kDataLoss, "checkpoint file '{}' is damaged: its SHA-256 is not its name", path);
  }
  return content;
}

base::Status Store::CommitState(const v1::RunState& state, bool stage_end, const v1::RunResult* result) {
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t last, QueryNumber(database_, "SELECT max(number) FROM checkpoints"));
  NASSHRINK_ASSIGN_OR_RETURN(auto insert,
                             SqliteStatement::Prepare(database_, "INSERT INTO checkpoints VALUES(?, ?, ?)"));
  const std::string bytes = state.SerializeAsString();
  NASSHRINK_RETURN_IF_ERROR(insert.Bind(1, last + 1).Bind(2, stage_end ? 1 : 0).BindBlob(3, bytes).Run());
  NASSHRINK_ASSIGN_OR_RETURN(auto name, SqliteStatement::Prepare(database_, "INSERT INTO files VALUES(?, ?)"));
  for (const std::string& file : FilesOf(state, stage_end)) {
    NASSHRINK_RETURN_IF_ERROR(name.Bind(1, last + 1).BindText(2, file).Run());
  }
  NASSHRINK_RETURN_IF_ERROR(
      Execute(fmt::format("DELETE FROM checkpoints WHERE stage_end = 0 AND number < {}", last).c_str()));
  NASSHRINK_RETURN_IF_ERROR(Execute("DELETE FROM files WHERE checkpoint NOT IN (SELECT number FROM checkpoints)"));
  if (result != nullptr) {
    NASSHRINK_RETURN_IF_ERROR(PutMeta(database_, "result", result->SerializeAsString()));
    NASSHRINK_RETURN_IF_ERROR(PutState(database_, v1::RunProgress::STATE_FINISHED, Status()));
  }
  return Execute("COMMIT");
}

base::Status Store::Commit(const v1::RunState& state, bool stage_end) {
  NASSHRINK_RETURN_IF_ERROR(CommitState(state, stage_end, nullptr));
  RemoveUnnamedFiles();
  return Execute("BEGIN IMMEDIATE");
}

base::Status Store::CommitResult(const v1::RunState& state, const v1::RunResult& result) {
  NASSHRINK_RETURN_IF_ERROR(CommitState(state, true, &result));
  RemoveUnnamedFiles();
  return {};
}

base::Status Store::Stop(v1::RunProgress::State state, const base::Status& outcome) {
  if (sqlite3_get_autocommit(database_) == 0) NASSHRINK_RETURN_IF_ERROR(Execute("ROLLBACK"));
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t schema, CheckedSchema(database_));
  if (schema == 0) return {};
  RemoveUnnamedFiles();
  NASSHRINK_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
  NASSHRINK_RETURN_IF_ERROR(PutState(database_, state, outcome));
  return Execute("COMMIT");
}

// A file that cannot be removed is left for the next time; it takes room but does no harm.
void Store::RemoveUnnamedFiles() {
  auto statement = SqliteStatement::Prepare(database_, "SELECT DISTINCT sha256 FROM files");
  const auto names = NamesIn(FilesFolder(folder_));
  if (!statement.ok() || !names.ok()) return;
  std::set<std::string> named;
  while (true) {
    const auto row = statement->Step();
    if (!row.ok()) return;
    if (!*row) break;
    named.insert(std::string(statement->Bytes(0)) + ".safetensors");
  }
  for (const std::string& name : *names) {
    if (named.count(name) == 0) unlink((FilesFolder(folder_) + "/" + name).c_str());
  }
}

}  // namespace nasshrink::run
