/*
 * The policy's files: which they are, whether they can be trusted, and their text.
 *
 * policy.json comes first, then the fragments, policy.d/NAME.json beside it, in byte order of their
 * names. Names that begin with a dot or do not end in ".json" (editors' and package managers'
 * leftovers) are no fragments. Whoever can write one of these files, or rename a directory above
 * them, decides what every container may do, so all of them must be root's and writable by nobody
 * else; that is asked of the descriptor that is then read. A FIFO in their place must not make a
 * start hang.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fdio.h"
#include "policy_parts.h"
#include "text.h"

static const struct policy_file *file_of(const struct policy_files *files, const struct json *node)
{
	const struct policy_file *const lists[] = { files->main, files->fragments,
						    files->builtins };

	while (node && node->parent)
		node = node->parent;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (const struct policy_file *file = lists[i]; file; file = file->next) {
			if (node && file->root == node)
				return file;
		}
	}
	return NULL;
}

const char *policy_path_of(const struct policy_files *files, const struct json *node)
{
	const struct policy_file *file = file_of(files, node);

	return file ? file->path : "this policy";
}

int policy_fail(const struct policy_files *files, const struct json *node, struct error *e,
		const char *format, ...)
{
	const struct policy_file *file = file_of(files, node);
	char text[2048];
	va_list ap;

	va_start(ap, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): untrue, when files are many */
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (!file)
		return error_set(e, ERR_POLICY, "%s", text);
	return error_set(e, ERR_POLICY, "%s line %u: %s", file->path,
			 json_node_line(file->text, file->len, node), text);
}

int policy_file_parse(struct policy_files *files, struct policy_file **ret_file, const char *path,
		      const char *text, size_t len, struct error *e)
{
	struct policy_file *file = arena_alloc(files->arena, sizeof(*file));
	struct json_doc doc = { 0 };

	if (json_parse(&doc, files->arena, text, len, JSON_COMMENTS, path, e)) {
		e->kind = ERR_POLICY;
		return -1;
	}
	file->path = path;
	file->text = text;
	file->len = len;
	file->root = doc.root;
	*ret_file = file;
	return 0;
}

/* Open NAME below DIR and read it. 0 and *RET_FILE NULL when it is not there and may be absent. */
static int read_one(struct policy_files *files, int dir, const char *name, const char *path,
		    bool may_be_absent, struct policy_file **ret_file, struct error *e)
{
	auto_close int fd = -1;
	const char *text = NULL;
	struct stat st;
	size_t len = 0;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && may_be_absent)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return error_set(e, ERR_POLICY, "%s is a symbolic link, not a regular file", path);
	if (fd < 0)
		return error_sys(e, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return error_sys(e, "cannot examine %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(e, ERR_POLICY, "%s is not a regular file", path);
	if (fd_check_trusted(fd, path, ERR_POLICY, e) < 0 ||
	    fd_read_all(fd, POLICY_MAX_TEXT, files->arena, &text, &len, path, e) < 0)
		return -1;
	return policy_file_parse(files, ret_file, path, text, len, e);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void close_dir_at(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* The names of the fragments in FD, sorted; takes FD. */
static int list_fragments(struct policy_files *files, int fd, const char *path,
			  const char ***ret_names, size_t *ret_count, struct error *e)
{
	const char **names = arena_alloc(files->arena, sizeof(const char *[POLICY_MAX_FRAGMENTS]));
	__attribute__((cleanup(close_dir_at))) DIR *dir = fdopendir(fd);
	size_t count = 0;

	if (!dir) {
		(void)close(fd);
		return error_sys(e, "cannot list %s", path);
	}
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry && errno)
			return error_sys(e, "cannot list %s", path);
		if (!entry)
			break;
		if (entry->d_name[0] == '.' || !text_ends(entry->d_name, ".json"))
			continue;
		if (count == POLICY_MAX_FRAGMENTS)
			return error_set(e, ERR_POLICY, "%s has more than %d fragments", path,
					 POLICY_MAX_FRAGMENTS);
		names[count++] = arena_strdup(files->arena, entry->d_name);
	}
	qsort(names, count, sizeof(*names), by_bytes);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

static int read_fragments(struct policy_files *files, int dir, const char *path, struct error *e)
{
	struct policy_file **end = &files->fragments;
	const char **names = NULL;
	auto_close int fd = -1;
	size_t count = 0;

	fd = openat(dir, "policy.d", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(e, "cannot open %s as a directory", path);
	if (fd_check_trusted(fd, path, ERR_POLICY, e) < 0 ||
	    list_fragments(files, fcntl(fd, F_DUPFD_CLOEXEC, 0), path, &names, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		char *own = arena_printf(files->arena, "%s/%s", path, names[i]);

		error_defuse(own);
		if (read_one(files, fd, names[i], own, false, end, e) < 0)
			return -1;
		end = &(*end)->next;
	}
	return 0;
}

int policy_files_read(struct policy_files *files, const char *file, struct error *e)
{
	bool may_be_absent = !file;
	const char *path = file ? file : POLICY_FILE;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dir_path =
		slash ? arena_memdup(files->arena, path, (size_t)(slash - path) + 1) : "./";
	char *shown = arena_strdup(files->arena, path);
	char *fragments = arena_printf(files->arena, "%spolicy.d", slash ? dir_path : "");
	auto_close int dir = -1;

	error_defuse(shown);
	error_defuse(fragments);
	dir = open(dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT && may_be_absent)
		return 0;
	if (dir < 0)
		return error_sys(e, "cannot open %s", shown);
	if (read_one(files, dir, name, shown, may_be_absent, &files->main, e) < 0)
		return -1;
	return read_fragments(files, dir, fragments, e);
}

/* What 'cat policy.json policy.d/(all).json | sha256sum' says. */
const char *policy_files_digest(const struct policy_files *files)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	if (files->main)
		SHA256Update(&sha, (const uint8_t *)files->main->text, files->main->len);
	for (const struct policy_file *file = files->fragments; file; file = file->next)
		SHA256Update(&sha, (const uint8_t *)file->text, file->len);
	return arena_printf(files->arena, "sha256:%s", SHA256End(&sha, hex));
}
