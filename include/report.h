/* Telling the engine and the person why no container was started (contract, section 5). */
#ifndef MANTLET_REPORT_H
#define MANTLET_REPORT_H

#include "cli.h"
#include "error.h"

/*
 * One record in --log (json or text as --log-format asks; append only, never created through a
 * symlink), the same sentence on stderr. INV may be half filled. Returns the exit status, 1.
 */
int report_error(const struct invocation *inv, struct error *e);

/* How a message begins: "mantlet: refused: " or "mantlet: ". The one place that decides it. */
const char *report_prefix(enum error_kind kind);

#endif
