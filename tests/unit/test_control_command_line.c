/* Control command-line: every flag is refused by its own name, and passes when the policy says it.
 */
#include "trial.h"

#define CONTROL &control_command_line

static const struct row {
	enum command_ask ask;
	const char *word;
	const char *value;
	const char *asked;
} rows[] = {
	{ COMMAND_ASK_PRESERVE_FDS, "preserve-fds", "3", "--preserve-fds 3 hands open files" },
	{ COMMAND_ASK_NO_PIVOT, "no-pivot", "", "--no-pivot leaves the host's file system" },
	{ COMMAND_ASK_NO_NEW_KEYRING, "no-new-keyring", "", "--no-new-keyring shares the" },
	{ COMMAND_ASK_CGROUP, "cgroup", "/x", "exec --cgroup puts the process outside" },
	{ COMMAND_ASK_L3_CACHE_SCHEMA, "l3-cache-schema", "L3:0=f",
	  "update --l3-cache-schema writes into the host's cache classes (resctrl)" },
	{ COMMAND_ASK_MEM_BW_SCHEMA, "mem-bw-schema", "MB:0=10",
	  "update --mem-bw-schema writes into the host's cache classes (resctrl)" },
	{ COMMAND_ASK_ROOTLESS, "rootless", "true", "--rootless true lets the runtime go on" },
	{ COMMAND_ASK_CGROUP_MANAGER, "cgroup-manager", "disabled",
	  "--cgroup-manager disabled would start the container without limits" },
};

static unsigned int refusals(const struct trial *t)
{
	unsigned int count = 0;

	for (const struct journal_refusal *r = t->journal.refusals; r; r = r->next)
		count++;
	return count;
}

static void test_row(const struct row *row)
{
	const char *asked[COMMAND_ASK_COUNT] = { NULL };
	struct trial t;

	asked[row->ask] = row->value;
	for (enum control_mode mode = MODE_AUDIT; mode <= MODE_DENY; mode++) {
		if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC("")))
			return;
		t.facts.asked = asked;
		trial_run(&t, CONTROL, mode, "{\"allow\":[]}");
		ok(journal_is_refused(&t.journal) == (mode != MODE_AUDIT) && refusals(&t) == 1,
		   "command-line: %s %s --%s", control_mode_name(mode),
		   mode == MODE_AUDIT ? "lets pass and tells" : "refuses", row->word);
		ok(text_starts(trial_asked(&t), row->asked), "command-line: %s ...", row->asked);
		ok(text_equal(t.journal.refusals->key, row->word) && trial_edits(&t) == 0,
		   "command-line: the key is the flag, the document stays");
		trial_run(&t, CONTROL, mode,
			  arena_printf(t.arena, "{\"allow\":[\"x\",\"%s\"]}", row->word));
		ok(refusals(&t) == 0, "command-line: a policy can allow --%s", row->word);
		trial_end(&t);
	}
}

static void test_many(void)
{
	const char *asked[COMMAND_ASK_COUNT] = { NULL };
	struct trial t;

	trial_stays("a call without such flags", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		asked[rows[i].ask] = rows[i].value;
	for (enum edit_scope scope = SCOPE_SPEC; scope <= SCOPE_RESOURCES; scope++) {
		if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC("")))
			return;
		t.facts.asked = asked;
		t.scope = scope;
		trial_run(&t, CONTROL, MODE_FIX, "{\"allow\":[\"no-pivot\"]}");
		ok(refusals(&t) == ARRAY_SIZE(rows) - 1,
		   "command-line: all reasons at once, for whatever is asked for (%d)", (int)scope);
		trial_end(&t);
	}
	asked[COMMAND_ASK_ROOTLESS] = "x\ny: permission denied";
	if (trial_start(&t, ENGINE_DOCKER, TRIAL_DOC(""))) {
		t.facts.asked = asked;
		trial_run(&t, CONTROL, MODE_DENY, "{}");
		for (const struct journal_refusal *r = t.journal.refusals; r; r = r->next)
			ok(!strchr(r->asked, '\n') && !strstr(r->asked, "permission denied"),
			   "command-line: values are quoted: %s", r->key);
		trial_end(&t);
	}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		test_row(&rows[i]);
	test_many();
	return done_testing();
}
