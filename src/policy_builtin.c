/*
 * The built-in levels: policy files that happen to lie in the program (embed.S).
 *
 * "restricted" is the newest edition that this mantlet has; "restricted@1" never changes what it
 * means. Their names are reserved, also those of editions still to come.
 */
#include <string.h>

#include "embed.h"
#include "policy_parts.h"
#include "text.h"

/* Of each level, editions in ascending order. */
static const struct level {
	const char *edition;
	const char *text;
	const char *end;
} levels[] = {
	{ "restricted@1", embed_restricted_1, embed_restricted_1_end },
	{ "baseline@1", embed_baseline_1, embed_baseline_1_end },
	{ "observe@1", embed_observe_1, embed_observe_1_end },
	{ "build@1", embed_build_1, embed_build_1_end },
};

static const char *const names[] = {
	"restricted", "baseline",  "observe", "build", "restricted@1",
	"baseline@1", "observe@1", "build@1", NULL,
};

const char *const *policy_builtin_names(void)
{
	return names;
}

static size_t base_len(const char *name)
{
	return strcspn(name, "@");
}

/* NAME without edition or as far as its '@' is one of the levels. */
bool policy_is_builtin_name(const char *name)
{
	size_t len = base_len(name);

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (base_len(levels[i].edition) == len &&
		    strncmp(levels[i].edition, name, len) == 0)
			return true;
	}
	return false;
}

static const struct level *find_level(const char *name)
{
	const struct level *found = NULL;
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		bool is_newest = base_len(levels[i].edition) == len &&
				 strncmp(levels[i].edition, name, len) == 0;

		if (is_newest || text_equal(levels[i].edition, name))
			found = &levels[i];
	}
	return found;
}

static struct policy_file *read_already(const struct policy_files *files, const struct level *level)
{
	for (struct policy_file *file = files->builtins; file; file = file->next) {
		if (file->text == level->text)
			return file;
	}
	return NULL;
}

int policy_builtin(struct policy_files *files, const char *name, const struct json *ref,
		   const struct json **ret_controls, struct error *e)
{
	const struct level *level = find_level(name);
	struct policy_file *file;
	struct json *block;

	if (!level)
		return policy_fail_word(files, ref, e, "level", NULL, name, names);
	file = read_already(files, level);
	if (!file) {
		const char *path = arena_printf(files->arena, "built-in %s", level->edition);

		if (policy_file_parse(files, &file, path, level->text,
				      (size_t)(level->end - level->text), e) < 0)
			return -1;
		file->next = files->builtins;
		files->builtins = file;
		block = json_find(file->root, "controls");
		if (policy_tidy(files, file->root, e) < 0 ||
		    policy_check_controls(files, block, e) < 0)
			return -1;
	}
	*ret_controls = json_find(file->root, "controls");
	return 0;
}

const char *policy_builtin_default(const char **ret_text, size_t *ret_len)
{
	const struct level *level = &levels[0];

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (text_starts(levels[i].edition, "restricted@"))
			level = &levels[i];
	}
	*ret_text = level->text;
	*ret_len = (size_t)(level->end - level->text);
	return level->edition;
}
