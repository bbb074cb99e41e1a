/* For the tests of the policy: load a text, and look at what comes out. */
#ifndef MANTLET_POLICY_TRY_H
#define MANTLET_POLICY_TRY_H

#include <stdlib.h>

#include "policy_parts.h"
#include "tap.h"

static struct arena *try_arena;
static struct policy try_policy;
static struct error try_error;

/* TEXT is what lies in FILE; true when it is a policy that PROFILE (NULL: default) resolves in. */
__attribute__((unused)) static bool load(const char *text, const char *profile)
{
	if (!try_arena)
		try_arena = arena_new();
	try_error = (struct error){ 0 };
	memset(&try_policy, 0, sizeof(try_policy));
	return policy_load_text(&try_policy, try_arena, text, strlen(text), "p.json", profile,
				&try_error) == 0;
}

/* The JSON of a value, in the arena; "(none)" for NULL. */
__attribute__((unused)) static const char *json_of(const struct json *node)
{
	struct strbuf text = { 0 };
	struct error e = { 0 };
	const char *copy = "(none)";

	if (node && json_write(&text, node, &e) == 0)
		copy = arena_strdup(try_arena, strbuf_text(&text));
	strbuf_free(&text);
	return copy;
}

/* What the loaded profile says of a control. */
__attribute__((unused)) static const char *control_json(const char *id)
{
	return try_policy.controls ? json_of(json_find(try_policy.controls, id))
				   : try_error.message;
}

__attribute__((unused)) static const char *setting_json(const char *id, const char *key)
{
	return try_policy.controls ? json_of(json_find(json_find(try_policy.controls, id), key))
				   : try_error.message;
}

__attribute__((unused)) static const char *mode_of_control(const char *id)
{
	return policy_word(json_find(try_policy.controls, id), "mode", try_error.message);
}

#endif
