/* Find the real runtime and become it. */
#ifndef MANTLET_RUNTIME_H
#define MANTLET_RUNTIME_H

#include "arena.h"
#include "error.h"

/*
 * The runtime: PATH when the policy names one (absolute), else the first of the built-in search
 * list that is there. It must be a regular executable file that belongs to root and that nobody
 * else can write, as must every directory above it, and it must not be mantlet (compared by device
 * and inode: a host may divert runc to us). *RET_PATH is absolute, in ARENA.
 */
int runtime_find(const char **ret_path, struct arena *arena, const char *path,
		 struct error *e) MUST_CHECK;

/*
 * The runtime that a container's record names, checked anew, unless it has moved: then what lies
 * diverted beside it (dpkg-divert(1)), and only when there is nothing or only mantlet the search
 * list. One that may not be used is refused: to find another instead would hide that somebody has
 * changed it.
 */
int runtime_find_recorded(const char **ret_path, struct arena *arena, const char *recorded,
			  struct error *e) MUST_CHECK;

/* runtime_become(); returns only on failure, -1. Unsets LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES
 * (sd_listen_fds(3): runc would hand those descriptors to the container). */
int runtime_exec(const char *path, char **argv, struct error *e) MUST_CHECK;

#endif
