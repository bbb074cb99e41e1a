/*
 * The five capability sets, cut down to the policy's allow-list (capabilities(7)).
 *
 * The bounding set counts as much as the others: what is left in it comes back through a file with
 * capabilities. Inheritable and ambient are cut as well, and all five are always written, because a
 * missing list means "leave as it is" to some runtimes and "the container's own" to exec.
 *
 * Where mantlet itself made root a plain user, an allowed capability that root had would be lost at
 * setuid(2); the ambient set carries it over. Nobody who chose a plain user gets any: a process of
 * uid 1000 had no capability before, and policy allows, it does not give.
 */
#include <string.h>

#include "caps.h"
#include "control_table.h"
#include "engine_caps.h"
#include "text.h"

static const char *const sets[] = { "bounding", "effective", "inheritable", "permitted",
				    "ambient" };

/* The policy's list as bits; names were checked when the policy was read. */
static uint64_t allowed_bits(const struct json *cfg)
{
	uint64_t bits = 0;

	json_each (name, json_find(cfg, "allow")) {
		int number = caps_number(json_text(name), true);

		if (number >= 0 && number < 64)
			bits |= UINT64_C(1) << number;
	}
	return bits;
}

/* Bits of a set of the document; a name that we do not know is in none and so is cut. */
static uint64_t bits_of(const struct json *list)
{
	uint64_t bits = 0;

	json_each (name, list) {
		int number = caps_number(json_text(name), false);

		if (number >= 0 && number < 64)
			bits |= UINT64_C(1) << number;
	}
	return bits;
}

static bool has_unknown_name(const struct json *list)
{
	json_each (name, list) {
		if (caps_number(json_text(name), false) < 0)
			return true;
	}
	return false;
}

static struct json *list_of(struct arena *arena, uint64_t bits)
{
	struct json *list = json_new(arena, JSON_ARRAY);

	for (int number = 0; number < 64; number++) {
		const char *name = bits >> number & 1 ? caps_name(number) : NULL;

		if (name)
			json_append(arena, list, NULL, json_new_str(arena, name));
	}
	return list;
}

/* "NET_ADMIN, SYS_PTRACE", at most six of them. */
static const char *names_of(struct arena *arena, uint64_t bits)
{
	auto_strbuf struct strbuf text = { 0 };
	unsigned int said = 0, left = (unsigned int)__builtin_popcountll(bits);

	for (int number = 0; number < 64; number++) {
		const char *name = bits >> number & 1 ? caps_name(number) : NULL;

		if (!name)
			continue;
		if (said == 6) {
			strbuf_printf(&text, " and %u more", left - said);
			break;
		}
		strbuf_printf(&text, "%s%s", said ? ", " : "", name + strlen("CAP_"));
		said++;
	}
	return arena_strdup(arena, strbuf_text(&text));
}

static void refuse_asked(struct edit *ed, uint64_t asked, uint64_t allowed)
{
	struct arena *arena = edit_arena(ed);
	unsigned int count = (unsigned int)__builtin_popcountll(asked);
	const char *flag = edit_words(ed, "--cap-add ", "securityContext.capabilities.add ",
				      "process.capabilities ");
	const char *exec = edit_words(ed, "exec --privileged", "exec", "exec");

	if (asked == 0) {
		edit_ask(ed, "capabilities",
			 "process.capabilities names something that is no capability",
			 "remove it, or write the name as capabilities(7) does");
		return;
	}
	if (edit_scope(ed) == SCOPE_PROCESS) {
		edit_ask(ed, "exec-capabilities",
			 arena_printf(arena, "%s asks for %u %s that this container does not have",
				      exec, count, count > 1 ? "capabilities" : "capability"),
			 edit_words(ed, "run exec without it", "leave them out", "leave them out"));
		return;
	}
	edit_ask(ed, "capabilities",
		 arena_printf(arena, "%s%s %s not allowed (allowed: %s)", flag,
			      names_of(arena, asked), count > 1 ? "are" : "is",
			      allowed ? names_of(arena, allowed) : "none"),
		 /* Docker and podman open these ports by a sysctl. */
		 arena_printf(arena, "remove %s%s", count > 1 ? "them" : "it",
			      edit_words(ed, "; for ports below 1024 no capability is needed here",
					 "", "")));
}

/* An added process gets no more than the first one, whatever the policy would have allowed that. */
static uint64_t limit_bits(const struct edit *ed)
{
	const struct facts *facts = edit_facts(ed);

	if (edit_scope(ed) == SCOPE_PROCESS && facts->created.is_known)
		return facts->created.capabilities;
	return UINT64_MAX;
}

/* What root could use and policy allows, when it was mantlet that took root away. */
static uint64_t ambient_bits(struct edit *ed, uint64_t allowed)
{
	struct json_doc *doc = edit_doc(ed);
	uint64_t uid = json_u64(doc, json_get(doc, "process", "user", "uid"), 0);

	if (edit_asked_uid(ed) != 0 || uid == 0)
		return 0;
	return bits_of(json_get(doc, "process", "capabilities", "effective")) &
	       bits_of(json_get(doc, "process", "capabilities", "permitted")) &
	       bits_of(json_get(doc, "process", "capabilities", "bounding")) & allowed;
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct json_doc *doc = edit_doc(ed);
	uint64_t allowed = allowed_bits(cfg) & limit_bits(ed), unasked = engine_unasked_caps(ed);
	uint64_t asked = 0, ambient;
	bool is_asked = false;

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const struct json *list = json_get(doc, "process", "capabilities", sets[i]);

		asked |= bits_of(list) & ~allowed & ~unasked;
		is_asked = is_asked || has_unknown_name(list);
	}
	is_asked = is_asked || asked != 0;
	ambient = ambient_bits(ed, allowed);

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct json *list = json_get(doc, "process", "capabilities", sets[i]);
		uint64_t had = bits_of(list);
		bool is_given = ambient != 0 && i > 0;
		uint64_t keeps = (had & allowed) | (is_given ? ambient : 0);
		enum edit_class class = EDIT_TRIM;

		if (list && had == keeps && !has_unknown_name(list))
			continue; /* the order of names is nobody's business */
		if (has_unknown_name(list) || (had & asked))
			class = edit_ask_class(ed);
		else if (keeps & ~had)
			class = EDIT_COMP;
		else if (!list)
			class = EDIT_FILL;
		edit_set(ed, class, "only what the policy allows", list_of(edit_arena(ed), keeps),
			 "process", "capabilities", sets[i]);
	}
	if (is_asked && edit_ask_class(ed) == EDIT_ASK)
		refuse_asked(ed, asked, allowed);
	return 0;
}

static int check_name(const struct json *value, struct error *e)
{
	const char *name = json_text(value), *near;

	if (caps_number(name, true) >= 0)
		return 0;
	if (text_starts(name, "CAP_"))
		name += strlen("CAP_");
	near = text_nearest(name, caps_words());
	if (!near)
		return error_set(e, ERR_POLICY, "not a capability");
	return error_set(e, ERR_POLICY, "not a capability, did you mean '%s'?", near);
}

static const struct setting settings[] = {
	{ .key = "allow", .type = SETTING_LIST, .check = check_name },
	{ .key = NULL },
};

const struct control control_capabilities = {
	.id = "capabilities",
	.title = "Cut all five capability sets down to the allow-list",
	.refs = REFS("CIS-Docker-1.6.0/5.4", "PSS/baseline/capabilities",
		     "PSS/restricted/capabilities"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
