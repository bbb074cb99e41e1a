/*
 * A program of the build: reads the profiles of policy/seccomp/, checks them with the code that
 * checks a site's files, and writes them as C tables. A mistake in one of them stops the build with
 * file and line. The tables hold indexes instead of pointers, so the program that they are linked
 * into has nothing to relocate at its start.
 *
 *   seccomp-table policy/seccomp/default.json policy/seccomp/strict.json >seccomp_table.c
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fdio.h"
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

static int convert(struct arena *arena, const char *path, struct error *e)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct seccomp_profile profile;
	const char *text, *name = name_of(arena, path);
	size_t len;

	if (fd < 0)
		return error_sys(e, "cannot open '%s'", path);
	if (fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, e) ||
	    seccomp_profile_parse(&profile, arena, text, len, path, e))
		return -1;
	print_texts(&profile, name);
	print_terms(&profile, name);
	print_whens(&profile, name);
	print_rules(&profile, name);
	print_calls(&profile, name);
	print_fill(&profile, name);
	return 0;
}

int main(int argc, char **argv)
{
	auto_arena struct arena *arena = arena_new();
	struct error e = { 0 };

	printf("/* Made of policy/seccomp/ by src/tools/seccomp_table.c. */\n"
	       "#include \"seccomp_profile.h\"\n\n");
	for (int i = 1; i < argc; i++) {
		if (convert(arena, argv[i], &e)) {
			fprintf(stderr, "%s\n", e.message);
			return EXIT_FAILURE;
		}
	}
	printf("const struct seccomp_builtin seccomp_builtins[] = {\n");
	for (int i = 1; i < argc; i++)
		printf("\t{ \"%s\", fill_%s },\n", name_of(arena, argv[i]),
		       name_of(arena, argv[i]));
	printf("\t{ 0 },\n};\n");
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
