/*
 * Records live in /run, so they end with the boot, as containers do. One directory for each runtime
 * root, named by its real path with '/' written as "%2F": the same id may exist under two roots.
 *
 * A record says under which policy a container lives, so whoever could write one could loosen every
 * later exec. The directories are root's alone, and one that is not is an error and never a reason
 * to go on as if there were no record.
 */
#include "state_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "net_files.h"
#include "state.h"
#include "text.h"

#define STATE_DIR "/run/mantlet"

/* crun(1) honours XDG_RUNTIME_DIR for root too, runc(8) only without root. */
static void default_root(char buf[static PATH_MAX], const char *runtime)
{
	const char *slash = runtime ? strrchr(runtime, '/') : NULL;
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	if (!slash || !strstr(slash, "crun"))
		(void)snprintf(buf, PATH_MAX, "/run/runc");
	else if (xdg && xdg[0])
		(void)snprintf(buf, PATH_MAX, "%s/crun", xdg);
	else
		(void)snprintf(buf, PATH_MAX, "/run/crun");
}

/* Append the components of REST, which do not exist yet, one '/' in front of each. */
static int append_rest(char buf[static PATH_MAX], const char *rest)
{
	size_t len = strlen(buf);

	if (len == 1) /* "/" */
		len = 0;
	for (rest += strspn(rest, "/"); *rest; rest += strspn(rest, "/")) {
		size_t part = strcspn(rest, "/");

		/* What ".." of nothing is the runtimes see differently. */
		if (part == 2 && memcmp(rest, "..", 2) == 0)
			return -1;
		if (len + part + 2 > PATH_MAX)
			return -1;
		if (!(part == 1 && rest[0] == '.')) {
			buf[len++] = '/';
			memcpy(buf + len, rest, part);
			len += part;
		}
		rest += part;
	}
	buf[len] = '\0';
	return 0;
}

/* Real path of what exists of PATH, the rest as written: before the first container there is no
 * root, and its name must be the same afterwards. */
static int real_path(char buf[static PATH_MAX], const char *path)
{
	char absolute[2 * PATH_MAX] = "", parent[2 * PATH_MAX];
	const char *rest = "";
	size_t above, len = strlen(path);

	if (path[0] != '/' && !getcwd(absolute, PATH_MAX))
		return -1;
	above = strlen(absolute);
	if (above + len + 2 > PATH_MAX)
		return -1;
	absolute[above] = '/';
	memcpy(absolute + above + 1, path, len + 1);

	memcpy(parent, absolute, sizeof(parent));
	while (!realpath(parent, buf)) {
		char *slash = strrchr(parent, '/');

		if (errno != ENOENT || !slash)
			return -1;
		*slash = '\0';
		rest = absolute + (slash - parent);
		if (slash == parent) {
			(void)snprintf(buf, PATH_MAX, "/");
			break;
		}
	}
	return append_rest(buf, rest);
}

static int no_name(struct error *e)
{
	return error_set(e, ERR_USAGE,
			 "the path of the runtime root (--root) cannot be used for a record; give "
			 "a shorter one without '..'");
}

int state_root(char buf[static PATH_MAX], const struct invocation *inv, const char *runtime,
	       struct error *e)
{
	char fallback[PATH_MAX];
	const char *root = inv->root;

	if (!root || !root[0]) {
		default_root(fallback, runtime);
		root = fallback;
	}
	return real_path(buf, root) < 0 ? no_name(e) : 0;
}

static int directory_name(char name[static NAME_MAX + 1], const char *root)
{
	size_t len = 0;

	for (const char *c = root; *c; c++) {
		bool is_escaped = *c == '/' || *c == '%';

		if (len + (is_escaped ? 3 : 1) > NAME_MAX)
			return -1;
		if (is_escaped)
			memcpy(name + len, *c == '/' ? "%2F" : "%25", 3);
		else
			name[len] = *c;
		len += is_escaped ? 3 : 1;
	}
	name[len] = '\0';
	return 0;
}

/* A directory of ours: no symlink, root's, nobody else may write. */
static int open_own(int parent, const char *name)
{
	auto_close int fd = -1;
	struct stat st;

	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -1;
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		errno = EPERM;
		return -1;
	}
	return take_fd(&fd);
}

static int make_own(int parent, const char *name)
{
	int fd = open_own(parent, name);

	/* EEXIST: another start was faster. */
	if (fd < 0 && errno == ENOENT && (mkdirat(parent, name, 0700) == 0 || errno == EEXIST))
		fd = open_own(parent, name);
	return fd;
}

/* Number of a group of this host; fgetgrent(3) and not getgrnam(3), whose name services a static
 * program would have to load. */
static bool find_group(const char *name, gid_t *ret_gid)
{
	struct group *group;
	bool is_found = false;
	FILE *file = fopen("/etc/group", "re");

	if (!file)
		return false;
	while (!is_found && (group = fgetgrent(file))) {
		is_found = text_equal(group->gr_name, name);
		if (is_found)
			*ret_gid = group->gr_gid;
	}
	(void)fclose(file);
	return is_found;
}

void state_share(int fd, mode_t mode, mode_t private, const struct policy *policy)
{
	struct stat st;
	gid_t gid;

	/* A group that is not there leaves the record to root alone. */
	if (policy->records_group && find_group(policy->records_group, &gid)) {
		if (fchown(fd, (uid_t)-1, gid) == 0)
			(void)fchmod(fd, mode);
		return;
	}
	/* The umask is the caller's, and an earlier policy may have shared. */
	if (fstat(fd, &st) == 0 && (st.st_mode & 07777) != private)
		(void)fchmod(fd, private);
}

/* NAME: of the directory of one runtime root; NULL: that of all. */
static int untrusted(struct error *e, const char *name)
{
	char quoted[QUOTED_SIZE] = "";
	const char *slash = name ? "/" : "";
	int sys_errno = errno;

	if (name)
		error_quote(quoted, name, strlen(name));
	errno = sys_errno;
	if (errno == EPERM || errno == ELOOP || errno == ENOTDIR)
		return error_set(e, ERR_SYSTEM,
				 "the directory of records, " STATE_DIR
				 "%s%s, is not root's alone: "
				 "remove it, it is made anew; containers that run then have no "
				 "record",
				 slash, quoted);
	return error_sys(e, "cannot use the directory of records, " STATE_DIR "%s%s", slash,
			 quoted);
}

int state_dir_make(const char *root, const struct policy *policy, struct error *e)
{
	char name[NAME_MAX + 1];
	auto_close int base = -1, dir = -1;

	if (directory_name(name, root))
		return no_name(e);

	base = make_own(AT_FDCWD, STATE_DIR);
	if (base < 0)
		return untrusted(e, NULL);
	state_share(base, 0710, 0700, policy);

	dir = make_own(base, name);
	if (dir < 0)
		return untrusted(e, name);
	state_share(dir, 0750, 0700, policy);
	return take_fd(&dir);
}

int state_dir_open(int *ret_fd, const char *root, struct error *e)
{
	char name[NAME_MAX + 1];
	auto_close int base = -1;

	if (directory_name(name, root))
		return no_name(e);
	base = open_own(AT_FDCWD, STATE_DIR);
	if (base < 0)
		return errno == ENOENT ? 0 : untrusted(e, NULL);
	*ret_fd = open_own(base, name);
	if (*ret_fd < 0)
		return errno == ENOENT ? 0 : untrusted(e, name);
	return 1;
}

/* Not the directory of one root: whom the policy lets read records may open that one, and whoever
 * can open a directory can lock it for ever (flock(2)). This one is root's alone to open. */
int state_lock(struct error *e)
{
	auto_close int base = open_own(AT_FDCWD, STATE_DIR);
	int result;

	if (base < 0)
		return untrusted(e, NULL);
	do
		result = flock(base, LOCK_EX);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_sys(e, "cannot lock the directory of records, " STATE_DIR);
	return take_fd(&base);
}

int state_file_name(char name[static NAME_MAX + 1], const char *id)
{
	if (strlen(id) > STATE_ID_MAX)
		return -1;
	(void)snprintf(name, NAME_MAX + 1, "%s.json", id);
	return 0;
}

const char *state_plan_path(struct arena *arena, const char *root, const char *id)
{
	char dir[NAME_MAX + 1], name[NAME_MAX + 1];

	if (directory_name(dir, root) || net_files_plan_name(name, id))
		return NULL;
	return arena_printf(arena, STATE_DIR "/%s/%s", dir, name);
}

bool state_has_container(const char *id)
{
	char path[2 * NAME_MAX + 16], name[NAME_MAX + 1];
	bool is_found = false;
	int fd;
	DIR *base;

	if (strchr(id, '/') || state_file_name(name, id))
		return false;
	fd = open_own(AT_FDCWD, STATE_DIR);
	if (fd < 0)
		return false;
	base = fdopendir(fd);
	if (!base) {
		(void)close(fd);
		return false;
	}
	for (struct dirent *entry; !is_found && (entry = readdir(base));) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", entry->d_name, name);
		is_found = faccessat(dirfd(base), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	(void)closedir(base);
	return is_found;
}
