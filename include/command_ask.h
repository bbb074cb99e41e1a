/*
 * What a command line can ask beside the document: flags that undo part of a container's isolation
 * before, or behind the back of, config.json. The command line only notes them, the control
 * "command-line" judges.
 */
#ifndef MANTLET_COMMAND_ASK_H
#define MANTLET_COMMAND_ASK_H

enum command_ask {
	COMMAND_ASK_NONE,
	COMMAND_ASK_PRESERVE_FDS,
	COMMAND_ASK_NO_PIVOT,
	COMMAND_ASK_NO_NEW_KEYRING,
	COMMAND_ASK_CGROUP,          /* exec --cgroup */
	COMMAND_ASK_L3_CACHE_SCHEMA, /* update */
	COMMAND_ASK_MEM_BW_SCHEMA,   /* update */
	COMMAND_ASK_ROOTLESS,
	COMMAND_ASK_CGROUP_MANAGER,
	COMMAND_ASK_COUNT,
};

#endif
