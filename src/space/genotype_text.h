// The text of a DARTS genotype, read without knowing the space:
//   Genotype(normal=[('sep_conv_3x3', 0), ...], normal_concat=range(2, 6), reduce=[...], reduce_concat=[2, 3, 4, 5])
#ifndef NASSHRINK_SPACE_GENOTYPE_TEXT_H_
#define NASSHRINK_SPACE_GENOTYPE_TEXT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace nasshrink::space {

// ('sep_conv_3x3', 0). Positions are bytes of the text.
struct GenotypeEntry {
  std::string_view label;
  uint32_t from = 0;
  size_t at = 0;       // of the label
  size_t from_at = 0;  // of the number
};

struct GenotypeCell {
  std::vector<GenotypeEntry> entries;
  size_t at = 0;
  size_t end = 0;  // behind the last entry
  bool given = false;
  std::vector<uint32_t> concat;
  size_t concat_at = 0;
  bool concat_given = false;
};

struct Genotype {
  std::array<GenotypeCell, 2> cells;  // normal, reduce
};

// Parts in any order, each at most once; both cells must be there. "NAME = " may stand in front, lists may be tuples.
// Borrows the text. INVALID_ARGUMENT with the field "text[BYTE]".
base::Result<Genotype> ReadGenotype(std::string_view text);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_GENOTYPE_TEXT_H_
