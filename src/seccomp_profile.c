/*
 * From a profile to the filter of one container: the rules whose conditions hold for the
 * capabilities that policy left, never for those that were asked for. Conditions are few and shared
 * by many rules, so each is judged once.
 */
#include "seccomp_profile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "fdio.h"
#include "text.h"

#define MAX_PROFILE ((size_t)1024 * 1024)

static bool holds(const struct seccomp_when *when, const struct seccomp_context *context)
{
	if (when->is_never)
		return false;
	return (when->caps & ~context->caps) == 0 && (when->without & context->caps) == 0 &&
	       (!when->archs || (when->archs & context->archs)) &&
	       !(when->other_archs & context->archs) && context->kernel >= when->kernel &&
	       (!when->old_kernel || context->kernel < when->old_kernel);
}

static const bool *judge_all(struct arena *arena, const struct seccomp_profile *profile,
			     const struct seccomp_context *context)
{
	bool *is_true = arena_alloc(arena, profile->when_count * sizeof(*is_true));

	for (size_t i = 0; i < profile->when_count; i++)
		is_true[i] = holds(&profile->whens[i], context);
	return is_true;
}

struct seccomp_filter *seccomp_profile_resolve(struct arena *arena,
					       const struct seccomp_profile *profile,
					       const struct seccomp_context *context)
{
	struct seccomp_filter *filter = arena_alloc(arena, sizeof(*filter));
	const bool *is_true = judge_all(arena, profile, context);

	filter->other = profile->other;
	filter->archs = context->archs;
	filter->has_flags = profile->has_flags;
	filter->is_logging = profile->is_logging;
	filter->rules = arena_alloc(arena, (profile->rule_count + 1) * sizeof(*filter->rules));
	filter->calls = arena_alloc(arena, (profile->call_count + 1) * sizeof(*filter->calls));
	filter->call_count = profile->call_count;
	filter->slots = profile->slots;
	filter->slot_mask = profile->slot_mask;

	for (size_t i = 0; i < profile->call_count; i++) {
		const struct seccomp_profile_call *from = &profile->calls[i];
		struct seccomp_call *call = &filter->calls[i];

		call->name = profile->texts + from->name;
		call->number = from->number;
		call->first = (uint32_t)filter->count;
		for (size_t j = from->first; j < from->first + from->count; j++) {
			const struct seccomp_profile_rule *rule = &profile->rules[j];
			struct seccomp_rule *to = &filter->rules[filter->count];

			/* libseccomp refuses a rule that says what the default says. */
			if (!is_true[rule->when] ||
			    seccomp_is_same_answer(rule->answer, profile->other))
				continue;
			to->name = call->name;
			to->term = rule->term ? &profile->terms[rule->term] : NULL;
			to->answer = rule->answer;
			filter->count++;
		}
		call->count = (uint32_t)filter->count - call->first;
	}
	return filter;
}

uint32_t seccomp_kernel(void)
{
	struct utsname names;
	char *end;
	unsigned long major, minor;

	if (uname(&names))
		return 0;
	major = strtoul(names.release, &end, 10);
	if (*end != '.')
		return 0;
	minor = strtoul(end + 1, NULL, 10);
	return major > 0xFFFF || minor > 0xFFFF ? 0 : (uint32_t)(major << 16 | minor);
}

const char *const seccomp_builtin_names[] = { "default", "strict", NULL };

bool seccomp_profile_builtin(struct seccomp_profile *ret_profile, const char *name)
{
	for (const struct seccomp_builtin *row = seccomp_builtins; row->name; row++) {
		if (!text_equal(row->name, name))
			continue;
		row->fill(ret_profile);
		return true;
	}
	return false;
}

static int read_file(struct arena *arena, const char *path, const char **ret_text, size_t *ret_len,
		     struct error *e)
{
	auto_close int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return error_sys(e, "cannot open the seccomp profile '%s'", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return error_set(e, ERR_POLICY, "the seccomp profile '%s' is no regular file",
				 path);
	if (fd_check_trusted(fd, path, ERR_POLICY, e))
		return -1;
	return fd_read_all(fd, MAX_PROFILE, arena, ret_text, ret_len, path, e);
}

int seccomp_profile_load(struct seccomp_profile *ret_profile, struct arena *arena, const char *word,
			 struct error *e)
{
	const char *text = NULL;
	size_t len = 0;

	if (seccomp_profile_builtin(ret_profile, word))
		return 0;
	if (read_file(arena, word, &text, &len, e))
		return -1;
	return seccomp_profile_parse(ret_profile, arena, text, len, word, e);
}
