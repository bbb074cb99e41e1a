/* Is an exec Docker's own health check of the container? */
#ifndef MANTLET_EXEC_HEALTH_H
#define MANTLET_EXEC_HEALTH_H

#include "decision.h"
#include "json.h"

/* Set D->facts.is_health_check and D->exec.asked for the process document DOC as it came. -1 when
 * it cannot be written; what is not known is no health check. */
int exec_health_note(struct decision *d, struct json_doc *doc, struct error *e) MUST_CHECK;

#endif
