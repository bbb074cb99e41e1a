/* Control no-new-privileges: one bit, at create and at exec. */
#include "trial.h"

#define CONTROL &control_no_new_privileges
#define PROCESS(rest)                                                                              \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"" rest              \
	"},\"root\":{\"path\":\"rootfs\"}}"

int main(void)
{
	struct trial t;

	trial_modes("a document that omits the flag", CONTROL, ENGINE_DOCKER, PROCESS(""), "{}",
		    NULL);
	trial_modes("a document that says false", CONTROL, ENGINE_CTR,
		    PROCESS(",\"noNewPrivileges\":false"), "{}", NULL);
	trial_stays("a document that says true", CONTROL, ENGINE_DOCKER,
		    PROCESS(",\"noNewPrivileges\":true"), "{}");

	if (trial_start(&t, ENGINE_DOCKER, PROCESS(""))) {
		t.scope = SCOPE_PROCESS;
		trial_run(&t, CONTROL, MODE_DENY, "{}");
		is_text(trial_value(&t, "process", "noNewPrivileges"), "true",
			"no-new-privileges: exec gets the flag too");
		ok(trial_count(&t, EDIT_FILL) == 1, "no-new-privileges: silence is filled");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER, PROCESS(",\"noNewPrivileges\":false"))) {
		trial_run(&t, CONTROL, MODE_DENY, "{}");
		ok(trial_count(&t, EDIT_TRIM) == 1, "no-new-privileges: false is trimmed");
		trial_end(&t);
	}
	ok(control_no_new_privileges.scopes == (ON_SPEC | ON_PROCESS),
	   "no-new-privileges: at create and at exec");
	return done_testing();
}
