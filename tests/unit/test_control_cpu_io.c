/* Controls cpu and io: shares of the processors and of the disk. */
#include "trial.h"

#define CONTROL &control_cpu
#define CFG "{\"default\":\"none\",\"max\":\"none\",\"shares_max\":\"none\"}"
#define CFG_MAX "{\"default\":1.5,\"max\":2,\"shares_max\":2048}"
#define RESOURCES(members) TRIAL_DOC(",\"linux\":{\"resources\":{" members "}}")
#define CPU(members) RESOURCES("\"cpu\":{" members "}")

static void expect(enum edit_scope scope, const char *doc, const char *cfg, const char *want,
		   const char *name)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, doc))
		return;
	t.scope = scope;
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	is_text(trial_value(&t, "linux", "resources", "cpu"), want, name);
	trial_end(&t);
}

/* The first refusal under fix must hold. */
static void expect_refused(enum edit_scope scope, const char *doc, const char *cfg,
			   const char *asked, const char *name)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, doc))
		return;
	t.scope = scope;
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	ok(journal_is_refused(&t.journal), "%s", name);
	is_text(trial_asked(&t), asked, "cpu: and in these words");
	trial_end(&t);
}

static void test_cap(void)
{
	expect(SCOPE_SPEC, CPU("\"shares\":0"), CFG, "{\"shares\":0}",
	       "cpu: the built-in policy sets no cap");
	expect(SCOPE_SPEC, TRIAL_DOC(""), CFG_MAX, "{\"quota\":150000,\"period\":100000}",
	       "cpu: the default is a quota of the usual period");
	expect(SCOPE_SPEC, CPU("\"period\":50000"), CFG_MAX, "{\"period\":50000,\"quota\":75000}",
	       "cpu: or of the period that was asked for");
	expect(SCOPE_SPEC, CPU("\"period\":18446744073709551615"), CFG_MAX,
	       "{\"period\":100000,\"quota\":150000}",
	       "cpu: a period that the kernel does not take is replaced");
	expect(SCOPE_SPEC, CPU("\"quota\":-1"), CFG_MAX, "{\"quota\":200000,\"period\":100000}",
	       "cpu: unlimited becomes the max");
	expect(SCOPE_SPEC, TRIAL_DOC(""), "{\"max\":0.005}", "{\"quota\":1000,\"period\":200000}",
	       "cpu: a quota below the kernel's smallest takes a longer period");
	expect(SCOPE_SPEC, CPU("\"quota\":400000,\"burst\":300000"), CFG_MAX,
	       "{\"quota\":200000,\"burst\":200000,\"period\":100000}",
	       "cpu: a burst comes down with its quota");

	trial_stays("--cpus 0.5", CONTROL, ENGINE_DOCKER,
		    CPU("\"shares\":0,\"quota\":50000,\"period\":100000"), CFG_MAX);
	trial_stays("exactly the max", CONTROL, ENGINE_DOCKER,
		    CPU("\"quota\":200000,\"period\":100000"), CFG_MAX);
	trial_modes("--cpus 4", CONTROL, ENGINE_DOCKER, CPU("\"quota\":400000,\"period\":100000"),
		    CFG_MAX, "--cpu-quota 400000/100000 is above the limit of 2 cores");
	trial_modes("a short period", CONTROL, ENGINE_DOCKER,
		    CPU("\"quota\":50000,\"period\":1000"), CFG_MAX,
		    "--cpu-quota 50000/1000 is above");
	trial_modes("a document without a cap", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), CFG_MAX,
		    NULL);
}

static void test_shares(void)
{
	trial_modes("--cpu-shares 4096", CONTROL, ENGINE_DOCKER,
		    CPU("\"shares\":4096,\"quota\":1000,\"period\":1000"), CFG_MAX,
		    "--cpu-shares 4096 is above the limit 2048");
	trial_stays("fewer shares", CONTROL, ENGINE_DOCKER, CPU("\"shares\":512"),
		    "{\"shares_max\":1024}");
	trial_modes("the shares that ctr writes", CONTROL, ENGINE_CTR, CPU("\"shares\":1024"),
		    "{\"shares_max\":512}", NULL);
	trial_modes("the kernel's own shares", CONTROL, ENGINE_DOCKER, CPU("\"shares\":0"),
		    "{\"shares_max\":512}", NULL);
}

static void test_others(void)
{
	trial_modes("a real-time budget", CONTROL, ENGINE_DOCKER,
		    CPU("\"realtimeRuntime\":950000,\"realtimePeriod\":18446744073709551615"), CFG,
		    "--cpu-rt-runtime lets the container starve the host");
	trial_stays(
		"zeros for real time, a list of processors", CONTROL, ENGINE_DOCKER,
		CPU("\"realtimeRuntime\":0,\"realtimePeriod\":0,\"cpus\":\"0-1,3\",\"mems\":\"0\","
		    "\"idle\":1"),
		CFG);
	expect_refused(SCOPE_SPEC, CPU("\"cpus\":\"0\\n1\""), CFG,
		       "--cpuset-cpus '0?1' is not a list such as 0-3,5",
		       "cpu: what is no list of processors is refused under fix");
	expect_refused(SCOPE_SPEC, RESOURCES("\"unified\":{\"cpu.max\":\"max\"}"), CFG,
		       "--cgroup-conf 'cpu.max' writes files of the cgroup past every limit",
		       "cpu: a cap by the back door of unified is refused");
}

static void test_update(void)
{
	static const char zeros[] = CPU("\"shares\":0,\"quota\":0,\"period\":0");

	expect(SCOPE_RESOURCES, zeros, CFG_MAX, "{\"shares\":0,\"quota\":0,\"period\":0}",
	       "cpu: Docker's zeros in an update stay zeros");
	expect(SCOPE_RESOURCES, CPU("\"quota\":-1"), CFG_MAX,
	       "{\"quota\":200000,\"period\":100000}", "cpu: an update to unlimited is clamped");
	expect(SCOPE_RESOURCES, CPU("\"shares\":256,\"quota\":25000,\"period\":100000"), CFG_MAX,
	       "{\"shares\":256,\"quota\":25000,\"period\":100000}",
	       "cpu: an update to less stays");
	expect_refused(SCOPE_RESOURCES, CPU("\"quota\":0,\"period\":1000"), CFG_MAX,
		       "update of a CPU quota or a CPU period alone changes a ratio that cannot be "
		       "judged",
		       "cpu: half of the ratio is refused in an update");
	expect(SCOPE_RESOURCES, CPU("\"period\":1000"), CFG, "{\"period\":1000}",
	       "cpu: but not where the policy sets no cap");
}

#define IO &control_io
#define IO_CFG "{\"weight_max\":500}"

static void test_io(void)
{
	struct trial t;

	trial_stays("Docker's zero", IO, ENGINE_DOCKER, RESOURCES("\"blockIO\":{\"weight\":0}"),
		    IO_CFG);
	trial_stays(
		"a smaller weight and a throttle", IO, ENGINE_DOCKER,
		RESOURCES("\"blockIO\":{\"weight\":100,\"throttleReadBpsDevice\":[{\"major\":8,"
			  "\"minor\":0,\"rate\":1000000}]},\"rdma\":{\"mlx5\":{\"hcaHandles\":1}}"),
		IO_CFG);
	trial_stays("any weight without a policy", IO, ENGINE_DOCKER,
		    RESOURCES("\"blockIO\":{\"weight\":1000}"), "{\"weight_max\":\"none\"}");
	trial_modes("--blkio-weight 1000", IO, ENGINE_DOCKER,
		    RESOURCES("\"blockIO\":{\"weight\":1000}"), IO_CFG,
		    "--blkio-weight 1000 is above the limit 500");
	trial_modes("a weight beyond the kernel's range", IO, ENGINE_DOCKER,
		    RESOURCES("\"blockIO\":{\"weight\":2000}"), "{\"weight_max\":5000}",
		    "--blkio-weight 2000 is above the limit 1000");
	trial_modes("weights of devices", IO, ENGINE_PLAIN,
		    RESOURCES("\"blockIO\":{\"leafWeight\":600,\"weightDevice\":[{\"major\":8,"
			      "\"minor\":0,\"weight\":800,\"leafWeight\":100}]}"),
		    IO_CFG, "linux.resources.blockIO.weightDevice with a weight is above");
	trial_modes("a traffic class", IO, ENGINE_PLAIN,
		    RESOURCES("\"network\":{\"classID\":1,\"priorities\":[]}"), "{}",
		    "linux.resources.network sets traffic classes");

	if (!trial_start(&t, ENGINE_PLAIN,
			 RESOURCES("\"unified\":{\"cgroup.freeze\":\"1\",\"../x\":\"\","
				   "\"memory.high\":\"1\",\"a\":\"\",\"b\":\"\",\"c\":\"\","
				   "\"d\":\"\"}")))
		return;
	trial_run(&t, IO, MODE_FIX, "{}");
	is_text(trial_asked(&t),
		"linux.resources.unified 'cgroup.freeze', '../x', 'a', 'b', 'c' and 1 more writes "
		"files of the cgroup past every limit",
		"io: every other key of unified is refused under fix");
	ok(journal_is_refused(&t.journal), "io: and that is final");
	trial_end(&t);
}

int main(void)
{
	test_cap();
	test_shares();
	test_others();
	test_update();
	test_io();
	return done_testing();
}
