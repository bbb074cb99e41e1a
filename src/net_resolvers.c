/*
 * Which nameservers may a container ask? Those that its engine wrote into its resolv.conf. The file
 * is read here, when the container is created: once Docker has set up its own resolver the file
 * names only that one, 127.0.0.11, which asks the others from inside the container's network.
 *
 * What is read is the engine's word and not policy's. Whoever may start containers can choose
 * nameservers (docker run --dns); policy that does not want that lists addresses. The container
 * itself can not: the control egress makes the file read-only for it, or it could name any address
 * and be started again.
 */
#include "net_resolvers.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fdio.h"
#include "text.h"

#define MAX_FILE ((size_t)64 * 1024)
#define MAX_FOUND 16U
#define BLANKS " \t\r"
#define DOCKERS_OWN "127.0.0.11"
#define SYSTEMDS_OWN "127.0.0.53"

struct found {
	struct arena *arena;
	const char **items;
	unsigned int count;
};

static void add(struct found *found, const char *word, size_t len)
{
	if (len > 0 && found->count < MAX_FOUND)
		found->items[found->count++] = arena_memdup(found->arena, word, len);
}

/* "nameserver 10.0.0.2": the keyword begins the line. */
static void take_line(struct found *found, const char *line)
{
	static const char keyword[] = "nameserver";
	const char *rest = line + sizeof(keyword) - 1;

	if (!text_starts(line, keyword) || !strchr(BLANKS, rest[0]) || !rest[0])
		return;
	rest += strspn(rest, BLANKS);
	add(found, rest, strcspn(rest, BLANKS));
}

/* "# ExtServers: [10.0.0.2 host(127.0.0.53)]" */
static void take_comment(struct found *found, const char *line)
{
	static const char prefix[] = "# ExtServers: [";
	const char *word = line + sizeof(prefix) - 1;

	if (!text_starts(line, prefix))
		return;
	for (word += strspn(word, BLANKS); *word && *word != ']'; word += strspn(word, BLANKS)) {
		size_t len = strcspn(word, BLANKS "]");

		if (!memchr(word, '(', len))
			add(found, word, len);
		word += len;
	}
}

static void take_all(struct found *found, char *text,
		     void (*take)(struct found *found, const char *line))
{
	for (char *line; (line = strsep(&text, "\n"));)
		take(found, line);
}

const char *const *net_resolvers_parse(struct arena *arena, const char *text, size_t len)
{
	struct found found = { .arena = arena };
	bool is_only_dockers = true;

	found.items = arena_alloc(arena, (MAX_FOUND + 1) * sizeof(*found.items));
	take_all(&found, arena_memdup(arena, text, len), take_line);
	for (unsigned int i = 0; i < found.count; i++)
		is_only_dockers = is_only_dockers && text_equal(found.items[i], DOCKERS_OWN);
	if (is_only_dockers)
		take_all(&found, arena_memdup(arena, text, len), take_comment);
	found.items[found.count] = NULL;
	return found.items;
}

/* The last mount on it is the one that is seen. */
static const char *source_of(struct json_doc *doc)
{
	const char *source = NULL;

	json_each (mount, json_get(doc, "mounts")) {
		if (json_is(json_member(doc, mount, "destination"), "/etc/resolv.conf"))
			source = json_text(json_member(doc, mount, "source"));
	}
	return source;
}

/* A regular file of root's, or of OWNER; opened by way of a descriptor, so that nothing else is. */
static int open_file(const char *path, uid_t owner)
{
	auto_close int place = open(path, O_PATH | O_CLOEXEC);
	struct stat st;
	char proc[64];

	if (place < 0 || fstat(place, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != owner) || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -1;
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", place);
	return open(proc, O_RDONLY | O_CLOEXEC);
}

const char *const *net_resolvers_find(struct arena *arena, struct json_doc *doc,
				      const char **ret_why)
{
	static const char *const none[] = { NULL };
	const char *source = source_of(doc), *text;
	struct error ignored = { 0 };
	auto_close int fd = -1;
	size_t len;

	*ret_why = "no file of the engine is mounted on /etc/resolv.conf";
	if (!source || source[0] != '/')
		return none;
	*ret_why = "the file on /etc/resolv.conf is not root's own";
	fd = open_file(source, 0);
	if (fd < 0)
		return none;
	*ret_why = "the file on /etc/resolv.conf is too large";
	if (fd_read_all(fd, MAX_FILE, arena, &text, &len, source, &ignored) < 0)
		return none;
	*ret_why = NULL;
	return net_resolvers_parse(arena, text, len);
}

static const char *const *read_host(struct arena *arena, const char *path, uid_t owner)
{
	static const char *const none[] = { NULL };
	auto_close int fd = open_file(path, owner);
	struct error ignored = { 0 };
	const char *text;
	size_t len;

	if (fd < 0 || fd_read_all(fd, MAX_FILE, arena, &text, &len, path, &ignored) < 0)
		return none;
	return net_resolvers_parse(arena, text, len);
}

/* systemd-resolved is a user of its own, and its files are its own: root (0) when they are not. */
static uid_t owner_of(const char *dir)
{
	struct stat st;

	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && !(st.st_mode & (S_IWGRP | S_IWOTH))
		       ? st.st_uid
		       : 0;
}

const char *const *net_resolvers_of_host(struct arena *arena, const char *file,
					 const char *resolved)
{
	uid_t owner = owner_of(resolved);
	const char *const *own = read_host(arena, file, owner);

	/* The stub stands for others, and they are what engines give to containers. */
	return text_in(SYSTEMDS_OWN, own)
		       ? read_host(arena, arena_printf(arena, "%s/resolv.conf", resolved), owner)
		       : own;
}
