#include "space/genotype_text.h"

#include <algorithm>

#include "space/notation_text.h"

namespace nasshrink::space {
namespace {

class GenotypeReader {
 public:
  explicit GenotypeReader(std::string_view text) : text_(text), reader_(text) {}

  base::Result<Genotype> Read();

 private:
  base::Status ReadMember();
  base::Status ReadEntries(GenotypeCell* cell);
  base::Result<GenotypeEntry> ReadEntry();
  base::Status ReadConcat(GenotypeCell* cell);
  base::Result<std::string_view> Quoted();
  base::Result<uint32_t> Node();
  // The bracket that closes the one that comes next.
  base::Result<char> Open();

  std::string_view text_;
  TextReader reader_;
  Genotype genotype_;
};

base::Result<char> GenotypeReader::Open() {
  if (reader_.Take('[')) return ']';
  if (reader_.Take('(')) return ')';
  return reader_.Wrong(reader_.position(), "'['", "a list is due here");
}

base::Result<std::string_view> GenotypeReader::Quoted() {
  const size_t begin = reader_.position();
  const char quote = reader_.Peek();
  if (!reader_.Take('\'') && !reader_.Take('"')) {
    return reader_.Wrong(begin, "the name of an operator in quotes", "is no quoted name");
  }
  const std::string_view name = reader_.Word();
  if (!reader_.Take(quote)) return reader_.Wrong(reader_.position(), fmt::format("{}", quote), "the name does not end");
  return name;
}

base::Result<uint32_t> GenotypeReader::Node() {
  const size_t begin = reader_.position();
  NASSHRINK_ASSIGN_OR_RETURN(const int64_t number, reader_.Number("the number of a node"));
  if (number >= 0 && number <= UINT32_MAX) return static_cast<uint32_t>(number);
  return reader_.Wrong(begin, "the number of a node", "names no node");
}

base::Result<GenotypeEntry> GenotypeReader::ReadEntry() {
  NASSHRINK_ASSIGN_OR_RETURN(const char closing, Open());
  GenotypeEntry entry;
  entry.at = reader_.position() + 1;
  NASSHRINK_ASSIGN_OR_RETURN(entry.label, Quoted());
  NASSHRINK_RETURN_IF_ERROR(reader_.Expect(','));
  entry.from_at = reader_.position();
  NASSHRINK_ASSIGN_OR_RETURN(entry.from, Node());
  reader_.Take(',');
  NASSHRINK_RETURN_IF_ERROR(reader_.Expect(closing));
  return entry;
}

base::Status GenotypeReader::ReadEntries(GenotypeCell* cell) {
  cell->at = reader_.position();
  NASSHRINK_ASSIGN_OR_RETURN(const char closing, Open());
  while (!reader_.Take(closing)) {
    NASSHRINK_ASSIGN_OR_RETURN(const GenotypeEntry entry, ReadEntry());
    cell->entries.push_back(entry);
    cell->end = reader_.position();
    if (reader_.Take(',')) continue;
    NASSHRINK_RETURN_IF_ERROR(reader_.Expect(closing));
    break;
  }
  return {};
}

// range(2, 6), [2, 3, 4, 5] or list(range(2, 6)).
base::Status GenotypeReader::ReadConcat(GenotypeCell* cell) {
  cell->concat_at = reader_.position();
  const std::string_view word = reader_.Word();
  const bool list = word == "list";
  if (list) NASSHRINK_RETURN_IF_ERROR(reader_.Expect('('));
  if (word == "range" || (list && reader_.Word() == "range")) {
    NASSHRINK_RETURN_IF_ERROR(reader_.Expect('('));
    NASSHRINK_ASSIGN_OR_RETURN(const uint32_t begin, Node());
    NASSHRINK_RETURN_IF_ERROR(reader_.Expect(','));
    NASSHRINK_ASSIGN_OR_RETURN(const uint32_t end, Node());
    NASSHRINK_RETURN_IF_ERROR(reader_.Expect(')'));
    // A cell has few nodes: what lies beyond is wrong without being listed.
    constexpr uint32_t kMost = 64;
    for (uint32_t node = begin; node < std::min(end, kMost); ++node) cell->concat.push_back(node);
    if (list) NASSHRINK_RETURN_IF_ERROR(reader_.Expect(')'));
    return {};
  }
  if (!word.empty()) return reader_.Wrong(cell->concat_at, "range(FIRST, END) or [NODE, ...]", "is no list of nodes");
  NASSHRINK_ASSIGN_OR_RETURN(const char closing, Open());
  while (!reader_.Take(closing)) {
    NASSHRINK_ASSIGN_OR_RETURN(const uint32_t node, Node());
    cell->concat.push_back(node);
    if (reader_.Take(',')) continue;
    NASSHRINK_RETURN_IF_ERROR(reader_.Expect(closing));
    break;
  }
  return {};
}

base::Status GenotypeReader::ReadMember() {
  const size_t begin = reader_.position();
  const std::string_view name = reader_.Word();
  const bool reduce = name == "reduce" || name == "reduce_concat";
  const bool concat = name == "normal_concat" || name == "reduce_concat";
  if (!reduce && !concat && name != "normal") {
    return reader_.Wrong(begin, "normal, normal_concat, reduce, reduce_concat", "names no part of a genotype");
  }
  NASSHRINK_RETURN_IF_ERROR(reader_.Expect('='));
  GenotypeCell& cell = genotype_.cells[reduce ? 1 : 0];
  bool& given = concat ? cell.concat_given : cell.given;
  if (given) return reader_.Wrong(begin, "each part once", "the part is given twice");
  given = true;
  return concat ? ReadConcat(&cell) : ReadEntries(&cell);
}

base::Result<Genotype> GenotypeReader::Read() {
  size_t begin = reader_.position();
  std::string_view word = reader_.Word();
  // "DARTS_V2 = Genotype(...)", as in a Python file.
  if (word != "Genotype" && reader_.Take('=')) {
    begin = reader_.position();
    word = reader_.Word();
  }
  if (word != "Genotype") return reader_.Wrong(begin, "Genotype(...)", "is no genotype");
  NASSHRINK_RETURN_IF_ERROR(reader_.Expect('('));
  while (!reader_.Take(')')) {
    NASSHRINK_RETURN_IF_ERROR(ReadMember());
    if (reader_.Take(',')) continue;
    NASSHRINK_RETURN_IF_ERROR(reader_.Expect(')'));
    break;
  }
  NASSHRINK_RETURN_IF_ERROR(reader_.ExpectEnd());
  for (size_t c = 0; c < genotype_.cells.size(); ++c) {
    if (genotype_.cells[c].given) continue;
    return reader_.Wrong(text_.size(), c == 0 ? "normal=[...]" : "reduce=[...]", "a cell of the genotype is missing");
  }
  return genotype_;
}

}  // namespace

base::Result<Genotype> ReadGenotype(std::string_view text) { return GenotypeReader(text).Read(); }

}  // namespace nasshrink::space
