/*
 * Limits of a running container are to be changed. The document (a file or standard input) or the
 * flags go through the controls that know limits: 0 and absent mean "unchanged" and stay so, -1
 * means "without limit" and never passes.
 *
 * The flags become a document, because the runtime ignores all but two of them beside --resources
 * and because there must be one place that judges.
 */
#include "wrap.h"

#include <ctype.h>
#include <string.h>

#include "audit.h"
#include "memfd.h"
#include "spec.h"
#include "text.h"

enum flag_kind { FLAG_BYTES, FLAG_NUMBER, FLAG_TEXT };

/* runc(8), update: which field each flag sets. */
static const struct update_flag {
	const char *name;
	const char *section;
	const char *field;
	enum flag_kind kind;
} update_flags[] = {
	{ "blkio-weight", "blockIO", "weight", FLAG_NUMBER },
	{ "cpu-period", "cpu", "period", FLAG_NUMBER },
	{ "cpu-quota", "cpu", "quota", FLAG_NUMBER },
	{ "cpu-burst", "cpu", "burst", FLAG_NUMBER },
	{ "cpu-share", "cpu", "shares", FLAG_NUMBER },
	{ "cpu-rt-period", "cpu", "realtimePeriod", FLAG_NUMBER },
	{ "cpu-rt-runtime", "cpu", "realtimeRuntime", FLAG_NUMBER },
	{ "cpu-idle", "cpu", "idle", FLAG_NUMBER },
	{ "cpuset-cpus", "cpu", "cpus", FLAG_TEXT },
	{ "cpuset-mems", "cpu", "mems", FLAG_TEXT },
	{ "kernel-memory", "memory", "kernel", FLAG_BYTES },
	{ "kernel-memory-tcp", "memory", "kernelTCP", FLAG_BYTES },
	{ "memory", "memory", "limit", FLAG_BYTES },
	{ "memory-reservation", "memory", "reservation", FLAG_BYTES },
	{ "memory-swap", "memory", "swap", FLAG_BYTES },
	{ "pids-limit", "pids", "limit", FLAG_NUMBER },
};

/* runc takes "64m" and "1g" (powers of 1024); true when TEXT is such a number of bytes. */
static bool parse_bytes(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "bkmgt";
	char digits[24];
	size_t len = strspn(text, "0123456789");
	const char *unit;
	uint64_t value;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (parse_u64(digits, &value))
		return false;
	if (text[len]) {
		unit = strchr(units, tolower((unsigned char)text[len]));
		if (!unit || !*unit || text[len + 1])
			return false;
		for (; unit > units; unit--) {
			if (__builtin_mul_overflow(value, UINT64_C(1024), &value))
				return false;
		}
	}
	*ret_bytes = value;
	return value <= INT64_MAX;
}

static struct json *flag_value(struct arena *arena, const struct update_flag *flag,
			       const char *text)
{
	uint64_t value;

	if (flag->kind == FLAG_TEXT)
		return json_new_str(arena, text);
	if (text_equal(text, "-1"))
		return json_new_i64(arena, -1);
	if (flag->kind == FLAG_BYTES ? !parse_bytes(text, &value) : parse_u64(text, &value) != 0)
		return NULL;
	return json_new_u64(arena, value);
}

static int flags_to_resources(struct decision *d, struct json **ret_resources, struct error *e)
{
	struct json *resources = json_new(d->arena, JSON_OBJECT);

	for (size_t i = 0; i < ARRAY_SIZE(update_flags); i++) {
		const struct update_flag *flag = &update_flags[i];
		const char *text = cli_get(&d->inv, flag->name);
		char quoted[QUOTED_SIZE];
		struct json *section, *value;

		if (!text)
			continue;
		value = flag_value(d->arena, flag, text);
		if (!value)
			return error_set(
				e, ERR_USAGE,
				"update --%s '%s' is not a number that mantlet reads; write "
				"it as a plain whole number",
				flag->name, error_quote(quoted, text, strlen(text)));
		section = json_find(resources, flag->section);
		if (!section) {
			section = json_new(d->arena, JSON_OBJECT);
			json_append(d->arena, resources, flag->section, section);
		}
		json_append(d->arena, section, flag->field, value);
		cli_unset(&d->inv, flag->name);
	}
	*ret_resources = resources;
	return 0;
}

static int document_to_resources(struct decision *d, struct json_doc *doc,
				 struct json **ret_resources, struct error *e)
{
	const char *path = cli_get(&d->inv, "resources");

	for (size_t i = 0; i < ARRAY_SIZE(update_flags); i++) {
		if (cli_get(&d->inv, update_flags[i].name))
			return error_set(
				e, ERR_USAGE,
				"update --%s beside --resources says two things at once; put "
				"it into the document",
				update_flags[i].name);
	}
	if (wrap_parse_document(doc, d->arena, path, "the resources document", e))
		return -1;
	*ret_resources = doc->root;
	return 0;
}

static int hand_over(struct decision *d, struct json_doc *doc, struct error *e)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_close int fd = -1;

	if (json_write(&text, json_get(doc, "linux", "resources"), e))
		return -1;
	fd = memfd_sealed("mantlet-resources", text.data, text.len, 0, e);
	if (fd < 0)
		return -1;
	if (dup2(fd, STDIN_FILENO) < 0)
		return error_sys(e, "cannot hand over the resources");
	cli_set(&d->inv, "resources", "-");
	return 0;
}

int wrap_update(struct decision *d, struct error *e)
{
	struct json_doc doc = { .arena = d->arena };
	struct json *resources = NULL, *linux_section;
	int failed;

	d->path_prefix = "/linux/resources";
	if (wrap_open_container(d, e))
		return -1;

	failed = cli_get(&d->inv, "resources") ? document_to_resources(d, &doc, &resources, e)
					       : flags_to_resources(d, &resources, e);
	if (failed)
		return -1;
	/* The same shape as in config.json, so that every control finds its fields. */
	linux_section = json_new(d->arena, JSON_OBJECT);
	doc.root = json_new(d->arena, JSON_OBJECT);
	json_append(d->arena, doc.root, "linux", linux_section);
	json_append(d->arena, linux_section, "resources", resources);

	if (spec_check(&doc, SCOPE_RESOURCES, e) || wrap_decide(d, &doc, SCOPE_RESOURCES, e) ||
	    hand_over(d, &doc, e))
		return -1;
	return audit_write(d, ERR_NONE, NULL, e);
}
