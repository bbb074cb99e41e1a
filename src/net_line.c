/*
 * One line of egress or ingress: "PROTO ADDRESSES PORTS". A typo must never open a port, so there
 * is one spelling for everything and no guessing; what is wrong is said with what to write instead.
 */
#include <stdio.h>
#include <string.h>

#include "net_plan.h"
#include "text.h"

#define BLANKS " \t"
/* Longer texts come from sets and are cut: the plan holds the addresses anyway. */
#define TEXT_MAX_SHOWN 160

static const char *const proto_names[] = {
	[NET_ANY] = "any",   [NET_TCP] = "tcp",   [NET_UDP] = "udp",
	[NET_SCTP] = "sctp", [NET_ICMP] = "icmp",
};

const char *net_proto_name(enum net_proto proto)
{
	return proto_names[proto];
}

bool net_proto_parse(enum net_proto *ret_proto, const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(proto_names); i++) {
		if (strlen(proto_names[i]) == len && memcmp(proto_names[i], text, len) == 0) {
			*ret_proto = (enum net_proto)i;
			return true;
		}
	}
	return false;
}

/* The words of a line. */
struct words {
	const char *at[3];
	size_t len[3];
	unsigned int count; /* 4: more than three */
};

static struct words split(const char *line)
{
	struct words words = { 0 };

	for (line += strspn(line, BLANKS); *line; line += strspn(line, BLANKS)) {
		size_t len = strcspn(line, BLANKS);

		if (words.count == 3) {
			words.count++;
			break;
		}
		words.at[words.count] = line;
		words.len[words.count++] = len;
		line += len;
	}
	return words;
}

const char *net_line_set(const char *line, size_t *ret_len)
{
	const struct words words = split(line);

	if (words.count < 2 || words.at[1][0] != '@')
		return NULL;
	*ret_len = words.len[1];
	return words.at[1];
}

static bool is_star(const char *text, size_t len)
{
	return len == 1 && text[0] == '*';
}

static int parse_addresses(struct net_entry *entry, struct arena *arena, const char *text,
			   size_t len, struct error *e)
{
	const char *at = text, *end = text + len;

	if (is_star(text, len)) {
		for (enum net_family f = NET_V4; f < NET_FAMILIES; f++) {
			const struct net_range all = net_range_all(f);

			net_ranges_add(&entry->to[f], arena, &all);
		}
		return 0;
	}
	if (text[0] == '@')
		return error_set(e, ERR_POLICY,
				 "a set can stand only alone between the protocol "
				 "and the ports");
	for (const char *comma; at <= end; at = comma + 1) {
		struct net_range range;
		enum net_family family;

		comma = memchr(at, ',', (size_t)(end - at));
		comma = comma ? comma : end;
		if (net_cidr_parse(&family, &range, at, (size_t)(comma - at), e) < 0)
			return -1;
		net_ranges_add(&entry->to[family], arena, &range);
	}
	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++)
		net_ranges_merge(&entry->to[f], f);
	return 0;
}

/* "443": digits only, 1 to 65535. */
static bool parse_port(uint16_t *ret_port, const char *text, size_t len)
{
	char copy[8];
	uint64_t port;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (parse_u64(copy, &port) < 0 || port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static int parse_range(struct net_ports *ret_ports, const char *text, size_t len, struct error *e)
{
	const char *dash = memchr(text, '-', len);
	size_t first_len = dash ? (size_t)(dash - text) : len;
	char quoted[QUOTED_SIZE];

	if (!parse_port(&ret_ports->first, text, first_len) ||
	    !parse_port(&ret_ports->last, dash ? dash + 1 : text, dash ? len - first_len - 1 : len))
		return error_set(e, ERR_POLICY,
				 "'%s' is no port from 1 to 65535 and no range such as 8000-8010",
				 error_quote(quoted, text, len));
	if (ret_ports->first > ret_ports->last)
		return error_set(e, ERR_POLICY,
				 "the range of ports '%s' ends before it begins; write %u-%u",
				 error_quote(quoted, text, len), ret_ports->last, ret_ports->first);
	return 0;
}

static int compare_ports(const void *a, const void *b)
{
	const struct net_ports *x = a, *y = b;

	return x->first != y->first ? x->first - y->first : x->last - y->last;
}

static void merge_ports(struct net_entry *entry)
{
	size_t kept = 0;

	qsort(entry->ports, entry->port_count, sizeof(*entry->ports), compare_ports);
	for (size_t i = 1; i < entry->port_count; i++) {
		struct net_ports *last = &entry->ports[kept], *next = &entry->ports[i];

		if ((uint32_t)next->first > (uint32_t)last->last + 1)
			entry->ports[++kept] = *next;
		else if (next->last > last->last)
			last->last = next->last;
	}
	entry->port_count = kept + 1;
}

static int parse_ports(struct net_entry *entry, struct arena *arena, const char *text, size_t len,
		       struct error *e)
{
	const char *at = text, *end = text + len;
	size_t count = 1;

	if (is_star(text, len))
		return 0;
	if (entry->proto == NET_ANY || entry->proto == NET_ICMP)
		return error_set(
			e, ERR_POLICY,
			"'%s' has no ports; write tcp, udp or sctp, or leave the ports out",
			net_proto_name(entry->proto));
	for (size_t i = 0; i < len; i++)
		count += text[i] == ',';
	if (count > NET_MAX_EGRESS)
		return error_set(e, ERR_POLICY, "more than %d ports in one line; write ranges",
				 NET_MAX_EGRESS);
	entry->ports = arena_alloc(arena, count * sizeof(*entry->ports));
	for (const char *comma; at <= end; at = comma + 1) {
		comma = memchr(at, ',', (size_t)(end - at));
		comma = comma ? comma : end;
		if (parse_range(&entry->ports[entry->port_count], at, (size_t)(comma - at), e) < 0)
			return -1;
		entry->port_count++;
	}
	merge_ports(entry);
	/* All ports in words of their own: no need to look at them. */
	if (entry->ports[0].first == 1 && entry->ports[0].last == UINT16_MAX)
		entry->port_count = 0;
	return 0;
}

static const char *shown(struct arena *arena, const char *line)
{
	size_t len = strlen(line), most = TEXT_MAX_SHOWN;

	return len <= most ? arena_strdup(arena, line)
			   : arena_printf(arena, "%.*s...", (int)most, line);
}

int net_line_parse(struct net_entry *ret_entry, struct arena *arena, const char *line,
		   struct error *e)
{
	const struct words words = split(line);
	struct net_entry entry = { 0 };
	char quoted[QUOTED_SIZE];

	if (words.count < 2 || words.count > 3)
		return error_set(e, ERR_POLICY,
				 "a line is a protocol, addresses and ports, such as "
				 "\"tcp 10.0.0.0/8 443\"");
	if (!net_proto_parse(&entry.proto, words.at[0], words.len[0]))
		return error_set(e, ERR_POLICY,
				 "'%s' is no protocol (there are: tcp, udp, sctp, icmp, any)",
				 error_quote(quoted, words.at[0], words.len[0]));
	if (parse_addresses(&entry, arena, words.at[1], words.len[1], e) < 0 ||
	    (words.count == 3 && parse_ports(&entry, arena, words.at[2], words.len[2], e) < 0))
		return -1;
	entry.text = shown(arena, line);
	*ret_entry = entry;
	return 0;
}

int net_line_check(const char *line, struct error *e)
{
	auto_arena struct arena *arena = arena_new();
	struct net_entry entry;

	return net_line_parse(&entry, arena, line, e);
}
