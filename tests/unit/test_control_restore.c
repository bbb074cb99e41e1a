/* Control restore: a checkpoint cannot be rewritten, so it is refused in every mode that acts. */
#include "trial.h"

#define CONTROL &control_restore

int main(void)
{
	struct trial t;

	trial_stays("a create", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}");

	for (enum control_mode mode = MODE_AUDIT; mode <= MODE_DENY; mode++) {
		if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC("")))
			break;
		t.facts.is_restore = true;
		trial_run(&t, CONTROL, mode, "{}");
		ok(journal_is_refused(&t.journal) == (mode != MODE_AUDIT), "restore: %s %s",
		   control_mode_name(mode), mode == MODE_AUDIT ? "lets it pass" : "refuses");
		ok(text_starts(trial_asked(&t), "start --checkpoint brings its own credentials"),
		   "restore: and %s says why", control_mode_name(mode));
		ok(trial_edits(&t) == 0, "restore: the document is not touched");
		trial_end(&t);
	}

	if (trial_start(&t, ENGINE_PLAIN, TRIAL_DOC(""))) {
		t.facts.is_restore = true;
		trial_run(&t, CONTROL, MODE_DENY, "{}");
		ok(text_starts(trial_asked(&t), "restore brings its own"),
		   "restore: whoever calls the runtime reads the runtime's word for it");
		trial_end(&t);
	}
	return done_testing();
}
