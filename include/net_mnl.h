/*
 * libmnl, loaded when it is needed and not by the loader: a library that is gone or broken must be
 * our own decision. In front of main() it would end a container that is only audited, and keep one
 * from being deleted.
 */
#ifndef MANTLET_NET_MNL_H
#define MANTLET_NET_MNL_H

/* The C library's header comes in front of the kernel's: linux/libc-compat.h. */
#include <netinet/in.h>

#include <libmnl/libmnl.h>

#include "error.h"

/* What is used of it, without "mnl_". */
#define NET_MNL_FUNCTIONS(F)                                                                       \
	F(attr_get_payload)                                                                        \
	F(attr_get_payload_len)                                                                    \
	F(attr_get_type)                                                                           \
	F(attr_nest_end)                                                                           \
	F(attr_nest_start_check)                                                                   \
	F(attr_next)                                                                               \
	F(attr_ok)                                                                                 \
	F(attr_put_check)                                                                          \
	F(nlmsg_get_payload)                                                                       \
	F(nlmsg_get_payload_len)                                                                   \
	F(nlmsg_get_payload_offset)                                                                \
	F(nlmsg_get_payload_tail)                                                                  \
	F(nlmsg_next)                                                                              \
	F(nlmsg_ok)                                                                                \
	F(nlmsg_put_extra_header)                                                                  \
	F(nlmsg_put_header)

#define NET_MNL_POINTER(name) __typeof__(mnl_##name) *name;
/* net_mnl.attr_ok() is mnl_attr_ok(). */
extern struct net_mnl {
	NET_MNL_FUNCTIONS(NET_MNL_POINTER)
} net_mnl;
#undef NET_MNL_POINTER

/* Before anything of net_mnl is called; again it does nothing. net_socket_open() does it, so that
 * whoever has a socket has libmnl. -1 with E: net_mnl must not be used. */
int net_mnl_load(struct error *e) MUST_CHECK;

#endif
