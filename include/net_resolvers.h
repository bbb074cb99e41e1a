/* The nameservers that the engine gave a container: what port 53 may be opened to. */
#ifndef MANTLET_NET_RESOLVERS_H
#define MANTLET_NET_RESOLVERS_H

#include "json.h"

/*
 * Read the source of the document's mount on /etc/resolv.conf. Addresses as texts, NULL at the end,
 * never NULL itself; all in ARENA. *RET_WHY: why there are none, in words, or NULL.
 */
const char *const *net_resolvers_find(struct arena *arena, struct json_doc *doc,
				      const char **ret_why);

/*
 * The nameservers of the host itself: of FILE (NET_HOST_RESOLV), and where that names
 * systemd-resolved's stub of its list in the directory RESOLVED (NET_HOST_RESOLVED). The files must
 * be root's, or of the owner of that directory. Never NULL; all in ARENA.
 */
#define NET_HOST_RESOLV "/etc/resolv.conf"
#define NET_HOST_RESOLVED "/run/systemd/resolve"
const char *const *net_resolvers_of_host(struct arena *arena, const char *file,
					 const char *resolved);

/*
 * The addresses of a resolv.conf(5). Docker's own resolver, 127.0.0.11, asks others from inside the
 * container's network: their addresses are in a comment then, "# ExtServers: [10.0.0.2
 * host(127.0.0.53)]"; those in "host()" it asks from the host's.
 */
const char *const *net_resolvers_parse(struct arena *arena, const char *text, size_t len);

#endif
