/*
 * A small validator for JSON Schema draft-07: the keywords that policy.schema.json uses. One that
 * it does not know fails the test, so that the schema cannot outgrow it unnoticed.
 */
#ifndef MANTLET_SCHEMA_H
#define MANTLET_SCHEMA_H

#include <regex.h>
#include <stdlib.h>

#include "json.h"
#include "tap.h"
#include "text.h"

static bool schema_holds(const struct json *root, const struct json *schema,
			 const struct json *value);

static bool schema_is_type(const char *type, const struct json *value)
{
	switch ((enum json_type)value->type) {
	case JSON_NULL:
		return text_equal(type, "null");
	case JSON_FALSE:
	case JSON_TRUE:
		return text_equal(type, "boolean");
	case JSON_NUMBER:
		return text_equal(type, "number") ||
		       (text_equal(type, "integer") && !strpbrk(value->text, ".eE"));
	case JSON_STRING:
		return text_equal(type, "string");
	case JSON_ARRAY:
		return text_equal(type, "array");
	case JSON_OBJECT:
		return text_equal(type, "object");
	}
	return false;
}

static bool schema_matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool is_match;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB)) {
		ok(false, "schema: '%s' is a pattern", pattern);
		return false;
	}
	is_match = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return is_match;
}

static bool schema_ref(const struct json *root, const char *ref, const struct json *value)
{
	static const char prefix[] = "#/definitions/";
	const struct json *target = NULL;

	if (text_starts(ref, prefix))
		target = json_find(json_find(root, "definitions"), ref + strlen(prefix));
	if (!target)
		ok(false, "schema: %s is defined", ref);
	return target && schema_holds(root, target, value);
}

/* How many of the alternatives hold. */
static size_t schema_count(const struct json *root, const struct json *list,
			   const struct json *value)
{
	size_t count = 0;

	json_each (each, list)
		count += schema_holds(root, each, value);
	return count;
}

static bool schema_member(const struct json *root, const struct json *schema,
			  const struct json *member)
{
	const struct json *own = json_find(json_find(schema, "properties"), member->key);
	const struct json *names = json_find(schema, "propertyNames");
	const struct json *rest = json_find(schema, "additionalProperties");
	bool is_known = own != NULL;

	if (own && !schema_holds(root, own, member))
		return false;
	json_each (pattern, json_find(schema, "patternProperties")) {
		if (!schema_matches(pattern->key, member->key))
			continue;
		is_known = true;
		if (!schema_holds(root, pattern, member))
			return false;
	}
	if (names) {
		struct json name = { .type = JSON_STRING };

		name.text = member->key;
		name.len = member->key_len;
		if (!schema_holds(root, names, &name))
			return false;
	}
	if (is_known || !rest)
		return true;
	return rest->type == JSON_OBJECT ? schema_holds(root, rest, member)
					 : rest->type == JSON_TRUE;
}

static bool schema_object(const struct json *root, const struct json *schema,
			  const struct json *value)
{
	json_each (name, json_find(schema, "required")) {
		if (!json_find(value, name->text))
			return false;
	}
	json_each (member, value) {
		if (!schema_member(root, schema, member))
			return false;
	}
	return true;
}

static double schema_number(const struct json *node)
{
	return strtod(node->text, NULL);
}

static bool schema_keyword(const struct json *root, const struct json *schema,
			   const struct json *word, const struct json *value)
{
	static const char *const of_objects[] = { "properties",           "required",
						  "patternProperties",    "propertyNames",
						  "additionalProperties", NULL };
	static const char *const silent[] = { "$schema", "title",       "description",
					      "default", "definitions", NULL };
	const char *key = word->key;
	bool is_string = value->type == JSON_STRING, is_number = value->type == JSON_NUMBER;

	if (text_in(key, silent) || text_in(key, of_objects))
		return true;
	if (text_equal(key, "$ref"))
		return schema_ref(root, word->text, value);
	if (text_equal(key, "type"))
		return schema_is_type(word->text, value);
	if (text_equal(key, "const"))
		return json_equal(word, value);
	if (text_equal(key, "enum")) {
		json_each (each, word) {
			if (json_equal(each, value))
				return true;
		}
		return false;
	}
	if (text_equal(key, "anyOf"))
		return schema_count(root, word, value) > 0;
	if (text_equal(key, "allOf"))
		return schema_count(root, word, value) == json_count(word);
	if (text_equal(key, "not"))
		return !schema_holds(root, word, value);
	if (text_equal(key, "items")) {
		json_each (item, value->type == JSON_ARRAY ? value : NULL) {
			if (!schema_holds(root, word, item))
				return false;
		}
		return true;
	}
	if (text_equal(key, "maxItems"))
		return value->type != JSON_ARRAY ||
		       (double)json_count(value) <= schema_number(word);
	if (text_equal(key, "pattern"))
		return !is_string || schema_matches(word->text, value->text);
	if (text_equal(key, "maxLength"))
		return !is_string || (double)value->len <= schema_number(word);
	if (text_equal(key, "minimum"))
		return !is_number || schema_number(value) >= schema_number(word);
	if (text_equal(key, "maximum"))
		return !is_number || schema_number(value) <= schema_number(word);
	if (text_equal(key, "exclusiveMinimum"))
		return !is_number || schema_number(value) > schema_number(word);
	ok(false, "schema: the validator knows '%s'", key);
	return false;
}

static bool schema_holds(const struct json *root, const struct json *schema,
			 const struct json *value)
{
	json_each (word, schema) {
		if (!schema_keyword(root, schema, word, value))
			return false;
	}
	return value->type != JSON_OBJECT || schema_object(root, schema, value);
}

#endif
