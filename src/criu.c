/*
 * Which criu will run?
 *
 * runc before 1.4 takes its path from --criu; without it, and in later versions always, it looks
 * for "criu" along PATH, as crun's library does. Whatever is found runs as root with all rights, so
 * it is looked at like the runtime itself: root's own, and writable by nobody else, all the way up.
 *
 * A bare name is looked for as the runtime would do it and not refused: it is the default, later
 * versions of runc know nothing else, and PATH is the engine's own, which no user of its API can
 * set. So what counts is the first program that PATH leads to. With --criu the runtime gets the
 * path that was checked; without it there is no flag that all versions take, and the runtime looks
 * the same way again.
 */
#include "criu.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fdio.h"
#include "hostpath.h"
#include "text.h"

#define DEFAULT_PATH "/bin:/usr/bin" /* execvp(3) */

static int check_directory(struct arena *arena, const char *path, struct error *e)
{
	const char *name = hostpath_dirname(path, arena);
	auto_close int dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return error_sys(e, "cannot open the directory of criu");
	return fd_check_trusted(dir, name, ERR_USAGE, e);
}

/* The name as well as the file: a link can be switched. *RET_REAL is the file's own path. */
static int check_program(const char **ret_real, struct arena *arena, const char *path,
			 struct error *e)
{
	auto_close int fd = -1;
	char quoted[QUOTED_SIZE];
	struct stat st;

	error_quote(quoted, path, strlen(path));
	if (path[0] != '/')
		return error_set(e, ERR_USAGE,
				 "criu is '%s', which is another program in each directory; name "
				 "it by an absolute path",
				 quoted);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return error_set(e, ERR_USAGE, "criu is '%s', where no program is; name its path",
				 quoted);
	*ret_real = fd_path(fd, arena);
	if (!*ret_real)
		return error_set(e, ERR_USAGE, "criu, '%s', was replaced just now", quoted);
	if (fd_check_trusted(fd, quoted, ERR_USAGE, e) < 0 || check_directory(arena, path, e) < 0)
		return error_wrap(e, "criu, '%s', runs as root and cannot be trusted", quoted);
	return 0;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

/* The first that PATH leads to; NULL when there is none. An empty entry is the current directory.
 */
static const char *find_program(struct arena *arena, const char *name)
{
	const char *dirs = getenv("PATH");

	for (dirs = dirs ? dirs : DEFAULT_PATH;; dirs++) {
		size_t len = strcspn(dirs, ":");
		const char *dir = len ? arena_memdup(arena, dirs, len) : ".";
		const char *path = arena_printf(arena, "%s/%s", dir, name);

		if (is_program(path))
			return path;
		dirs += len;
		if (!*dirs)
			return NULL;
	}
}

static int check_flag(struct cli_value *flag, struct arena *arena, struct error *e)
{
	const char *path = flag->value, *real = NULL;
	char quoted[QUOTED_SIZE];

	if (!strchr(path, '/'))
		path = find_program(arena, path);
	if (!path)
		return error_set(e, ERR_USAGE,
				 "--criu '%s' is found in no directory of PATH; name it by an "
				 "absolute path",
				 error_quote(quoted, flag->value, strlen(flag->value)));
	if (check_program(&real, arena, path, e) < 0)
		return -1;
	flag->value = real;
	return 0;
}

int criu_check(struct invocation *inv, struct error *e)
{
	const char *found = find_program(inv->arena, "criu"), *real = NULL;

	for (unsigned int i = 0; i < inv->global_count; i++) {
		struct cli_value *value = &inv->global[i];

		if (text_equal(cli_flag_name(value->flag), "criu") &&
		    check_flag(value, inv->arena, e) < 0)
			return -1;
	}
	/* Also with the flag, which runc 1.2 and 1.3 take and do not look at. */
	return found ? check_program(&real, inv->arena, found, e) : 0;
}
