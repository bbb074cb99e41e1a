/* Control exec: shells, terminals, commands by name, and the checks that are never refused. */
#include "exec_command.h"
#include "trial.h"

#define CONTROL &control_exec
#define DOC(args, rest)                                                                            \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[" args "],\"cwd\":\"/\"" rest            \
	"},\"root\":{\"path\":\"rootfs\"}}"
#define BLOCK "{\"shells\":\"block\",\"tty\":\"block\",\"commands\":{}}"
#define ALLOW "{\"shells\":\"allow\",\"tty\":\"allow\",\"commands\":{}}"
#define COMMANDS(lists) "{\"shells\":\"allow\",\"tty\":\"allow\",\"commands\":{" lists "}}"

static struct json_doc list_of(struct arena *arena, const char *args)
{
	const char *text = arena_printf(arena, "[%s]", args);
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "args", &e))
		printf("# %s\n", e.message);
	return doc;
}

static void shell(const char *args, bool is_shell)
{
	auto_arena struct arena *arena = arena_new();
	struct json_doc doc = list_of(arena, args);

	ok(exec_starts_shell(doc.root) == is_shell, "exec: %s is %s shell", args,
	   is_shell ? "a" : "no");
}

static void shells(void)
{
	static const char *const yes[] = {
		"\"sh\"",
		"\"/bin/sh\",\"-c\",\"id\"",
		"\"-sh\"",
		"\"bash\"",
		"\"/usr/local/bin/bash-5.2\"",
		"\"bash5\"",
		"\"ksh93\"",
		"\"bash-static\"",
		"\"../../bin/dash\"",
		"\"-/bin/zsh\"",
		"\"busybox\",\"sh\"",
		"\"/bin/busybox-static\",\"ash\"",
		"\"busybox\",\"busybox\",\"env\",\"A=1\",\"sh\"",
		"\"env\",\"-i\",\"A=1\",\"/bin/bash\"",
		"\"/usr/bin/nice\",\"-n\",\"5\",\"sh\"",
		"\"timeout\",\"5\",\"sh\",\"-c\",\"x\"",
		"\"xargs\",\"-I{}\",\"sh\",\"-c\",\"{}\"",
		"\"sudo\",\"--shell=/bin/sh\"",
		"\"su\"",
		"\"script\",\"-c\",\"id\"",
		"\"/lib64/ld-linux-x86-64.so.2\",\"/bin/sh\"",
		"\"/lib/ld-musl-x86_64.so.1\",\"/bin/busybox\",\"sh\"",
	};
	static const char *const no[] = {
		"",
		"\"\"",
		"\"/\"",
		"\"sh/\"",
		"\"ls\",\"/bin/sh\"",
		"\"shell\"",
		"\"bashful\"",
		"\"fish-pond\"",
		"\"ssh\"",
		"\"sha256sum\",\"x\"",
		"\"busybox\",\"ls\",\"/bin/sh\"",
		"\"busybox\"",
		"\"env\",\"SHELL=/bin/sh\",\"id\"",
		"\"timeout\",\"5\",\"curl\",\"http://x/y.sh\"",
		"\"SH\"",
		"\"sh-agent\"",
		"\"bash5x\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		shell(yes[i], true);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		shell(no[i], false);
}

/* One trial as exec; the words of the first refusal that is in force, NULL when it may run. */
static void judge_as(enum engine engine, bool is_health_check, const char *doc, const char *cfg,
		     const char *asked, const char *name)
{
	struct trial t;

	for (enum control_mode mode = MODE_AUDIT; mode <= MODE_DENY; mode++) {
		if (!ok(trial_start(&t, engine, doc), "exec: %s: is a document", name))
			return;
		t.scope = SCOPE_PROCESS;
		t.facts.is_health_check = is_health_check;
		trial_run(&t, CONTROL, mode, cfg);
		ok(journal_is_refused(&t.journal) == (asked && mode != MODE_AUDIT), "exec: %s: %s",
		   name, control_mode_name(mode));
		if (!ok(asked ? text_starts(trial_asked(&t), asked) : !trial_asked(&t),
			"exec: %s: says %s", name, asked ? asked : "nothing"))
			printf("#   got: %s\n", trial_asked(&t) ? trial_asked(&t) : "(nothing)");
		ok(trial_edits(&t) == 0 && t.result == 0, "exec: %s: no document changes", name);
		trial_end(&t);
	}
}

static void judge(const char *doc, const char *cfg, const char *asked, const char *name)
{
	judge_as(ENGINE_DOCKER, false, doc, cfg, asked, name);
}

static void commands(void)
{
	static const char *const allow = COMMANDS("\"allow\":[\"/usr/bin/*\",\"id\",\"/opt/**\"]");
	static const char *const block =
		COMMANDS("\"block\":[\"perl*\",\"/usr/bin/nc\",\"/opt/x/*\"]");
	static const char *const both =
		COMMANDS("\"allow\":[\"/bin/*\",\"ls\"],\"block\":[\"ls\"]");

	judge(DOC("\"id\"", ""), allow, NULL, "a name that is allowed");
	judge(DOC("\"/usr/bin/env\"", ""), allow, NULL, "a path that is allowed");
	judge(DOC("\"/opt/a/b/c\"", ""), allow, NULL, "a path that two stars allow");
	judge(DOC("\"env\"", ""), allow,
	      "exec of 'env' is not allowed (allowed: '/usr/bin/*', 'id', '/opt/**')",
	      "a bare name is no path");
	judge(DOC("\"/bin/id\"", ""), allow, "exec of '/bin/id' is not allowed",
	      "a path is no bare name");
	judge(DOC("\"/usr/bin/../../bin/sh\"", ""), allow, "exec of '/usr/bin/../", "..");
	judge(DOC("\"/opt/./sh\"", ""), allow, "exec of '/opt/./sh'", ".");
	judge(DOC("\"/opt//sh\"", ""), allow, "exec of '/opt//sh'", "//");
	judge(DOC("\"usr/bin/id\"", ""), allow, "exec of 'usr/bin/id'", "a relative path");
	judge(DOC("\"./id\"", ""), allow, "exec of './id'", "a name behind a dot");
	judge(DOC("\"\"", ""), allow, "exec of '' is not allowed", "an empty name");
	judge(DOC("\"/usr/bin/a/b\"", ""), allow, "exec of '/usr/bin/a/b'",
	      "one star stays within a part");
	judge(DOC("\"id\"", ""), COMMANDS("\"allow\":[]"),
	      "exec of 'id' is not allowed (allowed: none)", "an empty list");
	judge(DOC("\"id\"", ""), COMMANDS("\"allow\":[\"a\",\"b\",\"c\",\"d\",\"e\"]"),
	      "exec of 'id' is not allowed (allowed: 'a', 'b', 'c' and 2 more)", "a long list");
	judge(DOC("\"anything\"", ""), ALLOW, NULL, "no list");

	judge(DOC("\"perl5\"", ""), block, "exec of 'perl5' is blocked", "a blocked name");
	judge(DOC("\"/usr/local/bin/perl\"", ""), block, "exec of '/usr/local/bin/perl'",
	      "a blocked name anywhere");
	judge(DOC("\"/usr/bin/nc\"", ""), block, "exec of '/usr/bin/nc' is blocked",
	      "a blocked path");
	judge(DOC("\"nc\"", ""), block, "exec of 'nc' is blocked",
	      "a bare name that PATH may lead there");
	judge(DOC("\"/bin/nc\"", ""), block, NULL, "another path");
	judge(DOC("\"/usr/bin/../bin//nc\"", ""), block, "exec of '/usr/bin/../bin//nc'",
	      "a blocked path by a detour");
	judge(DOC("\"usr/bin/nc\"", ""), block, "exec of 'usr/bin/nc'",
	      "a blocked path from the working directory");
	judge("{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"./nc\"],\"cwd\":\"/usr/bin\"},"
	      "\"root\":{\"path\":\"rootfs\"}}",
	      block, "exec of './nc'", "and from below it");
	judge(DOC("\"ls\"", ""), both, "exec of 'ls' is blocked", "block beats allow");
	judge(DOC("\"/bin/ls\"", ""), both, "exec of '/bin/ls' is blocked", "by every name");
}

static void checks(void)
{
	static const char *const sh = DOC("\"/bin/sh\",\"-c\",\"x\"", "");
	static const char *const terminal = DOC("\"/bin/sh\",\"-c\",\"x\"", ",\"terminal\":true");
	static const char *const cfg =
		"{\"shells\":\"block\",\"tty\":\"block\",\"commands\":{\"allow\":[],"
		"\"block\":[\"sh\"]}}";
	static const enum engine by_form[] = { ENGINE_CRI, ENGINE_CRIO, ENGINE_PODMAN };
	static const enum engine never[] = { ENGINE_PLAIN, ENGINE_CTR, ENGINE_BUILDAH,
					     ENGINE_BUILDKIT };

	judge_as(ENGINE_DOCKER, true, sh, cfg, NULL, "Docker's health check");
	judge_as(ENGINE_DOCKER, false, sh, cfg, "exec of '/bin/sh' starts a shell",
		 "what is not Docker's health check");
	judge_as(ENGINE_DOCKER, true, terminal, cfg, "exec of '/bin/sh' starts a shell",
		 "its arguments with a terminal");
	for (size_t i = 0; i < ARRAY_SIZE(by_form); i++) {
		judge_as(by_form[i], false, sh, cfg, NULL,
			 "an exec that may be a probe of Kubernetes or podman");
		judge_as(by_form[i], false, terminal, cfg, "exec of '/bin/sh' starts a shell",
			 "a probe has no terminal");
	}
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		judge_as(never[i], true, sh, cfg, "exec of '/bin/sh' starts a shell",
			 "an engine without health checks");
}

static void values(void)
{
	ok(trial_accepts(CONTROL, "commands", "{\"allow\":[\"ls\",\"/bin/*\",\"/opt/**\"]}"),
	   "exec: names and absolute paths are commands");
	ok(trial_accepts(CONTROL, "commands", "{\"block\":[]}"), "exec: none at all too");
	ok(!trial_accepts(CONTROL, "commands", "{\"deny\":[\"ls\"]}"), "exec: other keys are not");
	ok(!trial_accepts(CONTROL, "commands", "{\"allow\":\"ls\"}"), "exec: a string is no list");
	ok(!trial_accepts(CONTROL, "commands", "{\"allow\":[1]}"), "exec: numbers are none");
	ok(!trial_accepts(CONTROL, "commands", "{\"allow\":[\"\"]}"), "exec: nor is nothing");
	ok(!trial_accepts(CONTROL, "commands", "{\"allow\":[\"bin/ls\"]}"),
	   "exec: nor a relative path");
	ok(!trial_accepts(CONTROL, "commands", "{\"allow\":[\"/bin/../ls\"]}"), "exec: nor '..'");
	ok(!trial_accepts(CONTROL, "commands", "{\"allow\":[\"/bin/\"]}"), "exec: nor a directory");
}

int main(void)
{
	shells();
	judge(DOC("\"sh\"", ""), BLOCK, "exec of 'sh' starts a shell in the container", "a shell");
	judge(DOC("\"sh\"", ",\"terminal\":true"), ALLOW, NULL, "what the policy allows");
	judge(DOC("\"id\"", ""), BLOCK, NULL, "a program");
	judge(DOC("\"top\"", ",\"terminal\":true"), BLOCK,
	      "exec -t opens a terminal in the container", "a terminal");
	judge_as(ENGINE_CRI, false, DOC("\"top\"", ",\"terminal\":true"), BLOCK,
		 "kubectl exec -t (tty: true) opens a terminal", "a terminal in Kubernetes");
	judge_as(ENGINE_PLAIN, false, DOC("\"top\"", ",\"terminal\":true"), BLOCK,
		 "exec with process.terminal opens", "a terminal by hand");
	judge(DOC("\"id\"", ",\"terminal\":false"), BLOCK, NULL, "a terminal that is not there");
	judge(DOC("\"sh\"", ""), "{}", NULL, "settings that are not there");
	commands();
	checks();
	values();
	return done_testing();
}
