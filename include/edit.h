/*
 * All changes of a document go through here, and so into the journal.
 *
 * A control says what it changes, why, and of which class the edit is; it does not know its mode.
 * The journal is a JSON Patch (RFC 6902) with reasons: applied in order to the document that was
 * read it yields the document that is written. That is the audit record and the test oracle.
 *
 * Nothing here can fail: out of memory ends the process, and a path that leads through something
 * that is not an object is a fault of the document (json_check).
 * Environment values are cut out of what the journal says stood there, so an environment is changed
 * variable by variable and never replaced as a whole.
 * REASON and all other texts must outlive the edit: literals, or arena_printf(edit_arena(ed), ...).
 */
#ifndef MANTLET_EDIT_H
#define MANTLET_EDIT_H

#include "facts.h"
#include "json.h"

enum edit_class {
	EDIT_FILL, /* the document says nothing; policy writes a value */
	EDIT_TRIM, /* what this engine writes when nobody asks */
	EDIT_ASK,  /* a person asked for more: under deny the start is refused */
	EDIT_COMP, /* a compensation that policy text orders by name */
};

/* Which document is in hand. The tree has the shape of config.json in all cases: for exec only
 * "process" exists, for update only "linux"."resources", for checkpoint nothing. */
enum edit_scope { SCOPE_SPEC, SCOPE_PROCESS, SCOPE_RESOURCES, SCOPE_CHECKPOINT };

struct edit;

struct json_doc *edit_doc(struct edit *ed);
struct arena *edit_arena(struct edit *ed);
const struct facts *edit_facts(const struct edit *ed);
enum edit_scope edit_scope(const struct edit *ed);

/* process.user.uid as the document was read, before any control; 0 when absent. */
uint64_t edit_asked_uid(const struct edit *ed);

/* The root directory that was found to be none of the host's: several controls look into it, and
 * the question needs fifty system calls. Of rootfs_open(); zero before. */
struct edit_root {
	uint64_t dev, ino;
};
struct edit_root *edit_root(struct edit *ed);

/*
 * Give NAMES..., walked from the root, the value VALUE (a new node). Missing objects on the way are
 * made. Nothing happens and nothing is journalled when the value is there already (json_equal).
 */
#define edit_set(ed, class, reason, value, ...)                                                    \
	edit_set_path((ed), (class), (reason), (value), (const char *const[]){ __VA_ARGS__, NULL })
void edit_set_path(struct edit *ed, enum edit_class class, const char *reason, struct json *value,
		   const char *const *names);

/* FRESH takes OLD's place; no-op when equal. */
void edit_replace(struct edit *ed, enum edit_class class, const char *reason, struct json *old,
		  struct json *fresh);
void edit_remove(struct edit *ed, enum edit_class class, const char *reason, struct json *node);
/* Behind AFTER, NULL: first. KEY is NULL when PARENT is an array. */
void edit_insert(struct edit *ed, enum edit_class class, const char *reason, struct json *parent,
		 struct json *after, const char *key, struct json *node);
void edit_append(struct edit *ed, enum edit_class class, const char *reason, struct json *parent,
		 const char *key, struct json *node);

/*
 * Say in a person's words what the EDIT_ASK edits of this control are about. Under deny, each call
 * is one reason of the refusal. KEY is stable ("host-root", for SIEM rules); ASKED is what was
 * asked in the asker's own words and why it is refused ("-v /:/host mounts the host's root");
 * REMEDY says what to do instead ("use a volume"). Author's text inside: error_quote().
 */
void edit_ask(struct edit *ed, const char *key, const char *asked, const char *remedy);

/* The same for what no rewrite can make comply: refused under fix as well as under deny. */
void edit_refuse(struct edit *ed, const char *key, const char *asked, const char *remedy);

/* Worth a line in the record, though nothing was changed ("tmpfs /run skipped: a symlink leads
 * out"). */
void edit_note(struct edit *ed, const char *text);

/*
 * --privileged asks for everything at once and is refused in one sentence. The control "privileged"
 * says so here; what --privileged implies is then a trim for the controls behind it.
 */
void edit_mark_privileged(struct edit *ed);
enum edit_class edit_ask_class(const struct edit *ed); /* EDIT_ASK, or EDIT_TRIM when marked */

/* The words of the engine's users: the docker/podman flag, the Kubernetes field, or the field of
 * config.json for everybody else. */
const char *edit_words(const struct edit *ed, const char *flag, const char *kubernetes,
		       const char *field);

#endif
