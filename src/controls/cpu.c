/*
 * How much processor time a container may have. The cap is a ratio, quota per period, so the two
 * are judged together; shares decide who waits when everybody wants to run. Real-time budgets are
 * never given: a thread that uses one up keeps everything else off its processor.
 */
#include "control_table.h"

#include <inttypes.h>
#include <string.h>

#include "policy.h"
#include "resources.h"
#include "text.h"

/* Of the kernel (CFS bandwidth control), in microseconds. */
#define PERIOD_DEFAULT 100000
#define PERIOD_MAX 1000000
#define QUOTA_MIN 1000

/* What the kernel gives a new group, and what ctr writes. */
#define SHARES_DEFAULT 1024

static const char *const none[] = { "none", NULL };

static const struct setting settings[] = {
	{ .key = "default", .type = SETTING_CORES, .words = none },
	{ .key = "max", .type = SETTING_CORES, .words = none },
	{ .key = "shares_max", .type = SETTING_COUNT, .words = none },
	{ .key = NULL },
};

static uint64_t get_u64(struct edit *ed, const char *name)
{
	return json_u64(edit_doc(ed), resources_get(ed, "cpu", name), 0);
}

static void set_u64(struct edit *ed, enum edit_class class, const char *reason, const char *name,
		    uint64_t value)
{
	edit_set(ed, class, reason, json_new_u64(edit_arena(ed), value), "linux", "resources",
		 "cpu", name);
}

/* "1.5" for 1500. */
static const char *core_words(struct edit *ed, uint64_t millicores)
{
	unsigned int part = (unsigned int)(millicores % 1000);

	if (part == 0)
		return arena_printf(edit_arena(ed), "%" PRIu64, millicores / 1000);
	if (part % 100 == 0)
		return arena_printf(edit_arena(ed), "%" PRIu64 ".%u", millicores / 1000,
				    part / 100);
	return arena_printf(edit_arena(ed), "%" PRIu64 ".%03u", millicores / 1000, part);
}

/* Write MILLICORES as a quota of PERIOD, or of a longer one where the kernel would not take so
 * small a quota. */
static void write_cap(struct edit *ed, enum edit_class class, const char *reason, uint64_t period,
		      uint64_t millicores)
{
	uint64_t quota, burst = get_u64(ed, "burst");

	if (period > PERIOD_MAX)
		period = PERIOD_DEFAULT;
	/* At most a million cores (policy), so this cannot overflow. */
	quota = period * millicores / 1000;
	if (quota < QUOTA_MIN) {
		quota = QUOTA_MIN;
		period = QUOTA_MIN * UINT64_C(1000) / millicores;
	}
	set_u64(ed, class, reason, "quota", quota);
	set_u64(ed, class, reason, "period", period);
	/* A burst above the quota is refused by the kernel. */
	if (burst > quota)
		set_u64(ed, EDIT_TRIM, reason, "burst", quota);
}

/* More than MAX allows? Without rounding: 1500 millicores are 1.5 times the period. */
static bool is_above(int64_t quota, uint64_t period, uint64_t max)
{
	uint64_t most;

	if (quota < 0)
		return true;
	if (__builtin_mul_overflow(period, max, &most))
		return false;
	return (uint64_t)quota > most / 1000;
}

static void settle_cap(struct edit *ed, const struct json *cfg)
{
	int64_t quota = json_i64(edit_doc(ed), resources_get(ed, "cpu", "quota"), 0);
	uint64_t asked_period = get_u64(ed, "period"), fill, max;
	uint64_t period = asked_period ? asked_period : PERIOD_DEFAULT;
	bool has_max = policy_cores(cfg, "max", &max);
	bool has_default = policy_cores(cfg, "default", &fill);
	const char *words;

	if (has_max && (!has_default || fill > max)) {
		fill = max;
		has_default = true;
	}
	/* Half of the ratio is not enough: the other half is what the container has now. */
	if (has_max && resources_is_update(ed) && ((quota > 0) != (asked_period > 0)) &&
	    quota >= 0) {
		edit_refuse(ed, "cpu-ratio",
			    "update of a CPU quota or a CPU period alone changes a ratio that "
			    "cannot be judged",
			    "nothing was changed; give --cpu-quota and --cpu-period together");
		return;
	}
	if (has_max && quota != 0 && is_above(quota, period, max)) {
		words = quota < 0 ? "-1"
				  : arena_printf(edit_arena(ed), "%" PRId64 "/%" PRIu64, quota,
						 period);
		write_cap(ed, EDIT_ASK, "the policy's max", period, max);
		resources_ask_above(
			ed, "cpu-quota",
			resources_asked(ed, "--cpu-quota", "resources.limits.cpu", "cpu", "quota",
					words),
			arena_printf(edit_arena(ed), "of %s cores", core_words(ed, max)));
		return;
	}
	if (quota == 0 && has_default && !resources_is_update(ed))
		write_cap(ed, EDIT_FILL, "one container must not take every processor", period,
			  fill);
}

static void settle_shares(struct edit *ed, const struct json *cfg)
{
	static const char reason[] = "the policy's shares_max";
	uint64_t asked = get_u64(ed, "shares"), max;

	if (!policy_count(cfg, "shares_max", &max) || max == 0)
		return;
	if (asked == 0 && max < SHARES_DEFAULT && !resources_is_update(ed)) {
		set_u64(ed, EDIT_FILL, reason, "shares", max);
	} else if (asked == SHARES_DEFAULT && max < asked && edit_facts(ed)->engine == ENGINE_CTR) {
		set_u64(ed, EDIT_TRIM, reason, "shares", max);
	} else if (asked > max) {
		set_u64(ed, EDIT_ASK, reason, "shares", max);
		resources_ask_above(
			ed, "cpu-shares",
			resources_asked(ed, "--cpu-shares", "resources.requests.cpu", "cpu",
					"shares", arena_printf(edit_arena(ed), "%" PRIu64, asked)),
			arena_printf(edit_arena(ed), "%" PRIu64, max));
	}
}

static void drop_realtime(struct edit *ed)
{
	static const char *const fields[] = { "realtimeRuntime", "realtimePeriod" };
	bool is_asked = false;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct json *node = resources_get(ed, "cpu", fields[i]);

		/* Zero is "unset", and the runtime's own zero in an update. */
		if (!node || text_equal(node->text, "0"))
			continue;
		edit_remove(ed, EDIT_ASK, "real-time threads starve the host", node);
		is_asked = true;
	}
	if (is_asked)
		edit_ask(ed, "cpu-realtime",
			 arena_printf(edit_arena(ed), "%s lets the container starve the host",
				      edit_words(ed, "--cpu-rt-runtime", "a real-time CPU budget",
						 "linux.resources.cpu.realtimeRuntime")),
			 "remove it");
}

/* "0-3,5": cpuset(7), List format. The text is written into a file of the cgroup. */
static void check_set(struct edit *ed, const char *name, const char *flag)
{
	const char *text = json_text(resources_get(ed, "cpu", name));
	char quoted[QUOTED_SIZE];

	if (!text || text[strspn(text, "0123456789,-")] == '\0')
		return;
	edit_refuse(ed, "cpuset",
		    arena_printf(edit_arena(ed), "%s '%s' is not a list such as 0-3,5",
				 edit_words(ed, flag, "the runtime's cpuset",
					    arena_printf(edit_arena(ed), "linux.resources.cpu.%s",
							 name)),
				 error_quote(quoted, text, strlen(text))),
		    "write numbers, ranges and commas");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	static const char *const prefixes[] = { "cpu.", "cpuset.", NULL };

	resources_unified(ed, prefixes, NULL, "use --cpus, --cpu-shares and --cpuset-cpus");
	settle_cap(ed, cfg);
	settle_shares(ed, cfg);
	drop_realtime(ed);
	check_set(ed, "cpus", "--cpuset-cpus");
	check_set(ed, "mems", "--cpuset-mems");
	return 0;
}

const struct control control_cpu = {
	.id = "cpu",
	.title = "Limit processor time",
	.refs = REFS("CIS-Docker-1.6.0/5.12"),
	.settings = settings,
	.scopes = ON_SPEC | ON_RESOURCES,
	.apply = apply,
};
