/*
 * Sending and hearing. A batch goes to the kernel in one sendmsg(2), because one datagram is one
 * transaction; all answers are there when it returns. Any error among them means that nothing was
 * changed, and no answer at all is an error too.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net_kernel.h"

#define ANSWER_SIZE ((size_t)64 * 1024)

/* One answer is heard at a time. */
static _Alignas(struct nlmsghdr) char buf[ANSWER_SIZE];

/* What the kernel adds to a message in memory. */
#define OVERHEAD (64 * 1024)

/* The default of 208 KiB is too small for a thousand rules (EMSGSIZE). */
static void make_room(int fd, size_t len)
{
	int send_size = (int)len + OVERHEAD, receive_size = 4 * 1024 * 1024;

	/* Without CAP_NET_ADMIN here, sending fails below, and says so. */
	(void)!setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_size, sizeof(send_size));
	(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_size, sizeof(receive_size));
}

static int send_all(int fd, const void *bytes, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec piece = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	const struct msghdr message = { .msg_name = &kernel,
					.msg_namelen = sizeof(kernel),
					.msg_iov = &piece,
					.msg_iovlen = 1 };
	ssize_t sent = sendmsg(fd, &message, 0);

	if (sent >= 0 && (size_t)sent != len) {
		errno = EMSGSIZE;
		return -1;
	}
	return sent < 0 ? -1 : 0;
}

/* One datagram of the kernel's; those of other processes are passed over. */
static ssize_t receive(int fd, int flags)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct iovec piece = { .iov_base = buf, .iov_len = sizeof(buf) };
		struct msghdr message = { .msg_name = &from,
					  .msg_namelen = sizeof(from),
					  .msg_iov = &piece,
					  .msg_iovlen = 1 };
		ssize_t len = recvmsg(fd, &message, flags);

		if (len < 0)
			return -1;
		if (from.nl_pid != 0)
			continue;
		if (message.msg_flags & MSG_TRUNC) {
			errno = EMSGSIZE;
			return -1;
		}
		return len;
	}
}

/* A request and what has been heard of its answer. */
struct talk {
	uint32_t sequence;
	mnl_cb_t callback;
	void *context;
	bool is_over, is_interrupted;
	int sys_errno;
};

/* One message. Those of an earlier request that was given up are passed over. */
static void hear(struct talk *talk, const struct nlmsghdr *answer)
{
	const struct nlmsgerr *said = net_mnl.nlmsg_get_payload(answer);

	if (answer->nlmsg_seq != talk->sequence)
		return;
	/* Not libmnl's own loop, which stops at once: the rest of the dump would stay behind, and
	 * be taken for the beginning of the next one. */
	if (answer->nlmsg_flags & NLM_F_DUMP_INTR)
		talk->is_interrupted = true;
	if (answer->nlmsg_type == NLMSG_DONE) {
		talk->is_over = true;
	} else if (answer->nlmsg_type == NLMSG_ERROR) {
		talk->is_over = true;
		talk->sys_errno = net_mnl.nlmsg_get_payload_len(answer) < sizeof(*said)
					  ? EPROTO
					  : -said->error;
	} else if (answer->nlmsg_type >= NLMSG_MIN_TYPE &&
		   talk->callback(answer, talk->context) != MNL_CB_OK) {
		talk->is_over = true;
		talk->sys_errno = EPROTO;
	}
}

int net_talk(int fd, const void *request, size_t len, uint32_t sequence, mnl_cb_t callback,
	     void *context)
{
	struct talk talk = { .sequence = sequence, .callback = callback, .context = context };

	if (send_all(fd, request, len) < 0)
		return -1;
	while (!talk.is_over) {
		const struct nlmsghdr *answer = (const struct nlmsghdr *)(const void *)buf;
		ssize_t got = receive(fd, 0);
		int left = (int)got;

		if (got < 0)
			return -1;
		for (; !talk.is_over && net_mnl.nlmsg_ok(answer, left);
		     answer = net_mnl.nlmsg_next(answer, &left))
			hear(&talk, answer);
	}
	errno = talk.sys_errno ? talk.sys_errno : talk.is_interrupted ? EINTR : 0;
	return errno ? -1 : 0;
}

/* What the answers to a batch come to. */
struct verdict {
	bool is_acknowledged, table_exists, is_lost;
	uint32_t sequence; /* of the first error */
	int sys_errno;
};

static void note_answer(struct verdict *v, const struct nlmsghdr *answer, uint32_t last)
{
	const struct nlmsgerr *said = net_mnl.nlmsg_get_payload(answer);

	if (answer->nlmsg_type != NLMSG_ERROR ||
	    net_mnl.nlmsg_get_payload_len(answer) < sizeof(*said))
		return;
	if (said->error == 0) {
		v->is_acknowledged = v->is_acknowledged || answer->nlmsg_seq == last;
		return;
	}
	if (said->error == -EEXIST && answer->nlmsg_seq == NET_TABLE_SEQ)
		v->table_exists = true;
	if (v->sys_errno == 0) {
		v->sys_errno = -said->error;
		v->sequence = answer->nlmsg_seq;
	}
}

/* The first message is not enough: errors of the commit come after those of the rules. */
static void hear_all(struct verdict *v, int fd, uint32_t last)
{
	for (;;) {
		const struct nlmsghdr *answer = (const struct nlmsghdr *)(const void *)buf;
		ssize_t got = receive(fd, MSG_DONTWAIT);
		int left = (int)got;

		if (got < 0 && errno == ENOBUFS) {
			v->is_lost = true;
			continue;
		}
		if (got < 0)
			return;
		for (; net_mnl.nlmsg_ok(answer, left); answer = net_mnl.nlmsg_next(answer, &left))
			note_answer(v, answer, last);
	}
}

/* network.md's table of symptoms: what an errno means depends on the message it answers. */
static int explain(const struct net_batch *batch, const struct verdict *v, struct error *e)
{
	const char *name = v->sequence > 0 && v->sequence <= batch->count
				   ? batch->names[v->sequence - 1]
				   : "the batch";
	bool is_frame = v->sequence == 1 || v->sequence == batch->count;

	errno = v->sys_errno;
	if (v->sys_errno == EPERM)
		return error_set(
			e, ERR_SYSTEM,
			"the kernel does not permit the firewall (CAP_NET_ADMIN is missing "
			"in the user namespace that owns the network)");
	if (is_frame && (v->sys_errno == EOPNOTSUPP || v->sys_errno == EINVAL ||
			 v->sys_errno == EPROTONOSUPPORT))
		return error_set(e, ERR_SYSTEM, NET_NO_KERNEL);
	if (v->sequence <= NET_TABLE_SEQ + 4 && v->sequence >= NET_TABLE_SEQ &&
	    (v->sys_errno == EAFNOSUPPORT || v->sys_errno == EOPNOTSUPP || v->sys_errno == ENOENT))
		return error_set(e, ERR_SYSTEM,
				 "this kernel has no nf_tables for the family inet (at '%s'); "
				 "root: modprobe nf_tables_inet, or set the controls metadata, "
				 "egress and ingress to off on this host",
				 name);
	if (v->sys_errno == ENOENT)
		return error_set(
			e, ERR_SYSTEM,
			"this kernel lacks a part of nf_tables that '%s' needs (ct, reject "
			"or sets)",
			name);
	return error_sys(e, "the kernel did not take '%s'", name);
}

int net_commit(int fd, struct net_batch *batch, struct error *e)
{
	/* The last message before the end of the batch is the one that asks for an answer. */
	uint32_t last = (uint32_t)batch->count - 1;
	struct verdict v = { 0 };

	make_room(fd, batch->bytes.len);
	if (send_all(fd, batch->bytes.data, batch->bytes.len) < 0)
		return error_sys(e, "cannot send the firewall to the kernel");
	hear_all(&v, fd, last);
	if (v.table_exists)
		return 1;
	if (v.sys_errno)
		return explain(batch, &v, e);
	if (v.is_lost || !v.is_acknowledged)
		return error_set(e, ERR_SYSTEM, "the kernel did not say that the firewall holds");
	return 0;
}
