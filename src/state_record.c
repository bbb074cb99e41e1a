/*
 * One record on disk, and whether it still speaks of a container.
 *
 * A record decides under which policy an exec runs, so it is believed only when it is root's own
 * file and whole. And nobody tells us when a container ends: "run" ends by itself, the runtime
 * fails behind our execve, the host crashes. So each record names the process that made it.
 * execve(2) keeps the pid, so while a create is going on that process lives, and afterwards the
 * runtime has a directory of the container. When there is neither, the record is a leftover.
 */
#include "state_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "health_seen.h"
#include "net_files.h"
#include "process_id.h"
#include "runtime_state.h"
#include "text.h"

int state_record_open(struct state_record *ret_record, const struct invocation *inv,
		      const char *runtime, const char *id, struct error *e)
{
	struct state_record *r = ret_record;
	int found;

	*r = STATE_RECORD_NONE;
	r->id = id;
	/* We have never made one with such a name. */
	if (state_file_name(r->name, id))
		return 0;
	if (state_root(r->root, inv, runtime, e))
		return -1;
	found = state_dir_open(&r->dir, r->root, e);
	if (found <= 0)
		return found;
	r->fd = openat(r->dir, r->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (r->fd < 0)
		return errno == ENOENT ? 0 : error_sys(e, "cannot open the container's record");
	return 1;
}

void state_record_close(struct state_record *record)
{
	if (record->fd >= 0)
		(void)close(record->fd);
	if (record->dir >= 0)
		(void)close(record->dir);
	record->fd = record->dir = -1;
}

int state_record_not_whole(struct error *e)
{
	return error_set(e, ERR_SYSTEM,
			 "the container's record in /run/mantlet is not whole; start the container "
			 "again");
}

static int read_first_line(struct strbuf *line, int fd)
{
	char chunk[16384];
	ssize_t len;

	while (line->len < (size_t)JSON_MAX_TEXT && (len = read(fd, chunk, sizeof(chunk))) > 0) {
		const char *end = memchr(chunk, '\n', (size_t)len);

		strbuf_add(line, chunk, end ? (size_t)(end - chunk) : (size_t)len);
		if (end)
			return 0;
	}
	return -1;
}

int state_record_read(struct json_doc *ret_doc, const struct state_record *record,
		      struct arena *arena, struct error *e)
{
	auto_strbuf struct strbuf line = { 0 };
	struct stat st;

	if (fstat(record->fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) || st.st_nlink != 1)
		return error_set(e, ERR_SYSTEM,
				 "the container's record in /run/mantlet is not root's own file; "
				 "start the container again");
	if (read_first_line(&line, record->fd) ||
	    json_parse(ret_doc, arena, line.data, line.len, 0, record->name, e))
		return state_record_not_whole(e);
	return 0;
}

/* Another runtime's record stays until delete. */
bool state_record_knows_directory_of(const char *runtime)
{
	const char *slash = runtime ? strrchr(runtime, '/') : NULL;

	return slash && (text_starts(slash + 1, "runc") || text_starts(slash + 1, "crun"));
}

/* False when nothing can be said: the pid of another pid namespace is not one of ours. */
static bool read_creator(struct process_id *ret, const struct json *line)
{
	const struct json *creator = json_find(line, "creator");
	struct process_id self;

	return json_number_u64(json_find(creator, "pid"), &ret->pid) && ret->pid != 0 &&
	       json_number_u64(json_find(creator, "started"), &ret->started) &&
	       json_number_u64(json_find(creator, "pid_namespace"), &ret->pid_namespace) &&
	       process_id_self(&self) && self.pid_namespace == ret->pid_namespace;
}

bool state_record_has_creator(const struct json *line)
{
	struct process_id creator;

	return read_creator(&creator, line) && !process_id_has_ended(creator.pid, creator.started);
}

enum state_life state_record_life(const struct state_record *record, const struct json *line,
				  const char *id)
{
	struct process_id creator;

	if (!state_record_knows_directory_of(json_text(json_find(line, "runtime"))))
		return STATE_UNJUDGED;
	/* The usual answer, after one system call: every health check passes here. */
	if (!runtime_state_is_absent(record->root, id))
		return STATE_KEPT;
	if (!read_creator(&creator, line))
		return STATE_UNJUDGED;
	if (!process_id_has_ended(creator.pid, creator.started))
		return STATE_COMING;
	/* It may have made the directory and ended just after we had looked. */
	return runtime_state_is_absent(record->root, id) ? STATE_STALE : STATE_KEPT;
}

void state_record_unlink(const struct state_record *record, bool keeps_plan)
{
	struct stat by_fd, by_name;

	if (record->fd >= 0 && (fstat(record->fd, &by_fd) ||
				fstatat(record->dir, record->name, &by_name, AT_SYMLINK_NOFOLLOW) ||
				by_fd.st_dev != by_name.st_dev || by_fd.st_ino != by_name.st_ino))
		return;
	(void)unlinkat(record->dir, record->name, 0);
	health_seen_forget(record->dir, record->id);
	if (!keeps_plan)
		net_files_remove(record->dir, record->id);
}

void state_record_drop(const struct state_record *record)
{
	struct error ignored = { 0 };
	auto_close int lock = state_lock(&ignored);

	if (lock >= 0)
		state_record_unlink(record, false);
}
