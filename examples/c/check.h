/* What the examples do with a status that is not OK: say why and stop.
 *
 *   check(nasshrink_...(..., &error), &error);
 *
 * takes the error's address, because C may evaluate arguments in any order. */
#ifndef NASSHRINK_EXAMPLES_C_CHECK_H_
#define NASSHRINK_EXAMPLES_C_CHECK_H_

#include <nasshrink.h>
#include <stdio.h>
#include <stdlib.h>

static inline void check(nasshrink_status status, nasshrink_error** error) {
  if (status == NASSHRINK_OK) return;
  fprintf(stderr, "%s: %s\n", nasshrink_status_name(status), nasshrink_error_message(*error));
  nasshrink_error_free(*error);
  exit(1);
}

#endif /* NASSHRINK_EXAMPLES_C_CHECK_H_ */
