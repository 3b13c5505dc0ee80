// The object behind a table: numbers and the space they belong to.
#ifndef NASSHRINK_CAPI_TABLE_H_
#define NASSHRINK_CAPI_TABLE_H_

#include <memory>

#include "capi/handle.h"
#include "capi/space.h"
#include "score/factor_table.h"

namespace nasshrink::capi {

struct TableObject {
  std::shared_ptr<const SpaceObject> space;
  score::FactorTable table;
};

template <>
struct HandleOf<nasshrink_table> {
  using Object = TableObject;
  static constexpr Kind kKind = Kind::kTable;
};

}  // namespace nasshrink::capi

#endif  // NASSHRINK_CAPI_TABLE_H_
