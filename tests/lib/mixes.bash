# shellcheck shell=bash
#
# Documents that nobody captured: an engine's default with some of what people ask for mixed in, by
# number, so that a failure can be made again. Mix N is always the same document.

MIX_BASES=(docker-20.10/default docker-20.10/tmpfs docker-20.10/user-1000 docker-20.10-cgroupv2/default
  ctr-1.6.20/default podman-4.3.1/run buildah/run)

# jq filters; 64-bit numbers are left out, which jq 1.6 would change.
MIXES=(
  '.process.user = {uid: 1000, gid: 1000}'
  '.process.user.additionalGids = [0, 6, 4242]'
  '.process.capabilities.bounding += ["CAP_SYS_ADMIN"] | .process.capabilities.effective += ["CAP_SYS_ADMIN"]'
  '.process.capabilities.ambient = ["CAP_NET_RAW"] | .process.capabilities.inheritable = ["CAP_NET_RAW"]'
  '.process.capabilities = {bounding: [], effective: []}'
  'del(.process.capabilities)'
  '.process.noNewPrivileges = true'
  '.process.noNewPrivileges = false'
  '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 4096}, {type: "RLIMIT_NOFILE", soft: 64, hard: 64}]'
  '.process.oomScoreAdj = -900'
  '.process.scheduler = {policy: "SCHED_FIFO", priority: 3}'
  '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 0}'
  '.process.env += ["HOME=/root", "_LIBCONTAINER_X=1", "LD_PRELOAD=/x.so", "LISTEN_FDS=3", "NVIDIA_VISIBLE_DEVICES=all"]'
  '.root.readonly = true'
  'del(.linux.seccomp)'
  '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mount", "read"], action: "SCMP_ACT_ERRNO"}]}'
  '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: [{names: ["read", "write", "execve", "exit_group", "bpf"], action: "SCMP_ACT_ALLOW"}]}'
  '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["socket"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 2, op: "SCMP_CMP_EQ"}]}]}'
  '.linux.seccomp = {defaultAction: "SCMP_ACT_KILL_PROCESS", syscalls: [{names: ["read", "write", "execve", "exit_group", "bpf"], action: "SCMP_ACT_LOG"}]}'
  '.linux.maskedPaths = []'
  'del(.linux.readonlyPaths)'
  '.linux.maskedPaths += ["/proc/mine"]'
  '.linux.namespaces |= map(select(.type != "pid"))'
  '.linux.namespaces |= map(select(.type != "network"))'
  '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/1/ns/ipc" else . end)'
  'del(.linux.namespaces)'
  '.mounts += [{destination: "/host", type: "bind", source: "/", options: ["rbind", "rw"]}]'
  '.mounts += [{destination: "/mine", type: "bind", source: "/etc", options: ["bind", "ro", "rshared"]}]'
  '.mounts += [{destination: "/proc/sys", type: "tmpfs", source: "tmpfs", options: []}]'
  '.mounts += [{destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["exec", "suid", "dev"]}]'
  '.mounts |= map(if .destination == "/sys" then .options -= ["ro"] else . end)'
  '.mounts |= map(select(.destination != "/sys/fs/cgroup"))'
  '.linux.rootfsPropagation = "shared"'
  '.linux.devices = [{path: "/dev/sda", type: "b", major: 8, minor: 0}]'
  '.linux.resources.devices += [{allow: true, type: "b", major: 8, minor: 0, access: "rwm"}]'
  '.linux.resources.devices = [{allow: true, access: "rwm"}]'
  '.linux.resources.memory = {limit: 67108864, swap: 134217728}'
  '.linux.resources.memory = {limit: -1}'
  '.linux.resources.memory.disableOOMKiller = true'
  '.linux.resources.pids = {limit: -1}'
  '.linux.resources.pids = {limit: 10}'
  '.linux.resources.cpu = {shares: 262144, realtimeRuntime: 950000}'
  '.linux.resources.blockIO = {weight: 1000}'
  '.linux.resources.unified = {"memory.max": "max"}'
  '.linux.sysctl["kernel.msgmax"] = "65536"'
  '.linux.sysctl["net/ipv4/ip_forward"] = "1"'
  '.linux.cgroupsPath = "/elsewhere/x"'
  '.linux.intelRdt = {closID: "/"}'
  '.annotations["run.oci.handler"] = "krun" | .annotations.note = "kept"'
  '.hooks.poststop = [{path: "/bin/true", env: ["SECRET=hidden-hook-value"]}]'
  '.future = {a: [1, null]} | .linux.future = true'
)

# The first of MIX_BASES that is this number's, and one to five filters, joined.
mix_base() {
  RANDOM=$1
  echo "${MIX_BASES[RANDOM % ${#MIX_BASES[@]}]}"
}

mix_filter() {
  local count filter=.

  RANDOM=$(($1 + 1000))
  for ((count = 1 + RANDOM % 5; count > 0; count--)); do
    filter+=" | ${MIXES[RANDOM % ${#MIXES[@]}]}"
  done
  echo "$filter"
}
