// Files the program reads and writes: messages by extension, bytes, CSV tables (gzipped or not).
//
// `.json` and `.textproto` hold a message as text, every other name holds it as bytes. Failures end the program.
#ifndef NASSHRINK_TOOLS_FILES_H_
#define NASSHRINK_TOOLS_FILES_H_

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

namespace nasshrink::tools {

bool FileExists(const std::string& path);
bool IsFolder(const std::string& path);

std::string ReadBytes(const std::string& path);
// For work that takes long: ends the program now when `path` could not be written at its end.
void CheckWritable(const std::string& path);
// A temporary file renamed over `path`: the old content or the new, never a mix.
void WriteBytes(const std::string& path, std::string_view bytes);

void ReadMessage(const std::string& path, google::protobuf::Message* message);
// Bytes of the message in `path`, as `message` serialises it or, for a binary file, exactly as the file has them.
std::string ReadMessageBytes(const std::string& path, google::protobuf::Message* message);
void WriteMessage(const std::string& path, const google::protobuf::Message& message);
// For bytes the library made: kept as they are in a binary file, through `message` into a text file.
void WriteMessageBytes(const std::string& path, std::string_view bytes, google::protobuf::Message* message);

struct Csv {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  // Index of a column; the program ends when there is none, naming those there are.
  size_t Column(const std::string& path, const std::string& name) const;
  // The first of these that there is.
  size_t FirstColumn(const std::string& path, const std::vector<std::string>& names) const;
};
Csv ReadCsv(const std::string& path);
// By its name: ".csv" or ".csv.gz".
bool IsCsv(const std::string& path);
// A file that may be gzipped.
std::string ReadText(const std::string& path);

// Safetensors by its first bytes: a header length and then a JSON object.
bool IsSafetensors(const std::string& path);

}  // namespace nasshrink::tools

#endif  // NASSHRINK_TOOLS_FILES_H_
