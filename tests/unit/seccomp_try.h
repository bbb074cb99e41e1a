/*
 * What tests of filters share: profiles from JSON text, the intersection of two of them, and a
 * reading of the OCI form that shares no code with ours. Where libseccomp or the runtimes could see
 * a rule in two ways it says so, and tests take the way that is worse for us.
 */
#ifndef MANTLET_SECCOMP_TRY_H
#define MANTLET_SECCOMP_TRY_H

#include <fcntl.h>
#include <stdlib.h>

#include "fdio.h"
#include "seccomp_profile.h"
#include "seccomp_sort.h"
#include "tap.h"
#include "text.h"

static inline struct json *seccomp_json(struct arena *arena, const char *text)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "profile", &e)) {
		printf("# %s\n", e.message);
		return NULL;
	}
	return doc.root;
}

static inline const char *seccomp_text(struct arena *arena, const struct json *node)
{
	auto_strbuf struct strbuf text = { 0 };
	struct error e = { 0 };

	if (!node || json_write(&text, node, &e))
		return "(nothing)";
	return arena_strdup(arena, strbuf_text(&text));
}

/* A linux.seccomp, or the one in a config.json, from a file. */
static inline struct json *seccomp_file(struct arena *arena, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const char *text;
	struct json *section;
	size_t len;

	if (fd < 0 || fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, &e) ||
	    json_parse(&doc, arena, text, len, 0, path, &e))
		return NULL;
	section = json_find(json_find(doc.root, "linux"), "seccomp");
	if (section)
		json_unlink(section);
	return section ? section : doc.root;
}

/* The names of a sorted filter become findable, as those of a profile of ours are. */
static inline void seccomp_filter_index(struct arena *arena, struct seccomp_filter *filter)
{
	size_t mask = seccomp_slot_mask(filter->call_count);
	uint32_t *slots = arena_alloc(arena, (mask + 1) * sizeof(*slots));

	for (size_t i = 0; i < filter->call_count; i++) {
		size_t at = seccomp_name_hash(filter->calls[i].name) & mask;

		while (slots[at])
			at = (at + 1) & mask;
		slots[at] = (uint32_t)i + 1;
	}
	filter->slots = slots;
	filter->slot_mask = mask;
}

/* The last intersection, for what it says to have narrowed. */
static const struct seccomp_filter *seccomp_last;

/* OURS, sorted, with THEIRS, as JSON; NULL with a reason in WHY. */
static inline struct json *seccomp_with(struct arena *arena, const struct seccomp_filter *ours,
					const struct json *theirs, const char **why)
{
	struct seccomp_filter *b = seccomp_filter_read(arena, theirs, why), *both = NULL;

	if (b)
		both = seccomp_intersect(arena, ours, b, why);
	seccomp_last = both;
	return both ? seccomp_filter_write(arena, both) : NULL;
}

static inline struct json *seccomp_both(struct arena *arena, const struct json *ours,
					const struct json *theirs, const char **why)
{
	struct seccomp_filter *a = seccomp_filter_read(arena, ours, why);

	if (!a)
		return NULL;
	seccomp_filter_sort(arena, a);
	seccomp_filter_index(arena, a);
	return seccomp_with(arena, a, theirs, why);
}

/* A built-in profile as it is for a container with CAPS: names whose rules do not hold are in it,
 * with no rules, as they are at a start. */
static inline struct seccomp_filter *seccomp_ours_filter(struct arena *arena, const char *name,
							 bool is_compat, uint64_t caps)
{
	const struct seccomp_context context = {
		.caps = caps,
		.archs = ARCH_NATIVE | (is_compat ? ARCH_COMPAT : 0),
		.kernel = seccomp_kernel(),
	};
	struct seccomp_profile profile;

	if (!seccomp_profile_builtin(&profile, name))
		return NULL;
	return seccomp_profile_resolve(arena, &profile, &context);
}

static inline struct json *seccomp_ours(struct arena *arena, const char *name, bool is_compat,
					uint64_t caps)
{
	return seccomp_filter_write(arena, seccomp_ours_filter(arena, name, is_compat, caps));
}

/* ---- an evaluator of our own ---- */

enum match { NO, YES, DOUBTFUL };

static inline uint64_t seccomp_number(const struct json *node)
{
	return node ? strtoull(node->text, NULL, 10) : 0;
}

static inline enum match match_arg(const struct json *arg, const uint64_t *args)
{
	const char *op = json_text(json_find(arg, "op"));
	uint64_t value = seccomp_number(json_find(arg, "value"));
	uint64_t two = seccomp_number(json_find(arg, "valueTwo"));
	uint64_t got = args[seccomp_number(json_find(arg, "index"))];

	if (!strcmp(op, "SCMP_CMP_EQ"))
		return got == value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_NE"))
		return got != value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_LT"))
		return got < value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_LE"))
		return got <= value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_GT"))
		return got > value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_GE"))
		return got >= value ? YES : NO;
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") != 0)
		return DOUBTFUL;
	/* libseccomp cuts off what lies outside of the mask. */
	if ((got & value) == two)
		return YES;
	return (got & value) == (two & value) ? DOUBTFUL : NO;
}

static inline enum match match_rule(const struct json *rule, const uint64_t *args)
{
	enum match all = YES, any = NO;
	unsigned int tested = 0, count = 0;

	json_each (arg, json_find(rule, "args")) {
		enum match match = match_arg(arg, args);

		tested |= 1U << seccomp_number(json_find(arg, "index"));
		count++;
		if (match == NO)
			all = NO;
		else if (match == DOUBTFUL && all == YES)
			all = DOUBTFUL;
		if (match != NO)
			any = YES;
	}
	/* One argument tested twice: "or" to runc, "and" or an error to others. */
	if (count != (unsigned int)__builtin_popcount(tested) && all != any)
		return DOUBTFUL;
	return all;
}

static inline bool has_name(const struct json *rule, const char *name)
{
	json_each (it, json_find(rule, "names")) {
		if (strcmp(it->text, name) == 0)
			return true;
	}
	return false;
}

/* seccomp(2): from the weakest to the strictest. */
static inline int rank(const struct json *action)
{
	static const char *const words[][2] = {
		{ "SCMP_ACT_ALLOW", "" },
		{ "SCMP_ACT_LOG", "" },
		{ "SCMP_ACT_TRACE", "" },
		{ "SCMP_ACT_NOTIFY", "" },
		{ "SCMP_ACT_ERRNO", "" },
		{ "SCMP_ACT_TRAP", "" },
		{ "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" },
		{ "SCMP_ACT_KILL_PROCESS", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (json_is(action, words[i][0]) || json_is(action, words[i][1]))
			return (int)i;
	}
	return -1;
}

#define RANK_ALLOW 0
#define RANK_ERRNO 4

struct verdicts {
	int weakest, strictest;
};

/* What PROFILE may say to a call. */
static inline struct verdicts judge(const struct json *profile, const char *name,
				    const uint64_t *args)
{
	struct verdicts found = { 99, -1 };
	int other = rank(json_find(profile, "defaultAction"));
	bool is_sure = false;

	json_each (rule, json_find(profile, "syscalls")) {
		enum match match = has_name(rule, name) ? match_rule(rule, args) : NO;
		int action = rank(json_find(rule, "action"));

		if (match == NO)
			continue;
		is_sure = is_sure || match == YES;
		found.weakest = action < found.weakest ? action : found.weakest;
		found.strictest = action > found.strictest ? action : found.strictest;
	}
	if (!is_sure) {
		found.weakest = other < found.weakest ? other : found.weakest;
		found.strictest = other > found.strictest ? other : found.strictest;
	}
	return found;
}

/* The result may say something weaker than one of the two says. */
static inline bool is_looser(const struct json *ours, const struct json *theirs,
			     const struct json *both, const char *name, const uint64_t *args)
{
	int weakest = judge(both, name, args).weakest;

	return weakest < judge(ours, name, args).strictest ||
	       weakest < judge(theirs, name, args).strictest;
}

/* ---- writing profiles ---- */

#define PROFILE(action, rest)                                                                      \
	"{\"defaultAction\":\"SCMP_ACT_" action "\",\"architectures\":[\"SCMP_ARCH_X86_64\"]" rest \
	"}"
#define RULES(...) ",\"syscalls\":[" __VA_ARGS__ "]"
#define RULE(name, action, args)                                                                   \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\",\"args\":[" args "]}"
#define ARG(index, op, value) "{\"index\":" index ",\"value\":" value ",\"op\":\"SCMP_CMP_" op "\"}"
#define MASK(index, mask, value)                                                                   \
	"{\"index\":" index ",\"value\":" mask ",\"valueTwo\":" value                              \
	",\"op\":\"SCMP_CMP_MASKED_EQ\"}"

#endif
