/*
 * Where a filter comes from, and of which class its calls are. The class stands in front of the
 * colon in the comment of a rule. Profiles of others have no such comments, and config.json has
 * none at all: there the class is the one that our default profile gives the call, and what it does
 * not allow is "beyond default", which is what people want to see in a profile of others.
 */
#include "seccomp_view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "bundle.h"
#include "container.h"
#include "fdio.h"
#include "seccomp_compiled.h"
#include "seccomp_names.h"
#include "spec.h"
#include "text.h"

#define CONTAINER "container:"
#define MAX_FILE ((size_t)16 * 1024 * 1024) /* as of a document */
#define MAX_CLASS 32

/* ---- classes ---- */

/* "files: reading, writing": "files". NULL for a comment that is no such thing. */
static const char *class_in(struct arena *arena, const char *comment)
{
	const char *colon = strstr(comment, ": ");

	if (!colon || colon == comment || colon - comment > MAX_CLASS)
		return NULL;
	return arena_memdup(arena, comment, (size_t)(colon - comment));
}

struct classes {
	struct arena *arena;
	struct seccomp_profile ours;             /* the built-in default */
	const struct seccomp_filter *our_filter; /* its names, findable */
};

static void classes_begin(struct classes *classes, struct arena *arena)
{
	const struct seccomp_context all = { .archs = UINT_MAX };

	classes->arena = arena;
	if (seccomp_profile_builtin(&classes->ours, "default"))
		classes->our_filter = seccomp_profile_resolve(arena, &classes->ours, &all);
}

/* The class that our default profile gives NAME; NULL when it does not allow it to everybody. */
static const char *our_class(const struct classes *classes, const char *name)
{
	const struct seccomp_profile *ours = &classes->ours;
	const struct seccomp_profile_call *row;
	const struct seccomp_call *call =
		classes->our_filter ? seccomp_filter_find(classes->our_filter, name) : NULL;

	if (!call)
		return NULL;
	row = &ours->calls[call - classes->our_filter->calls];
	for (uint32_t i = row->first; i < row->first + row->count; i++) {
		const struct seccomp_profile_rule *rule = &ours->rules[i];

		if (!seccomp_is_blocking(rule->answer) && !ours->whens[rule->when].caps)
			return class_in(classes->arena, ours->texts + rule->comment);
	}
	return NULL;
}

/* The comment of RULE, which PROFILE's call ROW resolved to; "" when it has none. */
static const char *comment_of(const struct seccomp_profile *profile,
			      const struct seccomp_profile_call *row,
			      const struct seccomp_rule *rule)
{
	for (uint32_t i = row->first; i < row->first + row->count; i++) {
		const struct seccomp_profile_rule *from = &profile->rules[i];
		const struct seccomp_term *term = from->term ? &profile->terms[from->term] : NULL;

		if (term == rule->term && seccomp_is_same_answer(from->answer, rule->answer))
			return profile->texts + from->comment;
	}
	return "";
}

static const char *class_of(const struct classes *classes, const struct seccomp_profile *profile,
			    const struct seccomp_profile_call *row, const struct view_call *call)
{
	const struct seccomp_rule *rule = call->rules;
	const char *class = NULL;

	/* Of the first rule that lets it through, or of the first. */
	for (size_t i = 0; i < call->count; i++) {
		if (!seccomp_is_blocking(call->rules[i].answer)) {
			rule = &call->rules[i];
			break;
		}
	}
	if (profile && row)
		class = class_in(classes->arena, comment_of(profile, row, rule));
	if (!class && seccomp_is_blocking(rule->answer))
		return "forbidden";
	if (!class)
		class = our_class(classes, call->name);
	return class ? class : VIEW_BEYOND;
}

/* ---- calls ---- */

static int compare_calls(const void *a, const void *b)
{
	const struct view_call *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/*
 * Where the rules of a call contradict each other, as those of a request may, the strictest reading
 * holds, as it does when mantlet combines it with ours: beside an answer that blocks always, only
 * what is stricter is left.
 */
static void settle(struct arena *arena, struct view_call *call)
{
	const struct seccomp_rule *always = NULL;
	struct seccomp_rule *kept;
	size_t count = 0;

	for (size_t i = 0; i < call->count; i++) {
		const struct seccomp_rule *rule = &call->rules[i];

		if (!rule->term && seccomp_is_blocking(rule->answer) &&
		    (!always || rule->answer.action > always->answer.action))
			always = rule;
	}
	if (!always || call->count == 1)
		return;
	kept = arena_alloc(arena, call->count * sizeof(*kept));
	for (size_t i = 0; i < call->count; i++) {
		const struct seccomp_rule *rule = &call->rules[i];

		if (rule == always || rule->answer.action > always->answer.action)
			kept[count++] = *rule;
	}
	call->rules = kept;
	call->count = count;
}

/* PROFILE is what the view's filter was made of, or NULL. */
static void list_calls(struct ctl *ctl, struct view *view, const struct seccomp_profile *profile)
{
	const struct seccomp_filter *filter = view->filter;
	struct classes classes = { 0 };

	classes_begin(&classes, ctl->arena);
	view->calls = arena_alloc(ctl->arena, (filter->call_count + 1) * sizeof(*view->calls));
	for (size_t i = 0; i < filter->call_count; i++) {
		const struct seccomp_call *from = &filter->calls[i];
		struct view_call *call = &view->calls[view->count];

		if (!from->count)
			continue;
		*call = (struct view_call){
			.name = from->name,
			.rules = &filter->rules[from->first],
			.count = from->count,
			.is_here = seccomp_names_is_on(from->name, filter->archs),
		};
		settle(ctl->arena, call);
		/* A resolved filter has the calls of its profile, in its order. */
		call->class =
			class_of(&classes, profile, profile ? &profile->calls[i] : NULL, call);
		view->count++;
	}
	qsort(view->calls, view->count, sizeof(*view->calls), compare_calls);
}

const struct view_call *view_find(const struct view *view, const char *name)
{
	const struct view_call key = { .name = name };

	return view->count ? bsearch(&key, view->calls, view->count, sizeof(key), compare_calls)
			   : NULL;
}

bool view_is_allowed(const struct view *view, const struct view_call *call)
{
	bool is_always_blocked = false;

	for (size_t i = 0; i < call->count; i++) {
		if (!seccomp_is_blocking(call->rules[i].answer))
			return true;
		is_always_blocked = is_always_blocked || !call->rules[i].term;
	}
	return !is_always_blocked && !seccomp_is_blocking(view->filter->other);
}

/* ---- profiles ---- */

struct file {
	const char *text;
	size_t len;
	const char *untrusted; /* why no policy could name it; NULL: it could */
};

static int read_file(struct ctl *ctl, const char *path, struct file *ret_file)
{
	struct error untrusted = { 0 };
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && !strchr(path, '/'))
		return ctl_unknown(ctl, "profile (and no file of that name)", path,
				   seccomp_builtin_names);
	if (fd < 0)
		return error_sys(&ctl->e, "cannot open the seccomp profile '%s'", path);
	if (fd_read_all(fd, MAX_FILE, ctl->arena, &ret_file->text, &ret_file->len, path, &ctl->e))
		return -1;
	if (fd_check_trusted(fd, path, ERR_POLICY, &untrusted))
		ret_file->untrusted =
			arena_printf(ctl->arena, "as a profile of the policy it is refused: %s",
				     untrusted.message);
	return 0;
}

/* A profile that the policy could name; or one that a container may bring, with a finding. */
static int parse_file(struct ctl *ctl, struct view *view, const struct file *file,
		      struct seccomp_profile *profile)
{
	const char *text = file->text, *unknown = NULL;
	struct error lenient = { 0 };
	size_t len = file->len, unknown_count = 0;

	if (seccomp_profile_parse(profile, ctl->arena, text, len, view->word, &ctl->e) == 0) {
		view->finding = file->untrusted;
		return 0;
	}
	if (seccomp_profile_parse_request(profile, ctl->arena, text, len, view->word, &unknown,
					  &unknown_count, &lenient)) {
		ctl->e = lenient; /* what is wrong in any case; the first may only be new */
		return -1;
	}
	view->finding = arena_printf(ctl->arena, "as a profile of the policy it is refused: %s",
				     ctl->e.message);
	if (unknown_count > 1)
		view->finding = arena_printf(ctl->arena, "%s (and %zu more names)", view->finding,
					     unknown_count - 1);
	return 0;
}

/* ---- containers and their documents ---- */

/* Where runtimes do not read a rule alike: nothing is allowed by it, and all is blocked. */
static void settle_doubts(struct seccomp_filter *filter)
{
	size_t kept = 0;

	for (size_t i = 0; i < filter->count; i++) {
		struct seccomp_rule *rule = &filter->rules[i];

		if (rule->is_doubtful && !seccomp_is_blocking(rule->answer))
			continue;
		if (rule->is_doubtful)
			rule->term = NULL;
		filter->rules[kept++] = *rule;
	}
	filter->count = kept;
}

/* Why the section is not what protects; NULL: it is. */
static const char *find_decoration(struct json_doc *doc, const struct seccomp_filter *filter)
{
	const struct json *other = json_get(doc, "annotations", SECCOMP_COMPILED_ANNOTATION);

	if (other &&
	    !seccomp_compiled_is_right(json_get(doc, "linux", "seccomp"), json_text(other)))
		return "the annotation " SECCOMP_COMPILED_ANNOTATION " of this container has a "
		       "filter of its own, which crun takes instead of this one";
	if (!seccomp_is_blocking(filter->other))
		return "this filter lets everything through that it does not name";
	return NULL;
}

/* The filter of a document as a runtime will read it; DOC has passed spec_check(). */
static int take_section(struct ctl *ctl, struct view *view, struct json_doc *doc, const char *path)
{
	const struct json *section = json_get(doc, "linux", "seccomp");
	struct seccomp_filter *filter;
	const char *why;

	if (!section) {
		view->finding = "this container has no system call filter";
		return 0;
	}
	filter = seccomp_filter_read(ctl->arena, section, &why);
	if (!filter)
		return error_set(&ctl->e, ERR_SPEC, "the filter in '%s' has no meaning: %s", path,
				 why);
	settle_doubts(filter);
	seccomp_filter_sort(ctl->arena, filter);
	view->filter = filter;
	view->finding = find_decoration(doc, filter);
	list_calls(ctl, view, NULL);
	return 0;
}

static int read_section(struct ctl *ctl, struct view *view, const struct decision *d)
{
	struct json_doc doc = { 0 };
	struct bundle bundle = { 0 };

	if (bundle_open(&bundle, ctl->arena, d->facts.bundle, &ctl->e))
		return -1;
	bundle_close(&bundle);
	if (json_parse(&doc, ctl->arena, bundle.text, bundle.len, 0, "config.json", &ctl->e) ||
	    spec_check(&doc, SCOPE_SPEC, &ctl->e))
		return error_wrap(&ctl->e, "the bundle '%s'", bundle.path);
	return take_section(ctl, view, &doc, bundle.path);
}

static int load_container(struct ctl *ctl, struct view *view, const struct view_question *question)
{
	const char *id = view->word + sizeof(CONTAINER) - 1;
	struct decision d;

	view->is_container = true;
	if (container_find(ctl, &d, id, question->root))
		return -1;
	view->origin = arena_printf(ctl->arena, "%s container %s, profile %s",
				    engine_name(d.facts.engine), d.inv.id, d.policy.profile);
	return read_section(ctl, view, &d);
}

/* Somebody looks at the config.json of a bundle. */
static bool is_document(struct ctl *ctl, const struct view *view, const struct file *file,
			struct json_doc *doc)
{
	struct error ignored = { 0 };

	return json_parse(doc, ctl->arena, file->text, file->len, 0, view->word, &ignored) == 0 &&
	       json_find(doc->root, "ociVersion");
}

static int load_profile(struct ctl *ctl, struct view *view, const struct view_question *question)
{
	struct seccomp_profile *profile = arena_alloc(ctl->arena, sizeof(*profile));
	struct file file = { 0 };
	struct json_doc doc = { 0 };

	view->origin = "built in";
	if (!seccomp_profile_builtin(profile, view->word)) {
		view->origin = "file";
		if (read_file(ctl, view->word, &file))
			return -1;
		if (is_document(ctl, view, &file, &doc)) {
			view->origin = "document";
			view->is_container = true;
			if (spec_check(&doc, SCOPE_SPEC, &ctl->e))
				return error_wrap(&ctl->e, "'%s'", view->word);
			return take_section(ctl, view, &doc, view->word);
		}
		if (parse_file(ctl, view, &file, profile))
			return -1;
	}
	view->filter = seccomp_profile_resolve(ctl->arena, profile, &question->context);
	list_calls(ctl, view, profile);
	return 0;
}

int view_load(struct ctl *ctl, struct view *ret_view, const char *word,
	      const struct view_question *question)
{
	*ret_view = (struct view){ .word = word };
	if (text_starts(word, CONTAINER))
		return load_container(ctl, ret_view, question);
	return load_profile(ctl, ret_view, question);
}
