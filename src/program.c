/*
 * Reads at most the first bytes of the image's program, through a descriptor that cannot leave the
 * image. Whatever cannot be told (no such file, a directory, a FIFO) is left to the runtime, which
 * says it better; this is for a sentence, not for safety: the filter kills 32-bit entries anyway.
 */
#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rootfs.h"
#include "text.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define HEAD_SIZE 256

/* The first bytes of PATH inside ROOT; 0 when it is no regular file. */
static size_t read_head(int root, const char *path, char head[static HEAD_SIZE])
{
	auto_close int found = -1, fd = -1;
	struct error ignored = { 0 };
	char self[64];
	struct stat st;
	ssize_t len;

	if (rootfs_resolve(&found, root, path, &ignored) || fstat(found, &st) ||
	    !S_ISREG(st.st_mode))
		return 0;
	/* A regular file, so opening it has no effect of its own (open(2), O_PATH). */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	fd = open(self, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, head, HEAD_SIZE - 1);
	if (len <= 0)
		return 0;
	head[len] = '\0';
	return (size_t)len;
}

static const char *path_variable(struct json_doc *doc)
{
	const char *path = DEFAULT_PATH;

	json_each (variable, json_get(doc, "process", "env")) {
		if (text_starts(variable->text, "PATH="))
			path = variable->text + strlen("PATH=");
	}
	return path;
}

/* Where the runtime will find NAME; its head in HEAD. */
static const char *find(struct edit *ed, int root, const char *name, char head[static HEAD_SIZE],
			size_t *ret_len)
{
	const char *cwd = json_str(edit_doc(ed), json_get(edit_doc(ed), "process", "cwd"), "/");
	const char *dirs, *path;

	/* The kernel would not take it, and 64 copies of a name of 16 MiB are a GiB. */
	if (strlen(name) >= PATH_MAX || strlen(cwd) >= PATH_MAX)
		return NULL;
	if (strchr(name, '/')) {
		path = name[0] == '/' ? name : arena_printf(edit_arena(ed), "%s/%s", cwd, name);
		*ret_len = read_head(root, path, head);
		return *ret_len ? path : NULL;
	}
	/* A PATH of thousands of directories is not worth looking through. */
	dirs = path_variable(edit_doc(ed));
	for (unsigned int tries = 0; tries < 64 && *dirs; tries++) {
		size_t len = strcspn(dirs, ":");

		path = arena_printf(edit_arena(ed), "%.*s/%s", (int)(len < 4096 ? len : 4096), dirs,
				    name);
		*ret_len = read_head(root, path, head);
		if (*ret_len)
			return path;
		dirs += len + (dirs[len] == ':');
	}
	return NULL;
}

/* A 32-bit ABI of this very machine. Programs of other machines run in an emulator (binfmt_misc),
 * whose own calls are native. */
static bool is_32_bit(const char *head, size_t len)
{
#if defined(__x86_64__)
	static const Elf32_Half machines[] = { EM_386, EM_X86_64 /* x32 */ };
#else
	static const Elf32_Half machines[] = { EM_ARM };
#endif
	Elf32_Ehdr header;

	if (len < sizeof(header))
		return false;
	memcpy(&header, head, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS32)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (header.e_machine == machines[i])
			return true;
	}
	return false;
}

const char *program_of_other_arch(struct edit *ed)
{
	const struct json *args = json_get(edit_doc(ed), "process", "args");
	const char *name = json_text(json_first(args)), *path;
	struct error ignored = { 0 };
	char head[HEAD_SIZE], quoted[QUOTED_SIZE];
	auto_close int root = -1;
	size_t len;

	if (!name || rootfs_open(&root, ed, &ignored))
		return NULL;
	path = find(ed, root, name, head, &len);
	if (path && len > 2 && head[0] == '#' && head[1] == '!') {
		/* execve(2): the interpreter is the first word behind "#!". */
		const char *interpreter = head + 2 + strspn(head + 2, " \t");

		path = arena_memdup(edit_arena(ed), interpreter, strcspn(interpreter, " \t\n"));
		len = read_head(root, path, head);
	}
	if (!path || !is_32_bit(head, len))
		return NULL;
	return arena_strdup(edit_arena(ed), error_quote(quoted, path, strlen(path)));
}
