/*
 * Values of settings: the units of the language, and what controls ask their settings.
 *
 * A control gets an object whose values were checked, so a value of another form than asked for
 * can only be the word that stands in its place ("none"); all questions then answer "not set".
 */
#include <stdint.h>
#include <string.h>

#include "policy_parts.h"
#include "text.h"

#define PAGE 4096U /* the smallest page; limits on larger ones are rounded by the kernel */

static const struct unit {
	const char *name;
	unsigned int shift;
} units[] = { { "B", 0 }, { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 }, { "TiB", 40 } };

/* Split "64MiB" into 64 and "MiB"; false without a plain number in front. */
static bool split(const char *text, uint64_t *ret_number, const char **ret_unit)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	*ret_unit = text + digits;
	return parse_u64(number, ret_number) == 0;
}

/* "64MiB" in bytes, "25%" of HOST_MEMORY. False for everything that is not of this form, is zero
 * (to a kernel often "no limit"), above 100% or above what the specification's integers hold. */
static bool parse_size(const char *text, uint64_t host_memory, uint64_t *ret_bytes)
{
	uint64_t number, bytes;
	const char *unit;

	if (!split(text, &number, &unit) || number == 0)
		return false;
	if (text_equal(unit, "%")) {
		if (number > 100)
			return false;
		bytes = host_memory / 100 * number + host_memory % 100 * number / 100;
		bytes -= bytes % PAGE;
		/* An unknown size of the host must not become "no limit". */
		*ret_bytes = bytes ? bytes : PAGE;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!text_equal(unit, units[i].name))
			continue;
		if (number > (uint64_t)INT64_MAX >> units[i].shift)
			return false;
		*ret_bytes = number << units[i].shift;
		return true;
	}
	return false;
}

/* What people write for a unit elsewhere: M, MB, Mi, mib, m. NULL when it is none of them. */
static const char *meant_unit(const char *unit)
{
	static const char letters[] = "kmgtKMGT";
	const char *letter = unit[0] ? strchr(letters, unit[0]) : NULL;
	const char *rest = unit + 1;

	if (!letter)
		return NULL;
	if (rest[0] == 'i' || rest[0] == 'I')
		rest++;
	if (rest[0] == 'b' || rest[0] == 'B')
		rest++;
	return rest[0] ? NULL : units[1 + (letter - letters) % 4].name;
}

int policy_size_fault(const char *text, struct error *e)
{
	const char *unit = "";
	uint64_t number = 0, bytes;

	if (parse_size(text, PAGE, &bytes))
		return 0;
	if (split(text, &number, &unit)) {
		if (number == 0)
			return error_set(e, ERR_POLICY, "a size must be more than 0");
		if (text_equal(unit, "%"))
			return error_set(e, ERR_POLICY, "more than all of the host's memory");
		if (unit[0] == '\0')
			return error_set(e, ERR_POLICY,
					 "a size needs a unit: KiB, MiB, GiB, TiB, B or %%");
		for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
			if (text_equal(unit, units[i].name))
				return error_set(e, ERR_POLICY, "too large for a size");
		}
		if (meant_unit(unit))
			return error_set(e, ERR_POLICY, "not a size, did you mean '%llu%s'?",
					 (unsigned long long)number, meant_unit(unit));
	}
	return error_set(e, ERR_POLICY, "not a size such as \"64MiB\", \"4GiB\" or \"25%%\"");
}

/* "1.5" is 1500: at most three decimals, more than nothing, no exponent. */
bool policy_parse_cores(const char *text, uint64_t *ret_millicores)
{
	uint64_t whole, thousandths = 0;
	const char *rest;

	if (!split(text, &whole, &rest) || whole > 1000000)
		return false;
	if (rest[0] == '.') {
		size_t digits = strspn(rest + 1, "0123456789");

		if (digits == 0 || digits > 3 || rest[1 + digits])
			return false;
		for (size_t i = 0; i < 3; i++)
			thousandths =
				thousandths * 10 + (i < digits ? (uint64_t)(rest[1 + i] - '0') : 0);
	} else if (rest[0]) {
		return false;
	}
	*ret_millicores = whole * 1000 + thousandths;
	return *ret_millicores > 0;
}

bool policy_size(const struct json *cfg, const char *key, uint64_t host_memory, uint64_t *ret_bytes)
{
	const char *text = json_text(json_find(cfg, key));

	return text && parse_size(text, host_memory, ret_bytes);
}

bool policy_count(const struct json *cfg, const char *key, uint64_t *ret_count)
{
	return json_number_u64(json_find(cfg, key), ret_count);
}

bool policy_cores(const struct json *cfg, const char *key, uint64_t *ret_millicores)
{
	const struct json *value = json_find(cfg, key);

	return value && value->type == JSON_NUMBER &&
	       policy_parse_cores(value->text, ret_millicores);
}

const char *policy_word(const struct json *cfg, const char *key, const char *fallback)
{
	const char *text = json_text(json_find(cfg, key));

	return text ? text : fallback;
}

bool policy_bool(const struct json *cfg, const char *key, bool fallback)
{
	const struct json *value = json_find(cfg, key);

	if (value && (value->type == JSON_TRUE || value->type == JSON_FALSE))
		return value->type == JSON_TRUE;
	return fallback;
}

bool policy_lists(const struct json *cfg, const char *key, const char *word)
{
	json_each (item, json_find(cfg, key)) {
		if (json_is(item, word))
			return true;
	}
	return false;
}

bool policy_list_globs(const struct json *cfg, const char *key, const char *text)
{
	json_each (item, json_find(cfg, key)) {
		if (item->type == JSON_STRING && glob_match(item->text, text))
			return true;
	}
	return false;
}
