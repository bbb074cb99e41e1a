/* Users and groups of an image, from its files alone; see passwd.h. */
#include "passwd.h"

#include <errno.h>
#include <string.h>

#include "rootfs.h"
#include "text.h"

#define MAX_FILE (1024UL * 1024)
#define MAX_FIELDS 7

/* One line, cut at its colons. */
struct line {
	const char *fields[MAX_FIELDS];
	size_t lens[MAX_FIELDS];
	size_t count;
};

struct lines {
	const char *at;
	const char *end;
};

static bool next_line(struct lines *lines, struct line *ret_line)
{
	const char *end, *colon;

	if (lines->at >= lines->end)
		return false;
	end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	if (!end)
		end = lines->end;

	ret_line->count = 0;
	for (const char *at = lines->at; ret_line->count < MAX_FIELDS; at = colon + 1) {
		colon = memchr(at, ':', (size_t)(end - at));
		ret_line->fields[ret_line->count] = at;
		ret_line->lens[ret_line->count++] = (size_t)((colon ? colon : end) - at);
		if (!colon)
			break;
	}
	lines->at = end + 1;
	return true;
}

static bool field_is(const struct line *line, size_t index, const char *text)
{
	return strlen(text) == line->lens[index] &&
	       memcmp(line->fields[index], text, line->lens[index]) == 0;
}

static bool field_id(const struct line *line, size_t index, uint64_t *ret_id)
{
	char digits[16];

	if (line->lens[index] >= sizeof(digits))
		return false;
	memcpy(digits, line->fields[index], line->lens[index]);
	digits[line->lens[index]] = '\0';
	return parse_u64(digits, ret_id) == 0 && *ret_id <= UINT32_MAX;
}

/* No lines when there is no such file. */
static int read_lines(struct lines *ret_lines, int root_fd, const char *path, struct arena *arena,
		      struct error *e)
{
	struct error own = { 0 };
	size_t len;

	if (rootfs_read(&ret_lines->at, &len, root_fd, path, MAX_FILE, arena, &own) < 0) {
		if (own.sys_errno != ENOENT && own.sys_errno != ENOTDIR) {
			*e = own;
			return -1;
		}
		ret_lines->at = "";
		len = 0;
	}
	ret_lines->end = ret_lines->at + len;
	return 0;
}

/* NAME decides when it is not NULL, else UID. */
static int find(struct passwd_entry *ret_entry, int root_fd, const char *name, uint64_t uid,
		struct arena *arena, struct error *e)
{
	struct lines lines;
	struct line line;

	if (read_lines(&lines, root_fd, "/etc/passwd", arena, e) < 0)
		return -1;
	while (next_line(&lines, &line)) {
		struct passwd_entry entry;

		/* name:password:uid:gid:gecos:home:shell */
		if (line.count < 6 || line.lens[0] == 0 || !field_id(&line, 2, &entry.uid) ||
		    !field_id(&line, 3, &entry.gid))
			continue;
		if (name ? !field_is(&line, 0, name) : entry.uid != uid)
			continue;
		entry.name = arena_memdup(arena, line.fields[0], line.lens[0]);
		entry.home = arena_memdup(arena, line.fields[5], line.lens[5]);
		*ret_entry = entry;
		return 1;
	}
	return 0;
}

int passwd_by_name(struct passwd_entry *ret_entry, int root_fd, const char *name,
		   struct arena *arena, struct error *e)
{
	return find(ret_entry, root_fd, name, 0, arena, e);
}

int passwd_by_uid(struct passwd_entry *ret_entry, int root_fd, uint64_t uid, struct arena *arena,
		  struct error *e)
{
	return find(ret_entry, root_fd, NULL, uid, arena, e);
}

/* MEMBERS is "a,b,c". */
static bool lists(const char *members, size_t len, const char *user)
{
	size_t user_len = strlen(user);
	const char *end = members + len;

	while (members < end) {
		const char *comma = memchr(members, ',', (size_t)(end - members));
		size_t one = (size_t)((comma ? comma : end) - members);

		if (one == user_len && memcmp(members, user, one) == 0)
			return true;
		members += one + 1;
	}
	return false;
}

int group_read(struct group_set *ret_set, int root_fd, const char *user, struct arena *arena,
	       struct error *e)
{
	struct group_set set = { 0 };
	struct lines lines;
	struct line line;
	uint64_t gid;

	if (read_lines(&lines, root_fd, "/etc/group", arena, e) < 0)
		return -1;
	while (next_line(&lines, &line)) {
		/* name:password:gid:members */
		if (line.count < 3 || !field_id(&line, 2, &gid) || gid >= GROUP_SYSTEM_END)
			continue;
		if (user && (line.count < 4 || !lists(line.fields[3], line.lens[3], user)))
			continue;
		set.is_in[gid] = true;
	}
	*ret_set = set;
	return 0;
}
