/*
 * A process is to be added to a running container. The engine builds it from its own idea of the
 * container (root, its default capabilities, no no-new-privileges) and the runtime obeys, even
 * beyond the container's bounding set; so every control that concerns a process runs again here.
 *
 * The profile is the resolved one of the container's record. Without a record (started before
 * mantlet was installed, or around it) it is chosen anew, and the event says so.
 */
#include "wrap.h"

#include "audit.h"
#include "caps.h"
#include "engine_caps.h"
#include "exec_command.h"
#include "exec_environment.h"
#include "exec_flags.h"
#include "exec_health.h"
#include "memfd.h"
#include "spec.h"
#include "text.h"

/* conmon(8) says --tty beside a document that says the same; it is the document that counts. */
static bool repeats_document(const char *flag, struct json_doc *doc)
{
	return text_equal(flag, "tty") &&
	       json_bool(doc, json_get(doc, "process", "terminal"), false);
}

/* The runtimes disagree about flags beside --process: one ignores them, the other may not. */
static int refuse_mixed_forms(const struct invocation *inv, struct json_doc *doc, struct error *e)
{
	for (const char *const *flag = exec_flags_of_process; *flag; flag++) {
		if (cli_get(inv, *flag) && !repeats_document(*flag, doc))
			return error_set(
				e, ERR_USAGE,
				"exec --%s beside --process says two things at once; put it "
				"into the process document",
				*flag);
	}
	return 0;
}

static int read_process(struct decision *d, struct json_doc *doc, struct error *e)
{
	const char *path = cli_get(&d->inv, "process");
	struct json *process;

	if (!path)
		return exec_flags_to_document(d, doc, e);
	if (wrap_parse_document(doc, d->arena, path, "the process document", e))
		return -1;
	/* The same shape as in config.json, so that every control finds its fields. */
	process = doc->root;
	doc->root = json_new(d->arena, JSON_OBJECT);
	json_append(d->arena, doc->root, "process", process);
	return refuse_mixed_forms(&d->inv, doc, e);
}

/* "exec --privileged" is nothing but a longer list of capabilities than the container was created
 * with; without a record, than any engine gives by itself. */
static bool asks_for_more(const struct create_request *created, struct json_doc *doc)
{
	uint64_t base = created->is_known ? created->capabilities : engine_default_caps();

	json_each (set, json_get(doc, "process", "capabilities")) {
		json_each (name, set) {
			int number = caps_number(json_text(name), false);

			if (number >= 0 && number < 64 && !(base >> number & 1))
				return true;
		}
	}
	return false;
}

/* Asked of the document as it came. */
static void note_program(struct decision *d, struct json_doc *doc)
{
	const struct json *args = json_get(doc, "process", "args");

	d->exec = (struct exec_facts){
		.args = args,
		.program = json_text(json_first(args)),
		.argc = (unsigned int)json_count(args),
		.has_terminal = json_bool(doc, json_get(doc, "process", "terminal"), false),
		.is_shell = exec_starts_shell(args),
		.is_flags = !cli_get(&d->inv, "process"),
		.asked_privileged = asks_for_more(&d->facts.created, doc),
		.asked_uid = json_u64(doc, json_get(doc, "process", "user", "uid"), 0),
		.asked_gid = json_u64(doc, json_get(doc, "process", "user", "gid"), 0),
	};
}

static int hand_over(struct decision *d, struct json_doc *doc, struct error *e)
{
	auto_strbuf struct strbuf text = { 0 };
	int fd;

	if (json_write(&text, json_get(doc, "process"), e))
		return -1;
	fd = memfd_sealed("mantlet-process", text.data, text.len, d->inv.preserved_fds, e);
	if (fd < 0)
		return -1;
	for (const char *const *flag = exec_flags_of_process; *flag; flag++)
		cli_unset(&d->inv, *flag);
	d->inv.args[0] = NULL; /* the program is in the document */
	cli_set(&d->inv, "process", arena_printf(d->arena, "/proc/self/fd/%d", fd));
	return 0;
}

int wrap_exec(struct decision *d, struct error *e)
{
	struct json_doc doc = { 0 };

	d->path_prefix = "/process";
	if (wrap_open_container(d, e) || read_process(d, &doc, e) ||
	    spec_check(&doc, SCOPE_PROCESS, e))
		return -1;

	note_program(d, &doc);
	if (exec_health_note(d, &doc, e))
		return -1;
	exec_environment_note(d);
	if (wrap_decide(d, &doc, SCOPE_PROCESS, e) || hand_over(d, &doc, e))
		return -1;
	return audit_write(d, ERR_NONE, NULL, e);
}
