/*
 * What is the engine asking for?
 *
 * runc reads its command line with Go's flag package, crun with GNU argp, and they disagree: an
 * abbreviation, an attached value, a flag behind the id mean one thing to the one and another to
 * the other (contract, 2.3). Whoever could make mantlet see "state" where the runtime sees "run"
 * would start a container that nobody hardened. So only the spellings on which both agree are
 * understood, everything else is refused, and the runtime gets a command line that we wrote.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "cli_table.h"
#include "text.h"

/* Both runtimes print something and stop, whatever follows. */
static const char *const information[] = {
	"--version", "-v", "-V", "--help", "-h", "-?", "--usage", NULL,
};

/* The place in argv that is looked at. */
struct walk {
	struct invocation *inv;
	int at;
	const char *command; /* for messages; "" in front of the command */
};

static const char *peek(const struct walk *w)
{
	return w->at < w->inv->argc ? w->inv->argv[w->at] : NULL;
}

static const char *space(const struct walk *w)
{
	return w->command[0] ? " " : "";
}

static int unknown_flag(const struct walk *w, const struct cli_flag *table, const char *token,
			struct error *e)
{
	char quoted[QUOTED_SIZE];
	const struct cli_flag *near = cli_nearest_flag(table, token);

	error_quote(quoted, token, strlen(token));
	if (near)
		return error_set(e, ERR_USAGE,
				 "%s%s'%s' is not understood: write --%s%s; names are taken only "
				 "in full, since runtimes disagree about every other form",
				 w->command, space(w), quoted, near->name,
				 near->arity == FLAG_BOOLEAN ? "" : " VALUE");
	return error_set(e, ERR_USAGE,
			 "%s%s'%s' is a flag that this version does not know, and it could change "
			 "what is started; remove it",
			 w->command, space(w), quoted);
}

/*
 * Step over the flag V->flag at W; V->value is what stood behind its '='. Without one the value is
 * whatever comes next, even when it looks like a flag: so both runtimes read it.
 */
static int take_value(struct walk *w, struct cli_value *v, struct error *e)
{
	const char *name = v->flag->name;

	w->at++;
	if (v->flag->arity == FLAG_BOOLEAN) {
		if (!v->value)
			return 0;
		return error_set(e, ERR_USAGE,
				 "%s%s--%s takes no value (runc and crun disagree about one); "
				 "write --%s, or leave it out",
				 w->command, space(w), name, name);
	}
	if (v->value)
		return 0;
	v->value = peek(w);
	if (!v->value)
		return error_set(e, ERR_USAGE, "%s%s--%s needs a value behind it", w->command,
				 space(w), name);
	w->at++;
	return 0;
}

/* Both runtimes take the last of two, but runc fails when one is the short form: ask for one. */
static int keep(const struct walk *w, struct cli_value *list, unsigned int *count,
		struct cli_value value, struct error *e)
{
	for (unsigned int i = 0; i < *count; i++) {
		if (list[i].flag == value.flag && value.flag->arity != FLAG_LIST)
			return error_set(e, ERR_USAGE, "%s%s--%s is given twice; give it once",
					 w->command, space(w), value.flag->name);
	}
	if (*count == CLI_MAX_VALUES)
		return error_set(e, ERR_USAGE, "%s%smore than %d flags are given; %s", w->command,
				 space(w), CLI_MAX_VALUES,
				 "use --process FILE for a long environment");
	list[(*count)++] = value;
	return 0;
}

/* Our own two flags; they never reach the runtime. */
static int take_own(struct walk *w, struct cli_value *v, struct error *e)
{
	const char **target =
		v->flag == &cli_own_flags[0] ? &w->inv->policy_file : &w->inv->profile;

	if (take_value(w, v, e) < 0)
		return -1;
	if (v->value[0] == '\0' || *target)
		return error_set(e, ERR_USAGE, "--%s is %s", v->flag->name,
				 *target ? "given twice; give it once" : "empty; name a value");
	*target = v->value;
	return 0;
}

/* crun takes the last of --systemd-cgroup and --cgroup-manager, and we write them in our order. */
static int check_cgroup_flags(const struct invocation *inv, struct error *e)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < inv->global_count; i++) {
		const char *name = inv->global[i].flag->name;

		if (text_equal(name, "systemd-cgroup") || text_equal(name, "cgroup-manager"))
			count++;
	}
	if (count < 2)
		return 0;
	return error_set(e, ERR_USAGE,
			 "--systemd-cgroup and --cgroup-manager say the same thing twice; give one "
			 "of them");
}

/* Global flags that mantlet itself looks at, at once: a later failure must reach --log. */
static void note_global(struct invocation *inv, const struct cli_value *v)
{
	const char *name = v->flag->name;

	if (text_equal(name, "log"))
		inv->log = v->value;
	else if (text_equal(name, "log-format"))
		inv->log_format = v->value;
	else if (text_equal(name, "root"))
		inv->root = v->value;
	else if (text_equal(name, "systemd-cgroup") ||
		 (text_equal(name, "cgroup-manager") && text_equal(v->value, "systemd")))
		inv->is_systemd_cgroup = true;
}

static int take_global(struct walk *w, struct cli_value *v, struct error *e)
{
	if (take_value(w, v, e) < 0)
		return -1;
	note_global(w->inv, v);
	return keep(w, w->inv->global, &w->inv->global_count, *v, e);
}

/*
 * Walk to the command, W->at its place. "--log run run ID" is legal and runs a container: only the
 * table says which word is a value. *RET_INFORMATION: --version, --help and the like were seen.
 */
static int walk_globals(struct walk *w, bool *ret_information, struct error *e)
{
	const char *token;
	int result = 0;

	*ret_information = false;
	while (result == 0 && (token = peek(w)) != NULL && token[0] == '-' && token[1] != '\0') {
		struct cli_value v = { 0 };

		if (text_equal(token, "--")) {
			w->at++;
			return 0;
		}
		if ((v.flag = cli_find_flag(cli_own_flags, token, &v.value)) != NULL) {
			result = take_own(w, &v, e);
		} else if ((v.flag = cli_find_flag(cli_global_flags, token, &v.value)) != NULL) {
			result = take_global(w, &v, e);
		} else if (text_in(token, information)) {
			*ret_information = true;
			w->at++;
		} else {
			return unknown_flag(w, cli_global_flags, token, e);
		}
	}
	return result;
}

/* Flags, the id, and for exec the program. */
static int parse_command(struct walk *w, const struct cli_command *command, struct error *e)
{
	struct invocation *inv = w->inv;
	const char *token;

	/* Alone it is harmless; among others "--help --help=false" would run the container. */
	if (w->at + 1 == inv->argc && text_in(peek(w), information)) {
		inv->kind = COMMAND_PASS;
		return 0;
	}
	while ((token = peek(w)) != NULL && token[0] == '-' && token[1] != '\0') {
		struct cli_value v = { 0 };

		if (text_equal(token, "--")) {
			w->at++;
			break;
		}
		v.flag = cli_find_flag(command->flags, token, &v.value);
		if (!v.flag)
			return unknown_flag(w, command->flags, token, e);
		if (take_value(w, &v, e) < 0 || keep(w, inv->local, &inv->local_count, v, e) < 0)
			return -1;
	}
	if (check_cgroup_flags(inv, e) < 0 ||
	    cli_check_values(inv->global, inv->global_count, e) < 0 ||
	    cli_check_values(inv->local, inv->local_count, e) < 0 ||
	    cli_check_id(command->name, peek(w), e) < 0)
		return -1;
	cli_note_asks(inv, inv->global, inv->global_count);
	cli_note_asks(inv, inv->local, inv->local_count);
	inv->id = inv->argv[w->at++];
	inv->args = inv->argv + w->at;
	if (command->is_exec || !peek(w))
		return 0;
	return error_set(e, ERR_USAGE,
			 "%s has something behind the container id; put flags in front of the id, "
			 "since crun does not take them behind it",
			 w->command);
}

static int note_name(struct invocation *inv, struct error *e)
{
	const char *slash;

	if (inv->argc < 1 || !inv->argv[0])
		return error_set(e, ERR_USAGE, "called without a name of our own (argv[0])");
	slash = strrchr(inv->argv[0], '/');
	inv->name = slash ? slash + 1 : inv->argv[0];
	return 0;
}

/* "mantlet-NAME" selects a profile: containerd and CRI-O can give a runtime no arguments. */
static int profile_of_name(struct invocation *inv, struct error *e)
{
	static const char prefix[] = "mantlet-";

	/* The flag was typed for this one call, so it says more than the name. */
	if (inv->profile || !text_starts(inv->name, prefix))
		return 0;
	inv->profile = inv->name + strlen(prefix);
	if (inv->profile[0] == '\0')
		return error_set(e, ERR_USAGE, "called as 'mantlet-' without a profile behind it");
	return 0;
}

static int parse_command_word(struct walk *w, struct error *e)
{
	struct invocation *inv = w->inv;
	const char *word = inv->argv[w->at++];
	const struct cli_command *command = cli_find_command(word);
	char quoted[QUOTED_SIZE];
	const char *near;

	if (!command) {
		near = cli_nearest_command(word);
		error_quote(quoted, word, strlen(word));
		return error_set(e, ERR_USAGE,
				 "'%s' is no command that mantlet knows, and it could start or "
				 "change a container%s%s%s",
				 quoted, near ? "; did you mean '" : "; see --help for the list",
				 near ? near : "", near ? "'?" : "");
	}
	inv->command = command->name;
	inv->kind = command->kind;
	w->command = command->name;
	if (!command->is_read_only && cli_check_root(inv->root, e) < 0)
		return -1;
	if (command->flags)
		return parse_command(w, command, e);
	inv->args = inv->argv + w->at;
	if (text_equal(command->name, "kill") || text_equal(command->name, "delete")) {
		if (cli_check_regex(command->name, inv->args, e) < 0)
			return -1;
	}
	if (command->kind == COMMAND_DELETE)
		inv->id = cli_id_of_delete(inv->args);
	return 0;
}

int cli_parse(struct invocation *inv, int argc, char **argv, struct error *e)
{
	struct walk w = { .inv = inv, .at = 1, .command = "" };
	bool is_information;

	inv->argc = argc;
	inv->argv = argv;
	inv->args = argv + argc;
	inv->kind = COMMAND_PASS;
	if (note_name(inv, e) < 0 || walk_globals(&w, &is_information, e) < 0 ||
	    profile_of_name(inv, e) < 0)
		return -1;

	/* Nothing behind --version is read by a runtime, so nothing behind it is handed over. */
	if (is_information)
		inv->argc = w.at < argc ? w.at : argc;
	if (w.at >= inv->argc)
		return 0;
	return parse_command_word(&w, e);
}
