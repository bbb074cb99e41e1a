/* What the controls memory, pids, cpu and io share; see resources.h. */
#include "resources.h"

#include <inttypes.h>
#include <string.h>

#include "text.h"

/* More refused keys than this in one sentence help nobody. */
#define MAX_NAMED 5

/* Prefixes that memory, pids and cpu look after; everything else is left to io. */
static const char *const owned[] = { "memory.", "hugetlb.", "pids.", "cpu.", "cpuset.", NULL };

struct json *resources_get(struct edit *ed, const char *section, const char *name)
{
	return json_get(edit_doc(ed), "linux", "resources", section, name);
}

bool resources_is_update(const struct edit *ed)
{
	return edit_scope(ed) == SCOPE_RESOURCES;
}

const char *resources_size(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t unit = 1;
	size_t power = 0;

	while (power < ARRAY_SIZE(units) && bytes / unit >= 1024) {
		unit *= 1024;
		power++;
	}
	if (power == 0)
		return arena_printf(arena, "%" PRIu64 " bytes", bytes);
	if (bytes % unit == 0)
		return arena_printf(arena, "%" PRIu64 "%s", bytes / unit, units[power - 1]);
	return arena_printf(arena, "%" PRIu64 ".%" PRIu64 "%s", bytes / unit,
			    bytes % unit / (unit / 1024) * 10 / 1024, units[power - 1]);
}

const char *resources_asked(struct edit *ed, const char *flag, const char *kubernetes,
			    const char *section, const char *name, const char *value)
{
	const char *field = arena_printf(edit_arena(ed), "linux.resources.%s.%s", section, name);

	return arena_printf(edit_arena(ed), "%s%s %s", resources_is_update(ed) ? "update " : "",
			    edit_words(ed, flag, kubernetes, field), value);
}

void resources_ask_above(struct edit *ed, const char *key, const char *asked, const char *limit)
{
	edit_ask(ed, key,
		 arena_printf(edit_arena(ed), "%s is above the limit %s of this container", asked,
			      limit),
		 arena_printf(edit_arena(ed), "%sask for at most %s",
			      resources_is_update(ed) ? "nothing was changed; " : "", limit));
}

static bool starts_with_any(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++) {
		if (text_starts(text, *prefixes))
			return true;
	}
	return false;
}

void resources_unified(struct edit *ed, const char *const *prefixes, const char *const *kept,
		       const char *remedy)
{
	auto_strbuf struct strbuf names = { 0 };
	unsigned int count = 0;

	json_each (member, json_get(edit_doc(ed), "linux", "resources", "unified")) {
		char quoted[QUOTED_SIZE];
		bool is_ours = prefixes ? starts_with_any(member->key, prefixes)
					: !starts_with_any(member->key, owned);

		if (!is_ours || (kept && text_in(member->key, kept)))
			continue;
		if (++count <= MAX_NAMED)
			strbuf_printf(&names, "%s'%s'", names.len ? ", " : "",
				      error_quote(quoted, member->key, member->key_len));
	}
	if (count == 0)
		return;
	if (count > MAX_NAMED)
		strbuf_printf(&names, " and %u more", count - MAX_NAMED);
	edit_refuse(ed, "unified",
		    arena_printf(edit_arena(ed),
				 "%s %s writes files of the cgroup past every limit",
				 edit_words(ed, "--cgroup-conf", "the runtime's unified resources",
					    "linux.resources.unified"),
				 strbuf_text(&names)),
		    remedy);
}
