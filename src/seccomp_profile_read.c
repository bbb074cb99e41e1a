/*
 * A profile's file: Docker's format, of which the plain OCI form is the part without conditions.
 * Every word in it is checked, because a misspelt name of a call would be left out by the runtime
 * without a word. The architectures of the file are read and not used: the filter is for the
 * machine's own, and with "compat" for its 32-bit forms.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "seccomp_names.h"
#include "seccomp_profile_parts.h"
#include "seccomp_words.h"
#include "text.h"

#define MAX_ERRNO 4095 /* the kernel clamps there: seccomp(2) */

static const char *const flag_words[] = { "SECCOMP_FILTER_FLAG_LOG",
					  "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
					  "SECCOMP_FILTER_FLAG_TSYNC",
					  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL };

static const char *const arch_words[] = {
	"SCMP_ARCH_X86_64",  "SCMP_ARCH_X86",      "SCMP_ARCH_X32",
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",      "SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_MIPS",    "SCMP_ARCH_MIPS64",   "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_RISCV64",
	"SCMP_ARCH_S390",    "SCMP_ARCH_S390X",    NULL
};

int profile_fail(const struct profile_reader *reader, const struct json *node, const char *format,
		 ...)
{
	char words[2048];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	if (!node || !node->offset)
		return error_set(reader->e, ERR_POLICY, "%s: %s", reader->path, words);
	return error_set(reader->e, ERR_POLICY, "%s line %u: %s", reader->path,
			 json_node_line(reader->text, reader->len, node), words);
}

static int fail_word(const struct profile_reader *reader, const struct json *node, const char *kind,
		     const char *word, size_t len, const char *const *words)
{
	const char *nearest = text_nearest(word, words);
	char quoted[QUOTED_SIZE];

	return profile_fail(reader, node, "unknown %s '%s'%s%s%s", kind,
			    error_quote(quoted, word, len), nearest ? ", did you mean '" : "",
			    nearest ? nearest : "", nearest ? "'?" : "");
}

int profile_fail_word(const struct profile_reader *reader, const struct json *node,
		      const char *kind, const char *const *words)
{
	return fail_word(reader, node, kind, node->text, node->len, words);
}

int profile_check_keys(const struct profile_reader *reader, const struct json *object,
		       const char *what, const char *const *keys)
{
	char kind[64];

	(void)snprintf(kind, sizeof(kind), "key of %s", what);
	json_each (member, object) {
		if (!text_in(member->key, keys))
			return fail_word(reader, member, kind, member->key, member->key_len, keys);
	}
	return 0;
}

int profile_check_list(const struct profile_reader *reader, const struct json *list,
		       const char *key)
{
	if (!list || list->type == JSON_NULL)
		return 0;
	if (list->type != JSON_ARRAY)
		return profile_fail(reader, list, "'%s' must be a list, not %s", key,
				    json_type_words(list));
	json_each (item, list) {
		if (item->type != JSON_STRING)
			return profile_fail(reader, item, "'%s' must be a list of strings, not %s",
					    key, json_type_words(item));
	}
	return 0;
}

static int check_words(const struct profile_reader *reader, const struct json *list,
		       const char *key, const char *kind, const char *const *words)
{
	if (profile_check_list(reader, list, key))
		return -1;
	json_each (item, list) {
		if (!text_in(item->text, words))
			return profile_fail_word(reader, item, kind, words);
	}
	return 0;
}

/* The answer that OBJECT gives under ACTION and ERRNO_RET. */
static int read_answer(const struct profile_reader *reader, struct seccomp_answer *ret_answer,
		       const struct json *object, const char *action_key, const char *errno_key)
{
	const struct json *word = json_find(object, action_key);
	const struct json *errno_ret = json_find(object, errno_key);
	const struct json *name =
		json_find(object, action_key[0] == 'd' ? "defaultErrno" : "errno");
	uint64_t value = EPERM;
	int action = seccomp_action_of(json_text(word));

	if (!word || word->type != JSON_STRING)
		return profile_fail(reader, word ? word : object, "'%s' must be there, a string",
				    action_key);
	if (!reader->is_request && (action == ACT_NOTIFY || action == ACT_TRACE))
		return profile_fail(reader, word,
				    "%s hands system calls to another process, which no profile "
				    "of the policy can do",
				    word->text);
	if (action < 0)
		return profile_fail_word(reader, word, "action", seccomp_action_words);
	/* podman's profiles have both; only the number is read by all versions. */
	if (action == ACT_ERRNO && !errno_ret && name)
		return profile_fail(reader, name, "an errno by its name needs '%s' beside it",
				    errno_key);
	if (errno_ret && errno_ret->type != JSON_NULL) {
		if (!json_number_u64(errno_ret, &value) || value == 0 || value > MAX_ERRNO)
			return profile_fail(reader, errno_ret,
					    "'%s' must be a number from 1 to %d: with 0 a blocked "
					    "call would look like a success",
					    errno_key, MAX_ERRNO);
		if (action != ACT_ERRNO)
			return profile_fail(reader, errno_ret, "'%s' goes with SCMP_ACT_ERRNO only",
					    errno_key);
	}
	*ret_answer = (struct seccomp_answer){
		.action = (uint8_t)action,
		.errno_ret = action == ACT_ERRNO ? (uint16_t)value : 0,
	};
	return 0;
}

static int read_value(const struct profile_reader *reader, const struct json *arg, const char *key,
		      bool is_needed, uint64_t *ret_value)
{
	const struct json *node = json_find(arg, key);

	*ret_value = 0;
	if ((node || is_needed) && !json_number_u64(node, ret_value))
		return profile_fail(reader, node ? node : arg,
				    "'%s' must be a number from 0 to %" PRIu64, key, UINT64_MAX);
	return 0;
}

static int read_arg(const struct profile_reader *reader, struct seccomp_term *term,
		    unsigned int *seen, const struct json *arg)
{
	static const char *const keys[] = { "index", "value", "valueTwo", "op", NULL };
	const struct json *op = json_find(arg, "op"), *index_node = json_find(arg, "index");
	uint64_t index = SECCOMP_ARGS, value, value_two;
	struct seccomp_test test;
	bool is_never;

	if (arg->type != JSON_OBJECT)
		return profile_fail(reader, arg, "a condition must be an object, not %s",
				    json_type_words(arg));
	if (profile_check_keys(reader, arg, "a condition", keys) ||
	    read_value(reader, arg, "value", true, &value) ||
	    read_value(reader, arg, "valueTwo", false, &value_two))
		return -1;
	if (!json_number_u64(index_node, &index))
		return profile_fail(reader, index_node ? index_node : arg,
				    "'index' must be a number from 0 to %d", SECCOMP_ARGS - 1);
	if (index >= SECCOMP_ARGS)
		return profile_fail(reader, index_node,
				    "there is no argument %" PRIu64 ": 'index' is from 0 to %d",
				    index, SECCOMP_ARGS - 1);
	if (*seen & (1U << index))
		return profile_fail(reader, index_node,
				    "argument %" PRIu64 " is tested twice, which runtimes do not "
				    "read alike",
				    index);
	*seen |= 1U << index;
	if (!op || op->type != JSON_STRING)
		return profile_fail(reader, op ? op : arg, "'op' must be there, a string");
	if (!text_in(op->text, seccomp_op_words))
		return profile_fail_word(reader, op, "operator", seccomp_op_words);
	if (!seccomp_test_of(&test, &is_never, op->text, value, value_two))
		return profile_fail(reader, arg,
				    "'valueTwo' has bits that are not in the mask 'value'");
	if (is_never)
		return profile_fail(reader, arg, "no value can pass this condition");
	term->arg[index] = test;
	return 0;
}

static int read_args(const struct profile_reader *reader, struct seccomp_term *term,
		     const struct json *args)
{
	unsigned int seen = 0;

	if (!args || args->type == JSON_NULL)
		return 0;
	if (args->type != JSON_ARRAY)
		return profile_fail(reader, args, "'args' must be a list, not %s",
				    json_type_words(args));
	json_each (arg, args) {
		if (read_arg(reader, term, &seen, arg))
			return -1;
	}
	return 0;
}

static int add_rule(struct profile_reader *reader, const struct json *rule)
{
	static const char *const keys[] = { "names",   "action",   "errnoRet", "args",
					    "comment", "includes", "excludes", NULL };
	static const char *const request_keys[] = { "names",    "action",  "errnoRet",
						    "args",     "comment", "includes",
						    "excludes", "errno",   NULL };
	const struct json *names = json_find(rule, "names"), *comment = json_find(rule, "comment");
	struct profile_entry entry = { .comment = "" };

	if (rule->type != JSON_OBJECT)
		return profile_fail(reader, rule, "a rule must be an object, not %s",
				    json_type_words(rule));
	if (profile_check_keys(reader, rule, "a rule", reader->is_request ? request_keys : keys) ||
	    profile_check_list(reader, names, "names") ||
	    read_answer(reader, &entry.answer, rule, "action", "errnoRet") ||
	    read_args(reader, &entry.term, json_find(rule, "args")) ||
	    profile_read_when(reader, &entry.when, rule))
		return -1;
	if (!json_first(names))
		return profile_fail(reader, rule, "a rule must have 'names'");
	if (comment && comment->type == JSON_STRING)
		entry.comment = comment->text;
	else if (comment && comment->type != JSON_NULL)
		return profile_fail(reader, comment, "'comment' must be a string, not %s",
				    json_type_words(comment));
	json_each (name, names) {
		if (!seccomp_names_has(name->text) && reader->is_request) {
			reader->unknown = reader->unknown_count++ ? reader->unknown : name->text;
			continue;
		}
		if (!seccomp_names_has(name->text))
			return profile_fail_word(reader, name, "system call", seccomp_names_all());
		entry.name = name;
		entry.number = seccomp_names_number(name->text);
		entry.at = reader->count;
		reader->entries[reader->count++] = entry;
	}
	return 0;
}

static int read_arch_map(const struct profile_reader *reader, const struct json *map)
{
	static const char *const keys[] = { "architecture", "subArchitectures", NULL };

	if (map && map->type != JSON_ARRAY && map->type != JSON_NULL)
		return profile_fail(reader, map, "'archMap' must be a list, not %s",
				    json_type_words(map));
	json_each (row, map) {
		const struct json *arch = json_find(row, "architecture");

		if (row->type != JSON_OBJECT || !json_text(arch))
			return profile_fail(reader, row,
					    "'archMap' must be a list of objects with "
					    "'architecture' and 'subArchitectures'");
		if (profile_check_keys(reader, row, "archMap", keys))
			return -1;
		if (!text_in(arch->text, arch_words))
			return profile_fail_word(reader, arch, "architecture", arch_words);
		if (check_words(reader, json_find(row, "subArchitectures"), "subArchitectures",
				"architecture", arch_words))
			return -1;
	}
	return 0;
}

/* What a container's profile says for itself, and a profile of the policy does not. */
static void read_own(struct profile_reader *reader, const struct json *root)
{
	reader->listener = json_text(json_find(root, "listenerPath"));
	json_each (arch, json_find(root, "architectures")) {
		reader->has_archs = true;
		reader->archs |= seccomp_arch_of(arch->text);
	}
}

static int read_root(struct profile_reader *reader, const struct json *root)
{
	static const char *const keys[] = { "defaultAction",
					    "defaultErrnoRet",
					    "architectures",
					    "archMap",
					    "flags",
					    "syscalls",
					    NULL };
	static const char *const request_keys[] = {
		"defaultAction", "defaultErrnoRet", "architectures",    "archMap",      "flags",
		"syscalls",      "listenerPath",    "listenerMetadata", "defaultErrno", NULL
	};
	const struct json *flags = json_find(root, "flags"), *syscalls, *listener;

	if (root->type != JSON_OBJECT)
		return profile_fail(reader, root, "a seccomp profile must be an object, not %s",
				    json_type_words(root));
	listener = json_find(root, "listenerPath");
	listener = listener ? listener : json_find(root, "listenerMetadata");
	if (!reader->is_request && listener)
		return profile_fail(reader, listener,
				    "a listener gets system calls of the container, which no "
				    "profile of the policy can do");
	if (profile_check_keys(reader, root, "a seccomp profile",
			       reader->is_request ? request_keys : keys) ||
	    read_answer(reader, &reader->other, root, "defaultAction", "defaultErrnoRet") ||
	    check_words(reader, json_find(root, "architectures"), "architectures", "architecture",
			arch_words) ||
	    read_arch_map(reader, json_find(root, "archMap")) ||
	    check_words(reader, flags, "flags", "flag", flag_words))
		return -1;
	if (!reader->is_request && !seccomp_is_blocking(reader->other))
		return profile_fail(reader, json_find(root, "defaultAction"),
				    "'defaultAction' must block, for example SCMP_ACT_ERRNO with "
				    "'defaultErrnoRet' 38");
	reader->has_flags = flags && flags->type == JSON_ARRAY;
	json_each (flag, flags)
		reader->is_logging = reader->is_logging || json_is(flag, flag_words[0]);

	if (reader->is_request)
		read_own(reader, root);
	syscalls = json_find(root, "syscalls");
	if (!syscalls || syscalls->type != JSON_ARRAY)
		return profile_fail(reader, syscalls ? syscalls : root,
				    "'syscalls' must be there, a list");
	for (const struct json *rule = json_first(syscalls); rule; rule = rule->next)
		reader->count += json_count(json_find(rule, "names"));
	reader->entries =
		arena_alloc(reader->arena, (reader->count + 1) * sizeof(*reader->entries));
	reader->count = 0;
	json_each (rule, syscalls) {
		if (add_rule(reader, rule))
			return -1;
	}
	return 0;
}

static int parse(struct profile_reader *reader, struct seccomp_profile *ret_profile)
{
	struct json_doc doc = { 0 };

	if (json_parse(&doc, reader->arena, reader->text, reader->len, 0, reader->path,
		       reader->e)) {
		reader->e->kind = ERR_POLICY;
		return -1;
	}
	return read_root(reader, doc.root) ? -1 : profile_make(reader, ret_profile);
}

int seccomp_profile_parse_for(struct seccomp_profile *ret_profile, struct arena *arena,
			      const char *text, size_t len, const char *name, bool is_early,
			      struct error *e)
{
	struct profile_reader reader = {
		.arena = arena, .path = name, .text = text, .len = len, .e = e, .is_early = is_early
	};

	return parse(&reader, ret_profile);
}

int seccomp_profile_parse(struct seccomp_profile *ret_profile, struct arena *arena,
			  const char *text, size_t len, const char *name, struct error *e)
{
	return seccomp_profile_parse_for(ret_profile, arena, text, len, name, false, e);
}

int seccomp_profile_parse_request(struct seccomp_profile *ret_profile, struct arena *arena,
				  const char *text, size_t len, const char *name,
				  const char **ret_unknown, size_t *ret_unknown_count,
				  struct error *e)
{
	struct profile_reader reader = {
		.arena = arena, .path = name, .text = text, .len = len, .e = e, .is_request = true
	};

	if (parse(&reader, ret_profile))
		return -1;
	*ret_unknown = reader.unknown;
	*ret_unknown_count = reader.unknown_count;
	return 0;
}
