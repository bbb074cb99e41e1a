/*
 * What the tests of the seccomp filter have in common: the subject under test, whose shape may
 * change, behind subject_ours() and subject_both(); the profiles it is tried with; and a die that
 * falls the same in every run.
 */
#ifndef MANTLET_SECCOMP_SUBJECT_H
#define MANTLET_SECCOMP_SUBJECT_H

#include "oci_filter.h"
#include "seccomp_rules.h"
#include "trial.h"

#define SUBJECT_DOCKER "tests/data/fixtures/docker-20.10/config/default.json"

static uint64_t subject_seed = 88172645463325252ULL;

static inline uint64_t subject_dice(uint64_t below)
{
	subject_seed ^= subject_seed << 13;
	subject_seed ^= subject_seed >> 7;
	subject_seed ^= subject_seed << 17;
	return subject_seed % below;
}

/* Our profile of that name; NULL when there is none. */
static inline struct json *subject_ours(struct arena *arena, const char *name, bool is_compat)
{
	struct error e = { 0 };

	return seccomp_ours(arena, name, is_compat, &e);
}

/* What both allow; NULL and WHY when they cannot be combined. */
static inline struct json *subject_both(struct arena *arena, const struct json *ours,
					const struct json *theirs, const char **why)
{
	return seccomp_intersect(arena, ours, theirs, why);
}

static inline struct json *subject_parse(struct arena *arena, const char *text)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "profile", &e) == 0)
		return doc.root;
	printf("# %s\n", e.message);
	return NULL;
}

static inline const char *subject_text(struct arena *arena, const struct json *node)
{
	auto_strbuf struct strbuf text = { 0 };
	struct error e = { 0 };

	if (!node || json_write(&text, node, &e))
		return "(nothing)";
	return arena_strdup(arena, strbuf_text(&text));
}

/* The profile in a file: by itself, or in an engine's config.json. */
static inline struct json *subject_read(struct arena *arena, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error e = { 0 };
	const char *text;
	size_t len;
	struct json *root, *section;

	if (fd < 0 || fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, &e))
		return NULL;
	root = subject_parse(arena, text);
	section = json_find(json_find(root, "linux"), "seccomp");
	if (section)
		json_unlink(section);
	return section ? section : root;
}

#endif
