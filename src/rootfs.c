/*
 * The container's root directory as a descriptor.
 *
 * Two questions are answered here. Is the directory that config.json names really an image, and not
 * a piece of the host (podman --rootfs, a hand-written bundle)? And where inside it does a path
 * lead, when every symlink on the way was put there by somebody else? The second is left to the
 * kernel: openat2(2) with RESOLVE_IN_ROOT has no window between looking and following.
 */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fdio.h"
#include "text.h"

/* The kernel's own limit for one path (path_resolution(7)), and a bound on the work one path of a
 * hostile image can cause. */
#define MAX_LINKS 40
#define MAX_STEPS 256

/*
 * Directories that are never an image, compared by device and inode. Each holds other people's
 * files, an engine's state or the way to both; what lies below some of them may well be an image
 * (/var/lib/docker/overlay2/ID/merged).
 */
/* clang-format off */
static const char *const host_dirs[] = {
	"/", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/boot", "/proc", "/sys",
	"/dev", "/home", "/root", "/run", "/var", "/var/lib", "/var/run", "/var/tmp", "/var/log",
	"/tmp", "/opt", "/srv", "/mnt", "/media",
	"/run/mantlet", "/run/docker", "/run/containerd", "/run/containers", "/run/crio",
	"/var/lib/docker", "/var/lib/docker/volumes", "/var/lib/docker/overlay2",
	"/var/lib/containerd", "/var/lib/containers", "/var/lib/containers/storage",
	"/var/lib/kubelet",
};
/* Below these nothing is an image. By the resolved path: their parts are known by name. */
static const char *const host_trees[] = {
	"/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/boot", "/proc", "/sys", "/dev",
};
/* clang-format on */

static int openat2_in_root(int root_fd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};
	long fd = -1;

	/* EAGAIN: something was renamed while ".." was walked; openat2(2) says to try again. */
	for (int tries = 0; tries < 16; tries++) {
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

static int fail_open(const char *path, struct error *e)
{
	char quoted[QUOTED_SIZE];

	if (errno == ENOSYS) {
		error_sys(e, "openat2");
		return error_set(
			e, ERR_SYSTEM,
			"this kernel has no openat2(2), without which a path inside an image "
			"cannot be followed safely; Linux 5.6 or later is needed");
	}
	return error_sys(e, "cannot open '%s' inside the container's root",
			 error_quote(quoted, path, strlen(path)));
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* True when ROOT is the bundle or one of the directories above it: the container could then read
 * and write the very config.json that we are about to judge. */
static bool holds_bundle(const struct stat *root, const char *bundle, struct arena *arena)
{
	char *path = arena_strdup(arena, bundle);

	for (;;) {
		struct stat st;
		char *slash = strrchr(path, '/');

		if (stat(path[0] ? path : "/", &st) == 0 && is_same(root, &st))
			return true;
		if (!slash)
			return false;
		*slash = '\0';
	}
}

static int check_not_host(int fd, const char *named, struct edit *ed, struct error *e)
{
	struct edit_root *judged = edit_root(ed);
	const struct facts *facts = edit_facts(ed);
	char link[64], real[PATH_MAX], quoted[QUOTED_SIZE];
	struct stat root, st;
	ssize_t len;

	error_quote(quoted, named, strlen(named));
	if (fstat(fd, &root) < 0)
		return error_sys(e, "cannot look at root.path '%s'", quoted);
	if (judged->ino && judged->dev == root.st_dev && judged->ino == root.st_ino)
		return 0;

	for (size_t i = 0; i < ARRAY_SIZE(host_dirs); i++) {
		if (stat(host_dirs[i], &st) == 0 && is_same(&root, &st))
			return error_set(
				e, ERR_DENIED,
				"root.path '%s' makes the host's own %s the container's root",
				quoted, host_dirs[i]);
	}
	if (facts->bundle && holds_bundle(&root, facts->bundle, edit_arena(ed)))
		return error_set(e, ERR_DENIED,
				 "root.path '%s' is a directory that holds the bundle itself",
				 quoted);

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, real, sizeof(real) - 1);
	if (len < 0)
		return error_sys(e, "cannot tell where root.path '%s' lies", quoted);
	real[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(host_trees); i++) {
		if (rootfs_is_below(real, host_trees[i]) && !rootfs_is_below(real, "/dev/shm"))
			return error_set(e, ERR_DENIED,
					 "root.path '%s' lies in %s of the host, where no image is",
					 quoted, host_trees[i]);
	}
	*judged = (struct edit_root){ .dev = root.st_dev, .ino = root.st_ino };
	return 0;
}

/* root.path without slashes at its end: behind "merged/" O_NOFOLLOW would follow a link. */
static const char *trimmed_root_path(struct edit *ed)
{
	char *path;
	size_t len;
	const char *given = json_text(json_get(edit_doc(ed), "root", "path"));

	if (!given || !given[0])
		return NULL;
	path = arena_strdup(edit_arena(ed), given);
	for (len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
	return path;
}

int rootfs_open(int *ret_fd, struct edit *ed, struct error *e)
{
	const char *path = trimmed_root_path(ed);
	const char *last;
	char quoted[QUOTED_SIZE];
	auto_close int fd = -1;

	if (!path)
		return error_set(e, ERR_SPEC, "config.json names no root directory (root.path)");
	error_quote(quoted, path, strlen(path));
	last = strrchr(path, '/');
	last = last ? last + 1 : path;
	if (text_equal(last, ".") || text_equal(last, ".."))
		return error_set(e, ERR_SPEC, "root.path '%s' must end in the name of a directory",
				 quoted);
	if (path[0] != '/' && edit_facts(ed)->bundle_fd < 0)
		return error_set(e, ERR_SPEC, "root.path '%s' is relative and there is no bundle",
				 quoted);

	fd = openat(edit_facts(ed)->bundle_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return error_set(e, ERR_SPEC, "root.path '%s' is a symlink or no directory",
				 quoted);
	if (fd < 0)
		return error_sys(e, "cannot open root.path '%s'", quoted);
	if (check_not_host(fd, path, ed, e) < 0)
		return -1;

	*ret_fd = take_fd(&fd);
	return 0;
}

int rootfs_resolve(int *ret_fd, int root_fd, const char *path, struct error *e)
{
	int fd = openat2_in_root(root_fd, path[0] ? path : "/", O_PATH, 0);

	if (fd < 0)
		return fail_open(path, e);
	*ret_fd = fd;
	return 0;
}

int rootfs_read(const char **ret_text, size_t *ret_len, int root_fd, const char *path, size_t limit,
		struct arena *arena, struct error *e)
{
	auto_close int found = -1, fd = -1;
	char link[64], quoted[QUOTED_SIZE];
	struct stat st;

	/* Looked at before it is opened: opening a device node or a FIFO already does something. */
	if (rootfs_resolve(&found, root_fd, path, e) < 0)
		return -1;
	error_quote(quoted, path, strlen(path));
	if (fstat(found, &st) < 0)
		return error_sys(e, "cannot look at '%s' inside the container's root", quoted);
	if (!S_ISREG(st.st_mode))
		return error_set(e, ERR_SPEC,
				 "'%s' inside the container's root is not a regular file", quoted);

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", found);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(e, "cannot read '%s' inside the container's root", quoted);
	return fd_read_all(fd, limit, arena, ret_text, ret_len, path, e);
}

bool rootfs_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (len == 1 && dir[0] == '/')
		return path[0] == '/';
	return strncmp(path, dir, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

bool rootfs_is_magic(const char *path)
{
	return (rootfs_is_below(path, "/proc") && !text_equal(path, "/proc")) ||
	       rootfs_is_below(path, "/dev/fd");
}

/* A path that grows and shrinks by whole names; "" is the root. */
struct walked {
	char text[PATH_MAX];
	size_t len;
};

static int walked_push(struct walked *at, const char *name, size_t len)
{
	if (len > sizeof(at->text) - 2 - at->len)
		return -1;
	at->text[at->len++] = '/';
	memcpy(at->text + at->len, name, len);
	at->len += len;
	at->text[at->len] = '\0';
	return 0;
}

static void walked_pop(struct walked *at)
{
	while (at->len > 0 && at->text[--at->len] != '/')
		;
	at->text[at->len] = '\0';
}

/* The next name of *REST, which moves behind it; 0 at the end. */
static size_t next_name(const char **rest, const char **ret_name)
{
	size_t len;

	while (**rest == '/')
		(*rest)++;
	*ret_name = *rest;
	len = strcspn(*rest, "/");
	*rest += len;
	return len;
}

const char *rootfs_clean_path(const char *path, struct arena *arena)
{
	char *clean = arena_alloc(arena, strlen(path) + 2);
	size_t len = 0, name_len;
	const char *name;

	while ((name_len = next_name(&path, &name)) > 0) {
		if (name_len == 1 && name[0] == '.')
			continue;
		if (name_len == 2 && name[0] == '.' && name[1] == '.') {
			while (len > 0 && clean[--len] != '/')
				;
			continue;
		}
		clean[len++] = '/';
		memcpy(clean + len, name, name_len);
		len += name_len;
	}
	if (len == 0)
		clean[len++] = '/';
	clean[len] = '\0';
	return clean;
}

/* 1 and the link's text when AT is a symlink, 0 when it is something else or not there, -1. */
static int read_link(int root_fd, const struct walked *at, char target[static PATH_MAX],
		     struct error *e)
{
	auto_close int fd =
		openat2_in_root(root_fd, at->text, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
	struct stat st;
	ssize_t len;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return fail_open(at->text, e);
	if (fstat(fd, &st) < 0)
		return fail_open(at->text, e);
	if (!S_ISLNK(st.st_mode))
		return 0;
	len = readlinkat(fd, "", target, PATH_MAX - 1);
	if (len < 0)
		return fail_open(at->text, e);
	target[len] = '\0';
	return 1;
}

/* One name after the other, as runtimes do it when they make the mount point. */
static int walk(struct walked *at, int root_fd, const char *path, struct arena *arena,
		struct error *e)
{
	unsigned int links = 0, steps = 0;
	char quoted[QUOTED_SIZE], target[PATH_MAX] = "";
	const char *rest = path, *name;
	size_t len;

	error_quote(quoted, path, strlen(path));
	while ((len = next_name(&rest, &name)) > 0) {
		int is_link;

		if (++steps > MAX_STEPS)
			return error_set(e, ERR_SPEC, "'%s' has more than %d parts", quoted,
					 MAX_STEPS);
		if (len == 1 && name[0] == '.')
			continue;
		if (len == 2 && name[0] == '.' && name[1] == '.') {
			/* The kernel goes up from where the magic link led to, on the host. */
			if (rootfs_is_magic(at->text))
				return error_set(e, ERR_SPEC, "'%s' leads through '%s'", quoted,
						 error_quote(target, at->text, at->len));
			walked_pop(at);
			continue;
		}
		if (walked_push(at, name, len) < 0)
			return error_set(e, ERR_SPEC, "'%s' leads to a path that is too long",
					 quoted);
		is_link = read_link(root_fd, at, target, e);
		if (is_link < 0)
			return -1;
		if (!is_link)
			continue;
		if (++links > MAX_LINKS)
			return error_set(e, ERR_SPEC, "'%s' leads through more than %d symlinks",
					 quoted, MAX_LINKS);
		if (target[0] == '/')
			at->len = 0;
		else
			walked_pop(at);
		at->text[at->len] = '\0';
		rest = arena_printf(arena, "%s/%s", target, rest);
	}
	return 0;
}

int rootfs_real_path(const char **ret_path, int root_fd, const char *path, struct arena *arena,
		     struct error *e)
{
	struct walked at = { .len = 0 };
	/* Nearly always there is no link on the way, and then the path is its own answer. */
	auto_close int fd =
		openat2_in_root(root_fd, path[0] ? path : "/", O_PATH, RESOLVE_NO_SYMLINKS);

	if (fd >= 0) {
		*ret_path = rootfs_clean_path(path, arena);
		return 0;
	}
	if (errno != ELOOP && errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
		return fail_open(path, e);
	if (walk(&at, root_fd, path, arena, e) < 0)
		return -1;
	*ret_path = at.len > 0 ? arena_strdup(arena, at.text) : "/";
	return 0;
}
