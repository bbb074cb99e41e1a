/* A filter to look at: a profile as it is for some container, or the filter of a container. */
#ifndef MANTLET_SECCOMP_VIEW_H
#define MANTLET_SECCOMP_VIEW_H

#include "ctl.h"
#include "seccomp_profile.h"

/* What was asked for besides the profile. */
struct view_question {
	struct seccomp_context context; /* capabilities, architectures, kernel */
	const char *root;               /* of the runtime, for containers; NULL: any */
};

/* One name of the filter. */
struct view_call {
	const char *name;
	const char *class; /* "files"; never NULL */
	const struct seccomp_rule *rules;
	size_t count;
	bool is_here; /* a call of the filter's architectures */
};

struct view {
	const char *word;   /* as it was asked for */
	const char *origin; /* "built in", "file", "document", "docker container 8c1d02f6a9be" */
	/* Why it would not be accepted or does not protect, or NULL. */
	const char *finding;
	/* NULL for a container without a filter. */
	const struct seccomp_filter *filter;
	bool is_container;       /* or what a document says of one: no conditions are left in it */
	struct view_call *calls; /* by name, those with rules */
	size_t count;
};

/*
 * WORD is a built-in name, "container:ID" or a file: a profile, or the config.json of a bundle.
 * What a profile of the policy must not say and a container's profile may is a finding; whatever
 * neither may is an error, -1, "FILE line N: ...".
 */
int view_load(struct ctl *ctl, struct view *ret_view, const char *word,
	      const struct view_question *question) MUST_CHECK;

/* True when the call may happen, at least under conditions. */
bool view_is_allowed(const struct view *view, const struct view_call *call);

/* The call NAME, or NULL when no rule is about it. */
const struct view_call *view_find(const struct view *view, const char *name);

/* The class of calls that profiles allow and ours does not. */
#define VIEW_BEYOND "beyond default"

#endif
