/*
 * What a command line asks beside the document.
 *
 * Some flags of the runtimes loosen a container before config.json is read, or afterwards for one
 * process, and nothing that could be written into the document brings it back. So they are judged
 * by themselves: what the policy does not name is refused, and under audit passed on as it came.
 * What no policy can make right is no business of this control and is refused where the command
 * line is read: another document than the bundle's, the host's root as --root, ids by pattern.
 */
#include <string.h>

#include "control.h"
#include "control_table.h"
#include "policy.h"
#include "text.h"

struct flag {
	const char *name;    /* the word of the setting "allow", and the key of the refusal */
	const char *command; /* in front of the name in sentences: "exec " */
	bool shows_value;
	const char *effect;
	const char *remedy;
};

/* runc(8) and crun(1), the flag of that name. */
static const struct flag flags[COMMAND_ASK_COUNT] = {
	[COMMAND_ASK_PRESERVE_FDS] = {
		.name = "preserve-fds", .command = "", .shows_value = true,
		.effect = "hands open files and sockets of the host to the container",
		.remedy = "remove it, or give what is needed as a mount",
	},
	[COMMAND_ASK_NO_PIVOT] = {
		.name = "no-pivot", .command = "",
		.effect = "leaves the host's file system reachable behind the container's root",
		.remedy = "remove it (it is meant for hosts that run from a ramdisk: mount a tmpfs "
			  "there and switch to it before the engine starts)",
	},
	[COMMAND_ASK_NO_NEW_KEYRING] = {
		.name = "no-new-keyring", .command = "",
		.effect = "shares the session keyring of the caller with the container "
			  "(keyrings(7))",
		.remedy = "remove it, for podman with keyring = true in containers.conf",
	},
	[COMMAND_ASK_CGROUP] = {
		.name = "cgroup", .command = "exec ",
		.effect = "puts the process outside of the container's own limits",
		.remedy = "leave it out",
	},
	[COMMAND_ASK_L3_CACHE_SCHEMA] = {
		.name = "l3-cache-schema", .command = "update ",
		.effect = "writes into the host's cache classes (resctrl)",
		.remedy = "leave it out",
	},
	[COMMAND_ASK_MEM_BW_SCHEMA] = {
		.name = "mem-bw-schema", .command = "update ",
		.effect = "writes into the host's cache classes (resctrl)",
		.remedy = "leave it out",
	},
	[COMMAND_ASK_ROOTLESS] = {
		.name = "rootless", .command = "", .shows_value = true,
		.effect = "lets the runtime go on without limits when it cannot set them",
		.remedy = "use auto or false",
	},
	[COMMAND_ASK_CGROUP_MANAGER] = {
		.name = "cgroup-manager", .command = "", .shows_value = true,
		.effect = "would start the container without limits",
		.remedy = "use cgroupfs or systemd",
	},
};

/* The same names for the policy language. */
static const char *const words[] = {
	"preserve-fds",  "no-pivot", "no-new-keyring", "cgroup", "l3-cache-schema",
	"mem-bw-schema", "rootless", "cgroup-manager", NULL,
};

static void refuse(struct edit *ed, const struct flag *flag, const char *value)
{
	char quoted[QUOTED_SIZE] = "";

	if (flag->shows_value)
		error_quote(quoted, value, strlen(value));
	edit_refuse(ed, flag->name,
		    arena_printf(edit_arena(ed), "%s--%s%s%s %s", flag->command, flag->name,
				 flag->shows_value ? " " : "", quoted, flag->effect),
		    flag->remedy);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	const char *const *asked = edit_facts(ed)->asked;

	for (unsigned int i = 0; asked && i < COMMAND_ASK_COUNT; i++) {
		if (asked[i] && !policy_lists(cfg, "allow", flags[i].name))
			refuse(ed, &flags[i], asked[i]);
	}
	return 0;
}

static const struct setting settings[] = {
	{ .key = "allow", .type = SETTING_LIST, .words = words },
	{ .key = NULL },
};

const struct control control_command_line = {
	.id = "command-line",
	.title = "Refuse flags that loosen a container beside its document",
	.refs = REFS("CIS-Docker-1.6.0/5.5", "CIS-Docker-1.6.0/5.25"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS | ON_RESOURCES,
	.apply = apply,
};
