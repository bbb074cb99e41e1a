/* mantlet-net, the program that loads and reads back firewalls: where it is, and the hook by which
 * the runtime calls it. */
#ifndef MANTLET_NET_PROGRAM_H
#define MANTLET_NET_PROGRAM_H

#include "edit.h"

/*
 * Beside our own program, else in ../libexec/mantlet/ of it: a regular executable file that nobody
 * but root can have put there. *RET_PATH is absolute and without symlinks, in ARENA. -1 with what
 * is wrong, as the first half of a sentence without remedy.
 */
int net_program_find(const char **ret_path, struct arena *arena, struct error *e) MUST_CHECK;

/* The member of hooks.createRuntime for PROGRAM and the plan at PLAN, in ARENA. */
struct json *net_program_hook(struct arena *arena, const char *program, const char *plan);

/* True when HOOK, of STAGE, is to the letter the one of the container in hand: then mantlet itself
 * has hardened this document before. */
bool net_program_is_hook(struct edit *ed, const char *stage, const struct json *hook);
/* The same for the plan of any container: the document was hardened for another one. */
bool net_program_is_other_hook(struct edit *ed, const char *stage, const struct json *hook);

#endif
