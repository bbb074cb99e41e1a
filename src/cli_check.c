/*
 * What values, ids and directories a command line may name.
 *
 * Some flags undo the container's isolation before config.json is even read, and no rewriting of
 * the document brings it back; an id becomes a directory and a cgroup. Each refusal here says what
 * to write instead.
 */
#include "cli_table.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

#define ID_MAX 255 /* a directory below --root has this name: NAME_MAX */

/* Go's flags read "010" as eight, crun as ten: only plain digits are a number for both. */
static int check_preserve_fds(const char *value, struct error *e)
{
	char quoted[QUOTED_SIZE];
	uint64_t count;

	if (parse_u64(value, &count) == 0 && count <= PRESERVE_FDS_MAX)
		return 0;
	return error_set(e, ERR_USAGE,
			 "--preserve-fds '%s' is no number of descriptors; give a whole number, %d "
			 "at most",
			 error_quote(quoted, value, strlen(value)), PRESERVE_FDS_MAX);
}

static int check_value(const struct cli_value *v, struct error *e)
{
	if (v->flag->arity != FLAG_BOOLEAN && v->value[0] == '\0')
		return error_set(e, ERR_USAGE,
				 "--%s has an empty value, which means something else to each "
				 "runtime; give one, or leave the flag out",
				 v->flag->name);

	switch (v->flag->check) {
	case CHECK_NONE:
		return 0;
	case CHECK_REFUSED:
		return error_set(e, ERR_USAGE, "--%s is not allowed: %s", v->flag->name,
				 v->flag->remedy);
	case CHECK_PRESERVE_FDS:
		return check_preserve_fds(v->value, e);
	}
	return error_set(e, ERR_USAGE, "--%s cannot be judged", v->flag->name);
}

int cli_check_values(const struct cli_value *list, unsigned int count, struct error *e)
{
	for (unsigned int i = 0; i < count; i++) {
		if (check_value(&list[i], e) < 0)
			return -1;
	}
	return 0;
}

void cli_note_asks(struct invocation *inv, const struct cli_value *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct cli_flag *flag = list[i].flag;
		const char *value = list[i].value ? list[i].value : "";
		uint64_t number;

		if (flag->check == CHECK_PRESERVE_FDS && parse_u64(value, &number) == 0)
			inv->preserved_fds = (unsigned int)number;
		if (flag->asks == COMMAND_ASK_NONE ||
		    (flag->harmless && text_in(value, flag->harmless)))
			continue;
		inv->asked[flag->asks] = value;
	}
}

bool cli_is_id(const char *id)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_+.-";
	size_t len = strlen(id);

	/* One that begins with '-' would be a flag on the command line that we write. */
	return len > 0 && len <= ID_MAX && strspn(id, letters) == len && id[0] != '-' &&
	       !text_equal(id, ".") && !text_equal(id, "..");
}

int cli_check_id(const char *command, const char *id, struct error *e)
{
	char quoted[QUOTED_SIZE];

	if (!id)
		return error_set(e, ERR_USAGE, "%s needs a container id", command);
	if (cli_is_id(id))
		return 0;
	return error_set(e, ERR_USAGE,
			 "%s '%s' is no container id; use letters, digits and _ + . - (not "
			 "first), %d at most",
			 command, error_quote(quoted, id, strlen(id)), ID_MAX);
}

/*
 * With --root / an id is any directory of the host: "delete --force etc" removed /etc before runc
 * 1.4. By inode, as "/..", "//" and a symlink say the same. Empty is the current directory.
 */
int cli_check_root(const char *path, struct error *e)
{
	struct stat root, slash;

	if (!path)
		return 0;
	if (path[0] == '\0')
		return error_set(e, ERR_USAGE, "--root is empty; name a directory of its own");
	if (stat(path, &root) < 0 || stat("/", &slash) < 0)
		return 0; /* what is not there yet is made by the runtime */
	if (root.st_dev == slash.st_dev && root.st_ino == slash.st_ino)
		return error_set(e, ERR_USAGE,
				 "--root is the root directory of the host; name a directory of "
				 "its own, e.g. --root /run/runc");
	return 0;
}

/* crun reads an id as a regular expression with --regex, in any spelling of that: -r, -fr, --reg.
 */
static bool asks_for_regex(const char *token)
{
	size_t len;

	if (token[0] != '-' || token[1] == '\0')
		return false;
	if (token[1] != '-')
		return strchr(token, 'r') != NULL;
	token += 2;
	len = strcspn(token, "=");
	return len > 0 && len <= strlen("regex") && memcmp("regex", token, len) == 0;
}

int cli_check_regex(const char *command, char *const *args, struct error *e)
{
	for (; *args && !text_equal(*args, "--"); args++) {
		if (asks_for_regex(*args))
			return error_set(e, ERR_USAGE,
					 "%s --regex takes a pattern and meets containers that "
					 "nobody named; give one container id and no --regex",
					 command);
	}
	return 0;
}

const char *cli_id_of_delete(char *const *args)
{
	while (text_equal(*args, "--force") || text_equal(*args, "-f"))
		args++;
	if (text_equal(*args, "--"))
		args++;
	return *args && !args[1] && cli_is_id(*args) ? *args : NULL;
}
