// SHA-256, for identities of spaces, data sets and files.
#ifndef NASSHRINK_BASE_DIGEST_H_
#define NASSHRINK_BASE_DIGEST_H_

#include <memory>
#include <string>
#include <string_view>

namespace nasshrink::base {

// 32 bytes.
std::string Sha256(std::string_view bytes);

// The same over pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;

  void Update(std::string_view bytes);
  void Update(const void* data, size_t size);
  // 32 bytes; the stream takes no more updates.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Lower-case hexadecimal digits.
std::string HexOf(std::string_view bytes);

}  // namespace nasshrink::base

#endif  // NASSHRINK_BASE_DIGEST_H_
