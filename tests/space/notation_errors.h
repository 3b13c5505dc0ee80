// Checks that the errors of a notation point at the right place.
#ifndef NASSHRINK_TESTS_SPACE_NOTATION_ERRORS_H_
#define NASSHRINK_TESTS_SPACE_NOTATION_ERRORS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "space/notation.h"

namespace nasshrink::tests {

struct WrongText {
  std::string text;
  std::string field;
};

inline void ExpectPointsAt(const space::Space& space, const char* format, const std::vector<WrongText>& all) {
  for (const WrongText& wrong : all) {
    const auto child = space::ImportArchitecture(space, format, wrong.text);
    EXPECT_EQ(child.status().code(), base::Code::kInvalidArgument) << wrong.text;
    EXPECT_EQ(child.status().details().field, wrong.field) << wrong.text << "\n" << child.status().message();
    EXPECT_FALSE(child.status().details().allowed.empty()) << wrong.text;
  }
}

// The text with the first `from` turned into `to`.
inline std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace nasshrink::tests

#endif  // NASSHRINK_TESTS_SPACE_NOTATION_ERRORS_H_
