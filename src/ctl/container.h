/* A container that mantlet started, found by its record. */
#ifndef MANTLET_CONTAINER_H
#define MANTLET_CONTAINER_H

#include "ctl.h"
#include "decision.h"

/*
 * Find the record of ID and read it into D (in ctl->arena). ID may be the beginning of an id, as
 * engines show it, when no other container begins like that. ROOT is the runtime root (--root) or
 * NULL: all that have records. -1 with ERR_SYSTEM when there is none or it cannot be trusted.
 */
int container_find(struct ctl *ctl, struct decision *ret_decision, const char *id,
		   const char *root) MUST_CHECK;

#endif
