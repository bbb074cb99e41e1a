/*
 * Directories of a checkpoint: where they lead, and who could change what lies there.
 *
 * Root makes these directories, writes a container's memory into them and, at a restore, believes
 * what it reads: credentials, filters, open files. So the whole way must be root's, links on it
 * followed: nobody else can then put another directory, or a link to /etc, in the place of one that
 * was looked at. In a sticky directory (/tmp) that holds for what is there already and is root's,
 * not for what is yet to be made.
 */
#include "checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fdio.h"
#include "hostpath.h"
#include "text.h"

/* Images on top of images; a loop ends here. */
#define MAX_PARENTS 16

static const char others_can_change[] = "can be changed by others than root (owner and mode count, "
					"of it and of every directory above)";

static const char *words_of(int sys_errno)
{
	switch (sys_errno) {
	case ELOOP:
		return "leads through a link that has no end, or one of those in /proc";
	case ESTALE:
		return "leads to something that no path leads to";
	case EILSEQ:
		return "leads to a name that is not UTF-8";
	case ENOENT:
		return "leads through something that is not there";
	default:
		return "cannot be followed";
	}
}

static bool is_roots(int fd)
{
	struct error ignored = { 0 };

	return fd_check_trusted(fd, "", ERR_DENIED, &ignored) == 0;
}

/* Cut the last name off PATH, an absolute one. NULL when it is no name of its own ("..", "."). */
static const char *cut_name(char *path)
{
	size_t len = strlen(path);
	char *slash;

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	slash = strrchr(path, '/');
	if (!slash || !slash[1] || text_equal(slash + 1, ".") || text_equal(slash + 1, ".."))
		return NULL;
	*slash = '\0';
	return slash + 1;
}

/* PATH is not there: the deepest directory that is decides, and the rest is made below it. */
static void find_absent(struct checkpoint_dir *dir, struct arena *arena, const char *path)
{
	auto_hostpath struct hostpath above = { .fd = -1 };
	char *left = arena_strdup(arena, path);
	const char *rest = "";
	struct error e = { .sys_errno = ENOENT };

	while (above.fd < 0) {
		const char *name = e.sys_errno == ENOENT ? cut_name(left) : NULL;

		if (!name) {
			dir->fault = words_of(e.sys_errno);
			return;
		}
		rest = arena_printf(arena, "/%s%s", name, rest);
		e = (struct error){ 0 };
		(void)!hostpath_open(&above, arena, AT_FDCWD, left[0] ? left : "/", &e);
	}
	dir->real =
		arena_printf(arena, "%s%s", text_equal(above.real, "/") ? "" : above.real, rest);
	if (hostpath_is_settled_absence(dir->real, arena))
		return;
	/* A link to nowhere is there, and following it would make its end. */
	if (hostpath_has_symlink(dir->real)) {
		dir->real = NULL;
		dir->fault = words_of(ENOENT);
		return;
	}
	dir->fault = S_ISDIR(above.st.st_mode) && (above.st.st_mode & S_ISVTX)
			     ? "is not there yet, where everybody may make it first"
			     : others_can_change;
}

void checkpoint_dir_find(struct checkpoint_dir *ret_dir, struct arena *arena, const char *flag,
			 const char *asked)
{
	auto_hostpath struct hostpath path = { .fd = -1 };
	struct error e = { 0 };
	char cwd[4096];

	*ret_dir = (struct checkpoint_dir){ .flag = flag,
					    .asked = asked,
					    .fault = "is below a directory that is gone" };
	if (asked[0] != '/') {
		if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/')
			return;
		asked = arena_printf(arena, "%s/%s", cwd, asked);
	}
	ret_dir->fault = NULL;
	if (hostpath_open(&path, arena, AT_FDCWD, asked, &e) < 0) {
		if (e.sys_errno == ENOENT)
			find_absent(ret_dir, arena, asked);
		else
			ret_dir->fault = words_of(e.sys_errno);
		return;
	}
	ret_dir->real = path.real;
	if (!S_ISDIR(path.st.st_mode))
		ret_dir->fault = "is something else than a directory";
	else if (!is_roots(path.fd))
		ret_dir->fault = others_can_change;
}

/* What is wrong with one file of an image; *RET_HAS_PARENT when it is the link to images below. */
static const char *check_entry(int fd, const char *name, bool *ret_has_parent)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return "changes while it is looked at";
	if (S_ISLNK(st.st_mode) && text_equal(name, "parent")) {
		*ret_has_parent = true;
		return st.st_uid == 0 ? NULL : "has a link in it that is not root's";
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return "has something in it that is no part of a checkpoint";
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return "has files in it that others than root can change";
	return NULL;
}

static const char *check_entries(const char *path, bool *ret_has_parent)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	const char *fault = NULL;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return "cannot be looked into";
	}
	while (!fault && (entry = readdir(dir))) {
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			fault = check_entry(fd, entry->d_name, ret_has_parent);
	}
	(void)closedir(dir);
	return fault;
}

void checkpoint_dir_check_images(struct checkpoint_dir *image, struct arena *arena)
{
	struct checkpoint_dir below;
	bool has_parent = false;

	image->fault = check_entries(image->real, &has_parent);
	below = *image;
	for (int i = 0; has_parent && !image->fault; i++) {
		checkpoint_dir_find(&below, arena, image->flag,
				    arena_printf(arena, "%s/parent", below.real));
		has_parent = false;
		if (below.fault || check_entries(below.real, &has_parent))
			image->fault = "is made on top of a checkpoint that is not root's alone";
		else if (i == MAX_PARENTS)
			image->fault = "is made on top of too many others";
	}
}

const char *checkpoint_dir_relative(struct arena *arena, const char *from, const char *to)
{
	size_t same = 0, at = 0;
	const char *way = "";

	/* The last place where both are at the end of a name. */
	for (;; at++) {
		bool from_ends = !from[at] || from[at] == '/', to_ends = !to[at] || to[at] == '/';

		if (from_ends && to_ends)
			same = at;
		if (!from[at] || from[at] != to[at])
			break;
	}
	for (const char *c = from + same; *c; c++) {
		if (*c == '/' && c[1])
			way = arena_printf(arena, "../%s", way);
	}
	to += same;
	to += strspn(to, "/");
	if (!*to && *way)
		return arena_memdup(arena, way, strlen(way) - 1);
	return *to ? arena_printf(arena, "%s%s", way, to) : ".";
}
