/*
 * The command line that the runtime gets.
 *
 * For a command that can start or change a container we write it ourselves from what was parsed:
 * full names, the order of the table, nothing that was not understood. Commands that are passed on
 * go as they came, without our own two flags.
 */
#include "cli.h"

#include <string.h>

#include "cli_table.h"
#include "text.h"

/* Index of the first, or the count when there is none. */
static unsigned int find_value(const struct invocation *inv, const char *name)
{
	unsigned int i = 0;

	while (i < inv->local_count && !text_equal(inv->local[i].flag->name, name))
		i++;
	return i;
}

const char *cli_get(const struct invocation *inv, const char *name)
{
	unsigned int i = find_value(inv, name);

	if (i == inv->local_count)
		return NULL;
	return inv->local[i].value ? inv->local[i].value : "true";
}

void cli_set(struct invocation *inv, const char *name, const char *value)
{
	unsigned int i = find_value(inv, name);
	const struct cli_command *command = cli_find_command(inv->command);

	if (i < inv->local_count) {
		inv->local[i].value = value;
		return;
	}
	for (const struct cli_flag *f = command ? command->flags : NULL; f && f->name; f++) {
		if (text_equal(f->name, name) && i < CLI_MAX_VALUES) {
			inv->local[inv->local_count++] =
				(struct cli_value){ .flag = f, .value = value };
			return;
		}
	}
	abort(); /* A flag that gets lost would start what was not asked for. */
}

void cli_unset(struct invocation *inv, const char *name)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < inv->local_count; i++) {
		if (!text_equal(inv->local[i].flag->name, name))
			inv->local[kept++] = inv->local[i];
	}
	inv->local_count = kept;
}

struct words {
	char **argv;
	size_t count;
	struct arena *arena;
};

/* argv is not const in execve(2), for reasons of 1978; nobody writes to it. */
static void add_word(struct words *out, const char *word)
{
	out->argv[out->count++] = arena_strdup(out->arena, word);
}

/*
 * A value that begins with '-' needs "--name=value": runc 1.1 sorts flags in front of arguments
 * before it reads them, and would tear "--resources -" apart.
 */
static void add_flag(struct words *out, const struct cli_value *v)
{
	if (!v->value) {
		add_word(out, arena_printf(out->arena, "--%s", v->flag->name));
	} else if (v->value[0] == '-') {
		add_word(out, arena_printf(out->arena, "--%s=%s", v->flag->name, v->value));
	} else {
		add_word(out, arena_printf(out->arena, "--%s", v->flag->name));
		add_word(out, v->value);
	}
}

static void add_flags(struct words *out, const struct cli_flag *table, const struct cli_value *list,
		      unsigned int count)
{
	for (; table->name; table++) {
		for (unsigned int i = 0; i < count; i++) {
			if (list[i].flag == table)
				add_flag(out, &list[i]);
		}
	}
}

static void add_parsed(struct words *out, const struct invocation *inv)
{
	const struct cli_command *command = cli_find_command(inv->command);

	add_flags(out, cli_global_flags, inv->global, inv->global_count);
	add_word(out, command->name);
	add_flags(out, command->flags, inv->local, inv->local_count);
	add_word(out, inv->id);
	for (char **arg = inv->args; *arg; arg++)
		add_word(out, *arg);
}

/* How many words the flag at TOKEN takes when TABLE has it, else 0. */
static int flag_words(const struct cli_flag *table, const char *token)
{
	const char *value;
	const struct cli_flag *flag = cli_find_flag(table, token, &value);

	if (!flag)
		return 0;
	return flag->arity == FLAG_BOOLEAN || value ? 1 : 2;
}

/* The same walk as in cli_parse(), which has accepted every word of it. */
static void add_unchanged(struct words *out, const struct invocation *inv)
{
	int i = 1, words;

	while (i < inv->argc && inv->argv[i][0] == '-' && !text_equal(inv->argv[i], "--")) {
		words = flag_words(cli_own_flags, inv->argv[i]);
		if (words > 0) {
			i += words;
			continue;
		}
		words = flag_words(cli_global_flags, inv->argv[i]);
		add_word(out, inv->argv[i++]);
		if (words == 2 && i < inv->argc)
			add_word(out, inv->argv[i++]);
	}
	while (i < inv->argc)
		add_word(out, inv->argv[i++]);
}

char **cli_argv(const struct invocation *inv, const char *runtime)
{
	size_t most = (size_t)inv->argc + (size_t)4 * CLI_MAX_VALUES + 4;
	struct words out = { .arena = inv->arena };

	out.argv = arena_alloc(inv->arena, most * sizeof(*out.argv));
	add_word(&out, runtime);
	if (inv->kind == COMMAND_PASS || inv->kind == COMMAND_DELETE || inv->kind == COMMAND_START)
		add_unchanged(&out, inv);
	else
		add_parsed(&out, inv);
	return out.argv;
}
