/*
 * People type "runc exec -u 0 --cap CAP_SYS_ADMIN ID sh". Judging flags one by one would be a
 * second policy engine, so the flags become the document that the engine would have sent, and that
 * document goes the same way as every other.
 */
#include "exec_flags.h"

#include <string.h>

#include "bundle.h"
#include "text.h"

const char *const exec_flags_of_process[] = {
	"cwd", "env",          "tty",      "user",          "additional-gids",
	"cap", "no-new-privs", "apparmor", "process-label", NULL
};

static const char *const cap_sets[] = { "bounding", "effective", "permitted", "ambient" };

/* The member NAME of OBJECT becomes VALUE, whatever was there. */
static void put(struct arena *arena, struct json *object, const char *name, struct json *value)
{
	struct json *old = json_find(object, name);

	if (old)
		json_swap(old, value);
	else
		json_append(arena, object, name, value);
}

/* The member NAME of OBJECT, made when absent. */
static struct json *member(struct arena *arena, struct json *object, const char *name,
			   enum json_type type)
{
	struct json *found = json_find(object, name);

	if (!found) {
		found = json_new(arena, type);
		json_append(arena, object, name, found);
	}
	return found;
}

static int put_id(struct arena *arena, struct json *user, const char *name, const char *text,
		  struct error *e)
{
	char quoted[QUOTED_SIZE];
	uint64_t id;

	if (parse_u64(text, &id) || id >= UINT32_MAX)
		return error_set(e, ERR_USAGE,
				 "exec --user '%s' is no number; write --user UID or UID:GID",
				 error_quote(quoted, text, strlen(text)));
	put(arena, user, name, json_new_u64(arena, id));
	return 0;
}

/* runc(8): --user UID[:GID], numbers only. */
static int put_user(struct arena *arena, struct json *process, const char *value, struct error *e)
{
	struct json *user = member(arena, process, "user", JSON_OBJECT);
	char *uid = arena_strdup(arena, value);
	char *colon = strchr(uid, ':');

	if (colon) {
		*colon = '\0';
		if (put_id(arena, user, "gid", colon + 1, e))
			return -1;
	}
	return put_id(arena, user, "uid", uid, e);
}

static int put_repeated(struct arena *arena, struct json *process, const char *flag,
			const char *value, struct error *e)
{
	if (text_equal(flag, "env")) {
		json_append(arena, member(arena, process, "env", JSON_ARRAY), NULL,
			    json_new_str(arena, value));
	} else if (text_equal(flag, "cap")) {
		struct json *caps = member(arena, process, "capabilities", JSON_OBJECT);

		for (size_t i = 0; i < ARRAY_SIZE(cap_sets); i++)
			json_append(arena, member(arena, caps, cap_sets[i], JSON_ARRAY), NULL,
				    json_new_str(arena, value));
	} else if (text_equal(flag, "additional-gids")) {
		struct json *user = member(arena, process, "user", JSON_OBJECT);
		char quoted[QUOTED_SIZE];
		uint64_t gid;

		if (parse_u64(value, &gid) || gid >= UINT32_MAX)
			return error_set(
				e, ERR_USAGE,
				"exec --additional-gids '%s' is no number; write one GID for each",
				error_quote(quoted, value, strlen(value)));
		json_append(arena, member(arena, user, "additionalGids", JSON_ARRAY), NULL,
			    json_new_u64(arena, gid));
	}
	return 0;
}

static int put_flags(struct decision *d, struct json *process, struct error *e)
{
	struct arena *arena = d->arena;
	const char *value;

	put(arena, process, "terminal", json_new_bool(arena, cli_get(&d->inv, "tty") != NULL));
	if ((value = cli_get(&d->inv, "cwd")))
		put(arena, process, "cwd", json_new_str(arena, value));
	if ((value = cli_get(&d->inv, "apparmor")))
		put(arena, process, "apparmorProfile", json_new_str(arena, value));
	if ((value = cli_get(&d->inv, "process-label")))
		put(arena, process, "selinuxLabel", json_new_str(arena, value));
	if (cli_get(&d->inv, "no-new-privs"))
		put(arena, process, "noNewPrivileges", json_new_bool(arena, true));
	if ((value = cli_get(&d->inv, "user")) && put_user(arena, process, value, e))
		return -1;

	for (unsigned int i = 0; i < d->inv.local_count; i++) {
		const struct cli_value *given = &d->inv.local[i];

		if (given->value &&
		    put_repeated(arena, process, cli_flag_name(given->flag), given->value, e))
			return -1;
	}
	return 0;
}

/* JSON has no way to say other bytes, so what would be executed is not what was asked for, nor what
 * was judged. */
static int check_text(const char *what, const char *text, struct error *e)
{
	char quoted[QUOTED_SIZE];

	if (!text || text_is_utf8(text))
		return 0;
	return error_set(e, ERR_USAGE,
			 "exec %s '%s' is not UTF-8 text, and cannot be handed on unchanged; write "
			 "it in UTF-8, or start a program in the container that knows the name",
			 what, error_quote(quoted, text, strlen(text)));
}

static int check_texts(const struct invocation *inv, struct error *e)
{
	for (char **arg = inv->args; *arg; arg++) {
		if (check_text("argument", *arg, e))
			return -1;
	}
	for (const char *const *flag = exec_flags_of_process; *flag; flag++) {
		for (unsigned int i = 0; i < inv->local_count; i++) {
			const struct cli_value *given = &inv->local[i];

			if (text_equal(cli_flag_name(given->flag), *flag) &&
			    check_text(arena_printf(inv->arena, "--%s", *flag), given->value, e))
				return -1;
		}
	}
	return 0;
}

/*
 * The flags start from config.json as it is now (runc(8), exec). Whoever changed it since the
 * create, for this container or with another one's in its place, would choose what the new process
 * is.
 */
static int check_digest(struct decision *d, const struct bundle *bundle, struct error *e)
{
	char digest[BUNDLE_DIGEST_SIZE];

	bundle_digest(digest, bundle->text, bundle->len);
	if (text_equal(digest, d->config_digest))
		return 0;
	d->is_around = true;
	return decision_refuse_as(
		d, "exec",
		arena_printf(d->arena,
			     "exec without --process starts from '%s/config.json', which is not "
			     "the document that this container was started with: somebody has "
			     "changed it; find out who, and start the container again",
			     bundle->path),
		e);
}

int exec_flags_to_document(struct decision *d, struct json_doc *doc, struct error *e)
{
	auto_arena struct arena *text_arena = arena_new();
	struct bundle bundle = { .dir_fd = -1 };
	struct json *process, *args = json_new(d->arena, JSON_ARRAY);

	if (d->record != RECORD_PRESENT || !d->facts.bundle)
		return error_set(e, ERR_USAGE,
				 "exec without --process needs the record of a container that was "
				 "started through %s, and there is none for '%s'; give a process "
				 "document, or start the container again",
				 d->record == RECORD_OTHER_VERSION ? "this version of mantlet"
								   : "mantlet",
				 d->inv.id);
	if (!d->inv.args[0])
		return error_set(e, ERR_USAGE,
				 "exec names no command; put it behind the container id");
	if (check_texts(&d->inv, e))
		return -1;

	if (bundle_open(&bundle, text_arena, d->facts.bundle, e))
		return -1;
	bundle_close(&bundle);
	if (check_digest(d, &bundle, e))
		return -1;
	if (json_parse(doc, d->arena, bundle.text, bundle.len, 0, "config.json", e))
		return -1;
	process = json_get(doc, "process");
	if (!process || process->type != JSON_OBJECT)
		return error_set(e, ERR_SPEC, "config.json has no \"process\" object");

	json_unlink(process);
	doc->root = json_new(d->arena, JSON_OBJECT);
	json_append(d->arena, doc->root, "process", process);

	for (char **arg = d->inv.args; *arg; arg++)
		json_append(d->arena, args, NULL, json_new_str(d->arena, *arg));
	put(d->arena, process, "args", args);
	return put_flags(d, process, e);
}
