/*
 * Our own filter, as the runtime gets it: the shipped profile for the native architecture only, so
 * that 32-bit entries are killed, or with "compat" for those as well. A filter for one architecture
 * loads in a third of the time of one for three.
 */
#include "seccomp_rules.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "embed.h"
#include "fdio.h"
#include "spec.h"
#include "text.h"

#define MAX_PROFILE ((size_t)1024 * 1024)

static const char *const native_arch =
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64";
static const char *const compat_archs[] = { "SCMP_ARCH_X86", "SCMP_ARCH_X32", NULL };
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64";
static const char *const compat_archs[] = { "SCMP_ARCH_ARM", NULL };
#else
#error "mantlet's seccomp profile is written for x86-64 and arm64"
#endif

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

struct finding {
	struct arena *arena;
	const char *field;
};

static void note_unknown(void *context, struct json *node)
{
	struct finding *unknown = context;
	char quoted[QUOTED_SIZE];

	if (!unknown->field)
		unknown->field =
			arena_strdup(unknown->arena, error_quote(quoted, node->key, node->key_len));
}

/*
 * A file of the site's is not the engine's document, so nobody has looked at it yet. Engines' own
 * profile files (archMap, includes, excludes) are not of this form: read without their conditions
 * they would allow what only some containers were to have.
 */
static int check_form(struct arena *arena, struct json *profile, const char *name, struct error *e)
{
	struct json_doc doc = { .arena = arena, .root = json_new(arena, JSON_OBJECT) };
	struct json *section = json_new(arena, JSON_OBJECT);
	struct finding unknown = { .arena = arena };

	json_append(arena, section, "resources", json_new(arena, JSON_OBJECT));
	json_append(arena, section, "seccomp", profile);
	json_append(arena, doc.root, "linux", section);
	if (spec_check(&doc, SCOPE_RESOURCES, e))
		return error_wrap(e, "the seccomp profile '%s'", name);
	spec_each_unknown(&doc, note_unknown, &unknown);
	json_unlink(profile);
	if (unknown.field)
		return error_set(e, ERR_POLICY,
				 "the seccomp profile '%s' has '%s', which is not in the OCI form "
				 "of linux.seccomp",
				 name, unknown.field);
	return 0;
}

static bool is_usable(const struct json *profile)
{
	if (!json_is(json_find(profile, "defaultAction"), "SCMP_ACT_ERRNO") ||
	    !json_find(profile, "syscalls") || json_find(profile, "listenerPath"))
		return false;
	json_each (rule, json_find(profile, "syscalls")) {
		const struct json *action = json_find(rule, "action");

		if (!json_is(action, "SCMP_ACT_ALLOW") && !json_is(action, "SCMP_ACT_ERRNO"))
			return false;
	}
	return true;
}

static void append_architectures(struct arena *arena, struct json *profile, bool is_compat)
{
	struct json *list = json_new(arena, JSON_ARRAY);
	struct json *old = json_find(profile, "architectures");

	json_append(arena, list, NULL, json_new_str(arena, native_arch));
	for (const char *const *arch = compat_archs; is_compat && *arch; arch++)
		json_append(arena, list, NULL, json_new_str(arena, *arch));
	if (old)
		json_swap(old, list);
	else
		json_append(arena, profile, "architectures", list);
}

static int append_compat(struct arena *arena, struct json *profile, struct error *e)
{
	struct json *syscalls = json_find(profile, "syscalls");
	struct json_doc compat = { 0 };

	if (json_parse(&compat, arena, embed_seccomp_compat, EMBED_SIZE(embed_seccomp_compat), 0,
		       "policy/seccomp/compat.json", e))
		return -1;
	json_each (rule, json_find(compat.root, "syscalls"))
		json_append(arena, syscalls, NULL, json_clone(arena, rule));
	return 0;
}

struct json *seccomp_ours(struct arena *arena, const char *name, bool is_compat, struct error *e)
{
	bool is_file = !text_equal(name, "default");
	const char *text = embed_seccomp_default;
	size_t len = EMBED_SIZE(embed_seccomp_default);
	struct json_doc doc = { 0 };

	if (is_file && read_file(arena, name, &text, &len, e))
		return NULL;
	if (json_parse(&doc, arena, text, len, 0, name, e) ||
	    (is_file && check_form(arena, doc.root, name, e)))
		return NULL;
	if (!is_usable(doc.root)) {
		(void)error_set(e, ERR_POLICY,
				"the seccomp profile '%s' must have \"defaultAction\": "
				"\"SCMP_ACT_ERRNO\" and \"syscalls\" with the actions "
				"SCMP_ACT_ALLOW and SCMP_ACT_ERRNO only",
				name);
		return NULL;
	}
	append_architectures(arena, doc.root, is_compat);
	if (json_find(doc.root, "flags"))
		json_swap(json_find(doc.root, "flags"), seccomp_flags(arena, doc.root));
	/* A file of the site lists for itself what its 32-bit programs need. */
	if (is_compat && !is_file && append_compat(arena, doc.root, e))
		return NULL;
	return doc.root;
}
