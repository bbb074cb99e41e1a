/*
 * How much memory a container may have. Without a limit the kernel picks its victims all over the
 * host, and swap turns a limit into a slow one. The limit comes first; everything else here is
 * measured by it: swap (memory plus swap, as runtimes count it), the soft limit, huge pages.
 *
 * An update leaves alone what it does not name (0 or absent). When it names a limit, swap goes with
 * it: otherwise lowering the limit would turn the difference into swap.
 */
#include "control_table.h"

#include <inttypes.h>

#include "policy.h"
#include "resources.h"

static const char *const none[] = { "none", NULL };

static const struct setting settings[] = {
	{ .key = "default", .type = SETTING_SIZE, .words = none },
	{ .key = "min", .type = SETTING_SIZE, .words = none },
	{ .key = "max", .type = SETTING_SIZE, .words = none },
	{ .key = "swap", .type = SETTING_SIZE, .words = none },
	{ .key = NULL },
};

struct memory {
	struct edit *ed;
	const struct json *cfg;
	int64_t asked; /* memory.limit as it came; <= 0: none was asked */
	int64_t limit; /* as it will be; 0: unchanged or none */
	int64_t asked_swap;
	uint64_t max; /* UINT64_MAX: no max */
};

static int64_t get(struct edit *ed, const char *name)
{
	return json_i64(edit_doc(ed), resources_get(ed, "memory", name), 0);
}

static void set(struct edit *ed, enum edit_class class, const char *reason, const char *name,
		int64_t value)
{
	edit_set(ed, class, reason, json_new_i64(edit_arena(ed), value), "linux", "resources",
		 "memory", name);
}

/* "64GiB", or the number itself when it is negative. */
static const char *size_words(struct edit *ed, int64_t bytes)
{
	if (bytes < 0)
		return arena_printf(edit_arena(ed), "%" PRId64, bytes);
	return resources_size(edit_arena(ed), (uint64_t)bytes);
}

static const char *asked_words(struct edit *ed, const char *flag, const char *name, int64_t bytes)
{
	return resources_asked(ed, flag, "resources.limits.memory", "memory", name,
			       size_words(ed, bytes));
}

/* What a container gets that says nothing: the default, never above the max, and never above the
 * memory plus swap that was asked for. */
static bool default_limit(const struct memory *m, uint64_t *ret_limit)
{
	uint64_t host = edit_facts(m->ed)->host_memory;
	uint64_t fill = UINT64_MAX;

	if (!policy_size(m->cfg, "default", host, &fill) && m->max == UINT64_MAX)
		return false;
	if (fill > m->max)
		fill = m->max;
	if (m->asked_swap > 0 && fill > (uint64_t)m->asked_swap)
		fill = (uint64_t)m->asked_swap;
	*ret_limit = fill;
	return true;
}

static void settle_limit(struct memory *m)
{
	struct edit *ed = m->ed;
	uint64_t fill, min;

	m->limit = m->asked;
	if (m->max != UINT64_MAX && (m->asked < 0 || (uint64_t)m->asked > m->max)) {
		m->limit = (int64_t)m->max;
		set(ed, EDIT_ASK, "the policy's max", "limit", m->limit);
		resources_ask_above(ed, "memory-limit", asked_words(ed, "-m", "limit", m->asked),
				    size_words(ed, m->limit));
	} else if (m->asked == 0 && !resources_is_update(ed) && default_limit(m, &fill)) {
		m->limit = (int64_t)fill;
		set(ed, EDIT_FILL, "without a limit the kernel kills elsewhere on the host",
		    "limit", m->limit);
	}
	/* Raising it would be looser than what was asked for. */
	if (m->asked > 0 && policy_size(m->cfg, "min", edit_facts(ed)->host_memory, &min) &&
	    (uint64_t)m->asked < min)
		edit_refuse(ed, "memory-min",
			    arena_printf(edit_arena(ed), "%s is below the %s a container needs",
					 asked_words(ed, "-m", "limit", m->asked),
					 resources_size(edit_arena(ed), min)),
			    arena_printf(edit_arena(ed), "ask for at least %s",
					 resources_size(edit_arena(ed), min)));
}

/*
 * Whether the host counts swap per cgroup: without that, writing a swap limit fails the start. On
 * cgroup v2 the root has no such file, so one of the groups every systemd host has is looked at;
 * limit and swap being equal is also what runc accepts without the file.
 */
static bool host_counts_swap(const struct edit *ed)
{
	static const char *const files[] = {
		"/sys/fs/cgroup/system.slice/memory.swap.max",
		"/sys/fs/cgroup/init.scope/memory.swap.max",
		"/sys/fs/cgroup/docker/memory.swap.max",
	};

	if (!edit_facts(ed)->has_cgroup_v2)
		return access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (access(files[i], F_OK) == 0)
			return true;
	}
	return false;
}

/* Docker and podman send twice the limit when nobody says --memory-swap. */
static bool is_engine_swap(const struct memory *m)
{
	enum engine engine = edit_facts(m->ed)->engine;

	return m->asked > 0 && m->asked <= INT64_MAX / 2 && m->asked_swap == 2 * m->asked &&
	       (engine == ENGINE_DOCKER || engine == ENGINE_PODMAN || engine == ENGINE_PLAIN);
}

static void settle_swap(struct memory *m)
{
	static const char reason[] = "swap makes a memory limit a slow one";
	struct edit *ed = m->ed;
	uint64_t extra = 0, most;
	const char *words;

	if (!policy_size(m->cfg, "swap", edit_facts(ed)->host_memory, &extra) &&
	    !json_is(json_find(m->cfg, "swap"), "none"))
		return;
	if (m->limit <= 0 && m->asked_swap != 0) {
		/* Memory plus swap says nothing while memory is unknown or unlimited. */
		edit_refuse(ed, "memory-swap",
			    arena_printf(edit_arena(ed), "%s comes without a memory limit",
					 asked_words(ed, "--memory-swap", "swap", m->asked_swap)),
			    "give -m as well");
		return;
	}
	if (m->limit <= 0)
		return;

	if (__builtin_add_overflow((uint64_t)m->limit, extra, &most) || most > INT64_MAX)
		most = INT64_MAX;
	if (m->asked_swap == 0) {
		if (host_counts_swap(ed))
			set(ed, EDIT_FILL, reason, "swap", (int64_t)most);
		return;
	}
	if (m->asked_swap > 0 && (uint64_t)m->asked_swap <= most)
		return;
	if (is_engine_swap(m)) {
		set(ed, EDIT_TRIM, reason, "swap", (int64_t)most);
		return;
	}
	set(ed, EDIT_ASK, reason, "swap", (int64_t)most);
	words = size_words(ed, (int64_t)most);
	resources_ask_above(ed, "memory-swap",
			    asked_words(ed, "--memory-swap", "swap", m->asked_swap), words);
}

/* The soft limit must not exceed the limit, or the start fails. */
static void settle_reservation(struct memory *m)
{
	struct edit *ed = m->ed;
	int64_t asked = get(ed, "reservation");
	uint64_t most = m->limit > 0 ? (uint64_t)m->limit : m->max;

	if (asked <= 0 || (uint64_t)asked <= most)
		return;
	if ((uint64_t)asked <= m->max) {
		set(ed, EDIT_TRIM, "a soft limit lies below the limit", "reservation",
		    (int64_t)most);
		return;
	}
	set(ed, EDIT_ASK, "the policy's max", "reservation", (int64_t)most);
	resources_ask_above(ed, "memory-reservation",
			    asked_words(ed, "--memory-reservation", "reservation", asked),
			    size_words(ed, (int64_t)most));
}

/* Fields that only ever loosen, or that newer kernels refuse. Docker's zeros and its
 * "disableOOMKiller": false say nothing and stay. */
static void drop_switches(struct edit *ed)
{
	static const char *const obsolete[] = { "kernel", "kernelTCP" };
	struct json *oom = resources_get(ed, "memory", "disableOOMKiller");
	struct json *hierarchy = resources_get(ed, "memory", "useHierarchy");
	uint64_t swappiness = json_u64(edit_doc(ed), resources_get(ed, "memory", "swappiness"), 0);

	for (size_t i = 0; i < ARRAY_SIZE(obsolete); i++) {
		if (get(ed, obsolete[i]) != 0)
			edit_remove(ed, EDIT_TRIM, "kernels no longer know this limit",
				    resources_get(ed, "memory", obsolete[i]));
	}
	if (json_is_true(oom)) {
		edit_replace(ed, EDIT_ASK, "a container out of memory must end, not hang", oom,
			     json_new_bool(edit_arena(ed), false));
		edit_ask(ed, "oom-kill-disable",
			 arena_printf(edit_arena(ed),
				      "%s leaves a container hanging that is out of memory",
				      edit_words(ed, "--oom-kill-disable",
						 "the runtime's disableOOMKiller",
						 "linux.resources.memory.disableOOMKiller")),
			 "remove it");
	}
	if (hierarchy && !json_is_true(hierarchy)) {
		edit_remove(ed, EDIT_ASK, "groups below would be outside of the limit", hierarchy);
		edit_ask(ed, "memory-hierarchy",
			 "linux.resources.memory.useHierarchy false lets groups below the "
			 "container's escape its limit",
			 "remove it");
	}
	if (swappiness > 100)
		edit_refuse(ed, "memory-swappiness",
			    arena_printf(edit_arena(ed),
					 "memory swappiness %" PRIu64 " is not within 0 to 100",
					 swappiness),
			    "ask for 0 to 100");
}

/*
 * Huge pages are a pool that the whole host shares, and they count outside of memory.limit. Sizes
 * that are not named stay unnamed: a written 0 fails the start where the hugetlb controller is
 * missing, and where an administrator made no pool there is nothing to take.
 */
static void settle_huge_pages(struct memory *m)
{
	struct edit *ed = m->ed;

	json_each (entry, json_get(edit_doc(ed), "linux", "resources", "hugepageLimits")) {
		struct json *limit = json_member(edit_doc(ed), entry, "limit");
		uint64_t asked = json_u64(edit_doc(ed), limit, 0);

		if (asked <= m->max)
			continue;
		edit_replace(ed, EDIT_ASK, "huge pages are memory too", limit,
			     json_new_u64(edit_arena(ed), m->max));
		resources_ask_above(ed, "hugepage-limit",
				    resources_asked(ed, "huge pages of",
						    "resources.limits.hugepages", "hugepageLimits",
						    "limit", resources_size(edit_arena(ed), asked)),
				    resources_size(edit_arena(ed), m->max));
	}
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	static const char *const prefixes[] = { "memory.", "hugetlb.", NULL };
	/* Both only ever tighten: a throttle below the limit, and one process killed means all. */
	static const char *const kept[] = { "memory.high", "memory.oom.group", NULL };
	struct memory m = { .ed = ed, .cfg = cfg, .max = UINT64_MAX };

	(void)policy_size(cfg, "max", edit_facts(ed)->host_memory, &m.max);
	m.asked = get(ed, "limit");
	m.asked_swap = get(ed, "swap");

	resources_unified(ed, prefixes, kept, "use -m and --memory-swap");
	settle_limit(&m);
	settle_swap(&m);
	settle_reservation(&m);
	drop_switches(ed);
	settle_huge_pages(&m);
	return 0;
}

const struct control control_memory = {
	.id = "memory",
	.title = "Limit memory and swap",
	.refs = REFS("CIS-Docker-1.6.0/5.11"),
	.settings = settings,
	.scopes = ON_SPEC | ON_RESOURCES,
	.apply = apply,
};
