/* Control memory: a limit for everybody, and swap, soft limit and huge pages within it. */
#include "trial.h"

#define CONTROL &control_memory
#define CFG "{\"default\":\"512MiB\",\"min\":\"6MiB\",\"max\":\"1GiB\",\"swap\":\"none\"}"
#define CFG_SWAP "{\"default\":\"512MiB\",\"max\":\"1GiB\",\"swap\":\"256MiB\"}"
#define CFG_FREE "{\"default\":\"none\",\"max\":\"none\"}"
#define RESOURCES(members) TRIAL_DOC(",\"linux\":{\"resources\":{" members "}}")
#define MEMORY(members) RESOURCES("\"memory\":{" members "}")

/* Whether swap is filled depends on the host; a test of its own looks at that. */
static bool is_swap_filled(const struct trial *t)
{
	for (const struct journal_entry *entry = t->journal.entries; entry; entry = entry->next) {
		if (text_equal(entry->op, "add") && text_ends(entry->path, "/memory/swap"))
			return true;
	}
	return false;
}

static const char *memory_of(struct trial *t)
{
	auto_strbuf struct strbuf text = { 0 };

	json_each (member, json_get(&t->doc, "linux", "resources", "memory")) {
		if (text_equal(member->key, "swap") && is_swap_filled(t))
			continue;
		strbuf_printf(&text, "%s%s=%s", text.len ? " " : "", member->key,
			      member->type == JSON_NUMBER ? member->text
			      : json_is_true(member)      ? "true"
							  : "false");
	}
	return arena_strdup(t->arena, strbuf_text(&text));
}

static void start(struct trial *t, enum edit_scope scope, const char *doc, const char *cfg)
{
	if (!trial_start(t, ENGINE_DOCKER, doc))
		return;
	t->facts.host_memory = UINT64_C(8) << 30;
	t->scope = scope;
	trial_run(t, CONTROL, MODE_FIX, cfg);
}

static void expect(const char *doc, const char *cfg, const char *want, const char *name)
{
	struct trial t;

	start(&t, SCOPE_SPEC, doc, cfg);
	is_text(memory_of(&t), want, name);
	trial_end(&t);
}

static void expect_update(const char *doc, const char *want, const char *asked, const char *name)
{
	struct trial t;

	start(&t, SCOPE_RESOURCES, doc, CFG);
	is_text(memory_of(&t), want, name);
	if (asked)
		is_text(trial_asked(&t), asked, "memory: and the update is named as it was asked");
	else
		ok(!t.journal.refusals, "memory: and nothing is refused");
	trial_end(&t);
}

static bool counts_swap(void)
{
	return access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) == 0;
}

static void test_create(void)
{
	struct trial t;

	expect(TRIAL_DOC(""), CFG, "limit=536870912", "memory: a silent document gets the default");
	expect(MEMORY("\"limit\":0,\"disableOOMKiller\":false"), CFG,
	       "limit=536870912 disableOOMKiller=false",
	       "memory: Docker's zero is no limit, and its false stays");
	expect(TRIAL_DOC(""), "{\"default\":\"50%\",\"max\":\"90%\"}", "limit=4294967296",
	       "memory: half of the host is a default");
	expect(TRIAL_DOC(""), "{\"default\":\"2GiB\",\"max\":\"1GiB\"}", "limit=1073741824",
	       "memory: the default is never above the max");
	expect(TRIAL_DOC(""), CFG_FREE, "", "memory: a policy without limits writes none");
	expect(MEMORY("\"limit\":-1"), "{\"max\":\"1GiB\"}", "limit=1073741824",
	       "memory: unlimited becomes the max");
	expect(MEMORY("\"swap\":104857600"), "{\"default\":\"512MiB\",\"max\":\"1GiB\"}",
	       "swap=104857600 limit=104857600",
	       "memory: the default never exceeds the memory plus swap that was asked for");
	expect(MEMORY("\"limit\":67108864,\"swap\":67108864"), CFG, "limit=67108864 swap=67108864",
	       "memory: a tighter limit without swap stays");

	start(&t, SCOPE_SPEC, MEMORY("\"limit\":1048576"), CFG);
	ok(journal_is_refused(&t.journal) &&
		   text_equal(trial_asked(&t), "-m 1MiB is below the 6MiB a container needs"),
	   "memory: a limit below the min is refused under fix, for it cannot be raised");
	trial_end(&t);

	trial_modes("a document without a limit", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), CFG, NULL);
	trial_modes("-m 64g", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":68719476736,\"swap\":137438953472"), CFG,
		    "-m 64GiB is above the limit 1GiB of this container");
	trial_modes("a limit of a pod", CONTROL, ENGINE_CRI,
		    MEMORY("\"limit\":68719476736,\"swap\":68719476736"), CFG,
		    "resources.limits.memory 64GiB is above");
	trial_modes("--oom-kill-disable", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":67108864,\"disableOOMKiller\":true"), CFG,
		    "--oom-kill-disable leaves a container hanging");
	trial_modes("memory that children escape", CONTROL, ENGINE_PLAIN,
		    MEMORY("\"limit\":67108864,\"swap\":67108864,\"useHierarchy\":false"), CFG,
		    "linux.resources.memory.useHierarchy false");
	trial_modes("a kernel memory limit", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":67108864,\"kernel\":1048576"), CFG, NULL);
}

static void test_swap(void)
{
	struct trial t;

	start(&t, SCOPE_SPEC, MEMORY("\"limit\":67108864"), CFG);
	is_text(trial_value(&t, "linux", "resources", "memory", "swap"),
		counts_swap() ? "67108864" : "absent",
		"memory: without swap the total is the limit, where the host counts swap");
	trial_end(&t);

	trial_modes("the twofold that Docker sends by itself", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":134217728"), CFG, NULL);
	trial_modes("swap that was asked for", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":536870912"), CFG,
		    "--memory-swap 512MiB is above the limit 64MiB");
	trial_modes("unlimited swap", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":-1"), CFG, "--memory-swap -1 is above");
	trial_stays("swap within the policy's", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":335544320"), CFG_SWAP);
	expect(MEMORY("\"limit\":67108864,\"swap\":335544321"), CFG_SWAP,
	       "limit=67108864 swap=335544320", "memory: swap beyond the policy's is clamped");
	expect(MEMORY("\"limit\":67108864,\"swap\":-1"), "{\"max\":\"1GiB\"}",
	       "limit=67108864 swap=-1", "memory: a policy silent about swap leaves it alone");
}

static void test_soft(void)
{
	trial_stays("a soft limit below the limit", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":67108864,\"reservation\":33554432"), CFG);
	expect(MEMORY("\"limit\":0,\"reservation\":629145600"), CFG,
	       "limit=536870912 reservation=536870912",
	       "memory: a soft limit above the limit comes down to it");
	trial_modes("a soft limit above the max", CONTROL, ENGINE_DOCKER,
		    MEMORY("\"limit\":67108864,\"swap\":67108864,\"reservation\":2147483648"), CFG,
		    "--memory-reservation 2GiB is above the limit 64MiB");
	trial_modes("huge pages above the max", CONTROL, ENGINE_PLAIN,
		    RESOURCES("\"memory\":{\"limit\":67108864,\"swap\":67108864},"
			      "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0},"
			      "{\"pageSize\":\"1GB\",\"limit\":18446744073709551615}]"),
		    CFG, "linux.resources.hugepageLimits.limit ");
}

static void test_update(void)
{
	static const char zeros[] = MEMORY("\"limit\":0,\"reservation\":0,\"swap\":0,\"kernel\":0");

	expect_update(zeros, "limit=0 reservation=0 swap=0 kernel=0", NULL,
		      "memory: Docker's zeros in an update stay zeros");
	expect_update(RESOURCES(""), "", NULL, "memory: an update of something else is left alone");
	expect_update(MEMORY("\"limit\":-1"), "limit=1073741824",
		      "update -m -1 is above the limit 1GiB of this container",
		      "memory: an update to unlimited is clamped");
	expect_update(MEMORY("\"limit\":67108864,\"swap\":134217728"),
		      "limit=67108864 swap=67108864", NULL,
		      "memory: an update of the limit takes swap with it");
	expect_update(MEMORY("\"limit\":0,\"swap\":-1"), "limit=0 swap=-1",
		      "update --memory-swap -1 comes without a memory limit",
		      "memory: swap alone cannot be judged in an update");
	expect_update(MEMORY("\"limit\":0,\"disableOOMKiller\":true"),
		      "limit=0 disableOOMKiller=false",
		      "--oom-kill-disable leaves a container hanging that is out of memory",
		      "memory: an update cannot keep the killer away");
}

static void test_unified(void)
{
	struct trial t;

	start(&t, SCOPE_SPEC,
	      RESOURCES("\"unified\":{\"memory.max\":\"max\",\"hugetlb.2MB.max\":\"max\","
			"\"memory.oom.group\":\"1\",\"pids.max\":\"1\"}"),
	      CFG);
	ok(journal_is_refused(&t.journal) &&
		   text_starts(trial_asked(&t),
			       "--cgroup-conf 'memory.max', 'hugetlb.2MB.max' writes files"),
	   "memory: limits by the back door of unified are refused");
	trial_end(&t);
	start(&t, SCOPE_SPEC,
	      RESOURCES("\"unified\":{\"memory.oom.group\":\"1\",\"memory.high\":\"1000\"}"), CFG);
	ok(!t.journal.refusals, "memory: what the kubelet sets by itself stays");
	trial_end(&t);
}

static void test_fixtures(void)
{
	struct trial t;

	if (trial_start_file(&t, ENGINE_DOCKER,
			     "tests/data/fixtures/docker-20.10/config/limits.json")) {
		t.facts.host_memory = UINT64_C(8) << 30;
		trial_run(&t, CONTROL, MODE_DENY, CFG);
		ok(!journal_is_refused(&t.journal) &&
			   text_equal(memory_of(&t),
				      "limit=67108864 swap=67108864 disableOOMKiller=false"),
		   "memory: docker run -m 64m --memory-swap 128m passes without its swap");
		trial_end(&t);
	}
}

int main(void)
{
	test_create();
	test_swap();
	test_soft();
	test_update();
	test_unified();
	test_fixtures();
	return done_testing();
}
