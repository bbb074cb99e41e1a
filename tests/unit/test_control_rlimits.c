/* Control rlimits: limits of each process, and who runs and dies first. */
#include <sys/resource.h>

#include "rlimits.h"
#include "trial.h"

#define CONTROL &control_rlimits
#define CFG "{\"mode\":\"fix\",\"core\":\"0:0\"}"
#define CFG_FILES "{\"nofile\":\"1024:4096\"}"
#define DOC(members)                                                                               \
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"],"       \
	"\"cwd\":\"/\",\"oomScoreAdj\":0" members "}}"
#define LIMIT(type, soft, hard) "{\"type\":\"" type "\",\"hard\":" hard ",\"soft\":" soft "}"
#define LIMITS(list) DOC(",\"rlimits\":[" list "]")
#define NO_CORE LIMIT("RLIMIT_CORE", "0", "0")

static const char *run(struct trial *t, enum edit_scope scope, const char *doc, const char *cfg)
{
	if (!trial_start(t, ENGINE_DOCKER, doc))
		return "no document";
	t->scope = scope;
	trial_run(t, CONTROL, MODE_FIX, cfg);
	return trial_value(t, "process", "rlimits");
}

static void test_fill(void)
{
	struct rlimit old, low;
	struct trial t;

	is_text(run(&t, SCOPE_SPEC, DOC(""), CFG), "[" NO_CORE "]",
		"rlimits: a document without limits gets no core dumps");
	trial_end(&t);
	is_text(run(&t, SCOPE_SPEC, LIMITS(LIMIT("RLIMIT_NOFILE", "1", "2")), CFG),
		"[" LIMIT("RLIMIT_NOFILE", "1", "2") "," NO_CORE "]",
		"rlimits: a filled limit joins those that are there");
	trial_end(&t);
	is_text(run(&t, SCOPE_SPEC, DOC(""), "{\"core\":false}"), "absent",
		"rlimits: a policy that took its limit back writes none");
	trial_end(&t);

	(void)getrlimit(RLIMIT_NOFILE, &old);
	low = (struct rlimit){ .rlim_cur = 512, .rlim_max = old.rlim_max };
	(void)setrlimit(RLIMIT_NOFILE, &low);
	is_text(run(&t, SCOPE_SPEC, DOC(""), CFG_FILES),
		"[" LIMIT("RLIMIT_NOFILE", "512", "4096") "]",
		"rlimits: a filled limit is never above our own, which would be inherited");
	trial_end(&t);
	(void)setrlimit(RLIMIT_NOFILE, &old);

	trial_modes("a document without limits", CONTROL, ENGINE_DOCKER, DOC(""), CFG, NULL);
}

static void test_clamp(void)
{
	trial_stays("a tighter limit", CONTROL, ENGINE_DOCKER,
		    LIMITS(LIMIT("RLIMIT_NOFILE", "512", "4096")), CFG_FILES);
	trial_modes("--ulimit core=-1", CONTROL, ENGINE_DOCKER,
		    LIMITS(LIMIT("RLIMIT_CORE", "18446744073709551615", "18446744073709551615")),
		    CFG, "--ulimit core=unlimited:unlimited is above 0:0");
	trial_modes("a hard limit above the policy's", CONTROL, ENGINE_PLAIN,
		    LIMITS(LIMIT("RLIMIT_NOFILE", "1024", "8192")), CFG_FILES,
		    "process.rlimits RLIMIT_NOFILE 1024:8192 is above 1024:4096");
	trial_modes("what podman writes by itself", CONTROL, ENGINE_PODMAN,
		    LIMITS(LIMIT("RLIMIT_NOFILE", "1048576", "1048576")), CFG_FILES, NULL);
	trial_modes("the same from Docker's user", CONTROL, ENGINE_DOCKER,
		    LIMITS(LIMIT("RLIMIT_NOFILE", "1048576", "1048576")), CFG_FILES,
		    "--ulimit nofile=1048576:1048576");
	trial_modes("real-time priority", CONTROL, ENGINE_DOCKER,
		    LIMITS(LIMIT("RLIMIT_RTPRIO", "0", "99") "," NO_CORE), CFG,
		    "--ulimit rtprio=0:99 is above 0:0");
	trial_modes("negative niceness", CONTROL, ENGINE_DOCKER,
		    LIMITS(LIMIT("RLIMIT_NICE", "40", "40") "," NO_CORE), "{}",
		    "--ulimit nice=40:40 is above 0:0");
	trial_stays("niceness that the policy gives", CONTROL, ENGINE_DOCKER,
		    LIMITS(LIMIT("RLIMIT_NICE", "20", "20")), "{\"nice\":\"20:20\"}");
}

static void test_exec(void)
{
	struct trial t;

	is_text(run(&t, SCOPE_PROCESS, DOC(""), CFG), "[" NO_CORE "]",
		"rlimits: exec without limits would inherit the caller's, so ours are written");
	trial_end(&t);
	is_text(run(&t, SCOPE_PROCESS, LIMITS(LIMIT("RLIMIT_NPROC", "1024", "1024")), CFG),
		"[" LIMIT("RLIMIT_NPROC", "1024", "1024") "," NO_CORE "]",
		"rlimits: and beside those that it brings");
	trial_end(&t);
}

static void test_scheduling(void)
{
	static const char none[] = "{}";
	struct trial t;

	trial_modes("--oom-score-adj=-500", CONTROL, ENGINE_DOCKER,
		    "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":"
		    "[\"a\"],\"cwd\":\"/\",\"oomScoreAdj\":-500}}",
		    none, "--oom-score-adj -500 makes the kernel kill other processes first");
	trial_modes("the score that the kubelet writes", CONTROL, ENGINE_CRI,
		    "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":"
		    "[\"a\"],\"cwd\":\"/\",\"oomScoreAdj\":-997}}",
		    none, NULL);
	trial_modes("SCHED_FIFO", CONTROL, ENGINE_PLAIN,
		    DOC(",\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":10}"), none,
		    "process.scheduler SCHED_FIFO takes processors");
	trial_modes("a scheduler that nobody knows", CONTROL, ENGINE_PLAIN,
		    DOC(",\"scheduler\":{\"policy\":\"SCHED_EXT\"}"), none, "process.scheduler");
	trial_modes("negative nice", CONTROL, ENGINE_PLAIN,
		    DOC(",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":-5}"), none,
		    "a negative process.scheduler.nice");
	trial_modes("scheduler flags", CONTROL, ENGINE_PLAIN,
		    DOC(",\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"flags\":["
			"\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_UTIL_CLAMP_MIN\"]}"),
		    none, "process.scheduler.flags");
	trial_modes("a real-time runtime beside a fair policy", CONTROL, ENGINE_PLAIN,
		    DOC(",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"runtime\":1}"), none, NULL);
	trial_modes("a real-time class for the disk", CONTROL, ENGINE_PLAIN,
		    DOC(",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":7}"), none,
		    "process.ioPriority asks for a class");
	trial_modes("best effort before others", CONTROL, ENGINE_PLAIN,
		    DOC(",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\"}"), none,
		    "process.ioPriority asks to be served before others");
	trial_modes("an affinity for exec", CONTROL, ENGINE_PLAIN,
		    DOC(",\"execCPUAffinity\":{\"initial\":\"0\"}"), none,
		    "process.execCPUAffinity chooses processors");
	trial_stays("being killed first, idle and last", CONTROL, ENGINE_DOCKER,
		    "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":"
		    "[\"a\"],\"cwd\":\"/\",\"oomScoreAdj\":500,\"scheduler\":{\"policy\":"
		    "\"SCHED_IDLE\",\"nice\":19},\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\","
		    "\"priority\":7}}}",
		    none);

	(void)run(&t, SCOPE_PROCESS, TRIAL_DOC(""), none);
	ok(trial_edits(&t) == 0, "rlimits: exec without a score keeps the container's");
	trial_end(&t);
}

static void test_settings(void)
{
	struct rlimit_range range;
	struct error e = { 0 };
	static const char *const wrong[] = { "",    "1",         "1:",          ":1",
					     "2:1", "1:2:3",     "-1:1",        "1:-1",
					     "x:y", "unlimited", "unlimited:1", " 1:2",
					     "01:2" };

	ok(rlimit_parse(&range, "1:unlimited", &e) == 0 && range.soft == 1 &&
		   range.hard == RLIM_INFINITY,
	   "rlimits: unlimited is a limit");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ok(rlimit_parse(&range, wrong[i], &e) < 0, "rlimits: '%s' is no range", wrong[i]);
}

/* The check of the setting "*" sees key and value. */
static bool accepts(const char *member, const char *said)
{
	auto_arena struct arena *arena = arena_new();
	const char *text = arena_printf(arena, "{%s}", member);
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "value", &e) < 0)
		return false;
	if (control_rlimits.settings->check(json_first(doc.root), &e) == 0)
		return said == NULL;
	return said && strstr(e.message, said);
}

static void test_names(void)
{
	ok(accepts("\"nofile\":\"1:2\"", NULL) && accepts("\"memlock\":\"0:0\"", NULL),
	   "rlimits: names are those of setrlimit(2) without RLIMIT_");
	ok(accepts("\"nofil\":\"1:2\"", "did you mean 'nofile'"),
	   "rlimits: a misspelt limit is an error with the nearest word");
	ok(accepts("\"RLIMIT_NOFILE\":\"1:2\"", "no limit"), "rlimits: RLIMIT_NOFILE is no name");
	ok(accepts("\"nproc\":\"1:2\"", "control 'pids'"),
	   "rlimits: nproc is an error that names pids");
}

static void test_fixtures(void)
{
	struct trial t;

	if (trial_start_file(&t, ENGINE_DOCKER,
			     "tests/data/fixtures/docker-20.10/config/ulimit.json")) {
		trial_run(&t, CONTROL, MODE_DENY, CFG);
		ok(trial_edits(&t) == 0,
		   "rlimits: --ulimit nofile=1024:2048 --ulimit core=0 stays");
		trial_end(&t);
	}
	if (trial_start_file(&t, ENGINE_PODMAN,
			     "tests/data/fixtures/podman-4.3.1/config/default.json")) {
		trial_run(&t, CONTROL, MODE_DENY, CFG);
		ok(trial_count(&t, EDIT_ASK) == 0 && !t.journal.refusals,
		   "rlimits: nothing of podman's default is an ask");
		trial_end(&t);
	}
}

int main(void)
{
	test_fill();
	test_clamp();
	test_exec();
	test_scheduling();
	test_settings();
	test_names();
	test_fixtures();
	return done_testing();
}
