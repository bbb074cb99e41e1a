/*
 * Inside of the policy module: what its files share and nobody else includes.
 *
 * The way of a policy: files are read and parsed (policy_files.c), their keys are checked
 * (policy_check.c), sets are put in where lists name them (policy_sets.c), settings are checked
 * against the tables of the controls (policy_settings.c), and one profile is merged out of it all
 * (policy_merge.c). Built-in levels (policy_builtin.c) are files that happen to lie in the program.
 */
#ifndef MANTLET_POLICY_PARTS_H
#define MANTLET_POLICY_PARTS_H

#include "control.h"
#include "policy.h"

#define POLICY_MAX_TEXT ((size_t)1024 * 1024)
#define POLICY_MAX_FRAGMENTS 1000
#define POLICY_MAX_CHAIN 32    /* profiles that extend each other */
#define POLICY_MAX_LIST 4096   /* items of one list, sets included: adding compares with all */
#define POLICY_MAX_ITEMS 65536 /* items that sets are written out to, all lists together */
#define POLICY_MAX_NAME 64

/* One file; its text stays, because errors name lines. */
struct policy_file {
	const char *path; /* as messages name it */
	const char *text;
	size_t len;
	struct json *root;
	struct policy_file *next;
};

/* The members of one top-level key of all files, sorted by name. */
struct policy_index {
	const struct json **members;
	size_t count;
};

struct policy_files {
	struct arena *arena;
	struct policy_file *main;      /* policy.json; NULL: there is none */
	struct policy_file *fragments; /* in byte order of their names */
	struct policy_file *builtins;  /* the levels that were needed so far */
	struct policy_index profiles;
	struct policy_index sets;
	size_t set_items; /* against POLICY_MAX_ITEMS */
};

/* policy_files.c: all -1 with ERR_POLICY, naming file and line. */
int policy_files_read(struct policy_files *files, const char *file, struct error *e) MUST_CHECK;
int policy_file_parse(struct policy_files *files, struct policy_file **ret_file, const char *path,
		      const char *text, size_t len, struct error *e) MUST_CHECK;
const char *policy_files_digest(const struct policy_files *files);
/* "FILE line N: ..." for a value of any of the files; always -1. */
int policy_fail(const struct policy_files *files, const struct json *node, struct error *e,
		const char *format, ...) PRINTF(4, 5);

/* policy_words.c: what messages say about words and types. */
/* "unknown KIND 'WORD' of 'WHOSE', did you mean ...?", or the WORDS that it can be. WHOSE may be
 * NULL. Always -1. */
int policy_fail_word(const struct policy_files *files, const struct json *node, struct error *e,
		     const char *kind, const char *whose, const char *word,
		     const char *const *words);
const char *const *policy_control_ids(struct arena *arena);
bool policy_is_reserved_control(const char *id);
int policy_mode(const struct policy_files *files, const struct json *node,
		enum control_mode *ret_mode, struct error *e) MUST_CHECK;
/* Absolute, no "..", no "//", no "/" at the end. NULL when fine, else what is wrong. */
const char *policy_path_fault(const char *path);

/* policy_check.c: the keys of every file, and what stands for the whole policy. */
int policy_check_files(struct policy_files *files, struct error *e) MUST_CHECK;
/* Take the notes out and refuse nulls. */
int policy_tidy(const struct policy_files *files, struct json *node, struct error *e) MUST_CHECK;

/* policy_keys.c: the value of one key. */
int policy_key_version(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_name(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_help(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_level(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_string(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_bool(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_control_list(struct policy_files *files, struct json *value,
			    struct error *e) MUST_CHECK;
int policy_key_live(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_runtime(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_group(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_sinks(struct policy_files *files, struct json *value, struct error *e) MUST_CHECK;
int policy_key_exec_args(struct policy_files *files, struct json *value,
			 struct error *e) MUST_CHECK;
int policy_wrong_type(const struct policy_files *files, const struct json *value, const char *want,
		      struct error *e);

/* policy_index.c: which profiles and sets there are; the same name twice is an error. */
int policy_index_all(struct policy_files *files, struct error *e) MUST_CHECK;
const struct json *policy_index_find(const struct policy_index *index, const char *name);
const char *const *policy_index_names(const struct policy_files *files,
				      const struct policy_index *index);
const char *policy_path_of(const struct policy_files *files, const struct json *node);

/* policy_sets.c: write "@name" out, in all lists of BLOCK. */
int policy_expand_sets(struct policy_files *files, struct json *block, struct error *e) MUST_CHECK;

/* policy_settings.c: an object "controls" against the tables. */
int policy_check_controls(struct policy_files *files, const struct json *block,
			  struct error *e) MUST_CHECK;

/* The row of a setting, "*" included; NULL when the control has no such setting. */
const struct setting *policy_setting(const struct control *control, const char *key);
/* True for those that take "key+" and "key-". */
bool policy_is_list(const struct setting *setting);
/* The key of MEMBER without the "+" or "-" that lists may have; SIGN is '\0' when there is none. */
const char *policy_stem(struct arena *arena, const struct json *member, char *ret_sign);

/* policy_values.c */
int policy_size_fault(const char *text, struct error *e) MUST_CHECK; /* 0, or -1 and why not */
bool policy_parse_cores(const char *text, uint64_t *ret_millicores);

/* policy_builtin.c */
bool policy_is_builtin_name(const char *name); /* reserved: "restricted", "restricted@9" */
/* The controls of a built-in; REF is the value that names it, for the error, or NULL. */
int policy_builtin(struct policy_files *files, const char *name, const struct json *ref,
		   const struct json **ret_controls, struct error *e) MUST_CHECK;
/* Text of the newest edition of restricted, and its name. */
const char *policy_builtin_default(const char **ret_text, size_t *ret_len);
const char *const *policy_builtin_names(void);

/* policy_merge.c: put BLOCK ("controls") over TARGET (id -> object); one object in the table's
 * order. */
int policy_merge(struct policy_files *files, struct json *target, const struct json *block,
		 struct error *e) MUST_CHECK;
struct json *policy_finish(struct policy_files *files, struct json *merged,
			   const struct json *live);

/* policy_profiles.c */
int policy_check_profiles(struct policy_files *files, struct error *e) MUST_CHECK;
int policy_resolve(struct policy_files *files, const char *profile, struct json **ret_controls,
		   const char **ret_runtime, struct error *e) MUST_CHECK;

/* policy.c: what policy_load() does behind the reading; for tests and the fuzzer. */
int policy_load_text(struct policy *ret_policy, struct arena *arena, const char *text, size_t len,
		     const char *path, const char *profile, struct error *e) MUST_CHECK;

#endif
