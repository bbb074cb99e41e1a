/*
 * Reading a container's record. It decides under which policy an exec runs, so it is believed only
 * when it is root's own file, whole, and passes the same checks that a policy passes; what is
 * missing is never filled with a value that allows more.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "state_dir.h"
#include "text.h"

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

static int not_whole(struct error *e)
{
	return error_set(e, ERR_SYSTEM,
			 "the container's record in /run/mantlet is not whole or of another "
			 "version; start the container again");
}

/* 1 when there is a record, 0 when there is none, -1 when it cannot be trusted. */
static int read_record_of(struct json_doc *ret_doc, struct arena *arena,
			  const struct invocation *inv, const char *runtime, const char *id,
			  struct error *e)
{
	char name[NAME_MAX + 1];
	auto_close int dir = -1, fd = -1;
	auto_strbuf struct strbuf line = { 0 };
	struct stat st;
	int found;

	/* We have never made one with such a name. */
	if (state_file_name(name, id))
		return 0;
	found = state_dir_open(&dir, inv, runtime, e);
	if (found <= 0)
		return found;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(e, "cannot open the container's record");
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) || st.st_nlink != 1)
		return error_set(e, ERR_SYSTEM,
				 "the container's record in /run/mantlet is not root's own file; "
				 "start the container again");
	if (read_first_line(&line, fd) ||
	    json_parse(ret_doc, arena, line.data, line.len, 0, name, e))
		return not_whole(e);
	return 1;
}

/* Without --root the record lies under the default root of the runtime that made the container. */
static int read_record(struct json_doc *ret_doc, struct arena *arena, const struct invocation *inv,
		       const char *id, struct error *e)
{
	int found = read_record_of(ret_doc, arena, inv, "/runc", id, e);

	if (found == 0 && !inv->root)
		found = read_record_of(ret_doc, arena, inv, "/crun", id, e);
	return found;
}

/* A member that must be there; *MISSING otherwise. */
static const char *text_of(const struct json *object, const char *name, bool *missing)
{
	const char *text = json_text(json_find(object, name));

	*missing = *missing || !text;
	return text;
}

static uint64_t number_of(const struct json *object, const char *name, bool *missing)
{
	uint64_t value = 0;

	*missing = !json_number_u64(json_find(object, name), &value) || *missing;
	return value;
}

static enum engine engine_of(const struct json *record, bool *missing)
{
	const char *name = text_of(record, "engine", missing);

	for (enum engine engine = ENGINE_PLAIN; engine <= ENGINE_BUILDKIT; engine++) {
		if (text_equal(name, engine_name(engine)))
			return engine;
	}
	*missing = true;
	return ENGINE_PLAIN;
}

static int take_policy(struct policy *ret_policy, struct arena *arena, const struct json *policy,
		       struct error *e)
{
	bool missing = false;
	struct policy taken = {
		.name = text_of(policy, "name", &missing),
		.revision = text_of(policy, "revision", &missing),
		.help = text_of(policy, "help", &missing),
		.digest = text_of(policy, "digest", &missing),
		.source = text_of(policy, "source", &missing),
		.profile = text_of(policy, "profile", &missing),
		.rule = text_of(policy, "rule", &missing),
		.exec_args = text_of(policy, "exec_args", &missing),
		.is_audit_required = json_is_true(json_find(policy, "audit_required")),
		.sinks = json_find(policy, "sinks"),
		.live = json_find(policy, "live"),
	};

	if (missing || policy_recall(&taken.controls, arena, json_find(policy, "controls"), e))
		return not_whole(e);
	*ret_policy = taken;
	return 0;
}

static int take_record(struct decision *d, const struct json *record, struct error *e)
{
	const struct json *created = json_find(record, "created");
	bool missing = false;
	uint64_t version = number_of(record, "v", &missing);

	if (version != STATE_VERSION || !text_equal(text_of(record, "id", &missing), d->inv.id))
		return not_whole(e);
	d->create_id = text_of(record, "event", &missing);
	d->runtime = text_of(record, "runtime", &missing);
	d->facts.engine = engine_of(record, &missing);
	d->facts.bundle = text_of(record, "bundle", &missing);
	d->facts.created = (struct create_request){
		.is_known = true,
		.uid = number_of(created, "uid", &missing),
		.final_uid = number_of(created, "final_uid", &missing),
		.final_gid = number_of(created, "final_gid", &missing),
		.capabilities = number_of(created, "capabilities", &missing),
		.healthcheck = json_find(record, "healthcheck"),
	};
	if (missing)
		return not_whole(e);
	return take_policy(&d->policy, d->arena, json_find(record, "policy"), e);
}

int state_read(struct decision *d, struct error *e)
{
	struct json_doc doc = { 0 };
	int found = read_record(&doc, d->arena, &d->inv, d->inv.id, e);

	if (found < 0)
		return -1;
	if (found == 0) {
		d->record = RECORD_MISSING;
		return 0;
	}
	if (take_record(d, doc.root, e))
		return -1;
	d->record = RECORD_PRESENT;
	d->has_policy = true;
	return 0;
}

const char *state_runtime(struct arena *arena, const struct invocation *inv, const char *id)
{
	struct error ignored = { 0 };
	struct json_doc doc = { 0 };

	return read_record(&doc, arena, inv, id, &ignored) == 1
		       ? json_text(json_find(doc.root, "runtime"))
		       : NULL;
}
