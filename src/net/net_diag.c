/*
 * Which sockets inside a container wait for somebody from outside (sock_diag(7)): what listens and
 * is in no line of `ingress` is either forgotten or not meant to be there.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "net_kernel.h"

/* States of a socket as bits (net/tcp_states.h of the kernel): TCP_LISTEN, and TCP_CLOSE, which is
 * a UDP socket without a peer. */
#define LISTENING (1U << 10)
#define UNCONNECTED (1U << 7)

struct dump {
	struct net_listeners *out;
	struct arena *arena;
	bool is_udp;
	uint32_t sequence;
};

static struct net_listener *add(struct dump *dump)
{
	struct net_listeners *out = dump->out;

	if (out->count == out->room) {
		size_t room = out->room ? out->room * 2 : 16;
		struct net_listener *items = arena_alloc(dump->arena, room * sizeof(*items));

		if (out->count)
			memcpy(items, out->items, out->count * sizeof(*items));
		out->items = items;
		out->room = room;
	}
	return &out->items[out->count++];
}

static int take(const struct nlmsghdr *message, void *context)
{
	const struct inet_diag_msg *said = net_mnl.nlmsg_get_payload(message);
	struct dump *dump = context;
	struct net_listener *it;

	if (net_mnl.nlmsg_get_payload_len(message) < sizeof(*said) || said->id.idiag_sport == 0)
		return MNL_CB_OK;
	it = add(dump);
	it->is_udp = dump->is_udp;
	it->family = said->idiag_family == AF_INET ? NET_V4 : NET_V6;
	memcpy(it->address, said->id.idiag_src, net_address_len(it->family));
	it->port = ntohs(said->id.idiag_sport);
	it->uid = said->idiag_uid;
	return MNL_CB_OK;
}

static int ask(struct dump *dump, int fd, uint8_t family, struct error *e)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} ask = {
		.header = { .nlmsg_len = sizeof(ask),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			    .nlmsg_seq = dump->sequence },
		.request = { .sdiag_family = family,
			     .sdiag_protocol = dump->is_udp ? IPPROTO_UDP : IPPROTO_TCP,
			     .idiag_states = dump->is_udp ? UNCONNECTED : LISTENING },
	};

	/* ENOENT: this kernel has no udp_diag or tcp_diag; there is nothing to say then. */
	if (net_talk(fd, &ask, sizeof(ask), dump->sequence, take, dump) < 0 && errno != ENOENT &&
	    errno != EINTR)
		return error_sys(e, "cannot list the sockets that listen");
	return 0;
}

int net_diag(struct net_listeners *ret_listeners, struct arena *arena, int fd, struct error *e)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	*ret_listeners = (struct net_listeners){ 0 };
	for (int udp = 0; udp < 2; udp++) {
		for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
			struct dump dump = { .out = ret_listeners,
					     .arena = arena,
					     .is_udp = udp == 1,
					     .sequence = (uint32_t)(2 * udp) + (uint32_t)i + 1 };

			if (ask(&dump, fd, families[i], e) < 0)
				return -1;
		}
	}
	return 0;
}
