/*
 * One control, one document, one mode, without the table and the policy files: what a control's own
 * tests need. TRIAL_DOC(rest) is a sound config.json with REST (starting with a comma) in it.
 */
#ifndef MANTLET_TRIAL_H
#define MANTLET_TRIAL_H

#include <fcntl.h>

#include "control_table.h"
#include "edit_run.h"
#include "fdio.h"
#include "spec.h"
#include "tap.h"
#include "text.h"

#define TRIAL_ID "53498fe5c994b1690170d6bc901dc41fabae735cca1b3fcdccc1fe5475eb9c2a"
#define TRIAL_DOC(rest)                                                                            \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"},"                 \
	"\"root\":{\"path\":\"rootfs\"}" rest "}"

struct trial {
	struct arena *arena;
	struct facts facts;
	enum edit_scope scope;
	struct json_doc doc;
	struct journal journal;
	struct error e;
	int result; /* of apply */
};

/* False (and a diagnostic) when the document itself is refused. */
static inline bool trial_start(struct trial *t, enum engine engine, const char *text)
{
	struct facts facts = { .engine = engine, .id = TRIAL_ID, .bundle_fd = -1 };

	*t = (struct trial){ .arena = arena_new(), .facts = facts };
	if (json_parse(&t->doc, t->arena, text, strlen(text), 0, "config.json", &t->e) == 0 &&
	    spec_check(&t->doc, SCOPE_SPEC, &t->e) == 0)
		return true;
	printf("# %s\n", t->e.message);
	return false;
}

static inline bool trial_start_file(struct trial *t, enum engine engine, const char *path)
{
	auto_arena struct arena *arena = arena_new();
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error e = { 0 };
	const char *text;
	size_t len;

	if (fd >= 0 && fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, &e) == 0)
		return trial_start(t, engine, text);
	printf("# cannot read %s\n", path);
	return false;
}

/* Run CONTROL with the settings CFG (JSON text) as the runner does; a new journal each time. */
static inline void trial_run(struct trial *t, const struct control *control, enum control_mode mode,
			     const char *cfg)
{
	struct json_doc settings = { 0 };
	struct error own = { 0 };
	struct edit *ed;

	t->journal = (struct journal){ 0 };
	ed = edit_new(t->arena, &t->doc, &t->facts, t->scope, &t->journal);
	if (json_parse(&settings, t->arena, cfg, strlen(cfg), 0, "settings", &t->e)) {
		printf("# settings: %s\n", t->e.message);
		t->result = -2;
		return;
	}
	edit_begin(ed, control->id);
	fd_forget_trusted(); /* tests change directories */
	t->result = control->apply(ed, settings.root, &own);
	t->e = own;
	if (mode == MODE_AUDIT)
		edit_take_back(ed);
	else
		edit_keep(ed, mode == MODE_DENY);
}

static inline unsigned int trial_edits(const struct trial *t)
{
	unsigned int count = 0;

	for (const struct journal_entry *entry = t->journal.entries; entry; entry = entry->next)
		count++;
	return count;
}

static inline unsigned int trial_count(const struct trial *t, enum edit_class class)
{
	unsigned int count = 0;

	for (const struct journal_entry *entry = t->journal.entries; entry; entry = entry->next)
		count += entry->class == class;
	return count;
}

/* What the first refusal says was asked; NULL when there is none. */
static inline const char *trial_asked(const struct trial *t)
{
	return t->journal.refusals ? t->journal.refusals->asked : NULL;
}

/* JSON text of the value at NAMES..., "absent" when there is none; in the trial's arena. */
#define trial_value(t, ...) trial_value_at((t), (const char *const[]){ __VA_ARGS__, NULL })
static inline const char *trial_value_at(struct trial *t, const char *const *names)
{
	const struct json *node = json_path(&t->doc, names);
	auto_strbuf struct strbuf text = { 0 };
	struct error e = { 0 };

	if (!node)
		return "absent";
	if (json_write(&text, node, &e))
		return "cannot be written";
	return arena_strdup(t->arena, strbuf_text(&text));
}

static inline const char *trial_text(struct trial *t)
{
	auto_strbuf struct strbuf text = { 0 };
	struct error e = { 0 };

	if (json_write(&text, t->doc.root, &e))
		return "cannot be written";
	return arena_strdup(t->arena, strbuf_text(&text));
}

static inline void trial_end(struct trial *t)
{
	arena_free(t->arena);
}

/*
 * What is true of every control when a person asked for more (ASKED: how the refusal begins; NULL:
 * nobody asked): audit changes nothing, fix neutralises without refusing, deny refuses in those
 * words, and a second run finds nothing to do.
 */
static inline void trial_modes(const char *name, const struct control *control, enum engine engine,
			       const char *doc, const char *cfg, const char *asked)
{
	struct trial t, again;
	const char *before, *fixed;

	if (!ok(trial_start(&t, engine, doc), "%s: %s is a sound document", control->id, name))
		return;
	before = trial_text(&t);
	trial_run(&t, control, MODE_AUDIT, cfg);
	ok(trial_edits(&t) > 0 && text_equal(trial_text(&t), before) &&
		   !journal_is_refused(&t.journal),
	   "%s: audit of %s records and changes nothing", control->id, name);

	trial_run(&t, control, MODE_DENY, cfg);
	ok(journal_is_refused(&t.journal) == (asked != NULL), "%s: deny %s %s", control->id,
	   asked ? "refuses" : "accepts", name);
	if (asked && !ok(text_starts(trial_asked(&t) ? trial_asked(&t) : "", asked),
			 "%s: and says so: %s", control->id, asked))
		printf("#   got: %s\n", trial_asked(&t) ? trial_asked(&t) : "(nothing)");
	fixed = trial_text(&t);

	if (trial_start(&again, engine, doc)) {
		trial_run(&again, control, MODE_FIX, cfg);
		ok(!journal_is_refused(&again.journal) && text_equal(trial_text(&again), fixed) &&
			   !text_equal(fixed, before),
		   "%s: fix rewrites %s", control->id, name);
		trial_run(&again, control, MODE_DENY, cfg);
		ok(trial_edits(&again) == 0 && !again.journal.refusals,
		   "%s: a second run over %s finds nothing to do", control->id, name);
		trial_end(&again);
	}
	trial_end(&t);
}

/* Nothing to do, whatever the mode. */
static inline void trial_stays(const char *name, const struct control *control, enum engine engine,
			       const char *doc, const char *cfg)
{
	struct trial t;

	if (!ok(trial_start(&t, engine, doc), "%s: %s is a sound document", control->id, name))
		return;
	trial_run(&t, control, MODE_DENY, cfg);
	if (!ok(trial_edits(&t) == 0 && !t.journal.refusals && t.result == 0, "%s: %s stays",
		control->id, name))
		printf("#   %u edits, asked: %s\n", trial_edits(&t),
		       trial_asked(&t) ? trial_asked(&t) : "(nothing)");
	trial_end(&t);
}

/* VALUE (JSON) as the setting KEY of CONTROL: does the control's own check accept it? */
static inline bool trial_accepts(const struct control *control, const char *key, const char *value)
{
	auto_arena struct arena *arena = arena_new();
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const struct setting *setting = control->settings;

	while (setting && setting->key && !text_equal(setting->key, key))
		setting++;
	if (!setting || !setting->key || !setting->check ||
	    json_parse(&doc, arena, value, strlen(value), 0, "value", &e))
		return false;
	/* A map's check sees the member, an item's the string. */
	return setting->check(setting->type == SETTING_MAP ? json_first(doc.root) : doc.root, &e) ==
	       0;
}

#endif
