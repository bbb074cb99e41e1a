/*
 * What messages about a policy say: the word that was probably meant, the words that there are, the
 * names of types. A person reads them in the output of 'docker run', far from the file.
 */
#include <string.h>

#include "policy_parts.h"
#include "strbuf.h"
#include "text.h"

/* Parts of the language that this version does not enforce. Accepting them would make somebody
 * believe that they are in force. */
static const char *const reserved_controls[] = {
	"secrets",
	"image",
	NULL,
};

static const char *const modes[] = { "off", "audit", "fix", "deny", NULL };

/* Words that other tools use for a mode. In Kubernetes' engines "enforce" means "refuse", which is
 * our deny; but who writes it to switch a control on wants fix, and every file says so. */
static const char *const mode_synonyms[][2] = {
	{ "enforce", "fix" }, { "on", "fix" },        { "warn", "audit" },
	{ "log", "audit" },   { "observe", "audit" }, { "permissive", "audit" },
	{ "block", "deny" },  { "refuse", "deny" },   { "enforcing", "fix" },
	{ "none", "off" },    { "disabled", "off" },  { "ignore", "off" },
};

int policy_fail_word(const struct policy_files *files, const struct json *node, struct error *e,
		     const char *kind, const char *whose, const char *word,
		     const char *const *words)
{
	const char *nearest = text_nearest(word, words);
	auto_strbuf struct strbuf all = { 0 };
	char quoted[QUOTED_SIZE];

	(void)error_quote(quoted, word, strlen(word));
	if (nearest)
		return policy_fail(files, node, e, "unknown %s '%s'%s%s%s, did you mean '%s'?",
				   kind, quoted, whose ? " of '" : "", whose ? whose : "",
				   whose ? "'" : "", nearest);
	for (; *words; words++)
		strbuf_printf(&all, "%s%s", all.len ? ", " : "", *words);
	return policy_fail(files, node, e, "unknown %s '%s'%s%s%s (there are: %s)", kind, quoted,
			   whose ? " of '" : "", whose ? whose : "", whose ? "'" : "",
			   all.len ? strbuf_text(&all) : "none");
}

const char *const *policy_control_ids(struct arena *arena)
{
	const char **ids;
	size_t count = 0;

	while (controls[count])
		count++;
	ids = arena_alloc(arena, (count + 1) * sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = controls[i]->id;
	return ids;
}

bool policy_is_reserved_control(const char *id)
{
	return text_in(id, reserved_controls);
}

int policy_mode(const struct policy_files *files, const struct json *node,
		enum control_mode *ret_mode, struct error *e)
{
	const char *word = json_text(node);

	if (node->type != JSON_STRING)
		return policy_fail(files, node, e,
				   "'mode' must be one of off, audit, fix, deny, not %s",
				   json_type_words(node));
	if (control_mode_parse(word, ret_mode) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(mode_synonyms); i++) {
		if (text_equal(word, mode_synonyms[i][0]))
			return policy_fail(files, node, e, "unknown mode '%s', did you mean '%s'?",
					   word, mode_synonyms[i][1]);
	}
	return policy_fail_word(files, node, e, "mode", NULL, word, modes);
}

const char *policy_path_fault(const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/')
		return "not an absolute path";
	if (strstr(path, "//"))
		return "a path with '//'";
	if (len > 1 && path[len - 1] == '/')
		return "a path with '/' at its end";
	for (const char *at = path; at; at = strchr(at + 1, '/')) {
		if (strncmp(at, "/..", 3) == 0 && (at[3] == '/' || at[3] == '\0'))
			return "a path with '..'";
		if (strncmp(at, "/.", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
			return "a path with '.'";
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)path[i] < 0x20 || path[i] == 0x7F)
			return "a path with control characters";
	}
	return NULL;
}
