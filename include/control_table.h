/* Every control, each from its own file under controls/. */
#ifndef MANTLET_CONTROL_TABLE_H
#define MANTLET_CONTROL_TABLE_H

#include "control.h"

extern const struct control control_unknown_fields;
extern const struct control control_privileged;
extern const struct control control_command_line;
extern const struct control control_namespaces;
extern const struct control control_user;
extern const struct control control_capabilities;
extern const struct control control_no_new_privileges;
extern const struct control control_mounts;
extern const struct control control_rootfs;
extern const struct control control_masked_paths;
extern const struct control control_devices;
extern const struct control control_memory;
extern const struct control control_pids;
extern const struct control control_cpu;
extern const struct control control_io;
extern const struct control control_rlimits;
extern const struct control control_seccomp;
extern const struct control control_lsm;
extern const struct control control_sysctl;
extern const struct control control_cgroup;
extern const struct control control_annotations;
extern const struct control control_hooks;
extern const struct control control_environment;
extern const struct control control_metadata;
extern const struct control control_egress;
extern const struct control control_ingress;
extern const struct control control_restore;
extern const struct control control_exec;

#endif
