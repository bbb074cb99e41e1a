/* A look at what tmpcopyup would have to copy; see rootfs_content.h. */
#include "rootfs_content.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The image is a stranger's: bounds on the work that looking at it takes. */
#define MAX_ENTRIES 10000
#define MAX_DEPTH 32

#define PAGE 4096U /* tmpfs keeps whole pages */

struct content {
	struct arena *arena;
	uint64_t room;
	unsigned int entries;
};

static void close_dir_at(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static const char *look(struct content *content, int dir_fd, unsigned int depth);

/* NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it */
static const char *look_at_entry(struct content *content, int dir_fd, const char *name,
				 unsigned int depth)
{
	struct stat st;
	uint64_t pages;

	if (++content->entries > MAX_ENTRIES)
		return arena_printf(content->arena, "it has more than %d files", MAX_ENTRIES);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return "a file in it cannot be looked at";
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
		return "it holds a FIFO, a socket or a device";

	pages = ((uint64_t)st.st_size + PAGE - 1) / PAGE;
	if (pages > content->room / PAGE)
		return "it is larger than the tmpfs";
	content->room -= pages * PAGE;

	if (S_ISDIR(st.st_mode)) {
		auto_close int fd =
			openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		return fd < 0 ? "a directory in it cannot be read" : look(content, fd, depth + 1);
	}
	return NULL;
}

/* NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it */
static const char *look(struct content *content, int dir_fd, unsigned int depth)
{
	__attribute__((cleanup(close_dir_at))) DIR *dir = NULL;
	auto_close int own = -1;
	const struct dirent *entry;

	if (depth > MAX_DEPTH)
		return arena_printf(content->arena, "it is more than %d directories deep",
				    MAX_DEPTH);
	own = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = own < 0 ? NULL : fdopendir(own);
	if (!dir)
		return "a directory in it cannot be read";
	(void)take_fd(&own); /* closed with DIR */

	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		const char *fault;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		fault = look_at_entry(content, dirfd(dir), entry->d_name, depth);
		if (fault)
			return fault;
	}
	return errno ? "a directory in it cannot be read" : NULL;
}

const char *rootfs_content_fault(int fd, uint64_t size, struct arena *arena)
{
	struct content content = { .arena = arena, .room = size };

	return look(&content, fd, 0);
}
