/*
 * What may be started in a running container beyond what its image starts: shells, terminals,
 * commands by name.
 *
 * User, capabilities and all the rest of an added process are settled by the other controls; here
 * nothing can be rewritten, so what does not comply is refused. Engines use the same door for the
 * checks that keep a service alive, and those must never fail: Docker's own health check is known
 * from the container's record or Docker's own. Kubernetes' probes look like "kubectl exec" without
 * a terminal, and podman's checks like "podman exec"; both pass as long as they ask for no
 * terminal.
 */
#include <string.h>

#include "control_table.h"
#include "exec_command.h"
#include "exec_environment.h"
#include "policy.h"
#include "text.h"

/* Entries that a refusal names. */
#define MAX_NAMED 3U

static bool is_blocked(const struct json *cfg, const char *key)
{
	return text_equal(policy_word(cfg, key, "allow"), "block");
}

static bool is_check(const struct facts *facts, bool has_terminal)
{
	if (has_terminal)
		return false;
	switch (facts->engine) {
	case ENGINE_DOCKER:
		return facts->is_health_check;
	case ENGINE_CRI:
	case ENGINE_CRIO:
	case ENGINE_PODMAN:
		return true;
	case ENGINE_PLAIN:
	case ENGINE_CTR:
	case ENGINE_BUILDAH:
	case ENGINE_BUILDKIT:
		break;
	}
	return false;
}

static const char *quote(struct edit *ed, const char *text)
{
	char quoted[QUOTED_SIZE];

	return arena_strdup(edit_arena(ed), error_quote(quoted, text, strlen(text)));
}

static void refuse_shell(struct edit *ed, const struct exec_program *program)
{
	edit_refuse(ed, "exec-shell",
		    arena_printf(edit_arena(ed), "exec of '%s' starts a shell in the container",
				 quote(ed, program->name)),
		    "name the program that is needed instead of a shell");
}

static void refuse_terminal(struct edit *ed)
{
	edit_refuse(ed, "exec-terminal",
		    arena_printf(edit_arena(ed), "%s opens a terminal in the container",
				 edit_words(ed, "exec -t", "kubectl exec -t (tty: true)",
					    "exec with process.terminal")),
		    edit_words(ed, "leave -t out", "leave -t out", "leave it out"));
}

/* "'/usr/bin/id', 'ls' and 4 more" */
static const char *names_of(struct edit *ed, const struct json *list)
{
	auto_strbuf struct strbuf text = { 0 };
	size_t count = json_count(list), said = 0;

	json_each (entry, list) {
		if (said == MAX_NAMED) {
			strbuf_printf(&text, " and %zu more", count - said);
			break;
		}
		strbuf_printf(&text, "%s'%s'", said++ ? ", " : "", quote(ed, entry->text));
	}
	return arena_strdup(edit_arena(ed), count ? strbuf_text(&text) : "none");
}

static void judge_command(struct edit *ed, const struct json *commands,
			  const struct exec_program *program)
{
	const struct json *allow = json_find(commands, "allow");

	json_each (entry, json_find(commands, "block")) {
		if (!exec_is_blocked_by(entry->text, program))
			continue;
		edit_refuse(ed, "exec-command",
			    arena_printf(edit_arena(ed), "exec of '%s' is blocked",
					 quote(ed, program->name)),
			    "use another program");
		return;
	}
	if (!allow)
		return;
	json_each (entry, allow) {
		if (exec_is_allowed_by(entry->text, program))
			return;
	}
	edit_refuse(ed, "exec-command",
		    arena_printf(edit_arena(ed), "exec of '%s' is not allowed (allowed: %s)",
				 quote(ed, program->name), names_of(ed, allow)),
		    "use one of those, written as the policy writes it");
}

static const char *why_foreign(const struct facts *facts)
{
	if (facts->has_own_env)
		return "this container does not have it with that value";
	return facts->created.is_known
		       ? "config.json, which would tell the container's own, is gone or was changed"
		       : "without a record nobody knows the container's own";
}

/* Of a container without a record PATH passes: every engine sends the one that it has. */
static void judge_variables(struct edit *ed)
{
	const struct facts *facts = edit_facts(ed);
	const char *name = exec_environment_foreign(
		edit_arena(ed), json_get(edit_doc(ed), "process", "env"), facts->own_env,
		!facts->has_own_env && !facts->created.is_known);

	if (!name)
		return;
	edit_refuse(ed, "exec-variable",
		    arena_printf(edit_arena(ed),
				 "%s '%s' can make an allowed program another one, and %s",
				 edit_words(ed, "exec -e", "exec with the variable",
					    "exec with the variable"),
				 quote(ed, name), why_foreign(facts)),
		    "leave it out");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	const struct json *commands = json_find(cfg, "commands");
	struct json_doc *doc = edit_doc(ed);
	const struct json *args = json_get(doc, "process", "args");
	bool has_terminal = json_bool(doc, json_get(doc, "process", "terminal"), false);
	const char *cwd = json_str(doc, json_get(doc, "process", "cwd"), NULL);
	struct exec_program program;

	if (is_check(edit_facts(ed), has_terminal))
		return 0;
	program = exec_program_of(args, cwd, edit_arena(ed));
	if (is_blocked(cfg, "shells") && exec_starts_shell(args))
		refuse_shell(ed, &program);
	if (is_blocked(cfg, "tty") && has_terminal)
		refuse_terminal(ed);
	judge_command(ed, commands, &program);
	if (json_find(commands, "allow"))
		judge_variables(ed);
	return 0;
}

static int check_entry(const struct json *entry, struct error *e)
{
	char quoted[QUOTED_SIZE];

	if (entry->type != JSON_STRING)
		return error_set(e, ERR_POLICY, "not a list of commands");
	if (strchr(entry->text, '/') ? exec_path_is_clean(entry->text) : entry->len > 0)
		return 0;
	return error_set(e, ERR_POLICY,
			 "'%s' is neither a name (\"ls\", \"pg_*\") nor an absolute path "
			 "(\"/usr/bin/id\", \"/opt/app/**\")",
			 error_quote(quoted, entry->text, entry->len));
}

static int check_commands(const struct json *value, struct error *e)
{
	if (!text_equal(value->key, "allow") && !text_equal(value->key, "block"))
		return error_set(e, ERR_POLICY, "the keys here are 'allow' and 'block'");
	if (value->type != JSON_ARRAY)
		return error_set(e, ERR_POLICY, "not a list of commands");
	json_each (entry, value) {
		if (check_entry(entry, e) < 0)
			return -1;
	}
	return 0;
}

static const char *const words[] = { "allow", "block", NULL };

static const struct setting settings[] = {
	{ .key = "shells", .type = SETTING_WORD, .words = words },
	{ .key = "tty", .type = SETTING_WORD, .words = words },
	{ .key = "commands", .type = SETTING_MAP, .check = check_commands },
	{ .key = NULL },
};

const struct control control_exec = {
	.id = "exec",
	.title = "Say which programs may be added to a running container",
	.refs = REFS("MITRE-ATTACK/T1609", "MITRE-ATTACK/T1059.004"),
	.settings = settings,
	.scopes = ON_PROCESS,
	.apply = apply,
};
