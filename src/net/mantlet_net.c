/*
 * mantlet-net, the part of mantlet that talks to the kernel's firewall. It is a program of its own
 * because libmnl cannot be linked statically (net_mnl.c loads it), and because a hook should be as
 * small as it can be.
 */
#include <stdio.h>
#include <string.h>

#include "descriptors.h"
#include "fdio.h"
#include "net_run.h"
#include "text.h"

static int usage(void)
{
	(void)fputs("usage: mantlet-net hook PLAN                       (state of the container on "
		    "stdin)\n"
		    "       mantlet-net start|delete PLAN RUNTIME ARGV...\n"
		    "       mantlet-net show PLAN|PID [--json]\n"
		    "       mantlet-net --version\n",
		    stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	struct error e = { 0 };

	if (descriptors_hold_standard(&e) < 0)
		return EXIT_FAILURE;
	if (text_equal(command, "--version") && argc == 2) {
		(void)puts("mantlet-net " MANTLET_VERSION);
		return EXIT_SUCCESS;
	}
	if (text_equal(command, "hook") && argc == 3)
		return net_hook(argv[2]);
	if (text_equal(command, "start") && argc >= 5)
		return net_start(argv + 2);
	if (text_equal(command, "delete") && argc >= 5)
		return net_delete(argv + 2);
	if (text_equal(command, "show") && argc >= 3)
		return net_show(argv + 2);
	return usage();
}
