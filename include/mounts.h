/*
 * Inside of the control "mounts": what its files share and nobody else includes.
 *
 * The way of one mount: where it lands (mount_place.c), what a bind brings in (mount_source.c:
 * the engine's own files, mount_engine.c; volumes, mount_volume.c; what the policy allows,
 * mount_allow.c), with which options (mount_options.c). Before all of them the root (mount_root.c).
 * Sentences are made in mount_words.c.
 */
#ifndef MANTLET_MOUNTS_H
#define MANTLET_MOUNTS_H

#include "control.h"
#include "hostpath.h"
#include "mountinfo.h"

/* One run of the control. */
struct mounts {
	struct edit *ed;
	const struct json *cfg;
	struct arena *arena;
	const struct facts *facts;
	struct mountinfo info; /* read when first needed */
	bool has_info;
	struct mount *kept[256]; /* binds that stay, for mounts that lie in them */
	size_t kept_count;
	int root_fd;               /* of the container; -1 until needed */
	bool is_root_absent;       /* there is nothing to look into: the runtime will say so */
	const char *settled_dir;   /* the last one that was found to be root's, all the way up */
	const char *data_roots[6]; /* of engines, as this document betrays them, and the bundle */
	size_t data_root_count;
};

/* One entry of the list. */
struct mount {
	struct json *node;
	const char *at;     /* destination without "//" and "." */
	const char *type;   /* "" when absent */
	const char *source; /* "" when absent */
	struct json *options;
	bool is_bind;
	bool is_recursive;   /* rbind */
	bool is_read_only;   /* asked for: ro or rro is the last word */
	bool is_ro_required; /* by the policy */
	bool is_ro_covering; /* rro: what is mounted below is read-only too */
	/* Known for binds once the source is judged: */
	const char *real;
	unsigned long flags; /* of the mount it lies on */
	bool has_mounts_below;
	bool is_engine_file; /* which the engine lays over a file of its choice */
	const char *lies_at; /* destination with the image's symlinks followed */
};

/* Why a mount cannot be. Texts as in edit_ask(). */
struct mount_fault {
	const char *key;
	const char *asked;
	const char *remedy;
};

/* What becomes of a bind. */
enum mount_verdict {
	MOUNT_REFUSED,    /* FAULT says why: removed, asked */
	MOUNT_IMPOSSIBLE, /* FAULT says why: nothing can be written that would work */
	MOUNT_FINE,
	MOUNT_ABSENT,  /* of the engine's and not there (yet): the runtime will say so */
	MOUNT_PRIVATE, /* shared with the host or another container: an own one takes its place */
	MOUNT_DROPPED, /* another container's file, written by the engine: removed, trimmed */
};

/* What the path of an engine's own file is. */
enum engine_path {
	ENGINE_PATH_NONE,
	ENGINE_PATH_OWN,     /* of this container */
	ENGINE_PATH_FOREIGN, /* of another container */
	ENGINE_PATH_VOLUME,
	ENGINE_PATH_READ_ONLY, /* fine, and only to be read: the init program, the host's hosts file
				*/
};

/* mount_place.c: true when the mount may lie where it is asked to. */
bool mount_place_check(struct mounts *m, const struct mount *mount, struct mount_fault *ret_fault);
/* The same for where symlinks lead, of the image and of directories that are mounted before it. */
bool mount_place_check_links(struct mounts *m, struct mount *mount, struct mount_fault *ret_fault);

/* mount_root.c: the root directory, which is open or known to be absent when the first returns, and
 * the working directory in it. */
void mount_root_judge(struct mounts *m);
void mount_root_judge_cwd(struct mounts *m);

/* mount_source.c */
enum mount_verdict mount_source_judge(struct mounts *m, struct mount *mount,
				      struct mount_fault *ret_fault);

/* mount_engine.c: by the shape of PATH and the ids that this document has; says nothing of who owns
 * it. */
enum engine_path mount_engine_path(struct mounts *m, const char *path, const char *at);
bool mount_engine_is_volume(const char *path);

/* mount_volume.c: what is mounted at the volume's directory may be mounted into a container. */
bool mount_volume_check(struct mounts *m, struct mount *mount, const struct hostpath *source,
			struct mount_fault *ret_fault);

/* mount_allow.c: the policy's lists. */
enum mount_allowed { ALLOWED_NOT, ALLOWED_READ_ONLY, ALLOWED };
enum mount_allowed mount_allow_path(struct mounts *m, const struct hostpath *path);
/* By text alone, for a path that is not there: only for the choice of words. */
bool mount_allow_text(struct mounts *m, const char *path);
bool mount_allow_socket(struct mounts *m, const struct hostpath *socket);
/* True when an engine's data lies in DIR or DIR in it, so that only an entry that says so counts.
 */
bool mount_allow_is_sensitive(struct mounts *m, const char *dir);
int mount_allow_check_glob(const struct json *value, struct error *e);
int mount_allow_check_socket(const struct json *value, struct error *e);

/* mount_option_rules.c: what a type of mount wants of its options. */
struct mount_rules {
	const char *type;
	const char *const *force; /* in this order, at the end */
	const char *const *drop;  /* what would undo them */
	bool (*is_known)(struct mounts *m, const struct mount *mount, const char *option);
};
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
const struct mount_rules *mount_rules_of(struct mounts *m, const struct mount *mount);
bool mount_option_is_known(struct mounts *m, const struct mount *mount,
			   const struct mount_rules *rules, const char *option);
/* The value of "NAME=VALUE", or NULL. */
const char *mount_option_value(const char *option, const char *name);

/* mount_options.c: bring the options into line. */
void mount_options_apply(struct mounts *m, struct mount *mount);

/* mount_words.c: "-v /etc:/x", "hostPath '/etc' at '/x'", "mounts: '/etc' at '/x'". */
const char *mount_words(struct mounts *m, const struct mount *mount);
/* "volumes, /srv/<glob>, 7 more" */
const char *mount_words_allowed(struct mounts *m);
/* For a path of the host that must not be mounted; REAL is where it leads, or NULL. */
void mount_words_host_path(struct mounts *m, const struct mount *mount, const char *real,
			   struct mount_fault *ret_fault);
/* For a socket; SOCKET NULL: by the text alone, and false when that is no known socket. */
bool mount_words_socket(struct mounts *m, const struct mount *mount, const struct hostpath *socket,
			struct mount_fault *ret_fault);

/* mounts.c: the mounts of this process, read once; NULL with a fault when that fails. */
const struct mountinfo *mounts_info(struct mounts *m, struct error *e);
/* TEXT quoted for a message, in the arena. */
const char *mounts_quote(struct mounts *m, const char *text);

#endif
