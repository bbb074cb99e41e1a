/*
 * Variables that make another program of the one that is executed, and whether an exec brings some
 * that its container does not have.
 */
#ifndef MANTLET_EXEC_ENVIRONMENT_H
#define MANTLET_EXEC_ENVIRONMENT_H

#include "decision.h"
#include "json.h"

/*
 * The container's own variables, into D->facts: those of the config.json that the record knows by
 * its digest. Only for a policy with "commands"."allow", which alone asks for them. Whatever fails,
 * they are not known.
 */
void exec_environment_note(struct decision *d);

/*
 * The name, in ARENA, of the first variable of ENV (process.env) that a loader or an interpreter
 * acts on and that OWN does not have with the same value; NULL when there is none. OWN may be NULL:
 * nothing is known, and each counts. Linear in ENV.
 */
const char *exec_environment_foreign(struct arena *arena, const struct json *env,
				     const struct json *own, bool is_path_allowed);

#endif
