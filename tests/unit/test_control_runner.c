/* What a mode means, with a table of small controls of this test's own in the place of the real. */
#include "control.h"
#include "trial.h"

static enum { QUIET, ASKS, ASKS_IN_SILENCE, REFUSES, FAILS, FAILS_WITHOUT_WORDS, FAULTS } behaviour;
static unsigned int spec_runs, process_runs;

static int apply_first(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct json_doc *doc = edit_doc(ed);

	spec_runs++;
	edit_set(ed, EDIT_FILL, "r", json_new_bool(edit_arena(ed), true), "process",
		 "noNewPrivileges");
	switch (behaviour) {
	case QUIET:
		return 0;
	case ASKS:
		edit_ask(ed, "k", "you asked", "do not");
		break;
	case ASKS_IN_SILENCE:
		break;
	case REFUSES:
		edit_refuse(ed, "k", "you refused", "do not");
		return 0;
	case FAILS:
		return error_set(e, ERR_SYSTEM, "the disk is gone");
	case FAILS_WITHOUT_WORDS:
		return -1;
	case FAULTS:
		json_fault(doc, "a fault");
		return 0;
	}
	edit_set(ed, EDIT_ASK, "r", json_new_str(edit_arena(ed), "b"), "hostname");
	return 0;
}

static int apply_process(struct edit *ed, const struct json *cfg, struct error *e)
{
	process_runs++;
	return 0;
}

static const struct control first = { .id = "first", .scopes = ON_SPEC, .apply = apply_first };
static const struct control second = { .id = "second",
				       .scopes = ON_PROCESS | ON_RESOURCES,
				       .apply = apply_process };
const struct control *const controls[] = { &first, &second, NULL };

static int run(struct trial *t, const char *text, enum edit_scope scope, const char *profile)
{
	struct json_doc doc = { 0 };
	struct edit *ed;

	(void)trial_start(t, ENGINE_DOCKER, text);
	ed = edit_new(t->arena, &t->doc, &t->facts, scope, &t->journal);
	spec_runs = process_runs = 0;
	if (json_parse(&doc, t->arena, profile, strlen(profile), 0, "profile", &t->e))
		return -2;
	return control_run_all(ed, doc.root, &t->e);
}

static const char *const profiles[] = {
	[MODE_OFF] = "{\"first\":{\"mode\":\"off\"}}",
	[MODE_AUDIT] = "{\"first\":{\"mode\":\"audit\"}}",
	[MODE_FIX] = "{\"first\":{\"mode\":\"fix\"}}",
	[MODE_DENY] = "{\"first\":{\"mode\":\"deny\"}}",
};

/* What happens in each mode: is anything journalled, does the edit stay, is the start refused? */
static void check_modes(const char *name, const char *refused)
{
	static const char document[] = TRIAL_DOC(",\"hostname\":\"a\"");

	for (enum control_mode mode = MODE_OFF; mode <= MODE_DENY; mode++) {
		bool is_refused = refused[mode] == 'r', is_kept = mode >= MODE_FIX;
		struct trial t;

		ok(run(&t, document, SCOPE_SPEC, profiles[mode]) == 0, "runner: %s under %s runs",
		   name, control_mode_name(mode));
		ok(journal_is_refused(&t.journal) == is_refused, "runner: and is %srefused",
		   is_refused ? "" : "not ");
		ok((trial_edits(&t) > 0) == (mode != MODE_OFF) &&
			   text_equal(trial_value(&t, "process", "noNewPrivileges"),
				      is_kept ? "true" : "absent"),
		   "runner: its edits are %s",
		   mode == MODE_OFF ? "not made"
		   : is_kept        ? "kept"
				    : "recorded and taken back");
		for (const struct journal_entry *it = t.journal.entries; it; it = it->next) {
			if (it->is_enforced != is_kept)
				ok(false, "runner: an entry says whether it is in force");
		}
		trial_end(&t);
	}
}

static void test_modes(void)
{
	behaviour = QUIET;
	check_modes("a control that fills", "----");
	behaviour = ASKS;
	check_modes("a control that says what was asked", "---r");
	behaviour = ASKS_IN_SILENCE;
	check_modes("a control that forgets to say what was asked", "---r");
	behaviour = REFUSES;
	check_modes("a control that cannot rewrite", "--rr");
	behaviour = FAILS;
	check_modes("a control that cannot decide", "--rr");
	behaviour = FAILS_WITHOUT_WORDS;
	check_modes("a control that fails without a word", "--rr");
}

static void test_words(void)
{
	struct trial t;

	behaviour = FAILS;
	(void)run(&t, TRIAL_DOC(""), SCOPE_SPEC, profiles[MODE_FIX]);
	is_text(trial_asked(&t), "the disk is gone", "runner: a control's error is the reason");
	trial_end(&t);
	behaviour = FAILS_WITHOUT_WORDS;
	(void)run(&t, TRIAL_DOC(""), SCOPE_SPEC, profiles[MODE_FIX]);
	is_text(trial_asked(&t), "failed", "runner: one without words is a reason too");
	trial_end(&t);
}

static void test_faults(void)
{
	for (enum control_mode mode = MODE_AUDIT; mode <= MODE_DENY; mode++) {
		struct trial t;

		behaviour = FAULTS;
		ok(run(&t, TRIAL_DOC(""), SCOPE_SPEC, profiles[mode]) < 0 && t.e.kind == ERR_SPEC,
		   "runner: a faulty document is refused under %s: %s", control_mode_name(mode),
		   t.e.message);
		trial_end(&t);
	}
}

static void test_profile(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"first\":{}}",
		"{\"first\":{\"mode\":\"FIX\"}}",
		"{\"first\":{\"mode\":\"\"}}",
		"{\"first\":{\"mode\":1}}",
		"{\"first\":\"fix\"}",
		"[]",
	};

	behaviour = QUIET;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct trial t;

		ok(run(&t, TRIAL_DOC(""), SCOPE_SPEC, bad[i]) == -1 && spec_runs == 0,
		   "runner: the profile %s has no mode for the control: %s", bad[i], t.e.message);
		trial_end(&t);
	}
}

static void test_scopes(void)
{
	static const char profile[] =
		"{\"first\":{\"mode\":\"fix\"},\"second\":{\"mode\":\"fix\"}}";
	struct trial t;

	behaviour = QUIET;
	(void)run(&t, TRIAL_DOC(""), SCOPE_SPEC, profile);
	ok(spec_runs == 1 && process_runs == 0, "runner: create runs what is for create");
	trial_end(&t);
	(void)run(&t, TRIAL_DOC(""), SCOPE_PROCESS, profile);
	ok(spec_runs == 0 && process_runs == 1, "runner: exec runs what is for a process");
	trial_end(&t);
	(void)run(&t, TRIAL_DOC(""), SCOPE_RESOURCES, profile);
	ok(spec_runs == 0 && process_runs == 1, "runner: update runs what is for resources");
	trial_end(&t);
	ok(control_find("second") == &second && !control_find("third") && !control_find(NULL),
	   "runner: a control is found by its id");
}

static void test_mode_names(void)
{
	enum control_mode mode = MODE_DENY;

	for (enum control_mode want = MODE_OFF; want <= MODE_DENY; want++)
		ok(control_mode_parse(control_mode_name(want), &mode) == 0 && mode == want,
		   "runner: '%s' is a mode", control_mode_name(want));
	ok(control_mode_parse("enforce", &mode) < 0 && control_mode_parse(NULL, &mode) < 0 &&
		   mode == MODE_DENY,
	   "runner: another word is none, and leaves the result alone");
}

int main(void)
{
	test_modes();
	test_words();
	test_faults();
	test_profile();
	test_scopes();
	test_mode_names();
	return done_testing();
}
