/*
 * Messages for nf_tables byte by byte. What is expected was written down by hand from
 * linux/netlink.h and linux/netfilter/nf_tables.h, for a machine with little-endian numbers: an
 * attribute is its length and type, each two bytes of the machine, then data that nf_tables reads
 * in network order; 0x8000 in a type says that attributes are inside.
 */
#include "net_batch.h"
#include "tap.h"
#include "text.h"

static struct arena *arena;

static const char *hex_of(const struct strbuf *bytes)
{
	const char *all;
	struct strbuf text = { 0 };

	for (size_t i = 0; i < bytes->len; i++)
		strbuf_printf(&text, "%02x", (unsigned char)bytes->data[i]);
	all = arena_strdup(arena, strbuf_text(&text));
	strbuf_free(&text);
	return all;
}

/* HEX without its blanks. */
static const char *plain(const char *hex)
{
	char *out = arena_strdup(arena, hex), *to = out;

	for (const char *at = hex; *at; at++) {
		if (*at != ' ')
			*to++ = *at;
	}
	*to = '\0';
	return out;
}

#define TABLE_NAME "0c000100 6d616e746c657400 " /* 1: "mantlet" */

/* Expressions: LIST_ELEM(1) { NAME(1), DATA(2) {...} } */
#define META_NFPROTO                                                                               \
	"24000180 09000100 6d657461 00000000 14000280 08000200 0000000f 08000100 00000001 "
#define META_L4PROTO                                                                               \
	"24000180 09000100 6d657461 00000000 14000280 08000200 00000010 08000100 00000001 "
#define META_OIF "24000180 09000100 6d657461 00000000 14000280 08000200 00000005 08000100 00000001 "
#define CMP_BYTE(byte)                                                                             \
	"2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 "        \
	"05000100 " byte "000000 "
#define CMP_WORD(op, word)                                                                         \
	"2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 " op " 0c000380 "          \
	"08000100 " word " "
#define CMP_SHORT(half)                                                                            \
	"2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 "        \
	"06000100 " half "0000 "
#define PAYLOAD(base, offset, len)                                                                 \
	"34000180 0c000100 7061796c6f616400 24000280 08000100 00000001 08000200 " base             \
	" 08000300 " offset " 08000400 " len " "
#define BITWISE4(mask)                                                                             \
	"44000180 0c000100 6269747769736500 34000280 08000100 00000001 08000200 00000001 "         \
	"08000300 00000004 0c000480 08000100 " mask " 0c000580 08000100 00000000 "
#define RANGE_SHORT(first, last)                                                                   \
	"3c000180 0a000100 72616e67 65000000 2c000280 08000100 00000001 08000200 00000000 "        \
	"0c000380 06000100 " first "0000 0c000480 06000100 " last "0000 "
#define COUNTER "14000180 0c000100 636f756e74657200 04000280 "
#define VERDICT(code)                                                                              \
	"30000180 0e000100 696d6d65646961746500 0000 1c000280 08000100 00000000 10000280 "         \
	"0c000280 08000100 " code " "
#define GOTO_REFUSE                                                                                \
	"3c000180 0e000100 696d6d65646961746500 0000 28000280 08000100 00000000 1c000280 "         \
	"18000280 08000100 fffffffc 0b000200 72656675736500 00 "
#define LOOKUP(name_attr, id)                                                                      \
	"2c000180 0b000100 6c6f6f6b757000 00 1c000280 " name_attr                                  \
	" 08000200 00000001 08000400 " id " "

static void is_hex(struct net_batch *batch, const char *want, const char *name)
{
	is_text(hex_of(&batch->bytes), plain(want), name);
	ok(!batch->is_failed, "  and everything fitted");
	net_batch_close(batch);
}

static void test_chain(void)
{
	const struct net_chain output = { "output", NET_OUTPUT, true };
	const struct net_chain refuse = { "refuse", NET_NO_HOOK, false };
	struct net_batch batch;

	net_batch_open(&batch);
	net_encode_chain(&batch, &output);
	is_hex(&batch,
	       "54000000 030a 0106 01000000 00000000 01000000 " /* NEWCHAIN CREATE EXCL, inet */
	       TABLE_NAME "0b000300 6f757470757400 00 "         /* 3: "output" */
	       "14000480 08000100 00000003 08000200 00000000 "  /* 4: hook 3, priority 0 */
	       "08000500 00000000 "                             /* 5: policy drop */
	       "0b000700 66696c74657200 00",                    /* 7: "filter" */
	       "a base chain that drops");

	net_batch_open(&batch);
	net_encode_chain(&batch, &refuse);
	is_hex(&batch,
	       "2c000000 030a 0106 01000000 00000000 01000000 " TABLE_NAME
	       "0b000300 72656675736500 00",
	       "a chain without a hook");
}

static void rule_is(const struct net_rule *rule, const struct net_table *table, const char *head,
		    const char *expressions, const char *tail, const char *name)
{
	struct net_batch batch;

	net_batch_open(&batch);
	net_encode_rule(&batch, rule, table, false);
	is_hex(&batch, arena_printf(arena, "%s%s%s", head, expressions, tail), name);
}

static void test_rules(void)
{
	const struct net_range ten = { { 10 }, { 10, 255, 255, 255 } };
	struct net_table table = { .chains = { { "output", NET_OUTPUT, true } }, .chain_count = 1 };
	struct net_rule rule = { .chain = "output",
				 .verdict = NET_ACCEPT,
				 .is_counted = true,
				 .has_family = true,
				 .family = NET_V4,
				 .range = &ten,
				 .proto = IPPROTO_TCP,
				 .has_ports = true,
				 .ports = { 443, 443 } };
	struct net_rule loopback = { .chain = "output",
				     .is_loopback = true,
				     .verdict = NET_ACCEPT,
				     .proto = NET_NO_PROTO,
				     .comment = "lo" };
	struct net_rule established = { .chain = "output",
					.is_established = true,
					.verdict = NET_ACCEPT,
					.proto = NET_NO_PROTO };

	table.chains[0].name = rule.chain = loopback.chain = established.chain = "output";
	rule_is(&rule, &table,
		/* 0x218 long, NEWRULE (6), REQUEST CREATE APPEND */
		"18020000 060a 010c 01000000 00000000 01000000 " TABLE_NAME
		"0b000200 6f757470757400 00 ec010480 ",
		META_NFPROTO CMP_BYTE("02") PAYLOAD("00000001", "00000010", "00000004")
			BITWISE4("ff000000") CMP_WORD("00000000", "0a000000")
				META_L4PROTO CMP_BYTE("06")
					PAYLOAD("00000002", "00000002", "00000002")
						CMP_SHORT("01bb") COUNTER VERDICT("00000001"),
		"", "ip daddr 10.0.0.0/8 tcp dport 443 counter accept");

	rule.range = NULL;
	rule.has_family = false;
	rule.ports = (struct net_ports){ 8000, 8010 };
	rule.verdict = NET_REFUSE;
	rule_is(&rule, &table,
		"40010000 060a 010c 01000000 00000000 01000000 " TABLE_NAME
		"0b000200 6f757470757400 00 14010480 ",
		META_L4PROTO CMP_BYTE("06") PAYLOAD("00000002", "00000002", "00000002")
			RANGE_SHORT("1f40", "1f4a") COUNTER GOTO_REFUSE,
		"", "tcp dport 8000-8010 counter goto refuse");

	rule_is(&loopback, &table,
		"bc000000 060a 010c 01000000 00000000 01000000 " TABLE_NAME
		"0b000200 6f757470757400 00 84000480 ",
		META_OIF CMP_WORD("00000000", "01000000") /* host order */
		VERDICT("00000001"),
		"09000700 00036c6f 00 000000", "oif lo accept, with a comment");

	rule_is(&established, &table,
		"f0000000 060a 010c 01000000 00000000 01000000 " TABLE_NAME
		"0b000200 6f757470757400 00 c4000480 ",
		"20000180 07000100 637400 00 14000280 08000200 00000000 08000100 "
		"00000001 " BITWISE4("06000000") CMP_WORD("00000001", "00000000")
			VERDICT("00000001"),
		"", "ct state established,related accept");
}

static void test_set(void)
{
	struct net_range items[] = { { { 10, 9 }, { 10, 9, 255, 255 } },
				     { { 255, 255, 255, 255 }, { 255, 255, 255, 255 } } };
	struct net_set set = { "bad", NET_V4, { items, 2, 2 } };
	struct net_table table = { .sets = &set, .set_count = 1 };
	const struct net_rule rule = { .chain = "input",
				       .has_family = true,
				       .is_source = true,
				       .family = NET_V4,
				       .set = &set,
				       .proto = NET_NO_PROTO,
				       .verdict = NET_DROP };
	struct net_batch batch;

	net_batch_open(&batch);
	net_encode_set(&batch, &set, 7);
	is_hex(&batch,
	       /* NEWSET (9): interval (4) and constant (2); type ipv4_addr, 4 bytes, number 7 */
	       "48000000 090a 0106 01000000 00000000 01000000 " TABLE_NAME
	       "08000200 62616400 08000300 00000006 08000400 00000007 08000500 00000004 "
	       "08000a00 00000007 "
	       /* NEWSETELEM (12) */
	       "6c000000 0c0a 0104 02000000 00000000 01000000 " TABLE_NAME
	       "08000200 62616400 08000400 00000007 3c000380 "
	       "10000180 0c000180 08000100 0a090000 "                   /* 10.9.0.0 */
	       "18000180 08000300 00000001 0c000180 08000100 0a0a0000 " /* end: 10.10.0.0 */
	       "10000180 0c000180 08000100 ffffffff", /* the last address of all has no end */
	       "an interval set");

	rule_is(&rule, &table,
		"10010000 060a 010c 01000000 00000000 01000000 " TABLE_NAME
		"0a000200 696e707574 00 0000 e4000480 ",
		META_NFPROTO CMP_BYTE("02") PAYLOAD("00000001", "0000000c", "00000004")
			LOOKUP("08000100 62616400", "00000001") VERDICT("00000000"),
		"", "ip saddr @bad drop");
}

int main(void)
{
	struct error e = { 0 };

	if (!ok(net_mnl_load(&e) == 0 && net_mnl_load(&e) == 0, "libmnl can be loaded, also twice"))
		return done_testing();
	arena = arena_new();
	test_chain();
	test_rules();
	test_set();
	arena_free(arena);
	return done_testing();
}
