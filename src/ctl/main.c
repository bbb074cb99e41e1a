/*
 * mantletctl, the operator's tool: looks at policies, profiles and containers, and changes nothing.
 *
 * main finds the subcommand, prints what it wrote, and turns failures into one line and an exit
 * status: 0 all is well, 1 findings or differences, 2 the command line, 3 it could not look.
 */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "fdio.h"
#include "text.h"

static const struct ctl_command *const commands[] = { &ctl_net, &ctl_seccomp, NULL };

static const char *const general[] = { "--help", "--version", "help", NULL };

static void put_help(struct strbuf *out)
{
	strbuf_puts(out, "mantletctl COMMAND [ARGUMENTS]\n\n");
	for (const struct ctl_command *const *command = commands; *command; command++)
		strbuf_printf(out, "  %-10s %s\n", (*command)->name, (*command)->summary);
	strbuf_puts(out, "\nmantletctl COMMAND --help says more, mantletctl(8) everything.\n"
			 "Exit status: 0 all is well, 1 findings or differences, 2 usage, "
			 "3 failure.\n");
}

static const struct ctl_command *find_command(const char *name)
{
	for (const struct ctl_command *const *command = commands; *command; command++) {
		if (strcmp((*command)->name, name) == 0)
			return *command;
	}
	return NULL;
}

static int no_command(struct ctl *ctl, const char *word)
{
	const char *words[ARRAY_SIZE(commands) + ARRAY_SIZE(general)];
	size_t count = 0;

	for (const struct ctl_command *const *command = commands; *command; command++)
		words[count++] = (*command)->name;
	memcpy(words + count, general, sizeof(general));
	return ctl_unknown(ctl, word[0] == '-' ? "option" : "command", word, words);
}

/* "--help" anywhere in front of "--" asks for the text of the subcommand. */
static bool asks_help(char **words)
{
	for (; *words && strcmp(*words, "--") != 0; words++) {
		if (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0)
			return true;
	}
	return false;
}

/* "help", "help COMMAND" */
static int help(struct ctl *ctl, const char *word)
{
	const struct ctl_command *command;

	if (!word || text_in(word, general)) {
		put_help(&ctl->out);
		return CTL_OK;
	}
	command = find_command(word);
	if (!command)
		return no_command(ctl, word);
	strbuf_puts(&ctl->out, command->help);
	return CTL_OK;
}

static int run(struct ctl *ctl, char **words)
{
	const char *first = words[0];
	const struct ctl_command *command;

	if (!first) {
		put_help(&ctl->said);
		return CTL_USAGE;
	}
	if (strcmp(first, "help") == 0)
		return help(ctl, words[1]);
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
		return help(ctl, NULL);
	if (strcmp(first, "--version") == 0) {
		strbuf_puts(&ctl->out, "mantletctl " MANTLET_VERSION "\n");
		return CTL_OK;
	}
	command = find_command(first);
	if (!command)
		return no_command(ctl, first);
	return asks_help(words + 1) ? help(ctl, first) : command->run(ctl, words + 1);
}

void ctl_say(struct ctl *ctl, const char *text)
{
	char *safe = arena_strdup(ctl->arena, text);

	error_defuse(safe);
	strbuf_printf(&ctl->said, "mantletctl: %s\n", safe);
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .arena = arena_new() };
	int status;

	ctl_look_at_output(&ctl);
	status = run(&ctl, argv + (argc > 0 ? 1 : 0));
	if (status >= 0 && fd_write_all(STDOUT_FILENO, strbuf_text(&ctl.out), ctl.out.len))
		status = error_sys(&ctl.e, "cannot write the output");
	if (status < 0) {
		ctl_say(&ctl, ctl.e.message);
		status = ctl.e.kind == ERR_USAGE ? CTL_USAGE : CTL_FAILED;
	}
	/* There is nobody else to tell. */
	(void)!fd_write_all(STDERR_FILENO, strbuf_text(&ctl.said), ctl.said.len);
	strbuf_free(&ctl.out);
	strbuf_free(&ctl.said);
	arena_free(ctl.arena);
	return status;
}
