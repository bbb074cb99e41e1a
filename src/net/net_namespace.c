/*
 * The network namespace of a container, and sockets inside of it.
 *
 * Whether a namespace is the host's is asked of the descriptor that is used afterwards, never of a
 * path: Docker's "--network host" is a path like any other. "The host" is the namespace that the
 * engine and we run in, which need not be the machine's first one (rootless, Docker in Docker).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "net_kernel.h"
#include "nsfs.h"

/* The machine's first network namespace, by number since Linux 6.17 (nsfs.h of the kernel). */
#define NET_NS_INIT_INO 0xEFFFFFF9UL

/* The kernel answers at once; a socket that does not is no reason to hang. */
#define SECONDS_TO_ANSWER 5

static int check_not_host(int fd, struct error *e)
{
	struct statfs fs;
	struct stat st, own;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return error_sys(e, "cannot examine the container's network namespace");
	if (fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return error_set(e, ERR_SYSTEM, "that is no network namespace");
	/* What cannot be told apart from the host's is the host's. */
	if (stat("/proc/self/ns/net", &own) < 0)
		return error_sys(e, "cannot tell our own network namespace");
	if ((st.st_dev == own.st_dev && st.st_ino == own.st_ino) || st.st_ino == NET_NS_INIT_INO ||
	    ns_is_host((struct ns_id){ .dev = st.st_dev, .ino = st.st_ino }, "net"))
		return error_set(e, ERR_SYSTEM,
				 "the container has the host's network, where mantlet writes no "
				 "rules; use a network of its own, or set the controls metadata, "
				 "egress and ingress to off for it");
	return 0;
}

int net_namespace_open_path(const char *path, struct error *e)
{
	auto_close int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_sys(e, "cannot open the container's network namespace '%s'", path);
	if (check_not_host(fd, e) < 0)
		return -1;
	return take_fd(&fd);
}

int net_namespace_open(pid_t pid, struct error *e)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return net_namespace_open_path(path, e);
}

static int open_socket(int protocol, struct error *e)
{
	const struct timeval wait = { .tv_sec = SECONDS_TO_ANSWER };
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const int on = 1;
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0 && protocol == NETLINK_NETFILTER &&
	    (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT))
		return error_set(e, ERR_SYSTEM, NET_NO_KERNEL);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    bind(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return error_sys(e, "cannot talk to the kernel's firewall");
	/* Errors without a copy of the message that caused them (netlink(7)); old kernels copy. */
	(void)!setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return take_fd(&fd);
}

int net_socket_open(int ns, int protocol, struct error *e)
{
	auto_close int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -1;

	if (own < 0)
		return error_sys(e, "cannot open our own network namespace");
	if (net_mnl_load(e) < 0)
		return -1;
	if (setns(ns, CLONE_NEWNET) < 0)
		return error_sys(e, "cannot enter the container's network namespace");
	fd = open_socket(protocol, e);
	if (setns(own, CLONE_NEWNET) < 0)
		return error_sys(e, "cannot leave the container's network namespace");
	return take_fd(&fd);
}
