/*
 * The vocabulary of the OCI runtime specification 1.0 to 1.3 (Linux): which fields exist and of
 * which type they are. One table; spec-fields of the documentation says what each can do.
 */
#ifndef MANTLET_SPEC_H
#define MANTLET_SPEC_H

#include "edit.h"
#include "json.h"

/*
 * The document has the types that the specification says, no null where a value belongs, integers
 * in range, no key that is a known one in another spelling, ociVersion 1.x. A fault refuses in
 * every mode. SCOPE tells which part must be there. Unknown fields are fine here (control
 * unknown-fields).
 */
int spec_check(struct json_doc *doc, enum edit_scope scope, struct error *e) MUST_CHECK;

/* Call EACH for every node that the specification does not know, outermost only, in order.
 * EACH may remove the node it is given. */
void spec_each_unknown(struct json_doc *doc, void (*each)(void *context, struct json *node),
		       void *context);

#endif
