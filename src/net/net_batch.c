/*
 * The frame of a netlink batch: messages, attributes, sequence numbers. libmnl's checked functions
 * do the writing; what they cannot know, a nested attribute of more than 16 bits, is checked here.
 */
#include "net_batch.h"

#include <string.h>

/* One message: NEWSETELEM is split at 60,000 bytes, all others are small. */
#define MESSAGE_SIZE ((size_t)80 * 1024)

void net_batch_open(struct net_batch *ret_batch)
{
	*ret_batch = (struct net_batch){ .msg = malloc(MESSAGE_SIZE) };
	if (!ret_batch->msg)
		arena_oom();
}

void net_batch_close(struct net_batch *batch)
{
	free(batch->msg);
	free(batch->names);
	strbuf_free(&batch->bytes);
}

static uint32_t next_sequence(struct net_batch *batch, const char *name)
{
	if (batch->count == batch->room) {
		batch->room = batch->room ? batch->room * 2 : 64;
		batch->names = reallocarray(batch->names, batch->room, sizeof(*batch->names));
		if (!batch->names)
			arena_oom();
	}
	batch->names[batch->count++] = name;
	return (uint32_t)batch->count;
}

static void begin(struct net_batch *batch, uint16_t type, uint16_t flags, uint8_t family,
		  uint16_t resource, const char *name)
{
	struct nfgenmsg *header;

	memset(batch->msg, 0, NLMSG_HDRLEN);
	batch->msg = net_mnl.nlmsg_put_header(batch->msg);
	batch->msg->nlmsg_type = type;
	batch->msg->nlmsg_flags = NLM_F_REQUEST | flags;
	batch->msg->nlmsg_seq = next_sequence(batch, name);
	header = net_mnl.nlmsg_put_extra_header(batch->msg, sizeof(*header));
	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	header->res_id = htons(resource);
}

void net_msg_begin(struct net_batch *batch, uint16_t type, uint16_t flags, const char *name)
{
	begin(batch, (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | type), flags, NFPROTO_INET, 0, name);
}

/* Nfnetlink's own messages, which say whom the batch is for. */
void net_batch_frame(struct net_batch *batch, uint16_t type)
{
	begin(batch, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, "the batch");
	net_msg_end(batch);
}

void net_msg_end(struct net_batch *batch)
{
	strbuf_add(&batch->bytes, batch->msg, (batch->msg->nlmsg_len + 3U) & ~3U);
}

void net_put(struct net_batch *batch, uint16_t type, const void *data, size_t len)
{
	static const size_t word = 4;
	size_t padding = (word - len % word) % word;

	if (!net_mnl.attr_put_check(batch->msg, MESSAGE_SIZE, type, len, data)) {
		batch->is_failed = true;
		return;
	}
	/* libmnl leaves there what was in memory. */
	memset((char *)net_mnl.nlmsg_get_payload_tail(batch->msg) - padding, 0, padding);
}

void net_put_u8(struct net_batch *batch, uint16_t type, uint8_t value)
{
	net_put(batch, type, &value, sizeof(value));
}

void net_put_u32(struct net_batch *batch, uint16_t type, uint32_t value)
{
	value = htonl(value);
	net_put(batch, type, &value, sizeof(value));
}

void net_put_str(struct net_batch *batch, uint16_t type, const char *text)
{
	net_put(batch, type, text, strlen(text) + 1);
}

struct nlattr *net_nest(struct net_batch *batch, uint16_t type)
{
	struct nlattr *nest = net_mnl.attr_nest_start_check(batch->msg, MESSAGE_SIZE, type);

	batch->is_failed = batch->is_failed || !nest;
	return nest;
}

void net_nest_end(struct net_batch *batch, struct nlattr *nest)
{
	const char *tail = net_mnl.nlmsg_get_payload_tail(batch->msg);

	if (!nest)
		return;
	if (tail - (const char *)nest > UINT16_MAX)
		batch->is_failed = true;
	net_mnl.attr_nest_end(batch->msg, nest);
}

size_t net_comment_data(uint8_t buf[static 256], const char *comment)
{
	size_t len = strlen(comment) + 1;

	if (len > 254)
		return 0;
	buf[0] = 0; /* libnftnl's NFTNL_UDATA_RULE_COMMENT */
	buf[1] = (uint8_t)len;
	memcpy(buf + 2, comment, len);
	return len + 2;
}
