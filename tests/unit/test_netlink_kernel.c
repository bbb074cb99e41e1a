/*
 * Batches against the kernel, each in a network namespace of its own: all of it or nothing, one
 * owner, errors that name the part of policy, and reading back what is there.
 */
#include <sched.h>
#include <sys/wait.h>

#include "fdio.h"
#include "net_kernel.h"
#include "tap.h"
#include "text.h"

#include <fcntl.h>

static struct arena *arena;

/* A socket in a network namespace that has just been made, and is this process' own. */
static int fresh(void)
{
	auto_close int ns = -1;
	struct error e = { 0 };
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	fd = net_socket_open(ns, NETLINK_NETFILTER, &e);
	if (fd < 0)
		printf("# %s\n", e.message);
	return fd;
}

static struct json *parse(const char *text)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "test", &e)) {
		printf("# %s\n", e.message);
		return NULL;
	}
	return doc.root;
}

static void plan_of(struct net_plan *plan, const char *egress, const char *ingress)
{
	const struct net_request request = {
		.id = "c1",
		.root = "/run/runc",
		.metadata = parse("{\"mode\":\"fix\"}"),
		.egress = parse(egress),
		.ingress = parse(ingress),
	};
	struct error e = { 0 };

	if (net_plan_build(plan, arena, &request, &e))
		printf("# %s\n", e.message);
}

static int commit(int fd, const struct net_table *table, size_t *ret_len, struct error *e)
{
	auto_batch struct net_batch batch;

	net_batch_open(&batch);
	if (net_encode_table(&batch, table, e))
		return -2;
	if (ret_len)
		*ret_len = batch.bytes.len;
	return net_commit(fd, &batch, e);
}

static int compare(int fd, const struct net_table *table, struct error *e)
{
	return net_verify(fd, table, arena, e);
}

/* What a line becomes must be read back as the same, whatever it is. */
static void holds(const char *egress, const char *ingress, const char *name)
{
	auto_close int fd = fresh();
	struct net_table table;
	struct net_plan plan;
	struct error e = { 0 };

	plan_of(&plan, egress, ingress);
	net_table_build(&table, arena, &plan);
	if (!ok(commit(fd, &table, NULL, &e) == 0 && compare(fd, &table, &e) == 0, "%s", name))
		printf("#   %s\n", e.message);
}

static void test_kinds(void)
{
	holds("{\"mode\":\"off\"}", "{\"mode\":\"off\"}", "metadata alone is loaded and read back");
	holds("{\"mode\":\"fix\",\"allow\":[\"tcp 10.0.0.0/8 443,8000-8010\",\"icmp *\","
	      "\"any 10.2.0.0/16\",\"sctp 2001:db8::/32 9\",\"udp 10.0.0.1 *\",\"any *\","
	      "\"any 10.0.0.1,10.0.0.2,10.0.0.3\",\"tcp 0.0.0.0/0 80\",\"tcp ::/0 80\","
	      "\"any fe80::1,fe80::9\",\"any 128.0.0.0/1\",\"any 2001:db8::8000/113\"],"
	      "\"block\":[\"any 10.9.0.0/16,10.8.0.1\",\"tcp * 25\"],\"dns\":\"none\"}",
	      "{\"mode\":\"deny\",\"allow\":[\"tcp 10.0.0.0/8,fd00::/8 80\"],"
	      "\"block\":[\"icmp 10.0.0.1\"]}",
	      "so is every kind of line");
	holds("{\"mode\":\"audit\",\"default\":\"allow\",\"dns\":[\"10.0.0.2\",\"10.0.0.9\"],"
	      "\"block\":[\"any 10.9.0.0/16\"]}",
	      "{\"mode\":\"audit\",\"block\":[\"tcp * 1-100\"]}", "and audit");
	holds("{\"mode\":\"fix\",\"block\":[\"any 255.255.255.255,0.0.0.0,10.0.0.1\","
	      "\"any ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,::\","
	      "\"any 255.255.255.0/24,1.2.3.4\"]}",
	      "{\"mode\":\"off\"}", "and sets from the first to the last address");
}

static void test_twice(void)
{
	auto_close int fd = fresh();
	struct net_table table;
	struct net_plan plan;
	struct error e = { 0 };

	plan_of(&plan, "{\"mode\":\"fix\",\"allow\":[\"tcp * 443\"]}", "{\"mode\":\"off\"}");
	net_table_build(&table, arena, &plan);
	ok(commit(fd, &table, NULL, &e) == 0, "the first to come loads the table");
	ok(commit(fd, &table, NULL, &e) == 1, "the second one is told that there is one");
	ok(compare(fd, &table, &e) == 0, "and has changed nothing");
	plan_of(&plan, "{\"mode\":\"fix\",\"allow\":[\"tcp * 444\"]}", "{\"mode\":\"off\"}");
	net_table_build(&table, arena, &plan);
	ok(commit(fd, &table, NULL, &e) == 1, "so is one with other rules");
	ok(compare(fd, &table, &e) == -1 && strstr(e.message, "of another policy"),
	   "which are told apart");
}

/* One expression that no kernel has, in the last rule. */
static void test_broken(void)
{
	auto_close int fd = fresh();
	auto_batch struct net_batch batch;
	const struct net_chain chain = { "output", NET_OUTPUT, true };
	struct nlattr *list, *element;
	struct net_seen seen;
	struct error e = { 0 };

	net_batch_open(&batch);
	net_batch_frame(&batch, NFNL_MSG_BATCH_BEGIN);
	net_msg_begin(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, "the table");
	net_put_str(&batch, NFTA_TABLE_NAME, NET_TABLE);
	net_msg_end(&batch);
	net_encode_chain(&batch, &chain);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "egress.allow[0]", "egress.allow[1]",
						     "egress.allow[2]" };

		net_msg_begin(&batch, NFT_MSG_NEWRULE,
			      NLM_F_CREATE | NLM_F_APPEND | (i == 2 ? NLM_F_ACK : 0), names[i]);
		net_put_str(&batch, NFTA_RULE_TABLE, NET_TABLE);
		net_put_str(&batch, NFTA_RULE_CHAIN, "output");
		list = net_nest(&batch, NFTA_RULE_EXPRESSIONS);
		element = net_nest(&batch, NFTA_LIST_ELEM);
		net_put_str(&batch, NFTA_EXPR_NAME, i == 1 ? "nosuchthing" : "counter");
		net_nest_end(&batch, element);
		net_nest_end(&batch, list);
		net_msg_end(&batch);
	}
	net_batch_frame(&batch, NFNL_MSG_BATCH_END);

	ok(net_commit(fd, &batch, &e) == -1, "a batch with a broken rule is refused");
	if (!ok(strstr(e.message, "'egress.allow[1]'") != NULL,
		"the message names the line of policy"))
		printf("#   %s\n", e.message);
	ok(net_read(&seen, arena, fd, NULL, &e) == 0 && !seen.has_table, "and nothing is left");
}

/* What tells a table that was read in one piece from one that changed meanwhile. */
static void test_generation(void)
{
	auto_close int fd = fresh();
	struct net_seen before, after, again;
	struct net_table table;
	struct net_plan plan;
	struct error e = { 0 };

	plan_of(&plan, "{\"mode\":\"off\"}", "{\"mode\":\"off\"}");
	net_table_build(&table, arena, &plan);
	ok(net_read(&before, arena, fd, NULL, &e) == 0 && commit(fd, &table, NULL, &e) == 0 &&
		   net_read(&after, arena, fd, NULL, &e) == 0 &&
		   net_read(&again, arena, fd, &table, &e) == 0 && before.generation != 0 &&
		   after.generation != before.generation && again.generation == after.generation,
	   "the kernel's generation of rules is read, and changes with them only");
}

static const char *lines(const char *key, unsigned int count, unsigned int net)
{
	const char *all;
	struct strbuf text = { 0 };

	strbuf_printf(&text, "\"%s\":[", key);
	for (unsigned int i = 0; i < count; i++)
		strbuf_printf(&text, "%s\"tcp %u.%u.%u.0/24,fd%02x:%x::/32 443\"", i ? "," : "",
			      net, i / 250, i % 250, net, i);
	strbuf_puts(&text, "]");
	all = arena_strdup(arena, strbuf_text(&text));
	strbuf_free(&text);
	return all;
}

static void test_large(void)
{
	auto_close int fd = fresh();
	struct net_table table;
	struct net_plan plan;
	struct error e = { 0 };
	struct strbuf many = { 0 };
	size_t len = 0;

	plan_of(&plan,
		arena_printf(arena, "{\"mode\":\"fix\",%s,%s}", lines("allow", 256, 10),
			     lines("block", 256, 11)),
		"{\"mode\":\"off\"}");
	net_table_build(&table, arena, &plan);
	if (!ok(commit(fd, &table, &len, &e) == 0 && table.rule_count > 1024,
		"a batch of %zu rules is taken", table.rule_count))
		printf("#   %s\n", e.message);
	ok(len > 212992, "which is larger than a socket's usual buffer (%zu bytes)", len);
	ok(compare(fd, &table, &e) == 0, "and read back");

	(void)close(fd);
	fd = fresh();
	strbuf_puts(&many, "{\"mode\":\"fix\",\"block\":[\"any ");
	for (unsigned int i = 0; i < 2048; i++)
		strbuf_printf(&many, "%s10.%u.%u.0/25,fd00:%x::/32", i ? "," : "", i / 256, i % 256,
			      i);
	strbuf_puts(&many, "\"]}");
	plan_of(&plan, many.data, "{\"mode\":\"off\"}");
	strbuf_free(&many);
	net_table_build(&table, arena, &plan);
	if (!ok(commit(fd, &table, &len, &e) == 0 && compare(fd, &table, &e) == 0,
		"4,096 ranges are taken and read back"))
		printf("#   %s\n", e.message);
}

/* Somebody's table with our rules and digest, but other addresses in a set. */
static void test_other_set(void)
{
	auto_close int fd = fresh();
	struct net_table table;
	struct net_plan plan;
	struct net_range *items;
	struct error e = { 0 };

	plan_of(&plan, "{\"mode\":\"fix\",\"block\":[\"any 10.0.0.0/8,192.168.0.0/16\"]}",
		"{\"mode\":\"off\"}");
	net_table_build(&table, arena, &plan);
	/* The last one is that of IPv6. */
	items = table.sets[table.set_count - 2].ranges.items;
	items[1].last[2] = 127;
	ok(commit(fd, &table, NULL, &e) == 0 && compare(fd, &table, &e) == 0,
	   "a table is what it is");
	items[1].last[2] = 255;
	ok(compare(fd, &table, &e) == -1 && strstr(e.message, "has other addresses"),
	   "and no other one whose set ends elsewhere");
	table.sets[table.set_count - 1].ranges.count = 1;
	ok(compare(fd, &table, &e) == -1 && strstr(e.message, "has other addresses"),
	   "or has fewer ranges");
}

/* Afterwards, what losers have sent must have left no trace. */
static bool is_whole(const struct net_table *table)
{
	auto_close int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -1;
	struct net_seen seen;
	struct error e = { 0 };

	fd = net_socket_open(ns, NETLINK_NETFILTER, &e);
	return net_read(&seen, arena, fd, table, &e) == 0 &&
	       net_compare(&seen, table, arena, &e) == 0;
}

/* Four that come at the same time. */
static void test_race(void)
{
	struct net_table table;
	struct net_plan plan;
	int rounds = 0;

	plan_of(&plan, "{\"mode\":\"fix\",\"allow\":[\"tcp * 443\"]}", "{\"mode\":\"fix\"}");
	net_table_build(&table, arena, &plan);
	for (int round = 0; round < 20; round++) {
		int owners = 0, others = 0, go[2];

		if (unshare(CLONE_NEWNET) < 0 || pipe2(go, O_CLOEXEC) < 0)
			return;
		fflush(stdout);
		for (int i = 0; i < 4; i++) {
			if (fork() == 0) {
				struct error e = { 0 };
				int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd;
				int result;
				char byte;

				fd = net_socket_open(ns, NETLINK_NETFILTER, &e);
				(void)close(go[1]);
				(void)!read(go[0], &byte, 1);
				result = commit(fd, &table, NULL, &e);
				if (result == 1 && compare(fd, &table, &e) != 0)
					result = -1;
				if (result < 0)
					fprintf(stderr, "# %s\n", e.message);
				_exit(result < 0 ? 9 : result);
			}
		}
		(void)close(go[0]);
		(void)close(go[1]);
		for (int i = 0; i < 4; i++) {
			int status = 0;

			(void)wait(&status);
			owners += WIFEXITED(status) && WEXITSTATUS(status) == 0;
			others += WIFEXITED(status) && WEXITSTATUS(status) == 1;
		}
		rounds += owners == 1 && others == 3 && is_whole(&table);
	}
	ok(rounds == 20, "of four at once one is the owner, the others find its table (%d of 20)",
	   rounds);
}

static void test_host(void)
{
	struct error e = { 0 };

	ok(net_namespace_open(getpid(), &e) == -1 && strstr(e.message, "the host's network"),
	   "our own namespace is never taken for a container's");
	ok(net_namespace_open(getppid(), &e) == -1, "nor the engine's");
	ok(net_namespace_open_path("/dev/null", &e) == -1 && strstr(e.message, "no network"),
	   "nor what is no namespace");
	ok(net_namespace_open_path("/proc/self/ns/pid", &e) == -1 &&
		   strstr(e.message, "no network"),
	   "nor a namespace of another kind");
}

int main(void)
{
	struct net_seen seen;
	struct error e = { 0 };
	int fd;

	arena = arena_new();
	fd = geteuid() == 0 ? fresh() : -1;
	if (fd < 0 || net_read(&seen, arena, fd, NULL, &e) < 0) {
		ok(true, "# skip needs root and a kernel with nf_tables");
		return done_testing();
	}
	(void)close(fd);
	test_kinds();
	test_twice();
	test_broken();
	test_generation();
	test_large();
	test_other_set();
	test_race();
	test_host();
	arena_free(arena);
	return done_testing();
}
