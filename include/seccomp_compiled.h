/*
 * Filters that were compiled when mantlet was built.
 *
 * A runtime compiles linux.seccomp anew at every start, which is the largest part of a start with
 * crun. crun takes the finished program from an annotation instead (crun(1),
 * run.oci.seccomp_bpf_data). So where a container's filter is, letter for letter, a built-in
 * profile, its program goes along. linux.seccomp stays: it is what people read, and what a crun
 * that does not know the annotation compiles.
 */
#ifndef MANTLET_SECCOMP_COMPILED_H
#define MANTLET_SECCOMP_COMPILED_H

#include "edit.h"

#define SECCOMP_COMPILED_ANNOTATION "run.oci.seccomp_bpf_data"

/* src/tools/seccomp_table.c writes these into $(O)/gen/seccomp_table.c: each built-in profile for
 * processes without capabilities, on the native architecture. */
extern const struct seccomp_compiled {
	const char *section; /* linux.seccomp as json_write() writes it */
	const char *program; /* struct sock_filter after struct sock_filter, in base64 */
} seccomp_compiled[];        /* closed by a row without section */

/* True when VALUE, of that annotation, is the program of SECTION, a linux.seccomp. Both may be
 * NULL. */
bool seccomp_compiled_is_right(const struct json *section, const char *value);

/* Give the document the program of its linux.seccomp where crun is the runtime, and take every
 * other one away: crun would obey it and not the section. */
void seccomp_compiled_put(struct edit *ed);

#endif
