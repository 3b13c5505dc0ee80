#include "base/digest.h"

#include <gtest/gtest.h>

namespace nasshrink::base {
namespace {

// FIPS 180-2, appendix B.
TEST(Sha256, GivesTheKnownAnswers) {
  EXPECT_EQ(HexOf(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf(Sha256(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Stream, DoesNotDependOnTheCuts) {
  Sha256Stream stream;
  stream.Update("a");
  stream.Update("");
  stream.Update("bc", 2);
  EXPECT_EQ(stream.Finish(), Sha256("abc"));
}

TEST(HexOf, WritesTwoDigitsAByte) { EXPECT_EQ(HexOf(std::string("\x00\x0f\xff", 3)), "000fff"); }

}  // namespace
}  // namespace nasshrink::base
