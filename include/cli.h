/*
 * The command line of runc 1.1 to 1.5 and crun, by table (contract, section 2).
 *
 * Exact long and short names only, in the forms "--name value", "--name=value", "-n value".
 * Anything else that could start or change a container is refused: the two runtimes disagree about
 * abbreviations, attached values, repeated flags and flags behind the id.
 */
#ifndef MANTLET_CLI_H
#define MANTLET_CLI_H

#include <stdbool.h>

#include "arena.h"
#include "command_ask.h"
#include "error.h"

enum command_kind {
	COMMAND_PASS,   /* executed at once and untouched */
	COMMAND_CREATE, /* create, run */
	COMMAND_RESTORE,
	COMMAND_START, /* passed on as it came when the container has a record */
	COMMAND_EXEC,
	COMMAND_UPDATE,
	COMMAND_CHECKPOINT,
	COMMAND_DELETE, /* passed on; the record goes */
};

struct cli_flag; /* private: one row of a flag table */

struct cli_value {
	const struct cli_flag *flag;
	const char *value; /* NULL for a boolean that is on */
};

/* The long name of a flag, for the rows of inv->local. */
const char *cli_flag_name(const struct cli_flag *flag);

#define CLI_MAX_VALUES 128

struct invocation {
	int argc;
	char **argv;      /* as we were called */
	const char *name; /* last part of argv[0] */
	struct arena *arena;
	const char *policy_file; /* --mantlet-policy */
	const char *profile;     /* --mantlet-profile, or what argv[0] selects; NULL: default */
	const char *command;     /* "create"; NULL for --version, --help and no command at all */
	enum command_kind kind;
	const char *id;   /* first positional; NULL when the command has none */
	char **args;      /* what follows the id (exec: the program), NULL-terminated; commands
			   * that are passed on: what follows the command */
	const char *root; /* global flags that mantlet itself looks at; NULL when not given */
	const char *log;
	const char *log_format;
	bool is_systemd_cgroup;
	/* By enum command_ask: the value of a flag that asks for it ("" for a boolean), or NULL. */
	const char *asked[COMMAND_ASK_COUNT];
	unsigned int preserved_fds; /* --preserve-fds: from 3 on so many are the container's */
	struct cli_value global[CLI_MAX_VALUES];
	unsigned int global_count;
	struct cli_value local[CLI_MAX_VALUES];
	unsigned int local_count;
};

/* 0, or -1 with ERR_USAGE; what was parsed before the failure stays in INV (log, root), so that the
 * refusal reaches the engine. INV starts zeroed with ARENA set. */
int cli_parse(struct invocation *inv, int argc, char **argv, struct error *e) MUST_CHECK;

/* Value of a flag of the command by its long name ("bundle"); NULL when absent. For booleans
 * "true". */
const char *cli_get(const struct invocation *inv, const char *name);

/* Give a flag of the command another value, or add it. */
void cli_set(struct invocation *inv, const char *name, const char *value);
void cli_unset(struct invocation *inv, const char *name);

/* True for what can be a container id: letters, digits and _ + . - (not first). */
bool cli_is_id(const char *id);

/*
 * What the runtime is called with, RUNTIME being argv[0]. Pass-through commands: argv as it came
 * without our own two flags. All others: global flags, the command, its flags (long names, in the
 * order of the table, "--name value"), the id, the rest. NULL-terminated, in the arena.
 */
char **cli_argv(const struct invocation *inv, const char *runtime);

#endif
