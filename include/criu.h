/* criu(8): the program that the runtime executes as root for "checkpoint" and "restore". */
#ifndef MANTLET_CRIU_H
#define MANTLET_CRIU_H

#include "cli.h"

/*
 * The program that --criu names, and the one that the runtime finds by itself, belong to root and
 * can be changed by nobody else. INV then has the resolved path instead of what was given.
 * -1 with ERR_USAGE otherwise. One that is not installed at all is left to the runtime to say.
 */
int criu_check(struct invocation *inv, struct error *e) MUST_CHECK;

#endif
