/*
 * The options of a mount (mount(8), and what runtimes make of it).
 *
 * Runtimes read the list from front to back, the last word wins, and what they do not know goes to
 * the file system as data ("lowerdir=", "context="). So every word must be one that we know; those
 * that open something are taken out, and what the policy wants is put at the end.
 *
 * The trap is on the other side: as soon as a bind has any option, runtimes remount it, and a
 * remount drops what the host had set on that mount (read-only, noexec). So what the host had set
 * is written out as well.
 */
#include <string.h>
#include <sys/statvfs.h>

#include "mounts.h"
#include "policy.h"
#include "text.h"

#define MAX_SAID 8U /* words in one sentence; the journal has them all */

static const char *const shared[] = { "shared", "rshared", NULL };
static const char *const slave[] = { "slave", "rslave", NULL };
static const char *const own_propagation[] = { "private",    "rprivate",    "slave", "rslave",
					       "unbindable", "runbindable", NULL };

static bool is_slave_fine(struct mounts *m)
{
	return text_equal(policy_word(m->cfg, "propagation", "private"), "slave");
}

/* What is taken out, and in which class. */
struct removal {
	bool is_bad;
	enum edit_class class;
	const char *reason;
};

/* Docker itself writes rslave when the source is or holds its data root. */
static enum edit_class slave_class(struct mounts *m, const struct mount *mount)
{
	return m->facts->engine == ENGINE_DOCKER && mount->real &&
			       mount_allow_is_sensitive(m, mount->real)
		       ? EDIT_TRIM
		       : EDIT_ASK;
}

/* sysfs and cgroup: writable is what --privileged means, and what buildah does by itself. */
static enum edit_class writable_class(struct mounts *m)
{
	return m->facts->engine == ENGINE_BUILDAH ? EDIT_TRIM : edit_ask_class(m->ed);
}

static bool is_kernel_tree(const struct mount *mount)
{
	return text_in(mount->type, WORDS("sysfs", "cgroup", "cgroup2"));
}

static bool keeps_noexec(const struct mount *mount)
{
	return mount->is_bind && (mount->flags & ST_NOEXEC);
}

static bool keeps_read_only(const struct mount *mount)
{
	return mount->is_bind && (mount->is_ro_required || (mount->flags & ST_RDONLY));
}

static struct removal judge_option(struct mounts *m, const struct mount *mount,
				   const struct mount_rules *rules, const char *option)
{
	struct removal bad = { true, EDIT_ASK, "the policy does not let this option in" };
	const struct removal fine = { .is_bad = false };

	if (text_in(option, shared)) {
		bad.reason = "mounts made inside must not appear on the host";
		return bad;
	}
	if (text_in(option, slave)) {
		bad.reason = "mounts made on the host must not appear inside";
		bad.class = slave_class(m, mount);
		return is_slave_fine(m) ? fine : bad;
	}
	if (text_in(option, rules->drop)) {
		bad.reason = "the opposite is in force";
		if (is_kernel_tree(mount) && text_equal(option, "rw"))
			bad.class = writable_class(m);
		return bad;
	}
	if (text_equal(option, "rw") || text_equal(option, "exec")) {
		bad.reason = "the opposite is in force";
		bad.class = EDIT_TRIM; /* a mount of the host's that is read-only or noexec */
		if (text_equal(option, "rw") && keeps_read_only(mount))
			return bad;
		return text_equal(option, "exec") && keeps_noexec(mount) ? bad : fine;
	}
	return mount_option_is_known(m, mount, rules, option) ? fine : bad;
}

/* The words that a person must hear about, "a, b, 3 more". */
struct said {
	struct strbuf words;
	unsigned int count;
};

static void say(struct said *said, struct mounts *m, const char *option)
{
	if (said->count++ < MAX_SAID)
		strbuf_printf(&said->words, "%s%s", said->words.len ? ", " : "",
			      mounts_quote(m, option));
}

static void ask_for_options(struct mounts *m, const struct mount *mount, struct said *said)
{
	const char *more = said->count > MAX_SAID
				   ? arena_printf(m->arena, " and %u more", said->count - MAX_SAID)
				   : "";

	edit_ask(m->ed, "mount-options",
		 arena_printf(m->arena, "%s with %s%s asks for more than the policy allows",
			      mount_words(m, mount), strbuf_text(&said->words), more),
		 "leave the option out");
}

static void remove_bad(struct mounts *m, const struct mount *mount, const struct mount_rules *rules)
{
	struct said said = { 0 };
	struct json *next;

	for (struct json *option = json_first(mount->options); option; option = next) {
		struct removal removal = judge_option(m, mount, rules, option->text);

		next = option->next;
		if (!removal.is_bad)
			continue;
		if (removal.class == EDIT_ASK)
			say(&said, m, option->text);
		edit_remove(m->ed, removal.class, removal.reason, option);
	}
	if (said.count)
		ask_for_options(m, mount, &said);
	strbuf_free(&said.words);
}

static bool has_one(const struct mount *mount, const char *const *words)
{
	json_each (option, mount->options) {
		if (text_in(option->text, words))
			return true;
	}
	return false;
}

static bool has_value(const struct mount *mount, const char *name)
{
	json_each (option, mount->options) {
		if (mount_option_value(option->text, name))
			return true;
	}
	return false;
}

static void append(struct mounts *m, struct mount *mount, enum edit_class class, const char *reason,
		   const char *option)
{
	struct json *word = json_new_str(m->arena, option);

	if (has_one(mount, WORDS(option)))
		return;
	if (mount->options) {
		edit_append(m->ed, class, reason, mount->options, NULL, word);
		return;
	}
	mount->options = json_new(m->arena, JSON_ARRAY);
	json_append(m->arena, mount->options, NULL, word);
	edit_append(m->ed, class, reason, mount->node, "options", mount->options);
}

/* sysfs and cgroup that are writable without a word about it. */
static void append_read_only(struct mounts *m, struct mount *mount)
{
	enum edit_class class = writable_class(m);

	if (has_one(mount, WORDS("ro")))
		return;
	if (class == EDIT_ASK)
		edit_ask(m->ed, "kernel-writable",
			 arena_printf(m->arena, "%s would be writable, and with it the kernel",
				      mount_words(m, mount)),
			 "mount it read-only (option ro)");
	append(m, mount, class, "the kernel's files are not the container's to write", "ro");
}

static void append_policy_read_only(struct mounts *m, struct mount *mount)
{
	/* An engine's own file is the engine's choice; a path of the policy is a person's. */
	bool is_asked = mount->is_ro_required && !(mount->flags & ST_RDONLY);

	if (has_one(mount, WORDS("ro")))
		return;
	if (is_asked)
		edit_ask(m->ed, "read-only-path",
			 arena_printf(m->arena,
				      "%s is writable, and the policy allows it read-only",
				      mount_words(m, mount)),
			 edit_words(m->ed, "add :ro", "set readOnly: true", "add the option ro"));
	append(m, mount, is_asked ? EDIT_ASK : EDIT_FILL,
	       is_asked ? "the policy lets this path in to be read" : "the host has it read-only",
	       "ro");
}

static void append_forced(struct mounts *m, struct mount *mount, const struct mount_rules *rules)
{
	static const char reason[] = "the policy has this for every mount of the kind";

	for (const char *const *word = rules->force; *word; word++) {
		if (text_equal(*word, "ro"))
			append_read_only(m, mount);
		else
			append(m, mount, EDIT_FILL, reason, *word);
	}
	if (keeps_read_only(mount))
		append_policy_read_only(m, mount);
	if (keeps_noexec(mount))
		append(m, mount, EDIT_FILL, "the host has it noexec", "noexec");
	/* The plain words change the topmost mount only: mount_setattr(2). */
	if (mount->is_bind && mount->has_mounts_below) {
		append(m, mount, EDIT_FILL, reason, "rnosuid");
		append(m, mount, EDIT_FILL, reason, "rnodev");
	}
	/* Without a word a bind keeps receiving the mounts that the host makes. */
	if (mount->is_bind && !has_one(mount, own_propagation) && !is_slave_fine(m))
		append(m, mount, EDIT_FILL, "mounts made on the host must not appear inside",
		       "rprivate");
	if (text_equal(rules->type, "devpts")) {
		if (!has_value(mount, "ptmxmode"))
			append(m, mount, EDIT_FILL, reason, "ptmxmode=0666");
		if (!has_value(mount, "mode"))
			append(m, mount, EDIT_FILL, reason, "mode=0620");
	}
}

void mount_options_apply(struct mounts *m, struct mount *mount)
{
	const struct mount_rules *rules = mount_rules_of(m, mount);

	remove_bad(m, mount, rules);
	append_forced(m, mount, rules);
}
