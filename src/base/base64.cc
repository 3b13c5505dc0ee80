#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace nasshrink::base {
namespace {

// EVP counts lengths in int; blocks of this many bytes are whole groups in both directions.
constexpr size_t kBlock = size_t{3} << 20;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string Base64Of(std::string_view bytes) {
  std::string text;
  std::string block;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kBlock, bytes.size()))) {
    const std::string_view part = bytes.substr(0, kBlock);
    block.resize((part.size() + 2) / 3 * 4 + 1);
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(block.data()),
                        reinterpret_cast<const unsigned char*>(part.data()), static_cast<int>(part.size()));
    text.append(block, 0, static_cast<size_t>(size));
  }
  return text;
}

Result<std::string> BytesOfBase64(std::string_view text) {
  const size_t digits = text.find_last_not_of('=') + 1;
  const size_t padding = text.size() - digits;
  const bool whole = text.size() % 4 == 0 && padding <= 2;
  if (!whole || text.substr(0, digits).find_first_not_of(kAlphabet) != std::string_view::npos) {
    return Error(Code::kDataLoss, "the text is not base64");
  }
  std::string bytes;
  std::string block;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(kBlock / 3 * 4, rest.size()))) {
    const std::string_view part = rest.substr(0, kBlock / 3 * 4);
    block.resize(part.size() / 4 * 3);
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(block.data()), reinterpret_cast<const unsigned char*>(part.data()),
                    static_cast<int>(part.size()));
    bytes += block;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace nasshrink::base
