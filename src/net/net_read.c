/*
 * What the kernel has under our name, read back: an exit code of 0 is no proof that rules exist,
 * and whoever is root on the host could have changed them since. The kernel's dumps of chains know
 * no filter by table, so the name of the table is compared here.
 */
#include <errno.h>
#include <string.h>

#include "net_kernel.h"
#include "text.h"

/* Docker's own rules for DNS come at about the same time and change the generation. */
#define ATTEMPTS 8

struct reading {
	struct net_seen *seen;
	struct arena *arena;
	struct net_seen_set *set; /* while its elements are read */
	size_t address_len;
	uint32_t generation, sequence;
};

static bool get_u32(const struct nlattr *attr, uint32_t *ret_value)
{
	uint32_t value;

	if (net_mnl.attr_get_payload_len(attr) != sizeof(value))
		return false;
	memcpy(&value, net_mnl.attr_get_payload(attr), sizeof(value));
	*ret_value = ntohl(value);
	return true;
}

static uint64_t get_u64(const struct nlattr *attr)
{
	uint32_t half[2] = { 0 };

	if (net_mnl.attr_get_payload_len(attr) == sizeof(half))
		memcpy(half, net_mnl.attr_get_payload(attr), sizeof(half));
	return ((uint64_t)ntohl(half[0]) << 32) | ntohl(half[1]);
}

static const char *get_text(struct reading *r, const struct nlattr *attr)
{
	const char *text = net_mnl.attr_get_payload(attr);
	size_t len = net_mnl.attr_get_payload_len(attr);

	return arena_memdup(r->arena, text, strnlen(text, len));
}

static bool is_text(const struct nlattr *attr, const char *want)
{
	const char *text = net_mnl.attr_get_payload(attr);
	size_t len = strnlen(text, net_mnl.attr_get_payload_len(attr));

	return len == strlen(want) && memcmp(text, want, len) == 0;
}

/* Type, length, value, as libnftnl writes them; the comment has type 0 and a NUL at its end. */
static const char *get_comment(struct reading *r, const struct nlattr *attr)
{
	const uint8_t *at = net_mnl.attr_get_payload(attr);
	size_t left = net_mnl.attr_get_payload_len(attr);

	while (left >= 2 && at[1] <= left - 2) {
		if (at[0] == 0 && at[1] > 0 && at[1 + at[1]] == '\0')
			return arena_memdup(r->arena, at + 2, at[1] - 1U);
		left -= 2U + at[1];
		at += 2U + at[1];
	}
	return NULL;
}

static void *grow(struct reading *r, void *items, size_t count, size_t *room, size_t size)
{
	void *more;

	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 16;
	more = arena_alloc(r->arena, *room * size);
	if (count)
		memcpy(more, items, count * size);
	return more;
}

static int take_generation(const struct nlmsghdr *message, void *context)
{
	struct reading *r = context;

	net_each_attr (attr, message) {
		if (net_mnl.attr_get_type(attr) == NFTA_GEN_ID)
			(void)get_u32(attr, &r->generation);
	}
	return MNL_CB_OK;
}

static int take_table(const struct nlmsghdr *message, void *context)
{
	struct reading *r = context;

	r->seen->has_table = true;
	r->seen->flags = UINT32_MAX;
	net_each_attr (attr, message) {
		if (net_mnl.attr_get_type(attr) == NFTA_TABLE_FLAGS)
			(void)get_u32(attr, &r->seen->flags);
		if (net_mnl.attr_get_type(attr) == NFTA_TABLE_USERDATA)
			r->seen->identity = get_comment(r, attr);
	}
	return MNL_CB_OK;
}

static void take_hook(struct net_seen_chain *chain, const struct nlattr *hook)
{
	chain->has_hook = true;
	net_each_nested (attr, hook) {
		if (net_mnl.attr_get_type(attr) == NFTA_HOOK_HOOKNUM)
			(void)get_u32(attr, &chain->hook);
		if (net_mnl.attr_get_type(attr) == NFTA_HOOK_PRIORITY)
			(void)get_u32(attr, &chain->priority);
	}
}

/* What is not said is never taken for 0, which is NF_DROP and the priority that we want. */
static int take_chain(const struct nlmsghdr *message, void *context)
{
	struct reading *r = context;
	struct net_seen *seen = r->seen;
	struct net_seen_chain chain = {
		.name = "", .hook = UINT32_MAX, .priority = UINT32_MAX, .policy = UINT32_MAX
	};
	bool is_ours = false;

	net_each_attr (attr, message) {
		switch (net_mnl.attr_get_type(attr)) {
		case NFTA_CHAIN_TABLE:
			is_ours = is_text(attr, NET_TABLE);
			break;
		case NFTA_CHAIN_NAME:
			chain.name = get_text(r, attr);
			break;
		case NFTA_CHAIN_HOOK:
			take_hook(&chain, attr);
			break;
		case NFTA_CHAIN_POLICY:
			(void)get_u32(attr, &chain.policy);
			break;
		case NFTA_CHAIN_TYPE:
			chain.is_filter = is_text(attr, "filter");
			break;
		case NFTA_CHAIN_FLAGS:
			(void)get_u32(attr, &chain.flags);
			break;
		default:
			break;
		}
	}
	if (!is_ours)
		return MNL_CB_OK;
	seen->chains = grow(r, seen->chains, seen->chain_count, &seen->chain_room, sizeof(chain));
	seen->chains[seen->chain_count++] = chain;
	return MNL_CB_OK;
}

/* The first counter of a rule; ours have one. */
static void take_counter(struct net_seen_rule *rule, const struct nlattr *expressions)
{
	net_each_nested (element, expressions) {
		bool is_counter = false;

		net_each_nested (attr, element) {
			if (net_mnl.attr_get_type(attr) == NFTA_EXPR_NAME)
				is_counter = is_text(attr, "counter");
			if (net_mnl.attr_get_type(attr) != NFTA_EXPR_DATA || !is_counter)
				continue;
			net_each_nested (value, attr) {
				if (net_mnl.attr_get_type(value) == NFTA_COUNTER_PACKETS)
					rule->packets = get_u64(value);
				if (net_mnl.attr_get_type(value) == NFTA_COUNTER_BYTES)
					rule->bytes = get_u64(value);
			}
			return;
		}
	}
}

static int take_rule(const struct nlmsghdr *message, void *context)
{
	struct reading *r = context;
	struct net_seen *seen = r->seen;
	struct net_seen_rule rule = { .chain = "", .expressions = "" };
	bool is_ours = false;

	net_each_attr (attr, message) {
		auto_strbuf struct strbuf text = { 0 };

		switch (net_mnl.attr_get_type(attr)) {
		case NFTA_RULE_TABLE:
			is_ours = is_text(attr, NET_TABLE);
			break;
		case NFTA_RULE_CHAIN:
			rule.chain = get_text(r, attr);
			break;
		case NFTA_RULE_USERDATA:
			rule.comment = get_comment(r, attr);
			break;
		case NFTA_RULE_EXPRESSIONS:
			net_normalise(&text, attr);
			rule.expressions = arena_strdup(r->arena, strbuf_text(&text));
			take_counter(&rule, attr);
			break;
		default:
			break;
		}
	}
	if (!is_ours)
		return MNL_CB_OK;
	seen->rules = grow(r, seen->rules, seen->rule_count, &seen->rule_room, sizeof(rule));
	seen->rules[seen->rule_count++] = rule;
	return MNL_CB_OK;
}

static void take_key(struct reading *r, struct net_seen_element *element, const struct nlattr *key,
		     bool *ret_is_whole)
{
	net_each_nested (attr, key) {
		if (net_mnl.attr_get_type(attr) != NFTA_DATA_VALUE ||
		    net_mnl.attr_get_payload_len(attr) != r->address_len)
			return;
		memcpy(element->address, net_mnl.attr_get_payload(attr), r->address_len);
		*ret_is_whole = true;
	}
}

static void take_element(struct reading *r, const struct nlattr *item)
{
	struct net_seen_set *set = r->set;
	struct net_seen_element element = { 0 };
	bool is_whole = false;
	uint32_t flags = 0;

	net_each_nested (attr, item) {
		switch (net_mnl.attr_get_type(attr)) {
		case NFTA_SET_ELEM_KEY:
			take_key(r, &element, attr, &is_whole);
			break;
		case NFTA_SET_ELEM_FLAGS:
			is_whole = get_u32(attr, &flags) && is_whole;
			break;
		case NFTA_SET_ELEM_PAD:
			break;
		default: /* time-outs, data: nothing that we have put there */
			set->is_bad = true;
			break;
		}
	}
	element.is_end = flags == NFT_SET_ELEM_INTERVAL_END;
	set->is_bad = set->is_bad || !is_whole || (flags & ~(uint32_t)NFT_SET_ELEM_INTERVAL_END);
	set->elements = grow(r, set->elements, set->count, &set->room, sizeof(element));
	set->elements[set->count++] = element;
}

static int take_elements(const struct nlmsghdr *message, void *context)
{
	struct reading *r = context;

	net_each_attr (attr, message) {
		if (net_mnl.attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		net_each_nested (item, attr)
			take_element(r, item);
	}
	return MNL_CB_OK;
}

/* The attribute with the name of the table has the number 1 in each kind of message. */
static int ask(struct reading *r, int fd, uint16_t type, uint16_t flags, const char *set,
	       mnl_cb_t take)
{
	auto_batch struct net_batch batch;

	net_batch_open(&batch);
	net_msg_begin(&batch, type, flags, NULL);
	if (type != NFT_MSG_GETGEN)
		net_put_str(&batch, NFTA_TABLE_NAME, NET_TABLE);
	if (set)
		net_put_str(&batch, NFTA_SET_ELEM_LIST_SET, set);
	batch.msg->nlmsg_seq = ++r->sequence;
	net_msg_end(&batch);
	return net_talk(fd, batch.bytes.data, batch.bytes.len, r->sequence, take, r);
}

static int read_sets(struct reading *r, int fd, const struct net_table *table)
{
	r->seen->sets = arena_alloc(r->arena, (table->set_count + 1) * sizeof(*r->seen->sets));
	for (size_t i = 0; i < table->set_count; i++) {
		r->set = &r->seen->sets[i];
		r->address_len = net_address_len(table->sets[i].family);
		if (ask(r, fd, NFT_MSG_GETSETELEM, NLM_F_DUMP, table->sets[i].name, take_elements) <
			    0 &&
		    errno != ENOENT)
			return -1;
	}
	return 0;
}

/* 0, 1 to try again, -1 with errno. */
static int read_once(struct reading *r, int fd, const struct net_table *table)
{
	uint32_t before;

	*r->seen = (struct net_seen){ 0 };
	if (ask(r, fd, NFT_MSG_GETGEN, NLM_F_ACK, NULL, take_generation) < 0)
		return -1;
	before = r->generation;
	r->seen->generation = before;
	if (ask(r, fd, NFT_MSG_GETTABLE, NLM_F_ACK, NULL, take_table) < 0)
		return errno == ENOENT ? 0 : -1;
	if (ask(r, fd, NFT_MSG_GETCHAIN, NLM_F_DUMP, NULL, take_chain) < 0 ||
	    ask(r, fd, NFT_MSG_GETRULE, NLM_F_DUMP, NULL, take_rule) < 0 ||
	    (table && read_sets(r, fd, table) < 0))
		return errno == EINTR ? 1 : -1;
	if (ask(r, fd, NFT_MSG_GETGEN, NLM_F_ACK, NULL, take_generation) < 0)
		return -1;
	return before == r->generation ? 0 : 1;
}

int net_read(struct net_seen *ret_seen, struct arena *arena, int fd, const struct net_table *table,
	     struct error *e)
{
	struct reading r = { .seen = ret_seen, .arena = arena };

	for (int i = 0; i < ATTEMPTS; i++) {
		int result = read_once(&r, fd, table);

		if (result < 0 && (errno == EOPNOTSUPP || errno == EINVAL))
			return error_set(e, ERR_SYSTEM, NET_NO_KERNEL);
		if (result < 0)
			return error_sys(e, "cannot read the container's firewall");
		if (result == 0)
			return 0;
	}
	return error_set(e, ERR_SYSTEM,
			 "the container's firewall changes all the time and cannot be read");
}

const char *net_seen_identity(const struct net_seen *seen)
{
	for (size_t i = 0; i < seen->rule_count; i++) {
		if (text_equal(seen->rules[i].chain, NET_REFUSE_CHAIN) &&
		    text_starts(seen->rules[i].comment, "v1 "))
			return seen->rules[i].comment;
	}
	return seen->identity ? seen->identity : "";
}

uint64_t net_blocked(const struct net_seen *seen, const char *id)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < seen->rule_count; i++) {
		if (seen->rules[i].comment && net_comment_is_block(seen->rules[i].comment, id))
			packets += seen->rules[i].packets;
	}
	return packets;
}
