/* The parts of the control "user", which together decide as whom a container's processes run. */
#ifndef MANTLET_USER_PARTS_H
#define MANTLET_USER_PARTS_H

#include "edit.h"

struct user {
	struct edit *ed;
	const struct json *cfg;
	int root_fd;         /* of the image; -1 until asked for */
	bool is_root_looked; /* it was asked for */
	uint64_t asked_uid;  /* as the document came */
	uint64_t uid;        /* as it will be */
	uint64_t gid;
	bool is_uid_changed; /* by us, in this run */
	bool drops_root_group;
};

/* The image's root, opened once; -1 with E when it cannot be, or when only a process is in hand. */
int user_root_fd(struct user *user, struct error *e) MUST_CHECK;

/* additionalGids without root's group and the host's system groups. */
void user_settle_groups(struct user *user);

/* True when GID is, on this host, a group that opens something (disk, docker, shadow, ...), and
 * policy does not keep it. */
bool user_gid_is_key(const struct user *user, uint64_t gid);

/* One member of the setting "groups". */
int user_check_groups(const struct json *value, struct error *e);

/* HOME of the new user where the environment names root's. */
void user_settle_home(struct user *user);

/* A tmpfs of the request without an owner gets the final user's. */
void user_own_tmpfs(struct user *user);

/* Refuse writable volumes that the new user cannot write. */
void user_check_volumes(struct user *user);

#endif
