/* Whether a directory of an image can be copied onto a tmpfs. */
#ifndef MANTLET_ROOTFS_CONTENT_H
#define MANTLET_ROOTFS_CONTENT_H

#include <stdint.h>

#include "arena.h"
#include "error.h"

/*
 * Runtimes copy the content of the covered directory when a tmpfs has the option tmpcopyup, and
 * fail the start on FIFOs, sockets and devices and when it does not fit. NULL when everything below
 * FD (a directory; O_PATH is enough) is files, directories and links that fit into SIZE bytes; else
 * the reason why not ("it holds a socket").
 */
const char *rootfs_content_fault(int fd, uint64_t size, struct arena *arena);

#endif
