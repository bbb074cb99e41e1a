/*
 * The rules of a profile against each other, and then as tables. Two rules of one name with
 * different answers must never hold together: libseccomp would refuse them or prefer one of them,
 * depending on their order. And what a runtime calls behind its own filter must be allowed, or no
 * container starts, with an error that names everything but the profile.
 */
#include <string.h>

#include "seccomp_call.h"
#include "seccomp_profile_parts.h"
#include "seccomp_sort.h"
#include "strbuf.h"
#include "text.h"

/* Equal terms and conditions are looked for among so many. */
#define NEAR 64

/*
 * What runtimes call behind their filter, measured in a hundred starts each, by taking away one
 * name at a time and by their system calls (policy/seccomp/README.md): runc all of these, crun
 * execve. Without rt_sigreturn a start ends in a fault whenever Go's scheduler interrupts it, one
 * in ten. exit_group is how every program ends.
 */
static const char *const needed[] = {
	"close",      "execve", "exit_group",   "fstatfs", "futex",
	"getdents64", "openat", "rt_sigreturn", "write",   NULL,
};

/* Go's runtime goes on without these when it is told an error. */
static const char *const needed_killing[] = { "epoll_ctl", "getpid", NULL };

/* And what comes behind a filter that is loaded early, with noNewPrivileges false: the ids, the
 * capabilities and the working directory of the process, and whether the program can be executed.
 */
static const char *const needed_early[] = {
	"capget",    "capset",       "chdir",          "faccessat2", "fchown",
	"fstat",     "getcwd",       "getppid",        "newfstatat", "prctl",
	"read",      "rt_sigaction", "rt_sigprocmask", "setgid",     "setgroups",
	"setresgid", "setresuid",    "setuid",         NULL,
};
static const char *const needed_early_killing[] = { "fcntl", NULL };

bool seccomp_is_needed(const char *name)
{
	return text_in(name, needed);
}

static int compare(const void *a, const void *b)
{
	const struct profile_entry *x = a, *y = b;
	int order;

	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	order = strcmp(x->name->text, y->name->text);
	if (order)
		return order;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Within a name as seccomp_intersect() sorts its rules. */
static int compare_rules(const void *a, const void *b)
{
	const struct profile_entry *x = a, *y = b;
	int order;

	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	order = strcmp(x->name->text, y->name->text);
	if (order)
		return order;
	if (x->answer.action != y->answer.action)
		return x->answer.action < y->answer.action ? -1 : 1;
	if (x->answer.errno_ret != y->answer.errno_ret)
		return x->answer.errno_ret < y->answer.errno_ret ? -1 : 1;
	order = seccomp_term_compare(&x->term, &y->term);
	if (order)
		return order;
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool is_one_sided(const struct seccomp_when *a, const struct seccomp_when *b)
{
	return (a->caps & b->without) != 0 || (a->archs && !(a->archs & ~b->other_archs)) ||
	       (a->kernel && b->old_kernel && b->old_kernel <= a->kernel) || a->is_never;
}

/* No container sees both. */
static bool is_either(const struct seccomp_when *a, const struct seccomp_when *b)
{
	return is_one_sided(a, b) || is_one_sided(b, a);
}

static int check_one_name(const struct profile_reader *reader, const struct profile_entry *entry,
			  size_t count)
{
	size_t most = reader->is_request ? CALL_MAX_RULES : PROFILE_MAX_RULES;

	if (count > most)
		return profile_fail(reader, entry[most].name, "'%s' has more than %zu rules",
				    entry->name->text, most);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct profile_entry *x = &entry[j], *y = &entry[i];

			if (reader->is_request || seccomp_is_same_answer(x->answer, y->answer) ||
			    seccomp_term_is_apart(&x->term, &y->term) ||
			    is_either(&x->when, &y->when))
				continue;
			return profile_fail(
				reader, y->name,
				"this rule for '%s' contradicts the one in line %u: both can hold, "
				"and their answers differ",
				y->name->text, json_node_line(reader->text, reader->len, x->name));
		}
	}
	return 0;
}

static bool is_always(const struct seccomp_when *when)
{
	static const struct seccomp_when always;

	return memcmp(when, &always, sizeof(always)) == 0;
}

static int check_needed(const struct profile_reader *reader, const char *const *names,
			const char *when)
{
	for (const char *const *name = names; *name; name++) {
		const struct json *seen = NULL;
		bool is_allowed = false;

		for (size_t i = 0; i < reader->count; i++) {
			const struct profile_entry *entry = &reader->entries[i];

			if (!json_is(entry->name, *name))
				continue;
			seen = entry->name;
			is_allowed = is_allowed || (!seccomp_is_blocking(entry->answer) &&
						    is_always(&entry->when) &&
						    seccomp_term_is_same(&entry->term, NULL));
		}
		if (!is_allowed)
			return profile_fail(reader, seen,
					    "the profile blocks '%s', without which no container "
					    "starts%s; allow it without conditions",
					    *name, when);
	}
	return 0;
}

/* Tables that are being filled. */
struct tables {
	struct arena *arena;
	struct strbuf texts;
	struct seccomp_term *terms;
	struct seccomp_when *whens;
	struct seccomp_profile_rule *rules;
	struct seccomp_profile_call *calls;
	struct seccomp_profile *profile;
};

static uint32_t put_text(struct tables *tables, const char *text)
{
	uint32_t at = (uint32_t)tables->texts.len;

	strbuf_add(&tables->texts, text, strlen(text) + 1);
	return at;
}

/* The names of a rule share its comment, but sorting has spread them. */
static uint32_t put_comment(struct tables *tables, const struct profile_reader *reader, size_t i)
{
	const char *comment = reader->entries[i].comment;

	if (!comment[0])
		return 0;
	for (size_t j = i; j-- > 0 && i - j < (size_t)NEAR * 4;) {
		if (reader->entries[j].comment == comment)
			return tables->rules[j].comment;
	}
	return put_text(tables, comment);
}

static uint32_t put_term(struct tables *tables, const struct seccomp_term *term)
{
	struct seccomp_profile *profile = tables->profile;

	for (uint32_t i = 0; i < profile->term_count && i < NEAR; i++) {
		if (seccomp_term_is_same(&tables->terms[i], term))
			return i;
	}
	tables->terms[profile->term_count] = *term;
	return profile->term_count++;
}

static uint32_t put_when(struct tables *tables, const struct seccomp_when *when)
{
	struct seccomp_profile *profile = tables->profile;

	for (uint32_t i = 0; i < profile->when_count && i < NEAR; i++) {
		if (memcmp(&tables->whens[i], when, sizeof(*when)) == 0)
			return i;
	}
	tables->whens[profile->when_count] = *when;
	return profile->when_count++;
}

static void put_call(struct tables *tables, const struct profile_reader *reader, size_t first,
		     size_t count)
{
	struct seccomp_profile *profile = tables->profile;
	const struct profile_entry *entry = &reader->entries[first];

	tables->calls[profile->call_count++] = (struct seccomp_profile_call){
		.name = put_text(tables, entry->name->text),
		.number = entry->number,
		.first = (uint32_t)first,
		.count = (uint32_t)count,
	};
	for (size_t i = first; i < first + count; i++, entry++)
		tables->rules[i] = (struct seccomp_profile_rule){
			.term = put_term(tables, &entry->term),
			.when = put_when(tables, &entry->when),
			.comment = put_comment(tables, reader, i),
			.answer = entry->answer,
		};
}

static void put_slots(struct tables *tables)
{
	struct seccomp_profile *profile = tables->profile;
	size_t mask = seccomp_slot_mask(profile->call_count);
	uint32_t *slots = arena_alloc(tables->arena, (mask + 1) * sizeof(*slots));

	for (uint32_t i = 0; i < profile->call_count; i++) {
		size_t at = seccomp_name_hash(tables->texts.data + tables->calls[i].name) & mask;

		while (slots[at])
			at = (at + 1) & mask;
		slots[at] = i + 1;
	}
	profile->slots = slots;
	profile->slot_mask = (uint32_t)mask;
}

static void make_tables(const struct profile_reader *reader, struct seccomp_profile *profile)
{
	struct arena *arena = reader->arena;
	size_t count = reader->count + 1;
	struct tables tables = {
		.arena = arena,
		.terms = arena_alloc(arena, (count + 1) * sizeof(*tables.terms)),
		.whens = arena_alloc(arena, (count + 1) * sizeof(*tables.whens)),
		.rules = arena_alloc(arena, count * sizeof(*tables.rules)),
		.calls = arena_alloc(arena, count * sizeof(*tables.calls)),
		.profile = profile,
	};

	*profile = (struct seccomp_profile){
		.other = reader->other,
		.has_flags = reader->has_flags,
		.is_logging = reader->is_logging,
		.has_archs = reader->has_archs,
		.archs = reader->archs,
		.listener = reader->listener,
		.term_count = 1, /* the first of each is "always" */
		.when_count = 1,
		.rule_count = (uint32_t)reader->count,
	};
	(void)put_text(&tables, "");
	for (size_t i = 0, end; i < reader->count; i = end) {
		for (end = i + 1; end < reader->count; end++) {
			if (!json_is(reader->entries[end].name, reader->entries[i].name->text))
				break;
		}
		put_call(&tables, reader, i, end - i);
	}
	put_slots(&tables);
	profile->texts = arena_memdup(arena, tables.texts.data, tables.texts.len);
	profile->text_size = (uint32_t)tables.texts.len;
	profile->terms = tables.terms;
	profile->whens = tables.whens;
	profile->rules = tables.rules;
	profile->calls = tables.calls;
	strbuf_free(&tables.texts);
}

static int check_all_needed(const struct profile_reader *reader)
{
	static const char killing[] = " where the rest is killed";
	static const char early[] = " while no-new-privileges is not in force";
	bool is_killing = reader->other.action > ACT_ERRNO;

	if (reader->is_request)
		return 0;
	if (check_needed(reader, needed, "") ||
	    (is_killing && check_needed(reader, needed_killing, killing)))
		return -1;
	if (!reader->is_early)
		return 0;
	if (check_needed(reader, needed_early, early))
		return -1;
	return is_killing ? check_needed(reader, needed_early_killing, early) : 0;
}

/* A container that brings no filter gets this one whole. Rules of one condition become one, so only
 * what might be too long is tried: as for somebody with all capabilities, and with none. */
static int check_length(const struct profile_reader *reader, const struct seccomp_profile *profile)
{
	static const uint64_t caps[] = { 0, UINT64_MAX };

	if (profile->rule_count <= SECCOMP_MAX_ENTRIES)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		const struct seccomp_context context = {
			.caps = caps[i],
			.archs = ARCH_NATIVE | ARCH_COMPAT,
			.kernel = UINT32_MAX,
		};

		if (!seccomp_section_fits(seccomp_filter_write(
			    reader->arena,
			    seccomp_profile_resolve(reader->arena, profile, &context))))
			return profile_fail(reader, NULL,
					    "more than %d rules with conditions of their own",
					    SECCOMP_MAX_ENTRIES);
	}
	return 0;
}

int profile_make(struct profile_reader *reader, struct seccomp_profile *ret_profile)
{
	qsort(reader->entries, reader->count, sizeof(*reader->entries), compare);
	for (size_t i = 0, end; i < reader->count; i = end) {
		for (end = i + 1; end < reader->count; end++) {
			if (!json_is(reader->entries[end].name, reader->entries[i].name->text))
				break;
		}
		if (check_one_name(reader, &reader->entries[i], end - i))
			return -1;
	}
	if (check_all_needed(reader))
		return -1;
	qsort(reader->entries, reader->count, sizeof(*reader->entries), compare_rules);
	make_tables(reader, ret_profile);
	return reader->is_request ? 0 : check_length(reader, ret_profile);
}
