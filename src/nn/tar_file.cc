#include "nn/tar_file.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace nasshrink::nn {
namespace {

constexpr uint64_t kBlock = 512;
// Where the fields of a header lie.
constexpr size_t kNameSize = 100;
constexpr size_t kSizeAt = 124;
constexpr size_t kSizeSize = 12;
constexpr size_t kChecksumAt = 148;
constexpr size_t kChecksumSize = 8;
constexpr size_t kTypeAt = 156;
constexpr size_t kMagicAt = 257;
constexpr size_t kPrefixAt = 345;
constexpr size_t kPrefixSize = 155;

using Header = std::array<uint8_t, kBlock>;

std::string_view Field(const Header& header, size_t at, size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(header.data()) + at, size);
  return field.substr(0, field.find('\0'));
}

std::optional<uint64_t> Octal(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + static_cast<uint64_t>(digit - '0');
  }
  return value;
}

bool ChecksumFits(const Header& header) {
  uint64_t sum = 0;
  for (size_t i = 0; i < header.size(); ++i) {
    sum += i >= kChecksumAt && i < kChecksumAt + kChecksumSize ? uint64_t{' '} : uint64_t{header[i]};
  }
  return Octal(Field(header, kChecksumAt, kChecksumSize)) == sum;
}

std::string NameOf(const Header& header) {
  std::string name(Field(header, 0, kNameSize));
  if (Field(header, kMagicAt, 5) == "ustar") {
    const std::string_view prefix = Field(header, kPrefixAt, kPrefixSize);
    if (!prefix.empty()) name = std::string(prefix) + "/" + name;
  }
  return name;
}

uint64_t PaddingAfter(uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

}  // namespace

base::Result<TarFile> TarFile::Open(const std::string& path) {
  NASSHRINK_ASSIGN_OR_RETURN(PackedFile file, PackedFile::Open(path));
  return TarFile(std::move(file));
}

base::Status TarFile::Skip(uint64_t bytes) {
  std::vector<uint8_t> scratch(std::min<uint64_t>(bytes, uint64_t{1} << 16U));
  while (bytes > 0) {
    const uint64_t now = std::min<uint64_t>(bytes, scratch.size());
    NASSHRINK_RETURN_IF_ERROR(file_.ReadAll(scratch.data(), now, "an entry"));
    bytes -= now;
  }
  return {};
}

base::Result<std::optional<TarFile::Entry>> TarFile::Next(uint64_t max_bytes) {
  while (true) {
    Header header;
    NASSHRINK_RETURN_IF_ERROR(file_.ReadAll(header.data(), header.size(), "a tar header"));
    if (std::all_of(header.begin(), header.end(), [](uint8_t byte) { return byte == 0; })) {
      // What follows is padding; reading it lets the packed file's checksum be verified.
      for (size_t done = 1; done > 0;) {
        NASSHRINK_ASSIGN_OR_RETURN(done, file_.Read(header.data(), header.size()));
      }
      return std::optional<Entry>();
    }
    const auto size = Octal(Field(header, kSizeAt, kSizeSize));
    if (!ChecksumFits(header) || !size) {
      return base::Error(base::Code::kDataLoss, "'{}' is no tar archive or is damaged: a header does not fit", path());
    }
    if (header[kTypeAt] != '0' && header[kTypeAt] != '\0') {
      NASSHRINK_RETURN_IF_ERROR(Skip(*size + PaddingAfter(*size)));
      continue;
    }
    Entry entry;
    entry.name = NameOf(header);
    if (*size > max_bytes) {
      return base::Error(base::Code::kResourceExhausted, "'{}': '{}' has {} bytes, more than the {} allowed", path(),
                         entry.name, *size, max_bytes);
    }
    entry.bytes.resize(*size);
    NASSHRINK_RETURN_IF_ERROR(
        file_.ReadAll(reinterpret_cast<uint8_t*>(entry.bytes.data()), entry.bytes.size(), entry.name));
    NASSHRINK_RETURN_IF_ERROR(Skip(PaddingAfter(*size)));
    return std::optional<Entry>(std::move(entry));
  }
}

}  // namespace nasshrink::nn
