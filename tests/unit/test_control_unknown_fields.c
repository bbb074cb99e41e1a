/* Control unknown-fields: what the specification does not know never reaches the runtime. */
#include "trial.h"

#define CONTROL &control_unknown_fields

static void test_limit(void)
{
	auto_strbuf struct strbuf text = { 0 };
	struct trial t;

	strbuf_puts(&text, "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{"
			   "\"args\":[\"a\"],\"cwd\":\"/\"");
	for (unsigned int i = 0; i < 300; i++)
		strbuf_printf(&text, ",\"x%u\":1", i);
	strbuf_puts(&text, "}}");
	if (!trial_start(&t, ENGINE_DOCKER, strbuf_text(&text)))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	ok(t.result == -1 && strstr(t.e.message, "300 unknown fields; at most 256"),
	   "unknown-fields: more than a newer engine could know is refused under fix too");
	trial_end(&t);
}

static void test_sentence(void)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER,
			 TRIAL_DOC(",\"a1\":1,\"a2\":1,\"a3\":1,\"a4\":1,\"a5\":1,\"a6\":1,"
				   "\"a7\":1,\"a8\":1,\"a9\":1,\"bad\\u001b[31m\":1")))
		return;
	trial_run(&t, CONTROL, MODE_DENY, "{}");
	ok(strstr(trial_asked(&t), "'/a8' and 2 more"),
	   "unknown-fields: the sentence names eight and counts the rest");
	ok(trial_edits(&t) == 10 && trial_count(&t, EDIT_ASK) == 10,
	   "unknown-fields: the journal has them all");
	trial_end(&t);

	if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC(",\"bad\\u001b[31m\":1")))
		return;
	trial_run(&t, CONTROL, MODE_DENY, "{}");
	ok(!strchr(trial_asked(&t), 0x1b), "unknown-fields: a name cannot colour the log");
	trial_end(&t);
}

static void test_scopes(void)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC(",\"linux\":{\"resources\":{\"new\":1}}")))
		return;
	t.scope = SCOPE_RESOURCES;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	is_text(trial_value(&t, "linux", "resources"), "{}",
		"unknown-fields: an update's unknown resource is dropped");
	trial_end(&t);
	ok((control_unknown_fields.scopes & (ON_SPEC | ON_PROCESS | ON_RESOURCES)) ==
		   (ON_SPEC | ON_PROCESS | ON_RESOURCES),
	   "unknown-fields: exec and update obey too");
}

int main(void)
{
	trial_modes("an unknown field", CONTROL, ENGINE_DOCKER,
		    TRIAL_DOC(",\"linux\":{\"novelty\":{\"a\":[1,null]}},\"other\":null"), "{}",
		    "'/linux/novelty', '/other': not in the runtime specification");
	trial_modes(
		"a field for Windows", CONTROL, ENGINE_PLAIN,
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"],"
		"\"cwd\":\"/\",\"commandLine\":\"b\"}}",
		"{}", "'/process/commandLine'");
	trial_stays("a document of known fields", CONTROL, ENGINE_DOCKER,
		    TRIAL_DOC(",\"annotations\":{\"free\":\"x\"},\"mounts\":[],\"hooks\":{}"),
		    "{}");
	test_limit();
	test_sentence();
	test_scopes();
	return done_testing();
}
