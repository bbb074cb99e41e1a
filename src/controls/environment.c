/*
 * Variables that a runtime, a loader or a hook acts on.
 *
 * To most programs the environment is their own affair, and what an image or a person writes there
 * stays. A few names are orders to somebody else. runc talks to its own child by _LIBCONTAINER_*;
 * a service manager's variables promise descriptors and sockets of the host; hooks hand out devices
 * by NVIDIA_VISIBLE_DEVICES and the like; and a hook that the runtime starts from inside the
 * container can inherit the container's LD_PRELOAD, which has made root run the image's code
 * (CVE-2025-23266).
 *
 * Images bring most of these along, so this is a trim: nothing is refused for them. Names are
 * compared exactly, as everybody who acts on them does (environ(7)); of duplicates all go.
 */
#include <string.h>

#include "control.h"
#include "control_table.h"
#include "net_program.h"
#include "policy.h"
#include "text.h"

/* Edits need memory, and nobody writes so many of these in earnest. */
#define MOST_CHANGES 10000U

#define NVIDIA_DEVICES "NVIDIA_VISIBLE_DEVICES"

enum actor {
	ACTOR_RUNTIME, /* for whatever the policy keeps */
	ACTOR_MANAGER,
	ACTOR_LOADER, /* where a hook stays */
	ACTOR_DEVICES,
};

static const struct variable {
	const char *name; /* ends in '_': every name that begins so */
	enum actor actor;
} variables[] = {
	{ "_LIBCONTAINER_", ACTOR_RUNTIME },

	/* sd_listen_fds(3), sd_notify(3), crun(1) */
	{ "LISTEN_FDS", ACTOR_MANAGER },
	{ "LISTEN_PID", ACTOR_MANAGER },
	{ "LISTEN_PIDFDID", ACTOR_MANAGER },
	{ "LISTEN_FDNAMES", ACTOR_MANAGER },
	{ "NOTIFY_SOCKET", ACTOR_MANAGER },
	{ "RUN_OCI_SECCOMP_RECEIVER", ACTOR_MANAGER },

	/* ld.so(8), iconv(3) */
	{ "LD_", ACTOR_LOADER },
	{ "GLIBC_TUNABLES", ACTOR_LOADER },
	{ "GCONV_PATH", ACTOR_LOADER },

	/* What container toolkits read. Not NVIDIA_REQUIRE_*: a requirement only makes a hook
	 * refuse, and an image without one counts as old and gets every device by default. */
	{ NVIDIA_DEVICES, ACTOR_DEVICES },
	{ "NVIDIA_DRIVER_CAPABILITIES", ACTOR_DEVICES },
	{ "NVIDIA_MIG_", ACTOR_DEVICES },
	{ "NVIDIA_IMEX_CHANNELS", ACTOR_DEVICES },
	{ "NVIDIA_DISABLE_REQUIRE", ACTOR_DEVICES },
	{ "NVIDIA_GDS", ACTOR_DEVICES },
	{ "NVIDIA_MOFED", ACTOR_DEVICES },
	{ "NVIDIA_NVSWITCH", ACTOR_DEVICES },
	{ "NVIDIA_GDRCOPY", ACTOR_DEVICES },
	{ "AMD_VISIBLE_DEVICES", ACTOR_DEVICES },
	{ "HABANA_VISIBLE_DEVICES", ACTOR_DEVICES },
	{ "ASCEND_VISIBLE_DEVICES", ACTOR_DEVICES },
	{ "ASCEND_RUNTIME_", ACTOR_DEVICES },
};

static const char *const reasons[] = {
	[ACTOR_RUNTIME] = "a variable of the runtime's own",
	[ACTOR_MANAGER] =
		"a promise of the host's service manager, which the container is not part of",
	[ACTOR_LOADER] = "a hook's loader could act on it as root on the host",
	[ACTOR_DEVICES] = "devices are given by the policy, not by the image",
};

static const struct variable *find_variable(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		size_t want = strlen(variables[i].name);
		bool is_prefix = variables[i].name[want - 1] == '_';

		if ((is_prefix ? len >= want : len == want) &&
		    memcmp(name, variables[i].name, want) == 0)
			return &variables[i];
	}
	return NULL;
}

/* Docker's own network hook (up to 25) runs in front of the container, with an environment that the
 * control "hooks" has made explicit: without this every image of Docker's would lose its library
 * paths for a program that never sees them. */
static bool is_network_hook(const char *stage, const struct json *hook)
{
	return text_equal(stage, "prestart") &&
	       text_starts(json_text(json_find(hook, "path")), "/proc/") &&
	       json_is(json_first(json_find(hook, "args")), "libnetwork-setkey") &&
	       json_find(hook, "env");
}

static bool has_hooks(struct edit *ed)
{
	json_each (stage, json_get(edit_doc(ed), "hooks")) {
		json_each (hook, stage) {
			/* Nor does mantlet's own, which comes behind the controls and is only here
			 * when a document is hardened again. */
			if (!is_network_hook(stage->key, hook) &&
			    !net_program_is_hook(ed, stage->key, hook))
				return true;
		}
	}
	return false;
}

/* NAME, of LEN bytes, is kept by the policy. */
static bool is_kept(struct edit *ed, const struct json *cfg, const char *name, size_t len)
{
	return json_first(json_find(cfg, "keep")) &&
	       policy_list_globs(cfg, "keep", arena_memdup(edit_arena(ed), name, len));
}

/* "void" and not absent: where CUDA_VERSION alone says what an image is, absent means all devices
 * (nvidia-container-toolkit), which is more than was asked. */
static void give_no_device(struct edit *ed, struct json *node)
{
	edit_replace(ed, EDIT_TRIM, reasons[ACTOR_DEVICES], node,
		     json_new_str(edit_arena(ed), NVIDIA_DEVICES "=void"));
}

static void drop(struct edit *ed, const struct variable *variable, struct json *node)
{
	if (text_equal(variable->name, NVIDIA_DEVICES))
		give_no_device(ed, node);
	else
		edit_remove(ed, EDIT_TRIM, reasons[variable->actor], node);
}

/* Nobody is given anything by it. */
static bool is_harmless(const struct variable *variable, const char *value)
{
	static const char *const nothing[] = { "", "void", "none", NULL };

	return text_equal(variable->name, NVIDIA_DEVICES) && text_in(value, nothing);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	bool is_loader_watched = has_hooks(ed);
	unsigned int changes = 0;
	struct json *next;

	for (struct json *node = json_first(json_get(edit_doc(ed), "process", "env")); node;
	     node = next) {
		size_t len = strcspn(node->text, "=");
		const struct variable *variable = find_variable(node->text, len);

		next = node->next;
		if (!variable || (variable->actor == ACTOR_LOADER && !is_loader_watched) ||
		    (variable->actor != ACTOR_RUNTIME && is_kept(ed, cfg, node->text, len)) ||
		    is_harmless(variable, node->text + len + 1))
			continue;
		if (++changes > MOST_CHANGES) {
			edit_refuse(ed, "too-many-variables",
				    "process.env has more than 10000 variables that a runtime, a "
				    "loader or a hook acts on",
				    "remove them");
			return 0;
		}
		drop(ed, variable, node);
	}
	return 0;
}

static int check_name(const struct json *value, struct error *e)
{
	if (value->len && !strchr(value->text, '='))
		return 0;
	return error_set(e, ERR_POLICY, "not the name of a variable");
}

static const struct setting settings[] = {
	{ .key = "keep", .type = SETTING_LIST, .check = check_name },
	{ .key = NULL },
};

const struct control control_environment = {
	.id = "environment",
	.title = "Drop variables that a runtime, a loader or a hook acts on",
	.refs = REFS("CIS-Docker-1.6.0/5.18"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
