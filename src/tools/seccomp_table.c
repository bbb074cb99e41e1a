/*
 * A program of the build: reads the profiles of policy/seccomp/, checks them with the code that
 * checks a site's files, and writes them as C tables. A mistake in one of them stops the build with
 * file and line. The tables hold indexes instead of pointers, so the program that they are linked
 * into has nothing to relocate at its start. With each goes what a runtime compiles of it for a
 * process without capabilities (include/seccomp_compiled.h).
 *
 *   seccomp-table policy/seccomp/default.json policy/seccomp/strict.json >seccomp_table.c
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fdio.h"
#include "seccomp_compile.h"
#include "seccomp_profile.h"

/* "policy/seccomp/default.json": "default". */
static const char *name_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = arena_strdup(arena, slash ? slash + 1 : path);

	name[strcspn(name, ".")] = '\0';
	return name;
}

static void print_texts(const struct seccomp_profile *profile, const char *name)
{
	printf("static const char %s_texts[] =\n\t\"", name);
	for (size_t i = 0; i < profile->text_size; i++) {
		unsigned char byte = (unsigned char)profile->texts[i];

		/* As three digits, so that nothing behind can belong to the number. */
		if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\' || byte == '?')
			printf("\\%03o%s", byte, byte ? "" : "\"\n\t\"");
		else
			putchar(byte);
	}
	printf("\";\n\n");
}

static void print_terms(const struct seccomp_profile *profile, const char *name)
{
	printf("static const struct seccomp_term %s_terms[] = {\n", name);
	for (size_t i = 0; i < profile->term_count; i++) {
		printf("\t{ .arg = {");
		for (size_t arg = 0; arg < SECCOMP_ARGS; arg++) {
			const struct seccomp_test *test = &profile->terms[i].arg[arg];

			printf(" { %u, %" PRIu64 "ULL, %" PRIu64 "ULL },", (unsigned int)test->op,
			       test->value, test->mask);
		}
		printf(" } },\n");
	}
	printf("};\n\n");
}

static void print_whens(const struct seccomp_profile *profile, const char *name)
{
	printf("static const struct seccomp_when %s_whens[] = {\n", name);
	for (size_t i = 0; i < profile->when_count; i++) {
		const struct seccomp_when *when = &profile->whens[i];

		printf("\t{ %" PRIu64 "ULL, %" PRIu64 "ULL, %u, %u, %u, %u, %" PRIu64 " },\n",
		       when->caps, when->without, when->archs, when->other_archs, when->kernel,
		       when->old_kernel, when->is_never);
	}
	printf("};\n\n");
}

static void print_rules(const struct seccomp_profile *profile, const char *name)
{
	printf("static const struct seccomp_profile_rule %s_rules[] = {\n", name);
	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct seccomp_profile_rule *rule = &profile->rules[i];

		printf("\t{ %u, %u, %u, { %u, %u } },\n", rule->term, rule->when, rule->comment,
		       (unsigned int)rule->answer.action, (unsigned int)rule->answer.errno_ret);
	}
	printf("\t{ 0 },\n};\n\n");
}

static void print_calls(const struct seccomp_profile *profile, const char *name)
{
	printf("static const struct seccomp_profile_call %s_calls[] = {\n", name);
	for (size_t i = 0; i < profile->call_count; i++) {
		const struct seccomp_profile_call *call = &profile->calls[i];

		printf("\t{ %u, %d, %u, %u }, /* %s */\n", call->name, call->number, call->first,
		       call->count, profile->texts + call->name);
	}
	printf("\t{ 0 },\n};\n\n");

	printf("static const uint32_t %s_slots[] = {", name);
	for (size_t i = 0; i <= profile->slot_mask; i++)
		printf("%s%u,", i % 16 ? " " : "\n\t", profile->slots[i]);
	printf("\n};\n\n");
}

static void print_fill(const struct seccomp_profile *profile, const char *name)
{
	static const char *const tables[] = {
		"texts", "terms", "whens", "rules", "calls", "slots"
	};

	printf("static void fill_%s(struct seccomp_profile *profile)\n{\n"
	       "\t*profile = (struct seccomp_profile){\n"
	       "\t\t.other = { %u, %u },\n\t\t.has_flags = %d,\n\t\t.is_logging = %d,\n",
	       name, (unsigned int)profile->other.action, (unsigned int)profile->other.errno_ret,
	       profile->has_flags, profile->is_logging);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		printf("\t\t.%s = %s_%s,\n", tables[i], name, tables[i]);
	printf("\t\t.text_size = %u,\n\t\t.term_count = %u,\n\t\t.when_count = %u,\n"
	       "\t\t.rule_count = %u,\n\t\t.call_count = %u,\n\t\t.slot_mask = %u,\n\t};\n}\n\n",
	       profile->text_size, profile->term_count, profile->when_count, profile->rule_count,
	       profile->call_count, profile->slot_mask);
}

static void print_quoted(const char *text)
{
	size_t column = 0;

	printf("\t\t\"");
	for (; *text; text++) {
		printf("%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
		if (++column % 80 == 0)
			printf("\"\n\t\t\"");
	}
	printf("\",\n");
}

/* No rule of ours depends on the kernel; if one did, a start on an older one would find another
 * text than this and compile it. */
static int print_compiled(struct arena *arena, const struct seccomp_profile *profile,
			  struct error *e)
{
	const struct seccomp_context context = { .archs = ARCH_NATIVE, .kernel = UINT32_MAX };
	const struct json *section =
		seccomp_filter_write(arena, seccomp_profile_resolve(arena, profile, &context));
	auto_strbuf struct strbuf text = { 0 };
	const char *program;

	if (json_write(&text, section, e) || seccomp_compile(&program, arena, section, e))
		return -1;
	printf("\t{\n");
	print_quoted(strbuf_text(&text));
	print_quoted(program);
	printf("\t},\n");
	return 0;
}

static int read_profile(struct seccomp_profile *ret_profile, struct arena *arena, const char *path,
			struct error *e)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *text;
	size_t len;

	if (fd < 0)
		return error_sys(e, "cannot open '%s'", path);
	if (fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, e))
		return -1;
	if (seccomp_profile_parse(ret_profile, arena, text, len, path, e))
		return -1;
	/* Ours say of every call why it is allowed or blocked: "class: reason". */
	for (size_t i = 0; i < ret_profile->rule_count; i++) {
		if (!strchr(ret_profile->texts + ret_profile->rules[i].comment, ':'))
			return error_set(e, ERR_POLICY, "%s: a rule has no 'comment' with a class",
					 path);
	}
	return 0;
}

static void print_tables(const struct seccomp_profile *profile, const char *name)
{
	print_texts(profile, name);
	print_terms(profile, name);
	print_whens(profile, name);
	print_rules(profile, name);
	print_calls(profile, name);
	print_fill(profile, name);
}

static int print_all(struct arena *arena, char **paths, struct error *e)
{
	struct seccomp_profile profile;

	printf("/* Made of policy/seccomp/ by src/tools/seccomp_table.c. */\n"
	       "#include \"seccomp_compiled.h\"\n#include \"seccomp_profile.h\"\n\n");
	for (char **path = paths; *path; path++) {
		if (read_profile(&profile, arena, *path, e))
			return -1;
		print_tables(&profile, name_of(arena, *path));
	}
	printf("const struct seccomp_builtin seccomp_builtins[] = {\n");
	for (char **path = paths; *path; path++)
		printf("\t{ \"%s\", fill_%s },\n", name_of(arena, *path), name_of(arena, *path));
	printf("\t{ 0 },\n};\n\nconst struct seccomp_compiled seccomp_compiled[] = {\n");
	for (char **path = paths; *path; path++) {
		if (read_profile(&profile, arena, *path, e) || print_compiled(arena, &profile, e))
			return -1;
	}
	printf("\t{ 0 },\n};\n");
	return 0;
}

int main(int argc, char **argv)
{
	auto_arena struct arena *arena = arena_new();
	struct error e = { 0 };

	if (argc < 2 || print_all(arena, argv + 1, &e)) {
		fprintf(stderr, "%s\n", argc < 2 ? "usage: seccomp-table PROFILE..." : e.message);
		return EXIT_FAILURE;
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
