/*
 * The one place that knows where libmnl comes from.
 *
 * It is looked for as the loader would, by name. LD_LIBRARY_PATH counts in that, and for `start`
 * and `delete` it is the engine's (the hook has an environment of its own, without it). That is
 * root's word on this host, as the program itself is: shims set it for directories of their own.
 * A list of absolute paths would differ between distributions and architectures, and taking the
 * variable out here would come too late, for the loader has read it before main(); whoever can set
 * it can set LD_PRELOAD.
 */
#include "net_mnl.h"

#include <dlfcn.h>
#include <stdbool.h>

#define LIBRARY "libmnl.so.0"

struct net_mnl net_mnl;

static int cannot(struct error *e)
{
	const char *why = dlerror(); /* not reentrant, and we have one thread */

	return error_set(e, ERR_SYSTEM,
			 "libmnl cannot be loaded (%s); root: install libmnl (Debian: libmnl0)",
			 why ? why : "for no reason that is said");
}

int net_mnl_load(struct error *e)
{
	static bool is_loaded;
	struct net_mnl found = { 0 };
#define ROW(name) { "mnl_" #name, (void **)&found.name },
	const struct {
		const char *name;
		void **at;
	} wanted[] = { NET_MNL_FUNCTIONS(ROW) };
	void *library;

	if (is_loaded)
		return 0;
	/* NOW: what is missing is missing here, and not in the middle of a batch. Never closed. */
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return cannot(e);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		*wanted[i].at = dlsym(library, wanted[i].name);
		if (!*wanted[i].at)
			return cannot(e);
	}
	net_mnl = found;
	is_loaded = true;
	return 0;
}
