/*
 * The mounts of this process, which are those that a runtime will find: /proc/self/mountinfo, read
 * once (proc_pid_mountinfo(5)).
 */
#ifndef MANTLET_MOUNTINFO_H
#define MANTLET_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

struct mountinfo_entry {
	uint64_t id;
	const char *device; /* "MAJOR:MINOR" of the file system, as the kernel writes it */
	const char *root;   /* which part of the file system is mounted: "/" or a path in it */
	const char *point;  /* where */
	const char *type;   /* "ext4", "tmpfs", ... */
};

struct mountinfo {
	struct mountinfo_entry *entries; /* in the kernel's order: what hides another comes later */
	size_t count;
};

/* LEN bytes of TEXT, into ARENA. -1 with ERR_SYSTEM for anything that is not mountinfo. */
int mountinfo_parse(struct mountinfo *ret_info, struct arena *arena, const char *text, size_t len,
		    struct error *e) MUST_CHECK;
int mountinfo_read(struct mountinfo *ret_info, struct arena *arena, struct error *e) MUST_CHECK;

/* NULL when there is none. */
const struct mountinfo_entry *mountinfo_find(const struct mountinfo *info, uint64_t id);

/* The first mount whose point lies below DIR (not at it), NULL when there is none. */
const struct mountinfo_entry *mountinfo_below(const struct mountinfo *info, const char *dir);

#endif
