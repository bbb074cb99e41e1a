/*
 * What a firewall leaves beside the record of its container: the plan, "<id>.net", and for counters
 * that outlive the container's last process its network namespace, "<id>.ns" (a bind mount).
 */
#ifndef MANTLET_NET_FILES_H
#define MANTLET_NET_FILES_H

#include <limits.h>

#include "net_plan.h"
#include "nsfs.h"

/* "<id>.net"; -1 when the id is too long for a name. */
int net_files_plan_name(char name[static NAME_MAX + 1], const char *id);

/*
 * Read the plan at PATH. It must be root's own file in directories that are root's alone, be named
 * after the container it speaks of, and be as mantlet wrote it.
 */
int net_files_load(struct net_plan *ret_plan, struct arena *arena, const char *path,
		   struct error *e) MUST_CHECK;

/* Keep the namespace NS beside the plan at PATH. 0, or -1: there will be no counters at the end. */
int net_files_pin(const char *path, int ns) MUST_CHECK;
/* The path of what net_files_pin() made, in ARENA; it may not be there. */
const char *net_files_pin_path(struct arena *arena, const char *path);

/*
 * Let go of the namespaces beside the plan at PATH whose containers the runtime, with its root at
 * ROOT, does not have any more: "run" ends without a "delete", and an engine can die before it.
 * Kept, each would hold a whole network until the next boot.
 */
void net_files_unpin_dead(const char *path, const char *root);

/* True when a firewall that is in force was loaded into NS for another container, of whatever
 * runtime root. PATH is that of a plan, which need not exist. */
bool net_files_is_walled(const char *path, struct ns_id ns);

/* The plan of ID in DIR_FD and its namespace go; absent is fine. */
void net_files_remove(int dir_fd, const char *id);

#endif
