/* Who and where: this host and the caller, for audit events. */
#ifndef MANTLET_HOST_H
#define MANTLET_HOST_H

#include "strbuf.h"

/* Members of a JSON object: "name", "id" (machine-id(5)), "boot" (of this boot); null when unknown.
 */
void host_write_identity(struct strbuf *out);

/* "loginuid" (null when unset: dockerd's children have none), "uid", "ppid", "pcomm". */
void host_write_actor(struct strbuf *out);

#endif
