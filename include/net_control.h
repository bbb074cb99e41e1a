/* What the controls metadata, egress and ingress share: where a container's network is, and the
 * capabilities with which a container could undo or go around its firewall. */
#ifndef MANTLET_NET_CONTROL_H
#define MANTLET_NET_CONTROL_H

#include "edit.h"
#include "nsfs.h"

enum net_place {
	NET_PLACE_HOST,   /* mantlet's own network namespace, pid 1's or the engine's */
	NET_PLACE_OWN,    /* a new one */
	NET_PLACE_JOINED, /* the one that a path leads to; or the path leads nowhere */
};

/* As the document in hand says. *RET_ID, when it is joined: {0, 0} when the path leads nowhere. */
enum net_place net_place_of(struct json_doc *doc, struct ns_id *ret_id);

/*
 * The control that is running is in force: CAP_NET_ADMIN and CAP_NET_RAW leave all five sets. The
 * first could delete the firewall, with the second a packet socket sends below it (packet(7)).
 */
void net_control_cut(struct edit *ed);

/*
 * For ID, a control of lines that the policy's author wrote: on the host's network they cannot be
 * loaded, and that is refused.
 */
void net_control_need_network(struct edit *ed, const char *id);

/* The settings of both. */
extern const char *const net_control_defaults[];
int net_control_check_line(const struct json *value, struct error *e);

#endif
