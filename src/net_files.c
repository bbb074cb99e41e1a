/*
 * The files of a firewall. Who could write a plan could open the container's network and whoever
 * could swap a directory could swap the plan, so both are asked for as those of a policy are.
 */
#include "net_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "fdio.h"
#include "runtime_state.h"
#include "state_dir.h"
#include "text.h"

#define PLAN_END ".net"
#define PIN_END ".ns"

int net_files_plan_name(char name[static NAME_MAX + 1], const char *id)
{
	if (strlen(id) > STATE_ID_MAX)
		return -1;
	(void)snprintf(name, NAME_MAX + 1, "%s" PLAN_END, id);
	return 0;
}

static int check_own(int fd, const char *path, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(e, "cannot examine the plan of the firewall '%s'", path);
	/* A second name could lie in a directory of somebody else. */
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return error_set(e, ERR_SYSTEM,
				 "the plan of the firewall '%s' is not a file of mantlet's; start "
				 "the container again",
				 path);
	return fd_check_trusted(fd, path, ERR_SYSTEM, e);
}

static bool is_named(const char *path, const char *id)
{
	const char *slash = strrchr(path, '/');
	char name[NAME_MAX + 1];

	return slash && net_files_plan_name(name, id) == 0 && text_equal(slash + 1, name);
}

int net_files_load(struct net_plan *ret_plan, struct arena *arena, const char *path,
		   struct error *e)
{
	auto_close int fd = -1;
	const char *text;
	size_t len;

	if (path[0] != '/')
		return error_set(e, ERR_USAGE, "the plan of the firewall needs an absolute path");
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(e, "cannot open the plan of the firewall '%s'", path);
	if (check_own(fd, path, e) < 0 ||
	    fd_read_all(fd, (size_t)JSON_MAX_TEXT, arena, &text, &len, path, e) < 0)
		return -1;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (net_plan_read(ret_plan, arena, text, len, e) < 0)
		return -1;
	if (!is_named(path, ret_plan->id))
		return error_set(e, ERR_SYSTEM,
				 "the plan of the firewall '%s' is of another container; start the "
				 "container again",
				 path);
	return 0;
}

const char *net_files_pin_path(struct arena *arena, const char *path)
{
	size_t len = strlen(path) - (text_ends(path, PLAN_END) ? strlen(PLAN_END) : 0);

	return arena_printf(arena, "%.*s" PIN_END, (int)len, path);
}

static void unpin(int dir_fd, const char *name)
{
	char path[PATH_MAX];

	/* umount(2) knows no directory descriptors. */
	if (dir_fd == AT_FDCWD)
		(void)snprintf(path, sizeof(path), "%s", name);
	else
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir_fd, name);
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		continue;
	(void)unlinkat(dir_fd, name, 0);
}

int net_files_pin(const char *path, int ns)
{
	auto_arena struct arena *arena = arena_new();
	const char *pin = net_files_pin_path(arena, path);
	auto_close int fd = -1;
	char source[64];

	unpin(AT_FDCWD, pin); /* of an earlier container of this name */
	fd = open(pin, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", ns);
	if (mount(source, pin, NULL, MS_BIND, NULL) == 0)
		return 0;
	(void)unlink(pin);
	return -1;
}

/* Its plan stays: a new container of that name may be on its way, and waits for its hook. */
void net_files_unpin_dead(const char *path, const char *root)
{
	auto_arena struct arena *arena = arena_new();
	const char *slash = strrchr(path, '/');
	DIR *dir = opendir(arena_printf(arena, "%.*s/", (int)(slash - path), path));

	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		const char *name = entry->d_name;
		char id[NAME_MAX + 1];

		if (!text_ends(name, PIN_END))
			continue;
		(void)snprintf(id, sizeof(id), "%.*s", (int)(strlen(name) - strlen(PIN_END)), name);
		if (id[0] && runtime_state_is_absent(root, id))
			unpin(dirfd(dir), name);
	}
	(void)closedir(dir);
}

/* The plan that belongs to the pin NAME below the directory DIR is in force; what cannot be read
 * may be. */
static bool is_enforced(const char *dir, const char *name)
{
	auto_arena struct arena *arena = arena_new();
	struct error ignored = { 0 };
	struct net_plan plan;

	return net_files_load(&plan, arena,
			      arena_printf(arena, "%s/%.*s" PLAN_END, dir,
					   (int)(strlen(name) - strlen(PIN_END)), name),
			      &ignored) < 0 ||
	       net_plan_is_enforced(&plan);
}

static bool has_pin_of(const char *path, struct ns_id ns)
{
	DIR *dir = opendir(path);
	bool is_found = false;

	if (!dir)
		return false;
	for (struct dirent *entry; !is_found && (entry = readdir(dir));) {
		struct stat st;

		is_found = text_ends(entry->d_name, PIN_END) &&
			   fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			   st.st_dev == ns.dev && st.st_ino == ns.ino &&
			   is_enforced(path, entry->d_name);
	}
	(void)closedir(dir);
	return is_found;
}

bool net_files_is_walled(const char *path, struct ns_id ns)
{
	auto_arena struct arena *arena = arena_new();
	const char *slash = strrchr(path, '/');
	const char *records = arena_printf(arena, "%.*s/..", (int)(slash - path), path);
	bool is_found = false;
	DIR *base = opendir(records);

	if (!base)
		return false;
	for (struct dirent *entry; !is_found && (entry = readdir(base));) {
		if (entry->d_name[0] != '.')
			is_found = has_pin_of(arena_printf(arena, "%s/%s", records, entry->d_name),
					      ns);
	}
	(void)closedir(base);
	return is_found;
}

void net_files_remove(int dir_fd, const char *id)
{
	char name[NAME_MAX + 1], pin[NAME_MAX + 1];

	if (net_files_plan_name(name, id) < 0)
		return;
	(void)unlinkat(dir_fd, name, 0);
	(void)snprintf(pin, sizeof(pin), "%s" PIN_END, id);
	if (faccessat(dir_fd, pin, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		unpin(dir_fd, pin);
}
