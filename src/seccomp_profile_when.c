/*
 * The conditions of a rule in Docker's format. "includes" must hold: all of its caps, one of its
 * arches, this kernel or a newer one. Nothing of "excludes" may hold. An architecture holds when
 * the filter is written for it: the native one, with "compat" its 32-bit forms as well.
 */
#include <string.h>

#include "caps.h"
#include "seccomp_profile_parts.h"
#include "text.h"

static const struct {
	const char *word;
	unsigned int bit;
} arches[] = {
	{ "amd64", ARCH_X86_64 },  { "x86", ARCH_X86 }, { "x32", ARCH_X32 },
	{ "arm64", ARCH_AARCH64 }, { "arm", ARCH_ARM },
};

static const char *const arch_words[] = {
	"amd64", "x86",     "x32",       "arm64",  "arm",      "loong64",     "loongarch64",
	"mips",  "mips64",  "mips64n32", "mipsel", "mipsel64", "mipsel64n32", "ppc",
	"ppc64", "ppc64le", "riscv64",   "s390",   "s390x",    NULL,
};

static int read_caps(const struct profile_reader *reader, const struct json *list,
		     uint64_t *ret_caps)
{
	if (profile_check_list(reader, list, "caps"))
		return -1;
	json_each (item, list) {
		int number = caps_number(item->text, false);
		char quoted[QUOTED_SIZE];
		const char *nearest;

		if (number >= 0) {
			*ret_caps |= UINT64_C(1) << number;
			continue;
		}
		nearest =
			text_nearest(text_starts(item->text, "CAP_") ? item->text + 4 : item->text,
				     caps_words());
		return profile_fail(reader, item, "unknown capability '%s'%s%s%s",
				    error_quote(quoted, item->text, item->len),
				    nearest ? ", did you mean 'CAP_" : "", nearest ? nearest : "",
				    nearest ? "'?" : "");
	}
	return 0;
}

static int read_arches(const struct profile_reader *reader, const struct json *list,
		       uint32_t *ret_archs)
{
	if (profile_check_list(reader, list, "arches"))
		return -1;
	json_each (item, list) {
		if (!text_in(item->text, arch_words))
			return profile_fail_word(reader, item, "architecture", arch_words);
		for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
			if (strcmp(arches[i].word, item->text) == 0)
				*ret_archs |= arches[i].bit;
		}
	}
	return 0;
}

/* "4.8" as major << 16 | minor. */
static int read_kernel(const struct profile_reader *reader, const struct json *node,
		       uint32_t *ret_kernel)
{
	const char *text = json_text(node), *dot = text ? strchr(text, '.') : NULL;
	uint64_t major, minor;

	if (!node || node->type == JSON_NULL)
		return 0;
	if (!dot || parse_u64(arena_memdup(reader->arena, text, (size_t)(dot - text)), &major) ||
	    parse_u64(dot + 1, &minor) || major == 0 || major > 0xFFFF || minor > 0xFFFF)
		return profile_fail(reader, node,
				    "'minKernel' must be a version like \"5.10\": major and minor");
	*ret_kernel = (uint32_t)(major << 16 | minor);
	return 0;
}

static int read_half(const struct profile_reader *reader, const struct json *rule, const char *key,
		     uint64_t *ret_caps, uint32_t *ret_archs, uint32_t *ret_kernel)
{
	static const char *const keys[] = { "caps", "arches", "minKernel", NULL };
	const struct json *half = json_find(rule, key);

	if (!half || half->type == JSON_NULL)
		return 0;
	if (half->type != JSON_OBJECT)
		return profile_fail(reader, half, "'%s' must be an object, not %s", key,
				    json_type_words(half));
	return profile_check_keys(reader, half, key, keys) ||
			       read_caps(reader, json_find(half, "caps"), ret_caps) ||
			       read_arches(reader, json_find(half, "arches"), ret_archs) ||
			       read_kernel(reader, json_find(half, "minKernel"), ret_kernel)
		       ? -1
		       : 0;
}

int profile_read_when(const struct profile_reader *reader, struct seccomp_when *ret_when,
		      const struct json *rule)
{
	struct seccomp_when when = { 0 };

	if (read_half(reader, rule, "includes", &when.caps, &when.archs, &when.kernel) ||
	    read_half(reader, rule, "excludes", &when.without, &when.other_archs, &when.old_kernel))
		return -1;
	when.is_never =
		json_first(json_find(json_find(rule, "includes"), "arches")) && !when.archs ? 1 : 0;
	*ret_when = when;
	return 0;
}
