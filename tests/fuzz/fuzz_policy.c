/*
 * libFuzzer target: any bytes as the text of a policy. What is accepted must resolve to every
 * control with a mode, and what a record would hold of it must be read again as the same.
 */
#include "fuzz.h"

#include <string.h>

#include "policy_parts.h"
#include "strbuf.h"

static void write_to(struct strbuf *out, const struct json *node)
{
	struct error e = { 0 };

	must(json_write(out, node, &e) == 0, "a resolved profile can be written");
}

static void check_resolved(struct arena *arena, const struct policy *policy)
{
	auto_strbuf struct strbuf once = { 0 }, twice = { 0 };
	struct json *again = NULL;
	struct json_doc record;
	struct error e = { 0 };
	enum control_mode mode;

	for (const struct control *const *c = controls; *c; c++) {
		const struct json *own = json_find(policy->controls, (*c)->id);

		must(control_mode_parse(json_text(json_find(own, "mode")), &mode) == 0,
		     "every control has a mode");
	}
	write_to(&once, policy->controls);
	must(json_parse(&record, arena, strbuf_text(&once), once.len, 0, "record", &e) == 0,
	     "a record can be read");
	must(policy_recall(&again, arena, record.root, &e) == 0, e.message);
	write_to(&twice, again);
	must(strcmp(strbuf_text(&once), strbuf_text(&twice)) == 0, "a record means the same again");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char *const profiles[] = { NULL, "a", "baseline" };
	/* A block of exactly this size, so that reading behind it is noticed. */
	auto_free char *text = malloc(len ? len : 1);

	if (!text)
		return 0;
	if (len)
		memcpy(text, bytes, len);

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct arena *arena = arena_new();
		struct policy policy = { 0 };
		struct error e = { 0 };

		if (policy_load_text(&policy, arena, text, len, "fuzz", profiles[i], &e) == 0)
			check_resolved(arena, &policy);
		else
			must(e.kind == ERR_POLICY && e.message[0] && !strchr(e.message, '\n'),
			     "a refusal says why, in one line");
		arena_free(arena);
	}
	return 0;
}
