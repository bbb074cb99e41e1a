/*
 * The vocabulary of the command line, as data.
 *
 * A runtime is called by many engines in many versions. What decides whether a word on the command
 * line is a flag, its value or the container's id is only whether the flag takes a value, so these
 * tables are the part of mantlet that must agree with runc and crun to the letter. The order of
 * the rows is the order in which we write them for the runtime.
 */
#include "cli_table.h"

#include <string.h>

#include "text.h"

#define CONFIG                                                                                     \
	"only the bundle's own config.json is read and hardened; put the document there and "      \
	"remove the flag"
#define PRESERVE_FDS                                                                               \
	.name = "preserve-fds", .arity = FLAG_VALUE, .check = CHECK_PRESERVE_FDS,                  \
	.asks = COMMAND_ASK_PRESERVE_FDS, .harmless = no_descriptors

static const char *const no_descriptors[] = { "0", NULL };
static const char *const managers[] = { "cgroupfs", "systemd", NULL };
static const char *const not_rootless[] = { "auto", "false", NULL };

/* clang-format off */
const struct cli_flag cli_own_flags[] = {
	{ .name = "mantlet-policy",  .arity = FLAG_VALUE },
	{ .name = "mantlet-profile", .arity = FLAG_VALUE },
	{ 0 }
};

const struct cli_flag cli_global_flags[] = {
	{ .name = "debug" },
	{ .name = "log",            .arity = FLAG_VALUE },
	{ .name = "log-format",     .arity = FLAG_VALUE },
	{ .name = "log-level",      .arity = FLAG_VALUE },	/* crun */
	{ .name = "root",           .arity = FLAG_VALUE },
	{ .name = "criu",           .arity = FLAG_VALUE },	/* runc before 1.4 */
	{ .name = "systemd-cgroup" },
	{ .name = "cgroup-manager", .arity = FLAG_VALUE,		/* crun */
	  .asks = COMMAND_ASK_CGROUP_MANAGER, .harmless = managers },
	{ .name = "rootless",       .arity = FLAG_VALUE,
	  .asks = COMMAND_ASK_ROOTLESS, .harmless = not_rootless },
	{ 0 }
};

static const struct cli_flag no_flags[] = {
	{ 0 }
};

static const struct cli_flag create_flags[] = {
	{ .name = "bundle",         .letter = 'b', .arity = FLAG_VALUE },
	{ .name = "config",         .letter = 'f', .arity = FLAG_VALUE,	/* crun */
	  .check = CHECK_REFUSED, .remedy = CONFIG },
	{ .name = "console-socket", .arity = FLAG_VALUE },
	{ .name = "pidfd-socket",   .arity = FLAG_VALUE },	/* runc from 1.2 */
	{ .name = "pid-file",       .arity = FLAG_VALUE },
	{ .name = "no-pivot",       .asks = COMMAND_ASK_NO_PIVOT },
	{ .name = "no-new-keyring", .asks = COMMAND_ASK_NO_NEW_KEYRING },
	{ .name = "no-subreaper" },				/* crun */
	{ PRESERVE_FDS },
	{ 0 }
};

static const struct cli_flag run_flags[] = {
	{ .name = "bundle",         .letter = 'b', .arity = FLAG_VALUE },
	{ .name = "config",         .letter = 'f', .arity = FLAG_VALUE,	/* crun */
	  .check = CHECK_REFUSED, .remedy = CONFIG },
	{ .name = "console-socket", .arity = FLAG_VALUE },
	{ .name = "pidfd-socket",   .arity = FLAG_VALUE },	/* runc from 1.2 */
	{ .name = "detach",         .letter = 'd' },
	{ .name = "keep" },
	{ .name = "pid-file",       .arity = FLAG_VALUE },
	{ .name = "no-subreaper" },
	{ .name = "no-pivot",       .asks = COMMAND_ASK_NO_PIVOT },
	{ .name = "no-new-keyring", .asks = COMMAND_ASK_NO_NEW_KEYRING },
	{ PRESERVE_FDS },
	{ 0 }
};

/* crun's --network-lock is left out: its versions disagree on whether a value follows. */
static const struct cli_flag restore_flags[] = {
	{ .name = "bundle",         .letter = 'b', .arity = FLAG_VALUE },
	{ .name = "console-socket", .arity = FLAG_VALUE },
	{ .name = "image-path",     .arity = FLAG_VALUE },
	{ .name = "work-path",      .arity = FLAG_VALUE },
	{ .name = "tcp-established" },
	{ .name = "tcp-close" },				/* crun */
	{ .name = "ext-unix-sk" },
	{ .name = "shell-job" },
	{ .name = "file-locks" },
	{ .name = "manage-cgroups-mode", .arity = FLAG_VALUE },
	{ .name = "detach",         .letter = 'd' },
	{ .name = "pid-file",       .arity = FLAG_VALUE },
	{ .name = "no-subreaper",   .is_one_dash = true },	/* go-runc, so containerd */
	{ .name = "no-pivot",       .asks = COMMAND_ASK_NO_PIVOT },
	{ .name = "empty-ns",       .arity = FLAG_LIST },
	{ .name = "auto-dedup" },
	{ .name = "lazy-pages" },
	{ .name = "lsm-profile",    .arity = FLAG_VALUE },
	{ .name = "lsm-mount-context", .arity = FLAG_VALUE },
	{ 0 }
};

/* Without crun's --network-lock as well. */
static const struct cli_flag checkpoint_flags[] = {
	{ .name = "image-path",     .arity = FLAG_VALUE },
	{ .name = "work-path",      .arity = FLAG_VALUE },
	{ .name = "parent-path",    .arity = FLAG_VALUE },
	{ .name = "leave-running" },
	{ .name = "tcp-established" },
	{ .name = "tcp-skip-in-flight" },			/* runc from 1.3 */
	{ .name = "link-remap" },				/* runc from 1.3 */
	{ .name = "ext-unix-sk" },
	{ .name = "shell-job" },
	{ .name = "lazy-pages" },
	{ .name = "status-fd",      .arity = FLAG_VALUE },
	{ .name = "page-server",    .arity = FLAG_VALUE },
	{ .name = "file-locks" },
	{ .name = "pre-dump" },
	{ .name = "manage-cgroups-mode", .arity = FLAG_VALUE },
	{ .name = "empty-ns",       .arity = FLAG_LIST },
	{ .name = "auto-dedup" },
	{ 0 }
};

static const struct cli_flag exec_flags[] = {
	{ .name = "process",        .letter = 'p', .arity = FLAG_VALUE },
	{ .name = "console-socket", .arity = FLAG_VALUE },
	{ .name = "pidfd-socket",   .arity = FLAG_VALUE },	/* runc from 1.2 */
	{ .name = "detach",         .letter = 'd' },
	{ .name = "pid-file",       .arity = FLAG_VALUE },
	{ .name = "cwd",            .arity = FLAG_VALUE },
	{ .name = "env",            .letter = 'e', .arity = FLAG_LIST },
	{ .name = "tty",            .letter = 't' },
	{ .name = "user",           .letter = 'u', .arity = FLAG_VALUE },
	{ .name = "additional-gids", .letter = 'g', .arity = FLAG_LIST },
	{ .name = "process-label",  .arity = FLAG_VALUE },
	{ .name = "apparmor",       .arity = FLAG_VALUE },
	{ .name = "no-new-privs" },
	{ .name = "cap",            .letter = 'c', .arity = FLAG_LIST },
	{ PRESERVE_FDS },
	{ .name = "cgroup",         .arity = FLAG_LIST, .asks = COMMAND_ASK_CGROUP },
	{ .name = "ignore-paused" },
	{ 0 }
};

static const struct cli_flag update_flags[] = {
	{ .name = "resources",      .letter = 'r', .arity = FLAG_VALUE },
	{ .name = "blkio-weight",   .arity = FLAG_VALUE },
	{ .name = "cpu-period",     .arity = FLAG_VALUE },
	{ .name = "cpu-quota",      .arity = FLAG_VALUE },
	{ .name = "cpu-burst",      .arity = FLAG_VALUE },	/* runc from 1.2 */
	{ .name = "cpu-share",      .arity = FLAG_VALUE },
	{ .name = "cpu-rt-period",  .arity = FLAG_VALUE },
	{ .name = "cpu-rt-runtime", .arity = FLAG_VALUE },
	{ .name = "cpuset-cpus",    .arity = FLAG_VALUE },
	{ .name = "cpuset-mems",    .arity = FLAG_VALUE },
	{ .name = "kernel-memory",  .arity = FLAG_VALUE },
	{ .name = "kernel-memory-tcp", .arity = FLAG_VALUE },
	{ .name = "memory",         .arity = FLAG_VALUE },
	{ .name = "cpu-idle",       .arity = FLAG_VALUE },	/* runc from 1.2 */
	{ .name = "memory-reservation", .arity = FLAG_VALUE },
	{ .name = "memory-swap",    .arity = FLAG_VALUE },
	{ .name = "pids-limit",     .arity = FLAG_VALUE },
	{ .name = "l3-cache-schema", .arity = FLAG_VALUE, .asks = COMMAND_ASK_L3_CACHE_SCHEMA },
	{ .name = "mem-bw-schema",  .arity = FLAG_VALUE, .asks = COMMAND_ASK_MEM_BW_SCHEMA },
	{ 0 }
};

/*
 * Not here, so refused: crun's "mounts", which mounts into a running container; "init", which runc
 * keeps for itself; whatever a later runtime learns, for it may start a process.
 */
static const struct cli_command commands[] = {
	{ .name = "create",     .kind = COMMAND_CREATE,  .flags = create_flags },
	{ .name = "run",        .kind = COMMAND_CREATE,  .flags = run_flags },
	{ .name = "restore",    .kind = COMMAND_RESTORE, .flags = restore_flags },
	{ .name = "exec",       .kind = COMMAND_EXEC,    .flags = exec_flags, .is_exec = true },
	{ .name = "update",     .kind = COMMAND_UPDATE,  .flags = update_flags },
	{ .name = "checkpoint", .kind = COMMAND_CHECKPOINT, .flags = checkpoint_flags },
	{ .name = "delete",     .kind = COMMAND_DELETE },
	{ .name = "start",      .kind = COMMAND_START,   .flags = no_flags },
	{ .name = "kill",       .kind = COMMAND_PASS },
	{ .name = "pause",      .kind = COMMAND_PASS },
	{ .name = "resume",     .kind = COMMAND_PASS },
	{ .name = "state",      .kind = COMMAND_PASS, .is_read_only = true },
	{ .name = "ps",         .kind = COMMAND_PASS, .is_read_only = true },
	{ .name = "list",       .kind = COMMAND_PASS, .is_read_only = true },
	{ .name = "events",     .kind = COMMAND_PASS, .is_read_only = true },
	{ .name = "features",   .kind = COMMAND_PASS, .is_read_only = true },
	{ .name = "spec",       .kind = COMMAND_PASS, .is_read_only = true },
	{ .name = "help",       .kind = COMMAND_PASS, .is_read_only = true },
	{ .name = "h",          .kind = COMMAND_PASS, .is_read_only = true },
};
/* clang-format on */

const struct cli_command *cli_find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (text_equal(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

const char *cli_flag_name(const struct cli_flag *flag)
{
	return flag->name;
}

const struct cli_flag *cli_find_flag(const struct cli_flag *table, const char *token,
				     const char **ret_value)
{
	const char *name = token + 2;
	size_t len;

	*ret_value = NULL;
	if (token[0] != '-' || token[1] == '\0')
		return NULL;
	if (token[1] != '-') {
		for (; token[2] == '\0' && table->name; table++) {
			if (table->letter && table->letter == token[1])
				return table;
		}
		for (; token[2] && table->name; table++) {
			if (table->is_one_dash && text_equal(table->name, token + 1))
				return table;
		}
		return NULL;
	}
	len = strcspn(name, "=");
	for (; table->name; table++) {
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0) {
			*ret_value = name[len] == '=' ? name + len + 1 : NULL;
			return table;
		}
	}
	return NULL;
}

const struct cli_flag *cli_nearest_flag(const struct cli_flag *table, const char *token)
{
	const char *words[64] = { NULL };
	char name[64];
	const char *nearest;
	size_t dashes = strspn(token, "-"), count = 0, len;

	token += dashes;
	len = strcspn(token, "=");
	if (len == 0 || len >= sizeof(name))
		return NULL;
	memcpy(name, token, len);
	name[len] = '\0';

	/* An abbreviation first: crun takes them. */
	for (const struct cli_flag *f = table; f->name && count < ARRAY_SIZE(words) - 1; f++) {
		if (text_starts(f->name, name))
			return f;
		words[count++] = f->name;
	}
	nearest = text_nearest(name, words);
	for (const struct cli_flag *f = table; f->name; f++) {
		/* "-bX" and "-db" begin with a short name; crun takes those too. */
		if (f->name == nearest || (dashes == 1 && f->letter == name[0]))
			return f;
	}
	return NULL;
}

const char *cli_nearest_command(const char *name)
{
	const char *words[ARRAY_SIZE(commands) + 1] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		words[i] = commands[i].name;
	return text_nearest(name, words);
}
