/*
 * Find the real runtime, and give it a clean environment.
 *
 * Everything that mantlet decided is worth as much as the program that carries it out. It is found
 * by an absolute path, never by $PATH (engines put directories of their own in front, podman's
 * delete has none at all), and nobody but root can have put it there.
 */
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fdio.h"
#include "runtime_become.h"
#include "text.h"

/* execve(2) keeps the pid: the next program that finds its own pid here was called by mantlet. */
#define LOOP_VARIABLE "MANTLET_PID"

/* A host that diverts runc to us (dpkg-divert(1)) keeps the real one beside it. */
static const char *const search_list[] = {
	"/usr/sbin/runc.distrib", "/usr/bin/runc.distrib", "/usr/local/sbin/runc",
	"/usr/local/bin/runc",    "/usr/sbin/runc",        "/usr/bin/runc",
	"/usr/bin/crun.distrib",  "/usr/local/bin/crun",   "/usr/bin/crun",
};

/* By inode: a link, a divert and a bind mount are all the same program. */
static int is_mantlet(const struct stat *st, bool *ret_is_mantlet, struct error *e)
{
	struct stat self;

	if (stat("/proc/self/exe", &self) < 0)
		return error_sys(e, "cannot examine /proc/self/exe");
	*ret_is_mantlet = st->st_dev == self.st_dev && st->st_ino == self.st_ino;
	return 0;
}

/*
 * A copy of mantlet has another inode: mantlet would call it, it would find itself the same way
 * and call the next, for ever. So the second one stops.
 */
static int check_loop(struct error *e)
{
	const char *caller = getenv(LOOP_VARIABLE);
	uint64_t pid;

	if (!caller || parse_u64(caller, &pid) < 0 || pid != (uint64_t)getpid())
		return 0;
	return error_set(e, ERR_POLICY,
			 "what mantlet found as the real runtime is a copy of mantlet; name runc "
			 "or crun in the policy: \"runtime\": \"/path/of/runc\"");
}

/* The directory that holds the name, which can be a symlink that somebody else made. */
static int check_name(struct arena *arena, const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == path ? 1 : (size_t)(slash - path);
	const char *parent = arena_memdup(arena, path, len);
	auto_close int dir = -1;

	dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_sys(e, "cannot open the directory '%s'", parent);
	return fd_check_trusted(dir, parent, ERR_POLICY, e);
}

/*
 * crun is another program when it is called krun, so a link that changes the name would quietly
 * start another one than the policy says: we execute the file, by its own name.
 */
static int check_link(const char *asked, const char *real, struct error *e)
{
	const char *a = strrchr(asked, '/') + 1, *r = strrchr(real, '/') + 1;

	if (text_equal(a, r) || text_starts(a, "runc") || text_starts(a, "crun.") ||
	    text_equal(a, "crun"))
		return 0;
	return error_set(e, ERR_POLICY,
			 "the runtime '%s' is a link to '%s', and a runtime can behave by the name "
			 "it is called; name the file itself in the policy",
			 asked, real);
}

static int check_program(struct arena *arena, const char *path, int fd, const struct stat *st,
			 struct error *e)
{
	if (!S_ISREG(st->st_mode) || !(st->st_mode & 0111))
		return error_set(e, ERR_POLICY, "the runtime '%s' is not an executable file", path);
	if (fd_check_trusted(fd, path, ERR_POLICY, e) < 0 || check_name(arena, path, e) < 0)
		return error_wrap(e, "the runtime '%s' cannot be trusted", path);
	return 0;
}

/* 1 and *RET_PATH; 0 when there is nothing there or only ourselves; -1 when it may not be used:
 * a runtime that somebody tampered with is not a reason to look for another one. */
static int examine(const char **ret_path, struct arena *arena, const char *path, struct error *e)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	const char *real;
	struct stat st;
	bool is_self = true;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(e, "cannot examine the runtime '%s'", path);
	if (is_mantlet(&st, &is_self, e) < 0)
		return -1;
	if (is_self)
		return 0;
	if (check_program(arena, path, fd, &st, e) < 0)
		return -1;
	real = fd_path(fd, arena);
	if (!real)
		return error_set(e, ERR_SYSTEM, "the runtime '%s' was replaced just now", path);
	if (check_link(path, real, e) < 0)
		return -1;
	*ret_path = real;
	return 1;
}

static int find_named(const char **ret_path, struct arena *arena, const char *path, struct error *e)
{
	int found;

	if (path[0] != '/')
		return error_set(e, ERR_POLICY,
				 "the runtime '%s' is no absolute path; write \"runtime\": "
				 "\"/path/of/runc\"",
				 path);
	found = examine(ret_path, arena, path, e);
	if (found == 0)
		return error_set(e, ERR_POLICY,
				 "the runtime '%s' that the policy names is missing, or is mantlet "
				 "itself; install runc there, or name its path",
				 path);
	return found < 0 ? -1 : 0;
}

int runtime_find(const char **ret_path, struct arena *arena, const char *path, struct error *e)
{
	if (check_loop(e) < 0)
		return -1;
	if (path)
		return find_named(ret_path, arena, path, e);
	for (size_t i = 0; i < ARRAY_SIZE(search_list); i++) {
		int found = examine(ret_path, arena, search_list[i], e);

		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	return error_set(e, ERR_SYSTEM,
			 "no runtime is installed (looked for runc and crun in /usr/local/sbin, "
			 "/usr/local/bin, /usr/sbin and /usr/bin); install runc, or name it in "
			 "the policy: \"runtime\": \"/path/of/runc\"");
}

/* A host that diverts runc to us while containers run keeps the real one beside it, and what is
 * called runc now may be a copy of mantlet. */
int runtime_find_recorded(const char **ret_path, struct arena *arena, const char *recorded,
			  struct error *e)
{
	const char *const places[] = { arena_printf(arena, "%s.distrib", recorded), recorded };
	char quoted[QUOTED_SIZE];

	if (check_loop(e) < 0)
		return -1;
	if (recorded[0] != '/')
		return error_set(e, ERR_POLICY,
				 "the container's record names the runtime '%s', which is no "
				 "absolute path; start the container again",
				 error_quote(quoted, recorded, strlen(recorded)));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int found = examine(ret_path, arena, places[i], e);

		if (found < 0)
			return error_wrap(e, "the runtime of the container's record");
		if (found > 0)
			return 0;
	}
	return runtime_find(ret_path, arena, NULL, e);
}

/*
 * LISTEN_*: runc passes these descriptors on into the container, and the pid in LISTEN_PID is
 * still ours (sd_listen_fds(3)). LD_* and the like: the file that was checked is what runs, not
 * a library of somebody's choice (containerd's value even ends in the current directory, the
 * bundle). _LIBCONTAINER_*: runc's own words to its child. All else is for the engine to say.
 */
static bool is_unwanted(const char *variable)
{
	static const char *const prefixes[] = {
		"LISTEN_FDS=", "LISTEN_PID=",     "LISTEN_FDNAMES=", "LISTEN_PIDFDID=",
		"LD_",         "GLIBC_TUNABLES=", "GCONV_PATH=",     "_LIBCONTAINER_",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (text_starts(variable, prefixes[i]))
			return true;
	}
	return false;
}

/* Not unsetenv(3): a name that is there twice must go twice. */
static void clean_environment(void)
{
	char **kept = environ;

	for (char **variable = environ; variable && *variable; variable++) {
		if (!is_unwanted(*variable))
			*kept++ = *variable;
	}
	if (kept)
		*kept = NULL;
}

int runtime_exec(const char *path, char **argv, struct error *e)
{
	char pid[32];

	clean_environment();
	(void)snprintf(pid, sizeof(pid), "%jd", (intmax_t)getpid());
	if (setenv(LOOP_VARIABLE, pid, 1) < 0)
		return error_sys(e, "cannot prepare the environment of the runtime");
	return runtime_become(path, argv, e);
}
