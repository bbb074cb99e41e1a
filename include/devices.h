/*
 * Inside of the control "devices": what its files share and nobody else includes.
 *
 * device_hosts.c finds the nodes of the host that the policy allows, device_rules.c judges the
 * rules of the device cgroup, devices.c the nodes, and is the control.
 */
#ifndef MANTLET_DEVICES_H
#define MANTLET_DEVICES_H

#include <sys/stat.h>

#include "control.h"

/* A node of the host that an entry of "allow" names. */
struct host_device {
	char type; /* 'c' or 'b' */
	uint64_t major;
	uint64_t minor;
	struct stat st;
	bool may_read;
	bool may_write;
};

struct host_devices {
	struct host_device *list;
	size_t count;
};

/* One run of the control. */
struct devices {
	struct edit *ed;
	const struct json *cfg;
	struct arena *arena;
	struct host_devices hosts; /* looked up when first needed */
	bool has_hosts;
};

/* device_hosts.c */
const struct host_device *device_host_find(struct devices *d, char type, int64_t major,
					   int64_t minor);
int device_host_check_glob(const struct json *value, struct error *e);

/* The device numbers that every container has: null, zero, full, random, urandom, tty, console,
 * ptmx, pts. NAME: the node's usual path, NULL for those that runtimes alone make. */
bool device_is_default(char type, int64_t major, int64_t minor, const char **ret_name);

/* device_rules.c: linux.resources.devices. REFUSED are the nodes that were taken out (an array of
 * clones): what was said of them is not said again for their rules. */
void device_rules_apply(struct devices *d, const struct json *refused);

/* devices.c: "none", or "/dev/fuse, /dev/dri/<glob>, 2 more" */
const char *devices_allowed(struct devices *d);
/* 'c' for "c" and "u", 'b', 'p', 'a' for "a" and for no type at all, else '?'. */
char device_type(const struct json *type);

#endif
