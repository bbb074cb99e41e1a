/* Namespaces judged by inode, never by the text of a path (namespaces(7), "The /proc/PID/ns
 * directory"). */
#ifndef MANTLET_NSFS_H
#define MANTLET_NSFS_H

#include <stdbool.h>
#include <sys/types.h>

struct ns_id {
	dev_t dev;
	ino_t ino;
};

/* The namespace that the absolute PATH leads to; -1 when there is none (no file, not on nsfs). */
int ns_of_path(const char *path, struct ns_id *ret_id);

/* True when ID is the host's: mantlet's own, pid 1's, or the calling engine's namespace of the kind
 * FILE ("net", "pid", ...: the names under /proc/PID/ns). */
bool ns_is_host(struct ns_id id, const char *file);

/* True when the kernel has this kind at all. */
bool ns_is_known(const char *file);

/*
 * Call EACH for every process that lives in ID, until it returns false. Returns the number of
 * processes seen, or -1 when they cannot be known: /proc cannot be read, or a process in it may not
 * be looked at. (Pid 1 may: where an outer host hides it, its namespace is ns_is_host()'s affair.)
 */
int ns_each_process(struct ns_id id, const char *file, bool (*each)(void *context, pid_t pid),
		    void *context);

#endif
