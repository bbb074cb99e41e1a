/* The descriptors that we were started with: what may not be missing among them. */
#ifndef MANTLET_DESCRIPTORS_H
#define MANTLET_DESCRIPTORS_H

#include "error.h"

/*
 * A descriptor 0, 1 or 2 that the caller closed would be given to the first file we open, and our
 * own messages or the container's output would land in it. O_PATH on "/" holds the place, can be
 * neither read nor written, and is gone at execve(2), so that the runtime sees what we saw.
 */
int descriptors_hold_standard(struct error *e) MUST_CHECK;

/*
 * The COUNT descriptors from 3 on, which --preserve-fds hands to the container, are all there.
 * To be asked before anything else is opened. -1 with ERR_USAGE naming the first that is missing.
 */
int descriptors_check_preserved(unsigned int count, struct error *e) MUST_CHECK;

#endif
