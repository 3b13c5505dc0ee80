// Factor tables and angle options between messages and plain values, with validation.
//
// A table belongs to the space it embeds: it may be read for that space and for sub-spaces of it.
#ifndef NASSHRINK_SCORE_TABLE_CODEC_H_
#define NASSHRINK_SCORE_TABLE_CODEC_H_

#include <string_view>

#include "base/status.h"
#include "nasshrink/v1/score.pb.h"
#include "score/factor_table.h"
#include "space/space.h"

namespace nasshrink::score {

struct TableOfSpace {
  space::Space space;
  FactorTable table;
};

// INVALID_ARGUMENT unless there are columns (or no factors), the columns are named once each, `fixed` has one finite
// number a column, and every factor names choices of its cell (or of layers), no two factors the same ones, with a
// finite number for every joint alternative and column.
base::Status CheckTable(const space::Space& space, const FactorTable& table);

// The message embeds its space.
base::Result<TableOfSpace> TableFromMessage(const v1::FactorTable& message);
base::Result<TableOfSpace> ParseTable(std::string_view bytes);
// The table of a message whose space is left out or is given elsewhere: the numbers alone, checked against `space`.
base::Result<FactorTable> TableForSpace(const v1::FactorTable& message, const space::Space& space);
void TableToMessage(const space::Space& space, const FactorTable& table, v1::FactorTable* message);

// FAILED_PRECONDITION unless `scored` is the table's space or a sub-space of it.
base::Status CheckTableCovers(const space::Space& table_space, const space::Space& scored);

base::Result<AngleOptions> AngleOptionsFromMessage(const v1::AngleOptions& message);
void AngleOptionsToMessage(const AngleOptions& options, v1::AngleOptions* message);

}  // namespace nasshrink::score

#endif  // NASSHRINK_SCORE_TABLE_CODEC_H_
