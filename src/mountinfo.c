/*
 * What is mounted where.
 *
 * One line a mount:  ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL...] - TYPE SOURCE SUPER
 * Space, tab, newline and backslash in a path are written as a backslash and three octal digits.
 */
#include "mountinfo.h"

#include <fcntl.h>
#include <string.h>

#include "fdio.h"
#include "rootfs.h"
#include "text.h"

/* 100,000 mounts and long paths. */
#define MAX_TEXT ((size_t)32 * 1024 * 1024)

static int malformed(struct error *e)
{
	return error_set(e, ERR_SYSTEM, "/proc/self/mountinfo has a line that is not understood");
}

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* In place: what is decoded is never longer. */
static const char *decode(char *field)
{
	char *to = field;

	for (const char *from = field; *from; to++) {
		if (*from == '\\' && is_octal(from + 1)) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return field;
}

/* The next field of a line, cut off; NULL at its end. */
static char *next_field(char **rest)
{
	char *field = *rest;
	size_t len = strcspn(field, " ");

	if (!len)
		return NULL;
	*rest = field + len;
	if (**rest)
		*(*rest)++ = '\0';
	return field;
}

static int parse_line(struct mountinfo_entry *entry, char *line, struct error *e)
{
	char *fields[6], *field;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = next_field(&line);
		if (!fields[i])
			return malformed(e);
	}
	/* Optional fields ("shared:1") until the dash. */
	do {
		field = next_field(&line);
		if (!field)
			return malformed(e);
	} while (!text_equal(field, "-"));
	field = next_field(&line);
	if (!field || parse_u64(fields[0], &entry->id) < 0)
		return malformed(e);

	entry->device = fields[2];
	entry->root = decode(fields[3]);
	entry->point = decode(fields[4]);
	entry->type = decode(field);
	return 0;
}

int mountinfo_parse(struct mountinfo *ret_info, struct arena *arena, const char *text, size_t len,
		    struct error *e)
{
	char *copy = arena_memdup(arena, text, len);
	struct mountinfo info = { 0 };
	size_t lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += copy[i] == '\n';
	info.entries = arena_alloc(arena, lines * sizeof(*info.entries));

	for (char *line = copy, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		if (parse_line(&info.entries[info.count], line, e) < 0)
			return -1;
		info.count++;
	}
	*ret_info = info;
	return 0;
}

int mountinfo_read(struct mountinfo *ret_info, struct arena *arena, struct error *e)
{
	auto_close int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	const char *text;
	size_t len;

	if (fd < 0)
		return error_sys(e, "cannot open /proc/self/mountinfo");
	if (fd_read_all(fd, MAX_TEXT, arena, &text, &len, "/proc/self/mountinfo", e) < 0)
		return -1;
	return mountinfo_parse(ret_info, arena, text, len, e);
}

const struct mountinfo_entry *mountinfo_find(const struct mountinfo *info, uint64_t id)
{
	for (size_t i = 0; i < info->count; i++) {
		if (info->entries[i].id == id)
			return &info->entries[i];
	}
	return NULL;
}

const struct mountinfo_entry *mountinfo_below(const struct mountinfo *info, const char *dir)
{
	for (size_t i = 0; i < info->count; i++) {
		const char *point = info->entries[i].point;

		if (rootfs_is_below(point, dir) && !text_equal(point, dir))
			return &info->entries[i];
	}
	return NULL;
}
