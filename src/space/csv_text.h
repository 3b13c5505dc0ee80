// CSV from outside (RFC 4180: quoted cells may hold commas and doubled quotation marks, no line breaks), with limits
// and with the line and column of whatever is wrong.
#ifndef NASSHRINK_SPACE_CSV_TEXT_H_
#define NASSHRINK_SPACE_CSV_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace nasshrink::space {

class CsvText {
 public:
  static constexpr size_t kMaxBytes = size_t{64} << 20;
  static constexpr size_t kMaxLines = 1'000'000;
  static constexpr size_t kMaxColumns = 256;

  // INVALID_ARGUMENT for a text above the limits, without a header, with a column named twice, with a quotation mark
  // that does not close, or with a line of another length; the field is "line N", the header being line 1.
  static base::Result<CsvText> Parse(std::string_view text);

  const std::vector<std::string>& header() const { return header_; }
  size_t rows() const { return lines_.size(); }
  // Index of a column; nothing when there is none.
  std::optional<size_t> Column(std::string_view name) const;
  // The same, INVALID_ARGUMENT when there is none.
  base::Result<size_t> Needed(std::string_view name) const;

  const std::string& At(size_t row, size_t column) const { return cells_[row * header_.size() + column]; }
  // INVALID_ARGUMENT unless the cell is a finite number, or a whole one from `min` to `max`.
  base::Result<double> Number(size_t row, size_t column) const;
  base::Result<uint64_t> Whole(size_t row, size_t column, uint64_t min, uint64_t max) const;
  // INVALID_ARGUMENT that points at the cell.
  base::Status Wrong(size_t row, size_t column, std::string_view allowed, std::string_view what) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::string> cells_;  // rows x columns
  std::vector<size_t> lines_;       // by row
};

// The cell as it stands in a file, quoted where it has to be.
std::string CsvCell(std::string_view text);

}  // namespace nasshrink::space

#endif  // NASSHRINK_SPACE_CSV_TEXT_H_
