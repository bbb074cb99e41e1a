/*
 * Which commands and flags there are. The tables are the union of runc 1.1 to 1.5 and crun: a flag
 * that only one of them has is passed on and refused by the other one itself.
 */
#ifndef MANTLET_CLI_TABLE_H
#define MANTLET_CLI_TABLE_H

#include <stdbool.h>

#include "cli.h"

enum flag_arity {
	FLAG_BOOLEAN,
	FLAG_VALUE,
	FLAG_LIST, /* takes a value and may be repeated */
};

/* What a value must look like beyond not being empty. */
enum flag_check {
	CHECK_NONE,
	CHECK_REFUSED,      /* the flag may not be used at all: see remedy */
	CHECK_PRESERVE_FDS, /* a plain number, PRESERVE_FDS_MAX at most */
};

/* Engines pass one or two, socket activation a few more; all of them must be open anyway. */
#define PRESERVE_FDS_MAX 1024

struct cli_flag {
	const char *name;
	char letter; /* 0: long name only */
	enum flag_arity arity;
	enum flag_check check;
	const char *remedy;          /* CHECK_REFUSED: why not, and what instead */
	enum command_ask asks;       /* noted for the control "command-line"; */
	const char *const *harmless; /* but not for these values, NULL-terminated */
	bool is_one_dash;            /* "-name" is understood too: an engine writes it so */
};

struct cli_command {
	const char *name;
	enum command_kind kind;
	const struct cli_flag *flags; /* ends with a NULL name; NULL: not parsed */
	bool is_read_only;            /* starts and changes no container */
	bool is_exec;                 /* what follows the id belongs to the container's program */
};

/* --mantlet-policy, then --mantlet-profile. */
extern const struct cli_flag cli_own_flags[];

/* Global flags, in the order in which we write them. */
extern const struct cli_flag cli_global_flags[];

/* The command of this exact name, or NULL. */
const struct cli_command *cli_find_command(const char *name);

/* The flag of TABLE that TOKEN ("--name", "--name=value", "-n") spells exactly, or NULL. *RET_VALUE
 * is what follows '=', or NULL. */
const struct cli_flag *cli_find_flag(const struct cli_flag *table, const char *token,
				     const char **ret_value);

/* A flag of TABLE that TOKEN may have meant, or NULL. */
const struct cli_flag *cli_nearest_flag(const struct cli_flag *table, const char *token);

/* A command that NAME may have meant, or NULL. */
const char *cli_nearest_command(const char *name);

/* 0, or -1 with ERR_USAGE: values that no runtime may get, an empty one among them. */
int cli_check_values(const struct cli_value *list, unsigned int count, struct error *e) MUST_CHECK;

/* What the flags of LIST, which cli_check_values() has passed, ask beside the document. */
void cli_note_asks(struct invocation *inv, const struct cli_value *list, unsigned int count);

/* ID (NULL: missing) can be a container's; COMMAND is for the message. */
int cli_check_id(const char *command, const char *id, struct error *e) MUST_CHECK;

/* --root (NULL: not given) is not the root directory of the host. */
int cli_check_root(const char *path, struct error *e) MUST_CHECK;

/* No --regex among ARGS, which end with NULL. */
int cli_check_regex(const char *command, char *const *args, struct error *e) MUST_CHECK;

/* The id among the arguments of a delete, only when both runtimes see the same one; else NULL. */
const char *cli_id_of_delete(char *const *args);

#endif
