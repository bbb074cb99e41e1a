/*
 * Who runs, who waits and who is killed: the fields of "process" beside the limits. What is taken
 * away here is priority over the host; less than the usual share may be asked for freely.
 */
#include "rlimits.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* proc(5), oom_score_adj: what the container would inherit. 0 when it cannot be read. */
static long own_oom_score(void)
{
	auto_close int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	return len > 0 ? strtol(text, NULL, 10) : 0;
}

static void settle_oom_score(struct edit *ed)
{
	static const char reason[] = "the kernel would kill others first";
	struct json *node = json_get(edit_doc(ed), "process", "oomScoreAdj");
	int64_t asked = json_i64(edit_doc(ed), node, 0);
	enum engine engine = edit_facts(ed)->engine;

	/* Engines protect themselves, and a container started without a word of it inherits that.
	 * At exec the container's own value holds. */
	if (!node && edit_scope(ed) == SCOPE_SPEC && own_oom_score() < 0) {
		edit_set(ed, EDIT_FILL, reason, json_new_u64(edit_arena(ed), 0), "process",
			 "oomScoreAdj");
		return;
	}
	if (asked >= 0)
		return;
	/* The kubelet writes negative scores by the pod's QoS class; nobody asks for them. */
	if (engine == ENGINE_CRI || engine == ENGINE_CRIO) {
		edit_replace(ed, EDIT_TRIM, reason, node, json_new_u64(edit_arena(ed), 0));
		return;
	}
	edit_replace(ed, EDIT_ASK, reason, node, json_new_u64(edit_arena(ed), 0));
	edit_ask(ed, "oom-score",
		 arena_printf(
			 edit_arena(ed),
			 "%s %" PRId64 " makes the kernel kill other processes first",
			 edit_words(ed, "--oom-score-adj", "oomScoreAdj", "process.oomScoreAdj"),
			 asked),
		 "ask for 0 or more");
}

static void remove_scheduler(struct edit *ed, struct json *scheduler, const char *policy)
{
	char quoted[QUOTED_SIZE];

	edit_remove(ed, EDIT_ASK, "real-time scheduling starves the host", scheduler);
	edit_ask(ed, "scheduler",
		 arena_printf(edit_arena(ed), "process.scheduler %s takes processors from the host",
			      error_quote(quoted, policy, strlen(policy))),
		 "remove it, or use SCHED_OTHER, SCHED_BATCH or SCHED_IDLE");
}

/* sched(7): every policy but these is real-time. */
static void settle_scheduler(struct edit *ed)
{
	static const char *const fair[] = { "SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE", NULL };
	/* For real-time policies only; a runtime would refuse them with a fair one. */
	static const char *const realtime[] = { "priority", "runtime", "deadline", "period" };
	struct json_doc *doc = edit_doc(ed);
	struct json *scheduler = json_get(doc, "process", "scheduler");
	struct json *nice = json_member(doc, scheduler, "nice"), *next;
	const char *policy = json_text(json_member(doc, scheduler, "policy"));
	bool has_flags = false;

	if (!scheduler)
		return;
	if (!policy || !text_in(policy, fair)) {
		remove_scheduler(ed, scheduler, policy ? policy : "without a policy");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(realtime); i++) {
		struct json *node = json_member(doc, scheduler, realtime[i]);

		if (node)
			edit_remove(ed, EDIT_TRIM, "for real-time policies only", node);
	}
	if (json_i64(doc, nice, 0) < 0) {
		edit_replace(ed, EDIT_ASK, "priority over the host", nice,
			     json_new_u64(edit_arena(ed), 0));
		edit_ask(ed, "nice", "a negative process.scheduler.nice is priority over the host",
			 "ask for 0 or more");
	}
	for (struct json *flag = json_first(json_member(doc, scheduler, "flags")); flag;
	     flag = next) {
		next = flag->next;
		if (json_is(flag, "SCHED_FLAG_RESET_ON_FORK"))
			continue;
		edit_remove(ed, EDIT_ASK, "not needed by a fair policy", flag);
		has_flags = true;
	}
	if (has_flags)
		edit_ask(ed, "scheduler-flags",
			 "process.scheduler.flags asks for more than SCHED_FLAG_RESET_ON_FORK",
			 "remove the others");
}

/* ioprio_set(2): the real-time class is served before everybody else, always. Within best effort 4
 * is what everybody has, and a lower number comes first. */
static void settle_io_priority(struct edit *ed)
{
	struct json_doc *doc = edit_doc(ed);
	struct json *io = json_get(doc, "process", "ioPriority");
	struct json *priority = json_member(doc, io, "priority");
	const char *class = json_text(json_member(doc, io, "class"));

	if (!io || text_equal(class, "IOPRIO_CLASS_IDLE"))
		return;
	if (!text_equal(class, "IOPRIO_CLASS_BE")) {
		edit_remove(ed, EDIT_ASK, "a real-time class starves disk users", io);
		edit_ask(ed, "io-priority",
			 "process.ioPriority asks for a class that is served before everybody else",
			 "use IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE");
		return;
	}
	if (json_i64(doc, priority, 0) >= 4)
		return;
	edit_set(ed, EDIT_ASK, "4 is what everybody has", json_new_u64(edit_arena(ed), 4),
		 "process", "ioPriority", "priority");
	edit_ask(ed, "io-priority", "process.ioPriority asks to be served before others",
		 "ask for a priority of 4 to 7");
}

/* Pins a process that is added later, at first also outside of the container's own cpuset. */
static void drop_affinity(struct edit *ed)
{
	struct json *affinity = json_get(edit_doc(ed), "process", "execCPUAffinity");

	if (!affinity)
		return;
	edit_remove(ed, EDIT_ASK, "processors outside of the container's set", affinity);
	edit_ask(ed, "exec-affinity",
		 "process.execCPUAffinity chooses processors past the container's own set",
		 "remove it and use --cpuset-cpus");
}

void rlimits_settle_scheduling(struct edit *ed)
{
	settle_oom_score(ed);
	settle_scheduler(ed);
	settle_io_priority(ed);
	drop_affinity(ed);
}
