/* Names and numbers of system calls; the only file that knows libseccomp. */
#ifndef MANTLET_SECCOMP_NAMES_H
#define MANTLET_SECCOMP_NAMES_H

#include <stdbool.h>

/* The library knows NAME on some architecture, and so do the runtimes that use the same one. */
bool seccomp_names_has(const char *name);

/* The number of NAME on the native architecture (ARCH_NATIVE), or -1. */
int seccomp_names_number(const char *name);

/* NAME is a call of one of ARCHS (ARCH_*), behind socketcall(2) or ipc(2) included. */
bool seccomp_names_is_on(const char *name, unsigned int archs);

/* NAME has a number of its own on each of ARCHS. */
bool seccomp_names_is_on_each(const char *name, unsigned int archs);

/*
 * On i386 socketcall(2) and ipc(2) stand for many calls, and libseccomp lets a rule for one of
 * those reach into them without its conditions. The name of the call that NAME hides behind, or
 * NULL.
 */
const char *seccomp_names_gate(const char *name);

/* Words for "did you mean": all names of the native architecture, NULL-terminated; made once. */
const char *const *seccomp_names_all(void);

#endif
