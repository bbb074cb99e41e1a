/*
 * What the two built-in profiles say: what nobody may do, what each capability adds and what it
 * does not, and which answer a blocked call gets. Every capability is tried, so one that adds
 * something by accident is seen.
 */
#include <errno.h>

#include "caps.h"
#include "seccomp_try.h"

#define LAST_CAP 40 /* CAP_CHECKPOINT_RESTORE */

struct
try {
	const char *call;
	uint64_t args[6];
};

/* The calls that a capability opens, and that are blocked without it. */
static const struct opened {
	const char *profile, *cap;
	struct try tries[24];
} opened[] = {
	{ "default", "CAP_BPF", { { "bpf", { 0 } } } },
	{ "default",
	  "CAP_DAC_READ_SEARCH",
	  { { "name_to_handle_at", { 0 } }, { "open_by_handle_at", { 0 } } } },
	{ "default", "CAP_NET_RAW", { { "socket", { 17 } } } },
	{ "default", "CAP_PERFMON", { { "perf_event_open", { 0 } } } },
	{ "default", "CAP_SYSLOG", { { "syslog", { 0 } } } },
	{ "default",
	  "CAP_SYS_ADMIN",
	  { { "bpf", { 0 } },         { "clone", { 0x10000011 } }, { "clone", { 0x20000 } },
	    { "clone3", { 0 } },      { "fanotify_init", { 0 } },  { "fanotify_mark", { 0 } },
	    { "fsconfig", { 0 } },    { "fsmount", { 0 } },        { "fsopen", { 0 } },
	    { "fspick", { 0 } },      { "mount", { 0 } },          { "mount_setattr", { 0 } },
	    { "move_mount", { 0 } },  { "open_tree", { 0 } },      { "perf_event_open", { 0 } },
	    { "pivot_root", { 0 } },  { "quotactl", { 0 } },       { "quotactl_fd", { 0 } },
	    { "sethostname", { 0 } }, { "setdomainname", { 0 } },  { "setns", { 0 } },
	    { "umount2", { 0 } },     { "unshare", { 0 } } } },
	{ "default", "CAP_SYS_BOOT", { { "reboot", { 0 } } } },
	{ "default", "CAP_SYS_CHROOT", { { "chroot", { 0 } } } },
	{ "default",
	  "CAP_SYS_MODULE",
	  { { "delete_module", { 0 } }, { "finit_module", { 0 } }, { "init_module", { 0 } } } },
	{ "default",
	  "CAP_SYS_NICE",
	  { { "get_mempolicy", { 0 } }, { "mbind", { 0 } }, { "set_mempolicy", { 0 } } } },
	{ "default", "CAP_SYS_PACCT", { { "acct", { 0 } } } },
	{ "default",
	  "CAP_SYS_PTRACE",
	  { { "kcmp", { 0 } },
	    { "pidfd_getfd", { 0 } },
	    { "process_madvise", { 0 } },
	    { "process_vm_readv", { 0 } },
	    { "process_vm_writev", { 0 } },
	    { "ptrace", { 0 } } } },
	{ "default", "CAP_SYS_RAWIO", { { "ioperm", { 0 } }, { "iopl", { 0 } } } },
	{ "default",
	  "CAP_SYS_TIME",
	  { { "adjtimex", { 0 } },
	    { "clock_adjtime", { 0 } },
	    { "clock_settime", { 0 } },
	    { "settimeofday", { 0 } } } },
	{ "default", "CAP_SYS_TTY_CONFIG", { { "vhangup", { 0 } } } },
	{ "strict", "CAP_IPC_LOCK", { { "mlockall", { 0 } }, { "munlockall", { 0 } } } },
	{ "strict", "CAP_NET_ADMIN", { { "socket", { 16, 3, 12 } }, { "socket", { 16, 3, 16 } } } },
	{ "strict", "CAP_NET_RAW", { { "socket", { 17 } } } },
	{ "strict", "CAP_SYS_CHROOT", { { "chroot", { 0 } } } },
	{ "strict",
	  "CAP_SYS_NICE",
	  { { "get_mempolicy", { 0 } },
	    { "ioprio_get", { 0 } },
	    { "ioprio_set", { 0 } },
	    { "mbind", { 0 } },
	    { "sched_setattr", { 0 } },
	    { "sched_setparam", { 0 } },
	    { "sched_setscheduler", { 0 } },
	    { "set_mempolicy", { 0 } } } },
	{ "strict",
	  "CAP_SYS_TIME",
	  { { "adjtimex", { 0 } },
	    { "clock_adjtime", { 0 } },
	    { "clock_settime", { 0 } },
	    { "settimeofday", { 0 } } } },
};

static const char *const profiles[] = { "default", "strict" };

static int rank_of(const struct json *profile, const struct try *try)
{
	return judge(profile, try->call, try->args).weakest;
}

static bool is_listed(const char *profile, const char *cap, const struct try *try)
{
	for (size_t i = 0; i < ARRAY_SIZE(opened); i++) {
		if (strcmp(opened[i].profile, profile) != 0 || strcmp(opened[i].cap, cap) != 0)
			continue;
		for (const struct try *it = opened[i].tries; it->call; it++) {
			if (strcmp(it->call, try->call) == 0 && it->args[0] == try->args[0])
				return true;
		}
	}
	return false;
}

static void test_opened(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(opened); i++) {
		auto_arena struct arena *arena = arena_new();
		const struct opened *row = &opened[i];
		uint64_t cap = UINT64_C(1) << caps_number(row->cap, false);
		const struct json *without = seccomp_ours(arena, row->profile, false, 0);
		const struct json *others =
			seccomp_ours(arena, row->profile, false, ~cap & ~(UINT64_C(1) << 21));
		const struct json *with = seccomp_ours(arena, row->profile, false, cap);

		for (const struct try *it = row->tries; it->call; it++)
			ok(rank_of(without, it) == RANK_ERRNO &&
				   (rank_of(others, it) == RANK_ERRNO ||
				    strcmp(row->cap, "CAP_SYS_ADMIN") == 0) &&
				   rank_of(with, it) == RANK_ALLOW,
			   "%s: %s opens %s(%llu), nothing else does", row->profile, row->cap,
			   it->call, (unsigned long long)it->args[0]);
	}
}

/* Every call of every row under every capability: only what the table says is open. */
static void test_each_capability(const char *profile)
{
	for (int number = 0; number <= LAST_CAP; number++) {
		auto_arena struct arena *arena = arena_new();
		const char *cap = caps_name(number);
		const struct json *ours =
			seccomp_ours(arena, profile, false, UINT64_C(1) << number);
		bool is_right = true;

		for (size_t i = 0; i < ARRAY_SIZE(opened); i++) {
			for (const struct try *it = opened[i].tries; it->call; it++) {
				const struct try *try = it;
				bool is_open = rank_of(ours, try) == RANK_ALLOW;

				/* Open for everybody in this profile. */
				if (rank_of(seccomp_ours(arena, profile, false, 0), try) ==
				    RANK_ALLOW)
					continue;
				if (is_open == is_listed(profile, cap, try))
					continue;
				printf("# %s %s is %s\n", cap, try->call,
				       is_open ? "open" : "blocked");
				is_right = false;
			}
		}
		ok(is_right, "%s: %s opens what is said of it and nothing else", profile, cap);
	}
}

static uint64_t errno_of(const struct json *profile, const char *name)
{
	const uint64_t args[6] = { 0 };

	json_each (rule, json_find(profile, "syscalls")) {
		if (has_name(rule, name) && match_rule(rule, args) == YES)
			return seccomp_number(json_find(rule, "errnoRet"));
	}
	return seccomp_number(json_find(profile, "defaultErrnoRet"));
}

/* Dangers say "forbidden"; what nobody knows says "not here", so that the older way is tried. */
static void test_errors(const char *name)
{
	static const char *const forbidden[] = {
		"adjtimex",       "bpf",         "chroot", "clock_adjtime",   "clock_settime",
		"io_uring_setup", "keyctl",      "mount",  "perf_event_open", "ptrace",
		"setdomainname",  "sethostname", "setns",  "syslog",          "umount2",
		"unshare",        "userfaultfd",
	};
	static const char *const unknown[] = {
		"clone3",           "fsopen",
		"open_tree",        "move_mount",
		"mount_setattr",    "pidfd_getfd",
		"process_vm_readv", "add_key",
		"request_key",      "name_to_handle_at",
		"memfd_secret",     "quotactl_fd",
		"io_uring_enter",   "kexec_load",
		"init_module",      "fchmodat2",
	};
	auto_arena struct arena *arena = arena_new();
	const struct json *ours = seccomp_ours(arena, name, false, 0);

	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++)
		ok(errno_of(ours, forbidden[i]) == EPERM, "%s: %s answers EPERM", name,
		   forbidden[i]);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		ok(errno_of(ours, unknown[i]) == ENOSYS, "%s: %s answers ENOSYS", name, unknown[i]);
}

/* With every capability there is, too. */
static void test_never(const char *name)
{
	static const char *const never[] = {
		"io_uring_setup", "io_uring_enter", "io_uring_register",
		"keyctl",         "add_key",        "request_key",
		"userfaultfd",    "kexec_load",     "kexec_file_load",
		"swapon",         "msgget",         "mq_open",
		"vmsplice",       "modify_ldt",     "remap_file_pages",
		"lookup_dcookie",
	};
	static const struct try sockets[] = {
		{ "socket", { 15 } }, { "socket", { 21 } },           { "socket", { 29 } },
		{ "socket", { 30 } }, { "socket", { 31 } },           { "socket", { 38 } },
		{ "socket", { 40 } }, { "personality", { 0x40000 } },
	};
	auto_arena struct arena *arena = arena_new();
	const struct json *ours = seccomp_ours(arena, name, false, UINT64_MAX);
	const uint64_t args[6] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		ok(judge(ours, never[i], args).weakest == RANK_ERRNO, "%s: no capability opens %s",
		   name, never[i]);
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++)
		ok(rank_of(ours, &sockets[i]) == RANK_ERRNO, "%s: no capability opens %s(%llu)",
		   name, sockets[i].call, (unsigned long long)sockets[i].args[0]);
}

/* Strict is what default is, with less: for no capabilities and for any. */
static void test_strict_is_stricter(void)
{
	for (int number = -1; number <= LAST_CAP; number++) {
		auto_arena struct arena *arena = arena_new();
		uint64_t caps = number < 0 ? 0 : UINT64_C(1) << number;
		const struct json *wide = seccomp_ours(arena, "default", true, caps);
		const struct json *narrow = seccomp_ours(arena, "strict", true, caps);
		bool is_within = true;

		json_each (rule, json_find(narrow, "syscalls")) {
			json_each (name, json_find(rule, "names")) {
				struct try try = { name->text, { 0 } };
				const struct json *arg;

				if (rank(json_find(rule, "action")) != RANK_ALLOW)
					continue;
				arg = json_first(json_find(rule, "args"));
				if (arg && json_is(json_find(arg, "op"), "SCMP_CMP_EQ"))
					try.args[0] = seccomp_number(json_find(arg, "value"));
				if (rank_of(wide, &try) == RANK_ALLOW)
					continue;
				printf("# %s\n", name->text);
				is_within = false;
			}
		}
		ok(is_within, "strict: allows nothing that default blocks, %s",
		   number < 0 ? "without capabilities" : caps_name(number));
	}
}

int main(void)
{
	test_opened();
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		test_each_capability(profiles[i]);
		test_errors(profiles[i]);
		test_never(profiles[i]);
	}
	test_strict_is_stricter();
	return done_testing();
}
