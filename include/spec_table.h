/* The vocabulary as data: what spec.c walks. Nothing else looks in here. */
#ifndef MANTLET_SPEC_TABLE_H
#define MANTLET_SPEC_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"

enum spec_kind {
	SPEC_BOOL,
	SPEC_TEXT,
	SPEC_INT,     /* MIN to MAX */
	SPEC_UINT,    /* 0 to UMAX */
	SPEC_LIST,    /* of ITEM, at most MOST entries (0: no limit of its own) */
	SPEC_OBJECT,  /* FIELDS */
	SPEC_MAP,     /* keys are the author's, values are ITEM; at most MOST members */
	SPEC_FOREIGN, /* a section for another platform: empty, or refused */
};

struct spec_type {
	enum spec_kind kind;
	bool is_null_fine; /* a value in a free-form map, which nobody acts on */
	int64_t min;
	int64_t max;
	uint64_t umax;
	unsigned int least; /* SPEC_LIST: fewest entries */
	unsigned int most;
	const char *unique;       /* SPEC_LIST of objects: no two share this member's text */
	const char *const *words; /* SPEC_TEXT: one of these, NULL-terminated */
	/* SPEC_TEXT: NULL, or what the text must be ("an absolute path"). */
	const char *(*check)(const struct json *text);
	const struct spec_type *item;
	const struct spec_field *fields; /* closed by a row without key */
};

struct spec_field {
	const char *key;
	const struct spec_type *type;
	bool is_required;
	bool is_foreign; /* for another platform: its type is checked, and it counts as unknown */
};

/* The whole document. */
extern const struct spec_type spec_root;

#endif
