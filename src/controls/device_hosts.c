/*
 * Which devices the policy means.
 *
 * "/dev/nvidia*" is a name, and the kernel knows numbers. A request may call a node anything
 * (--device /dev/sda:/dev/null), so the globs are matched against the real nodes of this host and
 * the request against their numbers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "devices.h"
#include "text.h"

/* /dev is a few hundred nodes; far more than this is no /dev. */
#define MAX_SEEN 65536U
#define MAX_FOUND 4096U
#define MAX_DEPTH 6U

bool device_is_default(char type, int64_t major, int64_t minor, const char **ret_name)
{
	static const struct {
		int major, minor;
		const char *name;
	} known[] = {
		{ 1, 3, "/dev/null" },   { 1, 5, "/dev/zero" },    { 1, 7, "/dev/full" },
		{ 1, 8, "/dev/random" }, { 1, 9, "/dev/urandom" }, { 5, 0, "/dev/tty" },
		{ 5, 1, NULL },          { 5, 2, NULL },
	};

	*ret_name = NULL;
	if (type != 'c')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].major == major && known[i].minor == minor) {
			*ret_name = known[i].name;
			return true;
		}
	}
	return major == 136; /* terminals of the container's own devpts */
}

struct search {
	struct devices *d;
	const char *glob;
	bool may_read;
	bool may_write;
	unsigned int seen;
	size_t room;
};

static void found(struct search *search, const struct stat *st)
{
	struct host_devices *hosts = &search->d->hosts;
	struct host_device *device;

	if (hosts->count == search->room) {
		struct host_device *larger;

		if (search->room >= MAX_FOUND)
			return;
		search->room = search->room ? search->room * 2 : 16;
		larger = arena_alloc(search->d->arena, search->room * sizeof(*larger));
		if (hosts->count)
			memcpy(larger, hosts->list, hosts->count * sizeof(*larger));
		hosts->list = larger;
	}
	device = &hosts->list[hosts->count++];
	device->type = S_ISBLK(st->st_mode) ? 'b' : 'c';
	device->major = major(st->st_rdev);
	device->minor = minor(st->st_rdev);
	device->st = *st;
	device->may_read = search->may_read;
	device->may_write = search->may_write;
}

static bool is_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
}

/* PATH is a directory that was opened as FD, which is closed. No symlink is followed. */
/* NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it */
static void walk(struct search *search, int fd, const char *path, unsigned int depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		(void)close(fd);
		return;
	}
	while (search->seen++ < MAX_SEEN && (entry = readdir(dir))) {
		const char *name;
		struct stat st;

		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, "..") ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		name = arena_printf(search->d->arena, "%s/%s", path, entry->d_name);
		if (is_device(&st) && glob_match(search->glob, name))
			found(search, &st);
		if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH) {
			int below = openat(dirfd(dir), entry->d_name,
					   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (below >= 0)
				walk(search, below, name, depth + 1);
		}
	}
	(void)closedir(dir);
}

static void look_up(struct search *search)
{
	size_t plain = strcspn(search->glob, "*?");
	char *dir = arena_memdup(search->d->arena, search->glob, plain);
	struct stat st;
	int fd;

	/* Without stars: the node itself, and a link that udev made to it. */
	if (!search->glob[plain]) {
		if (stat(search->glob, &st) == 0 && is_device(&st))
			found(search, &st);
		return;
	}
	*strrchr(dir, '/') = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		walk(search, fd, dir, 0);
}

static const char *without_suffix(struct search *search, const char *entry)
{
	size_t len = strcspn(entry, ":");

	search->may_read = !entry[len] || strchr(entry + len, 'r');
	search->may_write = !entry[len] || strchr(entry + len, 'w');
	return arena_memdup(search->d->arena, entry, len);
}

static void look_up_all(struct devices *d)
{
	struct search search = { .d = d };

	d->has_hosts = true;
	json_each (entry, json_find(d->cfg, "allow")) {
		search.glob = without_suffix(&search, entry->text);
		look_up(&search);
	}
}

const struct host_device *device_host_find(struct devices *d, char type, int64_t major,
					   int64_t minor)
{
	const struct host_device *best = NULL;

	if (!d->has_hosts)
		look_up_all(d);
	for (size_t i = 0; i < d->hosts.count; i++) {
		const struct host_device *host = &d->hosts.list[i];

		if (host->type != type || major < 0 || minor < 0 ||
		    host->major != (uint64_t)major || host->minor != (uint64_t)minor)
			continue;
		/* Two entries may name it; the more generous one counts, as in a list of globs. */
		if (!best || (host->may_write && !best->may_write) ||
		    (host->may_read && !best->may_read))
			best = host;
	}
	return best;
}

int device_host_check_glob(const struct json *value, struct error *e)
{
	static const char *const suffixes[] = { "", ":r", ":w", ":rw", NULL };
	size_t len = strcspn(value->text, ":");

	if (text_starts(value->text, "/dev/") && len > strlen("/dev/") &&
	    !strstr(value->text, "/..") && !strstr(value->text, "//") &&
	    text_in(value->text + len, suffixes))
		return 0;
	return error_set(e, ERR_POLICY,
			 "a device below /dev, with * and ** if need be, and :r, :w or :rw behind "
			 "it (\"/dev/nvidia*\", \"/dev/fuse:r\")");
}
