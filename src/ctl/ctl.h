/*
 * What the parts of mantletctl share. One subcommand is one row of the table in main.c and one
 * file; it writes into ctl->out, and main prints that when the subcommand has ended well.
 */
#ifndef MANTLET_CTL_H
#define MANTLET_CTL_H

#include <stdbool.h>

#include "arena.h"
#include "error.h"
#include "strbuf.h"

/* Exit statuses. */
enum ctl_status {
	CTL_OK,
	CTL_FOUND,  /* findings, differences */
	CTL_USAGE,  /* the command line */
	CTL_FAILED, /* could not look */
};

struct ctl {
	struct arena *arena;
	struct strbuf out;  /* for standard output */
	struct strbuf said; /* for standard error: findings, a line each */
	unsigned int width; /* columns of the output */
	bool is_bold;       /* headings may be emphasised */
	struct error e;
};

struct ctl_command {
	const char *name;
	const char *summary; /* one line */
	const char *help;    /* synopsis and options; ends with a newline */
	/* WORDS: what follows the name, NULL-terminated. A status, or -1 with ctl->e. */
	int (*run)(struct ctl *ctl, char **words);
};

extern const struct ctl_command ctl_net, ctl_seccomp;

/* Find out where the output goes: width of the terminal, else COLUMNS, else 80; NO_COLOR. */
void ctl_look_at_output(struct ctl *ctl);

/* "mantletctl: TEXT" on standard error, after the output. TEXT is made safe to print. */
void ctl_say(struct ctl *ctl, const char *text);

/* Options of a subcommand, in the forms "--name", "--name value" and "--name=value". */
struct ctl_option {
	const char *name;  /* without dashes */
	const char *value; /* what stands for its value in messages ("CAP"); NULL: it has none */
	bool is_repeatable;
};

#define CTL_MAX_GIVEN 64
#define CTL_MAX_WORDS 8

struct ctl_args {
	const char *word[CTL_MAX_WORDS]; /* what is no option */
	size_t words;
	struct {
		const struct ctl_option *option;
		const char *value; /* "" for an option without one */
	} given[CTL_MAX_GIVEN];
	size_t count;
};

/* OPTIONS is closed by a row without name. -1 with ERR_USAGE. */
int ctl_parse(struct ctl *ctl, struct ctl_args *ret_args, const struct ctl_option *options,
	      char **words) MUST_CHECK;

/* Value of an option, NULL when it was not given. */
const char *ctl_value(const struct ctl_args *args, const char *name);

/* ERR_USAGE for WORD, which is none of WORDS: names the nearest. Always -1. */
int ctl_unknown(struct ctl *ctl, const char *kind, const char *word, const char *const *words);

#endif
