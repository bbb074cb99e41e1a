# Is this document as strict as the built-in "restricted" promises? Prints each promise it breaks.
[
  ([.process.capabilities // {"none": ["no capabilities object"]} | .[] | .[]?] | if length > 0 then "capabilities \(.)" else empty end),
  (if (.process.capabilities | length) == 5 then empty else "not five capability sets" end),
  (if .process.noNewPrivileges then empty else "noNewPrivileges" end),
  (if .process.user.uid > 0 and .process.user.gid > 0 then empty else "root" end),
  (if (.process.user.additionalGids // []) | any(. == 0) then "group 0" else empty end),
  (if .root.readonly then empty else "root is writable" end),
  (["pid", "network", "ipc", "uts", "mount", "cgroup"] - [.linux.namespaces[].type] | .[] | "no own \(.)"),
  (if .linux.resources.pids.limit > 0 and .linux.resources.pids.limit <= 16384 then empty else "pids" end),
  (if .linux.resources.memory.limit > 0 then empty else "memory" end),
  (if (.linux.seccomp.defaultAction | IN("SCMP_ACT_ERRNO", "SCMP_ACT_TRAP", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS")) and .linux.seccomp.architectures == ["SCMP_ARCH_X86_64"] then empty else "seccomp" end),
  (["/proc/kcore", "/proc/keys", "/sys/firmware", "/proc/interrupts"] - .linux.maskedPaths | .[] | "\(.) not masked"),
  (["/proc/sys", "/proc/sysrq-trigger"] - .linux.readonlyPaths | .[] | "\(.) writable"),
  (if (.linux.devices // []) | length > 0 then "device nodes" else empty end),
  (if .linux.resources.devices[0].allow then "devices not denied first" else empty end),
  (.linux.resources.devices[] | select(.allow and (.major == null or (.type != "c"))) | "device rule \(tojson)"),
  (.mounts[] | select(.destination != "/dev" and .destination != "/dev/pts" and (any(.options[]?; . == "nodev") | not)) | "dev on \(.destination)"),
  (.mounts[] | select(any(.options[]?; . == "nosuid") | not) | "suid on \(.destination)"),
  (.mounts[] | select(.type == "sysfs" or .type == "cgroup") | select(any(.options[]?; . == "ro") | not) | "writable \(.destination)"),
  (.mounts[] | select(any(.options[]?; . == "shared" or . == "rshared")) | "shared \(.destination)"),
  (.process.env[]? | select(test("^(_LIBCONTAINER_|LISTEN_(FDS|PID|FDNAMES|PIDFDID)=|NOTIFY_SOCKET=|NVIDIA_(MIG_|DRIVER_CAPABILITIES=)|NVIDIA_VISIBLE_DEVICES=[^v])"))
    | "variable \(sub("=.*"; ""))"),
  (if ([.hooks.createRuntime[]?.path | select(endswith("/mantlet-net"))] | length) == 1 then empty else "no firewall hook" end),
  (.process.rlimits // [] | map(select(.type == "RLIMIT_CORE" and .hard == 0)) | if length == 1 then empty else "core" end)
] | .[]
