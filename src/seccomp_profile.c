/*
 * Where a profile comes from: the program itself, or a file of root's; and the kernel that its
 * conditions are judged by.
 */
#include "seccomp_profile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "fdio.h"
#include "text.h"

#define MAX_PROFILE ((size_t)1024 * 1024)

uint32_t seccomp_kernel(void)
{
	struct utsname names;
	char *end;
	unsigned long major, minor;

	if (uname(&names))
		return 0;
	major = strtoul(names.release, &end, 10);
	if (*end != '.')
		return 0;
	minor = strtoul(end + 1, NULL, 10);
	return major > 0xFFFF || minor > 0xFFFF ? 0 : (uint32_t)(major << 16 | minor);
}

const char *const seccomp_builtin_names[] = { "default", "strict", NULL };

bool seccomp_profile_builtin(struct seccomp_profile *ret_profile, const char *name)
{
	for (const struct seccomp_builtin *row = seccomp_builtins; row->name; row++) {
		if (!text_equal(row->name, name))
			continue;
		row->fill(ret_profile);
		return true;
	}
	return false;
}

static int read_file(struct arena *arena, const char *path, const char **ret_text, size_t *ret_len,
		     struct error *e)
{
	auto_close int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return error_sys(e, "cannot open the seccomp profile '%s'", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return error_set(e, ERR_POLICY, "the seccomp profile '%s' is no regular file",
				 path);
	if (fd_check_trusted(fd, path, ERR_POLICY, e))
		return -1;
	return fd_read_all(fd, MAX_PROFILE, arena, ret_text, ret_len, path, e);
}

int seccomp_profile_check(struct arena *arena, const char *word, bool is_early, struct error *e)
{
	struct seccomp_profile profile;
	const char *text = NULL;
	size_t len = 0;

	if (read_file(arena, word, &text, &len, e)) {
		e->kind = ERR_POLICY;
		return -1;
	}
	return seccomp_profile_parse_for(&profile, arena, text, len, word, is_early, e);
}

int seccomp_profile_load(struct seccomp_profile *ret_profile, struct arena *arena, const char *word,
			 struct error *e)
{
	const char *text = NULL;
	size_t len = 0;

	if (seccomp_profile_builtin(ret_profile, word))
		return 0;
	if (read_file(arena, word, &text, &len, e))
		return -1;
	return seccomp_profile_parse(ret_profile, arena, text, len, word, e);
}
