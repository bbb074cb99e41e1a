/*
 * The options of one subcommand. They may stand anywhere behind it, "--" ends them, and nothing is
 * guessed: no abbreviations, and an option that is given twice must be one that may be.
 */
#include <string.h>

#include "ctl.h"
#include "text.h"

#define MAX_OPTIONS 32

int ctl_unknown(struct ctl *ctl, const char *kind, const char *word, const char *const *words)
{
	const char *nearest = text_nearest(word, words);
	char quoted[QUOTED_SIZE];

	return error_set(&ctl->e, ERR_USAGE, "unknown %s '%s'%s%s%s", kind,
			 error_quote(quoted, word, strlen(word)), nearest ? ", did you mean '" : "",
			 nearest ? nearest : "", nearest ? "'?" : "");
}

static int unknown_option(struct ctl *ctl, const struct ctl_option *options, const char *name)
{
	const char *words[MAX_OPTIONS + 1] = { NULL };

	for (size_t i = 0; i < MAX_OPTIONS && options[i].name; i++)
		words[i] = arena_printf(ctl->arena, "--%s", options[i].name);
	return ctl_unknown(ctl, "option", name, words);
}

const char *ctl_value(const struct ctl_args *args, const char *name)
{
	for (size_t i = 0; i < args->count; i++) {
		if (strcmp(args->given[i].option->name, name) == 0)
			return args->given[i].value;
	}
	return NULL;
}

static const struct ctl_option *find_option(const struct ctl_option *options, const char *name)
{
	for (; options->name; options++) {
		if (strcmp(options->name, name) == 0)
			return options;
	}
	return NULL;
}

/* One option at *WORDS; moves on to the last word that it takes. */
static int take_option(struct ctl *ctl, struct ctl_args *args, const struct ctl_option *options,
		       char ***words)
{
	const char *text = **words, *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	char *dashed = arena_memdup(ctl->arena, text, len);
	const struct ctl_option *option =
		text_starts(dashed, "--") ? find_option(options, dashed + 2) : NULL;
	const char *value = equals ? equals + 1 : NULL;

	if (!option)
		return unknown_option(ctl, options, dashed);
	if (!option->value && value)
		return error_set(&ctl->e, ERR_USAGE, "%s takes no value", dashed);
	if (option->value && !value && (*words)[1])
		value = *++*words;
	if (option->value && (!value || !value[0]))
		return error_set(&ctl->e, ERR_USAGE, "%s needs a value: %s %s", dashed, dashed,
				 option->value);
	if (!option->is_repeatable && ctl_value(args, option->name))
		return error_set(&ctl->e, ERR_USAGE, "%s is given twice", dashed);
	if (args->count == CTL_MAX_GIVEN)
		return error_set(&ctl->e, ERR_USAGE, "more than %d options", CTL_MAX_GIVEN);
	args->given[args->count].option = option;
	args->given[args->count++].value = value ? value : "";
	return 0;
}

int ctl_parse(struct ctl *ctl, struct ctl_args *ret_args, const struct ctl_option *options,
	      char **words)
{
	struct ctl_args args = { .words = 0 };
	bool is_ended = false;

	for (; *words; words++) {
		if (!is_ended && strcmp(*words, "--") == 0) {
			is_ended = true;
			continue;
		}
		if (!is_ended && (*words)[0] == '-' && (*words)[1]) {
			if (take_option(ctl, &args, options, &words))
				return -1;
			continue;
		}
		if (args.words == CTL_MAX_WORDS)
			return error_set(&ctl->e, ERR_USAGE, "too many words");
		args.word[args.words++] = *words;
	}
	*ret_args = args;
	return 0;
}
