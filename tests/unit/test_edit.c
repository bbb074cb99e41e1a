/* Edits and their journal: a JSON Patch that can be taken back to the byte. */
#include "trial.h"

#define MOST_NODES 20000
#define SECRET "hunter2"

static uint64_t seed = 88172645463325252ULL;

static uint64_t dice(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static const char *written(struct arena *arena, const struct json *node)
{
	auto_strbuf struct strbuf text = { 0 };
	struct error e = { 0 };

	return json_write(&text, node, &e) ? "cannot be written"
					   : arena_strdup(arena, strbuf_text(&text));
}

static bool parse(struct json_doc *doc, struct arena *arena, const char *text)
{
	struct error e = { 0 };

	return json_parse(doc, arena, text, strlen(text), 0, "config.json", &e) == 0;
}

/* ---- a small JSON Patch of our own (RFC 6902, 6901) ---- */

/* The next part of a pointer, unescaped; *POINTER moves behind it. */
static char *next_part(struct arena *arena, const char **pointer)
{
	size_t len = strcspn(*pointer + 1, "/");
	char *part = arena_memdup(arena, *pointer + 1, len), *to = part;

	for (const char *from = part; *from; from++) {
		if (*from == '~')
			*to++ = *++from == '1' ? '/' : '~';
		else
			*to++ = *from;
	}
	*to = '\0';
	*pointer += 1 + len;
	return part;
}

static struct json *child_of(struct json *node, const char *part)
{
	uint64_t index = 0;

	if (node->type == JSON_OBJECT)
		return json_find(node, part);
	if (parse_u64(part, &index))
		return NULL;
	json_each (child, node) {
		if (index-- == 0)
			return child;
	}
	return NULL;
}

static bool add(struct arena *arena, struct json *parent, const char *part, struct json *fresh)
{
	struct json *after = NULL;
	uint64_t index;

	if (parent->type == JSON_OBJECT) {
		json_append(arena, parent, part, fresh);
		return true;
	}
	if (parse_u64(part, &index))
		return false;
	for (; index > 0; index--)
		after = after ? after->next : json_first(parent);
	json_insert(arena, parent, after, NULL, fresh);
	return true;
}

static bool patch_one(struct arena *arena, struct json_doc *doc, const struct journal_entry *entry)
{
	struct json_doc to = { 0 };
	struct json *node = doc->root, *parent = NULL;
	const char *pointer = entry->path, *part = NULL;

	while (node && *pointer) {
		part = next_part(arena, &pointer);
		parent = node;
		node = child_of(node, part);
	}
	if (*pointer || !parent || (entry->to && !parse(&to, arena, entry->to)))
		return false;
	if (text_equal(entry->op, "add"))
		return entry->to && !entry->from && add(arena, parent, part, to.root);
	if (!node || !entry->from)
		return false;
	if (text_equal(entry->op, "replace") && entry->to)
		json_swap(node, to.root);
	else if (text_equal(entry->op, "remove") && !entry->to)
		json_unlink(node);
	else
		return false;
	return true;
}

static bool journal_yields(struct arena *arena, const char *before, const struct journal *journal,
			   const char *after)
{
	struct json_doc doc = { 0 };

	if (!parse(&doc, arena, before))
		return false;
	for (const struct journal_entry *entry = journal->entries; entry; entry = entry->next) {
		if (!patch_one(arena, &doc, entry)) {
			printf("# no patch: %s %s\n", entry->op, entry->path);
			return false;
		}
	}
	return text_equal(written(arena, doc.root), after);
}

/* ---- random edits ---- */

static struct json *nodes[MOST_NODES];

/* All nodes but the root. */
static size_t collect(struct json *root)
{
	size_t count = 0, done = 0;

	json_each (child, root)
		nodes[count++] = child;
	for (; done < count; done++) {
		json_each (child, nodes[done]) {
			if (count < MOST_NODES)
				nodes[count++] = child;
		}
	}
	return count;
}

static struct json *random_value(struct arena *arena)
{
	struct json *list;

	switch (dice(5)) {
	case 0:
		return json_new_u64(arena, dice(1000));
	case 1:
		return json_new_bool(arena, dice(2));
	case 2:
		return json_new_str(arena, "text \"with\" \\ and \n");
	case 3:
		list = json_new(arena, JSON_OBJECT);
		json_append(arena, list, "a/b~c", json_new_u64(arena, 1));
		json_append(arena, list, "list", json_new(arena, JSON_ARRAY));
		return list;
	default:
		list = json_new(arena, JSON_ARRAY);
		json_append(arena, list, NULL, json_new_str(arena, "x"));
		return list;
	}
}

static void random_edit(struct edit *ed, struct arena *arena, struct json *root)
{
	static unsigned int keys;
	size_t count = collect(root);
	struct json *node = count ? nodes[dice(count)] : root, *fresh = random_value(arena);
	enum edit_class class = (enum edit_class)dice(4);
	const char *key = arena_printf(arena, "new/~%u", keys++);

	if (node->type == JSON_OBJECT && dice(2))
		edit_append(ed, class, "append", node, key, fresh);
	else if (node->type == JSON_ARRAY && dice(2))
		edit_append(ed, class, "append", node, NULL, fresh);
	else if (node != root && node->parent->type == JSON_ARRAY && dice(2))
		edit_insert(ed, class, "insert", node->parent, dice(2) ? node : NULL, NULL, fresh);
	else if (dice(3) == 0)
		edit_set(ed, class, "set", fresh, key, "deep", "deeper");
	else if (node == root)
		edit_append(ed, class, "append", root, key, fresh);
	else if (dice(2))
		edit_replace(ed, class, "replace", node, fresh);
	else
		edit_remove(ed, class, "remove", node);
}

static const char *read_fixture(struct arena *arena, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error e = { 0 };
	const char *text = NULL;
	size_t len;

	if (fd < 0 || fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, &e))
		return NULL;
	return text;
}

/* One kept control and one that is taken back, over the same document. */
static bool try_round(const char *text, unsigned int edits)
{
	auto_arena struct arena *arena = arena_new();
	struct facts facts = { .bundle_fd = -1 };
	struct journal journal = { 0 };
	struct json_doc doc = { 0 };
	const char *first, *kept;
	unsigned int is_audited = 0;
	struct edit *ed;
	bool is_patch;

	if (!text || !parse(&doc, arena, text))
		return false;
	first = written(arena, doc.root);
	ed = edit_new(arena, &doc, &facts, SCOPE_SPEC, &journal);
	edit_begin(ed, "kept");
	for (unsigned int i = 0; i < edits; i++)
		random_edit(ed, arena, doc.root);
	edit_keep(ed, false);
	kept = written(arena, doc.root);
	is_patch = journal_yields(arena, first, &journal, kept);

	edit_begin(ed, "audited");
	for (unsigned int i = 0; i < edits; i++)
		random_edit(ed, arena, doc.root);
	edit_take_back(ed);
	for (const struct journal_entry *entry = journal.entries; entry; entry = entry->next) {
		is_audited += text_equal(entry->control, "audited");
		is_patch = is_patch && entry->is_enforced == text_equal(entry->control, "kept");
	}
	return is_patch && is_audited == journal.audited && is_audited > 0 &&
	       text_equal(written(arena, doc.root), kept);
}

static void test_random(void)
{
	static const char *const paths[] = {
		"tests/data/fixtures/docker-20.10/config/default.json",
		"tests/data/fixtures/docker-20.10/config/privileged.json",
		"tests/data/fixtures/podman-4.3.1/config/default.json",
		"tests/data/spec/every-field.json",
	};
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *text = read_fixture(arena, paths[i]);
		unsigned int bad = 0;

		for (unsigned int round = 0; round < 60; round++)
			bad += !try_round(text, 1 + (unsigned int)dice(40));
		ok(bad == 0, "edit: random edits of %s are a JSON Patch and go back to the byte",
		   strrchr(paths[i], '/') + 1);
	}
}

/* ---- single operations ---- */

static struct edit *start(struct trial *t, const char *text)
{
	struct edit *ed;

	(void)trial_start(t, ENGINE_DOCKER, text);
	ed = edit_new(t->arena, &t->doc, &t->facts, SCOPE_SPEC, &t->journal);
	edit_begin(ed, "test");
	return ed;
}

static void test_set(void)
{
	struct trial t;
	struct edit *ed = start(&t, TRIAL_DOC(",\"hostname\":\"a\""));

	edit_set(ed, EDIT_FILL, "r", json_new_u64(t.arena, 5), "linux", "resources", "pids",
		 "limit");
	is_text(trial_value(&t, "linux"), "{\"resources\":{\"pids\":{\"limit\":5}}}",
		"edit: objects that are missing on the way come with the value");
	is_text(t.journal.entries->path, "/linux", "edit: as one edit of the first of them");
	edit_set(ed, EDIT_FILL, "r", json_new_u64(t.arena, 5), "linux", "resources", "pids",
		 "limit");
	ok(trial_edits(&t) == 1, "edit: a value that is there already is no edit");
	edit_set(ed, EDIT_TRIM, "r", json_new_str(t.arena, "b"), "hostname");
	ok(trial_edits(&t) == 2 && text_equal(t.journal.last_entry->op, "replace") &&
		   text_equal(t.journal.last_entry->from, "\"a\"") &&
		   text_equal(t.journal.last_entry->to, "\"b\""),
	   "edit: another value is a replacement, with both values in the journal");
	ok(json_check(&t.doc, &t.e) == 0, "edit: none of that is a fault");
	trial_end(&t);
}

/* What cannot be walked is a fault of the document, which refuses in every mode. */
static void test_faults(void)
{
	struct trial t;
	struct edit *ed = start(&t, TRIAL_DOC(",\"hostname\":\"a\""));
	const char *before = trial_text(&t);

	edit_set(ed, EDIT_FILL, "r", json_new_u64(t.arena, 5), "hostname", "x", "y");
	ok(trial_edits(&t) == 0 && text_equal(trial_text(&t), before) &&
		   json_check(&t.doc, &t.e) < 0,
	   "edit: a path through a string changes nothing and is a fault: %s", t.e.message);
	trial_end(&t);

	ed = start(&t, TRIAL_DOC(""));
	json_append(t.arena, t.doc.root, "Linux", json_new(t.arena, JSON_OBJECT));
	edit_set(ed, EDIT_FILL, "r", json_new_u64(t.arena, 5), "linux", "x");
	ok(json_check(&t.doc, &t.e) < 0, "edit: a path beside its case variant is a fault: %s",
	   t.e.message);
	trial_end(&t);
}

static void test_words(void)
{
	static const struct {
		enum engine engine;
		const char *word;
	} rows[] = {
		{ ENGINE_PLAIN, "field" },   { ENGINE_DOCKER, "flag" },
		{ ENGINE_CTR, "field" },     { ENGINE_CRI, "kube" },
		{ ENGINE_CRIO, "kube" },     { ENGINE_PODMAN, "flag" },
		{ ENGINE_BUILDAH, "field" }, { ENGINE_BUILDKIT, "field" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trial t;
		struct edit *ed = start(&t, TRIAL_DOC(""));

		t.facts.engine = rows[i].engine;
		is_text(edit_words(ed, "flag", "kube", "field"), rows[i].word,
			arena_printf(t.arena, "edit: the words of %s's users are its own",
				     engine_name(rows[i].engine)));
		trial_end(&t);
	}
}

/* ---- environment ---- */

static bool journal_tells(struct trial *t)
{
	auto_strbuf struct strbuf text = { 0 };

	journal_write(&text, &t->journal, "");
	return strstr(strbuf_text(&text), SECRET) != NULL;
}

#define ENVIRONMENT "\"env\":[\"PATH=/bin\",\"PASSWORD=" SECRET "\"]"
#define WITH_ENVIRONMENTS                                                                          \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"," ENVIRONMENT      \
	"},\"root\":{\"path\":\"rootfs\"},\"hooks\":{\"prestart\":[{\"path\":\"/x\"," ENVIRONMENT  \
	"}]}}"

static void forget(const char *what, struct json *(*choose)(struct json_doc *doc), bool is_replaced)
{
	struct trial t;
	struct edit *ed = start(&t, WITH_ENVIRONMENTS);
	struct json *node = choose(&t.doc);

	if (is_replaced)
		edit_replace(ed, EDIT_TRIM, "r", node, json_new_str(t.arena, "X="));
	else
		edit_remove(ed, EDIT_TRIM, "r", node);
	ok(trial_edits(&t) == 1 && !journal_tells(&t),
	   "edit: the journal does not tell the environment when %s is %s", what,
	   is_replaced ? "replaced" : "removed");
	edit_take_back(ed);
	is_text(trial_text(&t), WITH_ENVIRONMENTS, "edit: and what is taken back is whole again");
	trial_end(&t);
}

static struct json *the_hook(struct json_doc *doc)
{
	return json_first(json_get(doc, "hooks", "prestart"));
}

static struct json *whole_process(struct json_doc *doc)
{
	return json_get(doc, "process");
}

static struct json *whole_environment(struct json_doc *doc)
{
	return json_get(doc, "process", "env");
}

static struct json *one_variable(struct json_doc *doc)
{
	return json_first(json_get(doc, "process", "env"))->next;
}

static struct json *all_hooks(struct json_doc *doc)
{
	return json_get(doc, "hooks");
}

static struct json *hooks_variable(struct json_doc *doc)
{
	return json_first(json_find(the_hook(doc), "env"))->next;
}

static void test_environment(void)
{
	for (int is_replaced = 0; is_replaced < 2; is_replaced++) {
		forget("the process", whole_process, is_replaced);
		forget("the environment", whole_environment, is_replaced);
		forget("one variable", one_variable, is_replaced);
		forget("a list of hooks", all_hooks, is_replaced);
		forget("a hook", the_hook, is_replaced);
		forget("one variable of a hook", hooks_variable, is_replaced);
	}
}

/* ---- what a person asked for ---- */

static void test_ask_without_words(void)
{
	struct trial t;
	struct edit *ed = start(&t, TRIAL_DOC(",\"annotations\":{\"a\\nb\":\"1\"}"));

	edit_remove(ed, EDIT_ASK, "r", json_first(json_get(&t.doc, "annotations")));
	edit_keep(ed, true);
	ok(journal_is_refused(&t.journal), "edit: an ask without words is refused under deny");
	is_text(trial_asked(&t), "'/annotations/a?b' asks for more than the policy allows",
		"edit: in general words, with the author's own made safe");
	trial_end(&t);

	ed = start(&t, TRIAL_DOC(",\"hostname\":\"a\""));
	edit_set(ed, EDIT_ASK, "r", json_new_str(t.arena, "b"), "hostname");
	edit_keep(ed, false);
	ok(!journal_is_refused(&t.journal) && t.journal.counts[EDIT_ASK] == 1,
	   "edit: under fix it is rewritten and counted");
	trial_end(&t);

	ed = start(&t, TRIAL_DOC(""));
	edit_refuse(ed, "k", "this", "that");
	edit_keep(ed, false);
	ok(journal_is_refused(&t.journal), "edit: what no rewrite can mend is refused under fix");
	trial_end(&t);

	ed = start(&t, TRIAL_DOC(""));
	edit_refuse(ed, "k", "this", "that");
	edit_take_back(ed);
	ok(!journal_is_refused(&t.journal) && t.journal.audited == 1,
	   "edit: under audit it is only recorded");
	trial_end(&t);
}

static void test_privileged(void)
{
	struct trial t;
	struct edit *ed = start(&t, TRIAL_DOC(""));

	edit_mark_privileged(ed);
	ok(edit_ask_class(ed) == EDIT_ASK, "edit: --privileged counts once its control is through");
	edit_take_back(ed);
	edit_begin(ed, "next");
	ok(edit_ask_class(ed) == EDIT_ASK, "edit: an audited one changes nothing for the others");
	edit_mark_privileged(ed);
	edit_keep(ed, true);
	edit_begin(ed, "after");
	ok(edit_ask_class(ed) == EDIT_TRIM, "edit: an enforced one is said once and trimmed after");
	trial_end(&t);
}

static void test_uid(void)
{
	struct trial t;
	struct edit *ed =
		start(&t, "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],"
			  "\"cwd\":\"/\",\"user\":{\"uid\":7}},\"root\":{\"path\":\"r\"}}");

	edit_set(ed, EDIT_TRIM, "r", json_new_u64(t.arena, 9), "process", "user", "uid");
	ok(edit_asked_uid(ed) == 7, "edit: the asked uid is that of the document as it was read");
	trial_end(&t);
}

int main(void)
{
	test_random();
	test_set();
	test_faults();
	test_words();
	test_environment();
	test_ask_without_words();
	test_privileged();
	test_uid();
	return done_testing();
}
