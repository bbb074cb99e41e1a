/*
 * The ordered table of controls. Order is part of what a policy means: what nobody knows goes
 * first, --privileged is said in one sentence before its parts are looked at, mounts that will not
 * be there are gone before anybody asks whether the user could write them, and the user is settled
 * before what depends on it (capabilities, tmpfs owners). The environment comes behind the hooks,
 * for what is harmless in it depends on whether one of them stays. The firewall comes when it is
 * settled whose network the container will have and which hooks are others'.
 */
#include "control_table.h"

const struct control *const controls[] = {
	&control_unknown_fields,
	&control_privileged,
	&control_command_line,
	&control_namespaces,
	&control_mounts,
	&control_user,
	&control_capabilities,
	&control_no_new_privileges,
	&control_rootfs,
	&control_masked_paths,
	&control_devices,
	&control_memory,
	&control_pids,
	&control_cpu,
	&control_io,
	&control_rlimits,
	&control_seccomp,
	&control_lsm,
	&control_sysctl,
	&control_cgroup,
	&control_annotations,
	&control_hooks,
	&control_environment,
	&control_metadata,
	&control_egress,
	&control_ingress,
	&control_restore,
	&control_exec,
	NULL,
};
