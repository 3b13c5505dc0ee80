#include "files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "output.h"

namespace nasshrink::tools {
namespace {

enum class Form { kJson, kText, kBytes };

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

Form FormOf(const std::string& path) {
  if (EndsWith(path, ".json")) return Form::kJson;
  if (EndsWith(path, ".textproto")) return Form::kText;
  return Form::kBytes;
}

[[noreturn]] void FailFile(const std::string& path, std::string_view what, int error) {
  const std::string message = fmt::format("{}: cannot be {}: {}", path, what, std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      Fail(kCallWrong, "NOT_FOUND", message);
    case EACCES:
    case EPERM:
    case EROFS:
      Fail(kCallWrong, "PERMISSION_DENIED", message);
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      Fail(kCallWrong, "INVALID_ARGUMENT", message);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      Fail(kWorkFailed, "RESOURCE_EXHAUSTED", message);
    default:
      Fail(kWorkFailed, "UNAVAILABLE", message);
  }
}

[[noreturn]] void FailContent(const std::string& path, std::string_view wanted, std::string_view why) {
  Fail(kCallWrong, "INVALID_ARGUMENT", fmt::format("{}: is no {}: {}", path, wanted, why));
}

// The parser's later lines point at the place with a caret.
std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// Keeps the first thing that is wrong with a text message.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string WantedOf(const google::protobuf::Message& message) { return message.GetDescriptor()->name() + " message"; }

// No bytes are a message of defaults, too, but a file of them is one that was never written.
std::string ReadContent(const std::string& path, const google::protobuf::Message& message) {
  std::string bytes = ReadBytes(path);
  if (bytes.empty()) FailContent(path, WantedOf(message), "it is empty");
  return bytes;
}

void ParseMessage(const std::string& path, const std::string& bytes, google::protobuf::Message* message) {
  const std::string wanted = WantedOf(*message);
  switch (FormOf(path)) {
    case Form::kJson: {
      const auto status = google::protobuf::util::JsonStringToMessage(bytes, message);
      if (!status.ok()) FailContent(path, wanted, FirstLine(std::string(status.message())));
      return;
    }
    case Form::kText: {
      FirstError error;
      google::protobuf::TextFormat::Parser parser;
      parser.RecordErrorsTo(&error);
      if (!parser.ParseFromString(bytes, message)) FailContent(path, wanted, error.text());
      return;
    }
    case Form::kBytes:
      if (!message->ParseFromString(bytes)) FailContent(path, wanted, "its bytes cannot be parsed");
      return;
  }
}

std::vector<std::string> SplitLine(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char character = line[i];
    if (character == '"') {
      // Two quotation marks inside a quoted cell stand for one.
      if (quoted && i + 1 < line.size() && line[i + 1] == '"')
        cells.back() += line[i++];
      else
        quoted = !quoted;
    } else if (character == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += character;
    }
  }
  return cells;
}

}  // namespace

bool FileExists(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
}

bool IsFolder(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string ReadBytes(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) FailFile(path, "read", errno);
  std::string bytes;
  char block[65536];
  ssize_t size = 0;
  while ((size = read(file, block, sizeof block)) != 0) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) FailFile(path, "read", errno);
    bytes.append(block, static_cast<size_t>(size));
  }
  close(file);
  return bytes;
}

void CheckWritable(const std::string& path) {
  if (IsFolder(path)) FailFile(path, "written", EISDIR);
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (access(folder.c_str(), W_OK | X_OK) != 0) FailFile(path, "written", errno);
}

void WriteBytes(const std::string& path, std::string_view bytes) {
  // A pipe or a device is written to; only a file is replaced.
  struct stat info = {};
  const bool replace = stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode);
  const std::string temporary = replace ? fmt::format("{}.{}.part", path, getpid()) : path;
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) FailFile(path, "written", errno);
  const auto give_up = [&] {
    const int error = errno;
    if (replace) unlink(temporary.c_str());
    FailFile(path, "written", error);
  };
  while (!bytes.empty()) {
    const ssize_t size = write(file, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) give_up();
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  if (replace && fsync(file) != 0) give_up();
  if (close(file) != 0 || (replace && rename(temporary.c_str(), path.c_str()) != 0)) give_up();
}

void ReadMessage(const std::string& path, google::protobuf::Message* message) {
  ParseMessage(path, ReadContent(path, *message), message);
}

std::string ReadMessageBytes(const std::string& path, google::protobuf::Message* message) {
  std::string bytes = ReadContent(path, *message);
  if (FormOf(path) == Form::kBytes) return bytes;
  ParseMessage(path, bytes, message);
  return message->SerializeAsString();
}

void WriteMessage(const std::string& path, const google::protobuf::Message& message) {
  std::string text;
  switch (FormOf(path)) {
    case Form::kJson: {
      google::protobuf::util::JsonPrintOptions options;
      options.add_whitespace = true;
      options.preserve_proto_field_names = true;
      const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
      if (!status.ok()) Fail(kWorkFailed, "INTERNAL", fmt::format("{}: {}", path, std::string(status.message())));
      break;
    }
    case Form::kText:
      google::protobuf::TextFormat::PrintToString(message, &text);
      break;
    case Form::kBytes:
      text = message.SerializeAsString();
      break;
  }
  WriteBytes(path, text);
}

void WriteMessageBytes(const std::string& path, std::string_view bytes, google::protobuf::Message* message) {
  if (FormOf(path) == Form::kBytes) return WriteBytes(path, bytes);
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    Fail(kWorkFailed, "INTERNAL", "the library answered with a message this program cannot read");
  }
  WriteMessage(path, *message);
}

size_t Csv::Column(const std::string& path, const std::string& name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) {
    FailCall(fmt::format("{}: has no column '{}' (columns: {})", path, name, fmt::join(header, ", ")));
  }
  return static_cast<size_t>(found - header.begin());
}

size_t Csv::FirstColumn(const std::string& path, const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    if (std::find(header.begin(), header.end(), name) != header.end()) return Column(path, name);
  }
  return Column(path, names.front());
}

bool IsCsv(const std::string& path) { return EndsWith(path, ".csv") || EndsWith(path, ".csv.gz"); }

std::string ReadText(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) FailFile(path, "read", errno);
  std::string text;
  char block[65536];
  int size = 0;
  while ((size = gzread(file, block, sizeof block)) > 0) text.append(block, static_cast<size_t>(size));
  int error = Z_OK;
  gzerror(file, &error);
  gzclose(file);
  if (error != Z_OK && error != Z_STREAM_END) Fail(kWorkFailed, "DATA_LOSS", path + ": is damaged or cut short");
  return text;
}

Csv ReadCsv(const std::string& path) {
  const std::string text = ReadText(path);
  Csv csv;
  size_t line_number = 0;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.find('\n', begin);
    if (end == std::string::npos) end = text.size();
    std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    std::vector<std::string> cells = SplitLine(line);
    if (csv.header.empty()) {
      csv.header = std::move(cells);
    } else if (cells.size() != csv.header.size()) {
      FailCall(fmt::format("{}: line {} has {} cells, the header has {}", path, line_number, cells.size(),
                           csv.header.size()));
    } else {
      csv.rows.push_back(std::move(cells));
    }
  }
  if (csv.header.empty()) FailCall(path + ": is empty; a header line with column names is needed");
  return csv;
}

bool IsSafetensors(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  unsigned char start[9] = {};
  const ssize_t size = read(file, start, sizeof start);
  close(file);
  // Header lengths stay far below 2^40 and a message never begins with such bytes followed by a brace.
  return size == 9 && start[8] == '{' && start[5] == 0 && start[6] == 0 && start[7] == 0;
}

}  // namespace nasshrink::tools
