/*
 * Finding a container by what a person knows of it: an id, or its first characters. Records lie in
 * one directory for each runtime root, named by the root with '/' as "%2F" (state_dir.c), so the
 * search looks into each and then reads the record in the way the runtime does, with its checks.
 */
#include "container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "state.h"
#include "text.h"

#define STATE_DIR "/run/mantlet"
#define SUFFIX ".json"

struct search {
	struct ctl *ctl;
	const char *id;
	const char *root;    /* NULL: any */
	const char *found;   /* id */
	const char *at_root; /* of it */
	bool is_whole;       /* FOUND is ID and not only begins like it */
	const char *second;  /* another one, just as good */
	const char *second_root;
};

/* "%2Frun%2Frunc": "/run/runc". */
static const char *root_of(struct arena *arena, const char *name)
{
	char *root = arena_strdup(arena, name), *to = root;

	for (const char *from = name; *from;) {
		bool is_slash = text_starts(from, "%2F");

		if (is_slash || text_starts(from, "%25")) {
			*to++ = is_slash ? '/' : '%';
			from += 3;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return root;
}

static void consider(struct search *search, const char *root, const char *file)
{
	struct arena *arena = search->ctl->arena;
	const char *id;
	bool is_whole;

	if (!text_ends(file, SUFFIX) || !text_starts(file, search->id))
		return;
	id = arena_memdup(arena, file, strlen(file) - (sizeof(SUFFIX) - 1));
	is_whole = strcmp(id, search->id) == 0;
	if (!cli_is_id(id) || is_whole < search->is_whole)
		return;
	if (search->found && is_whole == search->is_whole) {
		search->second = id;
		search->second_root = root;
		return;
	}
	search->found = id;
	search->at_root = root;
	search->is_whole = is_whole;
	search->second = NULL;
}

static int look_into(struct search *search, int base, const char *name)
{
	const char *root = root_of(search->ctl->arena, name);
	int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_sys(&search->ctl->e,
					   "cannot read the records in " STATE_DIR);
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd);
		return error_sys(&search->ctl->e, "cannot read the records in " STATE_DIR);
	}
	for (struct dirent *entry; (entry = readdir(dir));)
		consider(search, root, entry->d_name);
	(void)closedir(dir);
	return 0;
}

static int look(struct search *search)
{
	DIR *base = opendir(STATE_DIR);
	int status = 0;

	if (!base)
		return errno == ENOENT ? 0
				       : error_sys(&search->ctl->e,
						   "cannot read the records in " STATE_DIR);
	for (struct dirent *entry; status == 0 && (entry = readdir(base));) {
		if (entry->d_name[0] == '.')
			continue;
		if (!search->root ||
		    strcmp(root_of(search->ctl->arena, entry->d_name), search->root) == 0)
			status = look_into(search, dirfd(base), entry->d_name);
	}
	(void)closedir(base);
	return status;
}

int container_find(struct ctl *ctl, struct decision *ret_decision, const char *id, const char *root)
{
	struct decision d = { .arena = ctl->arena, .path_prefix = "", .facts.bundle_fd = -1 };
	struct search search = { .ctl = ctl, .id = id };
	char real[PATH_MAX];

	if (!cli_is_id(id))
		return error_set(&ctl->e, ERR_USAGE, "this is no container id: '%s'", id);
	d.inv.arena = ctl->arena;
	d.inv.root = root;
	/* Records are named by the real path; of a root that is gone only its text is left. */
	search.root = root && realpath(root, real) ? real : root;
	if (look(&search))
		return -1;
	if (!search.found)
		return error_set(&ctl->e, ERR_SYSTEM,
				 "no container '%s' was started through mantlet%s%s", id,
				 root ? " under the root " : "", root ? root : "");
	if (search.second)
		return error_set(&ctl->e, ERR_USAGE,
				 "'%s' is not one container: %s under %s, %s under %s; give more "
				 "of the id, or --root",
				 id, search.found, search.at_root, search.second,
				 search.second_root);
	d.inv.id = search.found;
	d.inv.root = search.at_root;
	if (state_read(&d, &ctl->e))
		return -1;
	/* It ended between our two looks. */
	if (d.record != RECORD_PRESENT)
		return error_set(&ctl->e, ERR_SYSTEM, "container '%s' is gone", search.found);
	*ret_decision = d;
	return 0;
}
