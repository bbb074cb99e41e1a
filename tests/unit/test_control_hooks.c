/* Control hooks: nothing runs as root on the host unless the policy names it, but Docker's own. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "trial.h"

#define CONTROL &control_hooks
#define HOOK(stage, members) TRIAL_DOC(",\"hooks\":{\"" stage "\":[{" members "}]}")

static char room[] = "/tmp/mantlet-hooks.XXXXXX";

static const char *in_room(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", room, name);
}

static void test_refused(void)
{
	static const char *const stages[] = { "prestart",       "createRuntime", "createContainer",
					      "startContainer", "poststart",     "poststop" };
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		trial_modes(arena_printf(arena, "a %s hook", stages[i]), CONTROL, ENGINE_DOCKER,
			    arena_printf(arena,
					 TRIAL_DOC(",\"hooks\":{\"%s\":[{\"path\":"
						   "\"/bin/sh\"}]}"),
					 stages[i]),
			    "{}", arena_printf(arena, "%s hook '/bin/sh' ", stages[i]));
	trial_modes("a startContainer hook that the policy names", CONTROL, ENGINE_PLAIN,
		    HOOK("startContainer", "\"path\":\"/bin/sh\""), "{\"allow\":[\"/bin/sh\"]}",
		    "startContainer hook '/bin/sh' is looked up inside the image");
	trial_stays("a document without hooks", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}");
	trial_stays("a document with empty hooks", CONTROL, ENGINE_DOCKER,
		    TRIAL_DOC(",\"hooks\":{\"prestart\":[]}"), "{}");
}

/* What looks like Docker's hook and is none. */
static void test_impostors(void)
{
	static const char *const members[] = {
		"\"path\":\"/proc/self/exe\",\"args\":[\"libnetwork-setkey\",\"ab\",\"cd\"]",
		"\"path\":\"/proc/999999999/exe\",\"args\":[\"libnetwork-setkey\",\"ab\",\"cd\"]",
		"\"path\":\"/proc/%1$d/exe\",\"args\":[\"libnetwork-setkey\",\"ab\",\"cd\"]",
		"\"path\":\"/proc/%1$d/root/bin/sh\",\"args\":[\"libnetwork-setkey\"]",
		"\"path\":\"/proc//exe\",\"args\":[\"libnetwork-setkey\",\"ab\",\"cd\"]",
	};
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		auto_strbuf struct strbuf text = { 0 };

		strbuf_puts(&text, "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"a\"],"
				   "\"cwd\":\"/\"},\"root\":{\"path\":\"r\"},\"hooks\":"
				   "{\"prestart\":[{");
		for (const char *at = members[i]; *at; at++) {
			if (text_starts(at, "%1$d")) {
				strbuf_printf(&text, "%d", getpid());
				at += 3;
			} else {
				strbuf_add(&text, at, 1);
			}
		}
		strbuf_puts(&text, "}]}}");
		trial_modes(arena_printf(arena, "impostor %zu", i + 1), CONTROL, ENGINE_DOCKER,
			    strbuf_text(&text), "{}", "prestart hook '/proc/");
	}
}

/* A process of root's, whose program is a copy of sleep at PATH. */
static pid_t start_copy(struct arena *arena, const char *path)
{
	auto_close int in = open("/bin/sleep", O_RDONLY | O_CLOEXEC);
	auto_close int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	const char *text;
	struct error e = { 0 };
	int ready[2];
	size_t len;
	pid_t pid;
	char byte;

	if (in < 0 || out < 0 || pipe2(ready, O_CLOEXEC) ||
	    fd_read_all(in, 16 << 20, arena, &text, &len, "sleep", &e) ||
	    fd_write_all(out, text, len) || fchmod(out, 0755))
		return -1;
	(void)close(take_fd(&out));
	pid = fork();
	if (pid == 0) {
		(void)execl(path, path, "60", (char *)NULL);
		_exit(127);
	}
	/* The pipe closes at execve. */
	(void)close(ready[1]);
	(void)!read(ready[0], &byte, 1);
	(void)close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static const char *network_hook(struct arena *arena, pid_t pid, const char *stage, const char *args)
{
	return arena_printf(arena,
			    TRIAL_DOC(",\"hooks\":{\"%s\":[{\"path\":\"/proc/%d/exe\","
				      "\"args\":[%s]}]}"),
			    stage, pid, args);
}

#define DOCKERS_ARGS                                                                               \
	"\"libnetwork-setkey\",\"-exec-root=/run/docker\",\"ead411b18399\",\"53146c4d0df3\""

static bool stays(struct arena *arena, pid_t pid, const char *stage, const char *args)
{
	struct trial t;
	bool is_kept;

	if (!trial_start(&t, ENGINE_DOCKER, network_hook(arena, pid, stage, args)))
		return false;
	trial_run(&t, CONTROL, MODE_DENY, "{}");
	is_kept = !journal_is_refused(&t.journal) && trial_edits(&t) == 1 &&
		  trial_count(&t, EDIT_FILL) == 1 &&
		  strstr(trial_value(&t, "hooks"), "\"env\":[\"PATH=");
	trial_run(&t, CONTROL, MODE_DENY, "{}");
	is_kept = is_kept && trial_edits(&t) == 0;
	trial_end(&t);
	return is_kept;
}

static void test_network_hook(void)
{
	auto_arena struct arena *arena = arena_new();
	const char *path = in_room(arena, "dockerd"), *other = in_room(arena, "otherd");
	pid_t pid = start_copy(arena, path), impostor;

	if (!ok(pid > 0, "hooks: a daemon of root's is running"))
		return;
	ok(stays(arena, pid, "prestart", DOCKERS_ARGS),
	   "hooks: Docker's own network hook stays, and gets an environment of its own");
	ok(!stays(arena, pid, "createRuntime", DOCKERS_ARGS), "hooks: not in another stage");
	ok(!stays(arena, pid, "poststop", DOCKERS_ARGS), "hooks: nor at the end");
	ok(!stays(arena, pid, "prestart", "\"dockerd\",\"-H\",\"tcp://0.0.0.0\""),
	   "hooks: not with other arguments");
	ok(!stays(arena, pid, "prestart", "\"libnetwork-setkey\",\"--exec-root=/x\",\"ab\""),
	   "hooks: nor with one argument of another form");
	ok(!stays(arena, pid, "prestart", DOCKERS_ARGS ",\"ab\""), "hooks: nor with one more");
	ok(!stays(arena, pid, "prestart", ""), "hooks: nor without any");

	impostor = start_copy(arena, other);
	ok(impostor > 0 && !stays(arena, impostor, "prestart", DOCKERS_ARGS),
	   "hooks: another program is not Docker's");
	stop(impostor);

	ok(chmod(path, 0775) == 0 && !stays(arena, pid, "prestart", DOCKERS_ARGS),
	   "hooks: nor is one that its group can change");
	ok(chmod(path, 0755) == 0 && chown(path, 1000, 0) == 0 &&
		   !stays(arena, pid, "prestart", DOCKERS_ARGS),
	   "hooks: nor one that belongs to another user");
	ok(chown(path, 0, 0) == 0 && chmod(room, 0777) == 0 &&
		   !stays(arena, pid, "prestart", DOCKERS_ARGS),
	   "hooks: nor one in a directory that anybody can change");
	ok(chmod(room, 0755) == 0 && stays(arena, pid, "prestart", DOCKERS_ARGS),
	   "hooks: with all that mended it stays again");
	ok(unlink(path) == 0 && stays(arena, pid, "prestart", DOCKERS_ARGS),
	   "hooks: a daemon that outlives its upgrade keeps its hook");
	stop(pid);
	ok(!stays(arena, pid, "prestart", DOCKERS_ARGS), "hooks: a daemon that is gone does not");

	pid = start_copy(arena, path);
	ok(pid > 0 && chmod(path, 0757) == 0 && unlink(path) == 0 &&
		   !stays(arena, pid, "prestart", DOCKERS_ARGS),
	   "hooks: nor does one whose lost program anybody could change");
	stop(pid);
}

static void test_allowed(void)
{
	auto_arena struct arena *arena = arena_new();
	char path[64], link[64];
	const char *cfg, *doc, *around;
	auto_close int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/hook", room);
	(void)snprintf(link, sizeof(link), "%s/link", room);
	around = arena_printf(arena, "%s/aside/hook", room);
	cfg = arena_printf(arena, "{\"allow\":[\"%s\",\"%s\",\"%s\",\"%s\",\"/nowhere/x\"]}", path,
			   link, room, around);
	doc = arena_printf(arena, HOOK("createRuntime", "\"path\":\"%s\",\"env\":[]"), path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (!ok(fd >= 0 && fchmod(fd, 0755) == 0 && symlink(path, link) == 0 &&
			symlink(".", in_room(arena, "aside")) == 0,
		"hooks: a program of root's is there"))
		return;
	trial_stays("a program that the policy names", CONTROL, ENGINE_DOCKER, doc, cfg);
	trial_modes("a program that it does not name", CONTROL, ENGINE_DOCKER,
		    arena_printf(arena, HOOK("createRuntime", "\"path\":\"%s/../hook\""), room),
		    cfg, "createRuntime hook '");
	trial_modes(
		"the program, when it is not named", CONTROL, ENGINE_DOCKER, doc, "{}",
		arena_printf(arena, "createRuntime hook '%s' runs a program on the host", path));
	trial_modes("a symlink to it", CONTROL, ENGINE_DOCKER,
		    arena_printf(arena, HOOK("poststop", "\"path\":\"%s\""), link), cfg,
		    arena_printf(arena, "poststop hook '%s' cannot be trusted: ", link));
	trial_modes("a path with a symlink on the way", CONTROL, ENGINE_DOCKER,
		    arena_printf(arena, HOOK("poststop", "\"path\":\"%s\""), around), cfg,
		    arena_printf(arena, "poststop hook '%s' cannot be trusted: a symlink is on the",
				 around));
	trial_modes("a directory", CONTROL, ENGINE_DOCKER,
		    arena_printf(arena, HOOK("poststop", "\"path\":\"%s\""), room), cfg,
		    arena_printf(arena, "poststop hook '%s' cannot be trusted: it is not a program",
				 room));
	trial_modes("a program that is not there", CONTROL, ENGINE_DOCKER,
		    HOOK("poststop", "\"path\":\"/nowhere/x\""), cfg,
		    "poststop hook '/nowhere/x' cannot be trusted: the program cannot be opened");
	ok(chmod(path, 0757) == 0, "hooks: the program becomes writable");
	trial_modes("a program that anybody can change", CONTROL, ENGINE_DOCKER, doc, cfg,
		    arena_printf(arena, "createRuntime hook '%s' cannot be trusted: ", path));
	ok(chmod(path, 0644) == 0, "hooks: the program becomes a file");
	trial_modes(
		"a file that is no program", CONTROL, ENGINE_DOCKER, doc, cfg,
		arena_printf(arena, "createRuntime hook '%s' cannot be trusted: it is not", path));
	(void)chmod(path, 0755);
}

static void test_environment(void)
{
	auto_arena struct arena *arena = arena_new();
	const char *path = in_room(arena, "hook");
	const char *cfg = arena_printf(arena, "{\"allow\":[\"%s\"]}", path);
	struct trial t;

	if (trial_start(&t, ENGINE_DOCKER,
			arena_printf(arena,
				     HOOK("createContainer",
					  "\"path\":\"%s\",\"timeout\":5,\"env\":[\"A=1\","
					  "\"LD_PRELOAD=/x.so\",\"GLIBC_TUNABLES=a\",\"LDX=1\","
					  "\"_LIBCONTAINER_INITPIPE=3\",\"LD_AUDIT=/y\"]"),
				     path))) {
		trial_run(&t, CONTROL, MODE_DENY, cfg);
		ok(strstr(trial_value(&t, "hooks"), "\"env\":[\"A=1\",\"LDX=1\"]") &&
			   strstr(trial_value(&t, "hooks"), "\"timeout\":5"),
		   "hooks: the loader's variables go, all else stays");
		ok(trial_count(&t, EDIT_TRIM) == 4 && !journal_is_refused(&t.journal),
		   "hooks: without a refusal");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER,
			arena_printf(arena, HOOK("createContainer", "\"path\":\"%s\""), path))) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		ok(strstr(trial_value(&t, "hooks"), "\"env\":[\"PATH=/usr/local/sbin:"),
		   "hooks: no hook inherits the runtime's environment");
		trial_end(&t);
	}
	trial_stays(
		"an empty environment", CONTROL, ENGINE_DOCKER,
		arena_printf(arena, HOOK("createContainer", "\"path\":\"%s\",\"env\":[]"), path),
		cfg);
}

static void test_checks(void)
{
	ok(trial_accepts(CONTROL, "allow", "\"/usr/bin/nvidia-ctk\"") &&
		   !trial_accepts(CONTROL, "allow", "\"nvidia-ctk\"") &&
		   !trial_accepts(CONTROL, "allow", "\"/usr/../x\"") &&
		   !trial_accepts(CONTROL, "allow", "\"/usr/bin/\"") &&
		   !trial_accepts(CONTROL, "allow", "\"\""),
	   "hooks: allow takes absolute paths");
}

int main(void)
{
	auto_arena struct arena *arena = arena_new();

	test_refused();
	test_impostors();
	test_checks();
	if (geteuid() != 0) {
		ok(true, "hooks: programs of root's # SKIP only root can make them");
		return done_testing();
	}
	if (!mkdtemp(room) || chmod(room, 0755))
		return 1;
	test_network_hook();
	test_allowed();
	test_environment();
	(void)unlink(in_room(arena, "hook"));
	(void)unlink(in_room(arena, "link"));
	(void)unlink(in_room(arena, "aside"));
	(void)unlink(in_room(arena, "otherd"));
	(void)unlink(in_room(arena, "dockerd"));
	(void)rmdir(room);
	return done_testing();
}
