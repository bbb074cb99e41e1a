/* What is read of a container's resolv.conf, and whose file it must be. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "net_resolvers.h"
#include "tap.h"
#include "text.h"

static struct arena *arena;

static const char *joined(const char *const *list)
{
	const char *all = "";

	for (; *list; list++)
		all = arena_printf(arena, "%s%s%s", all, all[0] ? " " : "", *list);
	return all;
}

static void parse_is(const char *text, const char *want, const char *what)
{
	is_text(joined(net_resolvers_parse(arena, text, strlen(text))), want, what);
}

static void parsing(void)
{
	parse_is("", "", "resolvers: an empty file has none");
	parse_is("search a b\nnameserver 10.0.0.2\nnameserver\tfd00::53 \nnameserver 10.0.0.3",
		 "10.0.0.2 fd00::53 10.0.0.3", "resolvers: nameservers in order");
	parse_is(" nameserver 10.0.0.2\n#nameserver 10.0.0.3\nnameserver10.0.0.4\nnameserver\n"
		 "nameserver   \n",
		 "", "resolvers: what the C library does not read is none");
	parse_is("nameserver 10.0.0.2\r\n", "10.0.0.2", "resolvers: with a carriage return");
	parse_is("nameserver 127.0.0.11\n# ExtServers: [10.0.0.2 host(127.0.0.53) fd00::53]\n",
		 "127.0.0.11 10.0.0.2 fd00::53",
		 "resolvers: what Docker's own asks, but for what it asks from the host");
	parse_is("nameserver 127.0.0.11\n# ExtServers: [10.0.0.2", "127.0.0.11 10.0.0.2",
		 "resolvers: a comment that is cut off");
	parse_is("nameserver 10.0.0.9\n# ExtServers: [10.0.0.2]\n", "10.0.0.9",
		 "resolvers: the comment is nothing beside another nameserver");
}

static void many(void)
{
	auto_strbuf struct strbuf text = { 0 };
	size_t count = 0;

	for (int i = 0; i < 5000; i++)
		strbuf_printf(&text, "nameserver 10.0.%d.%d\n", i / 250, i % 250);
	for (const char *const *at = net_resolvers_parse(arena, text.data, text.len); *at; at++)
		count++;
	ok(count == 16, "resolvers: no more than a plan takes (%zu)", count);
}

static const char *found_in(const char *source, const char **ret_why)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const char *text = arena_printf(
		arena,
		"{\"mounts\":[{\"destination\":\"/etc/resolv.conf\",\"source\":\"/none\"},"
		"{\"destination\":\"/etc/resolv.conf\",\"type\":\"bind\",\"source\":\"%s\"}]}",
		source);

	if (json_parse(&doc, arena, text, strlen(text), 0, "doc", &e))
		return "no document";
	return joined(net_resolvers_find(arena, &doc, ret_why));
}

static void files(void)
{
	char dir[] = "/tmp/test-resolvers.XXXXXX", path[64], fifo[64];
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const char *why;
	FILE *file;

	if (!mkdtemp(dir))
		return;
	(void)snprintf(path, sizeof(path), "%s/conf", dir);
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	file = fopen(path, "we");
	if (!file)
		return;
	(void)fputs("nameserver 10.0.0.2\n", file);
	(void)fclose(file);
	(void)chmod(path, 0644);
	is_text(found_in(path, &why), "10.0.0.2", "resolvers: read from the last mount on it");
	ok(!why, "resolvers: and nothing is to be said");
	(void)chmod(path, 0666);
	is_text(found_in(path, &why), "", "resolvers: not from a file that others can write");
	is_text(why, "the file on /etc/resolv.conf is not root's own",
		"resolvers: and that is said");
	(void)chmod(path, 0644);
	(void)!chown(path, 1000, 0);
	is_text(found_in(path, &why), "", "resolvers: nor from one of somebody else");
	(void)!chown(path, 0, 0);
	(void)!truncate(path, 70000);
	is_text(found_in(path, &why), "", "resolvers: nor from a large one");
	ok(mkfifo(fifo, 0600) == 0 && text_equal(found_in(fifo, &why), ""),
	   "resolvers: nor from what is no file");
	is_text(found_in("relative", &why), "", "resolvers: nor from a relative path");
	if (json_parse(&doc, arena, "{}", 2, 0, "doc", &e) == 0)
		is_text(joined(net_resolvers_find(arena, &doc, &why)), "",
			"resolvers: without a mount there are none");
	is_text(why, "no file of the engine is mounted on /etc/resolv.conf",
		"resolvers: and that is said");
	(void)unlink(path);
	(void)unlink(fifo);
	(void)rmdir(dir);
}

static void write_file(const char *path, const char *text, uid_t owner)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return;
	(void)fputs(text, file);
	(void)fclose(file);
	(void)chmod(path, 0644);
	(void)!chown(path, owner, 0);
}

static void of_host(void)
{
	char dir[] = "/tmp/test-resolvers.XXXXXX", etc[64], resolved[64], list[80], stub[80];

	if (!mkdtemp(dir))
		return;
	(void)snprintf(etc, sizeof(etc), "%s/resolv.conf", dir);
	(void)snprintf(resolved, sizeof(resolved), "%s/resolve", dir);
	(void)snprintf(list, sizeof(list), "%s/resolv.conf", resolved);
	(void)snprintf(stub, sizeof(stub), "%s/stub", resolved);
	is_text(joined(net_resolvers_of_host(arena, etc, resolved)), "",
		"resolvers: of a host without files none");
	write_file(etc, "nameserver 10.0.0.2\nnameserver fd00::53\n", 0);
	is_text(joined(net_resolvers_of_host(arena, etc, resolved)), "10.0.0.2 fd00::53",
		"resolvers: of the host's own file");
	(void)!chown(etc, 1000, 0);
	is_text(joined(net_resolvers_of_host(arena, etc, resolved)), "",
		"resolvers: not when it is somebody else's");
	(void)unlink(etc);
	/* As systemd-resolved has it, who is a user of its own. */
	ok(mkdir(resolved, 0755) == 0 && chown(resolved, 101, 101) == 0 && symlink(stub, etc) == 0,
	   "resolvers: a stub behind a link");
	write_file(stub, "nameserver 127.0.0.53\n", 101);
	write_file(list, "nameserver 169.254.169.254\n", 101);
	is_text(joined(net_resolvers_of_host(arena, etc, resolved)), "169.254.169.254",
		"resolvers: leads to what systemd-resolved asks");
	(void)!chown(list, 1000, 0);
	is_text(joined(net_resolvers_of_host(arena, etc, resolved)), "",
		"resolvers: not when that is somebody else's");
	(void)!chown(list, 101, 0);
	(void)chmod(resolved, 0777);
	is_text(joined(net_resolvers_of_host(arena, etc, resolved)), "",
		"resolvers: nor in a directory that others can write");
	(void)chmod(resolved, 0755);
	write_file(stub, "nameserver 127.0.0.1\n", 101);
	is_text(joined(net_resolvers_of_host(arena, etc, resolved)), "127.0.0.1",
		"resolvers: another one on loopback says nothing of whom it asks");
	(void)unlink(etc);
	(void)unlink(stub);
	(void)unlink(list);
	(void)rmdir(resolved);
	(void)rmdir(dir);
}

int main(void)
{
	arena = arena_new();
	parsing();
	many();
	files();
	of_host();
	arena_free(arena);
	return done_testing();
}
