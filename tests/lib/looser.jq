# Is the document that was written looser than the one that was read? Prints each way in which it is.
# Usage: jq -n --slurpfile before B --slurpfile after A --argjson ambient true|false -f looser.jq
#
# An independent reading of the rule "the result is at least as strict as the request": it knows
# nothing of controls. The exception are compensations (comp): an own tmpfs, and with $ambient the
# ambient set of a user that mantlet chose, and the hook that loads the container's firewall: one,
# the last, without anything of the request in it.

$before[0] as $b | $after[0] as $a |

# The kernel's order, from the weakest action to the strictest: seccomp(2).
def rank: {SCMP_ACT_ALLOW: 0, SCMP_ACT_LOG: 1, SCMP_ACT_TRACE: 2, SCMP_ACT_NOTIFY: 3, SCMP_ACT_ERRNO: 4, SCMP_ACT_TRAP: 5,
  SCMP_ACT_KILL: 6, SCMP_ACT_KILL_THREAD: 6, SCMP_ACT_KILL_PROCESS: 7}[.] // -1;
def sets: ["bounding", "effective", "inheritable", "permitted", "ambient"];
def types($d): [$d.linux.namespaces[]?.type];
def paths($d): [$d.linux.namespaces[]? | select(.path) | .type + " " + .path];
def binds($d): [$d.mounts[]? | select(.type == "bind" or any(.options[]?; . == "bind" or . == "rbind"))];
def has($m; $o): any($m.options[]?; . == $o);
def allowed($d): [$d.linux.seccomp.syscalls[]? | select(.action == "SCMP_ACT_ALLOW" and ((.args // []) | length) == 0) | .names[]];
def somehow($d): [$d.linux.seccomp.syscalls[]? | select(.action | rank < 4) | .names[]];
def blocked($d): [$d.linux.seccomp.syscalls[]? | select(.action != "SCMP_ACT_ALLOW") | .names[]];
def limit($d; $p): ($d | getpath($p) // 0) | if . <= 0 then infinite else . end;
def firewall($d): [$d.hooks.createRuntime[]? | select(.path | endswith("/mantlet-net"))];
def programs($d): [$d.hooks // {} | to_entries[] | .key as $k | .value[] | $k + " " + .path + " " + ((.args // []) | join(" "))];

[
  (sets[] as $s
    | if $ambient and ($s == "ambient" or $s == "inheritable") then empty
      else (($a.process.capabilities[$s] // []) - ($b.process.capabilities[$s] // []))[] | "capability \(.) in \($s)" end),
  (if $b.process.noNewPrivileges and ($a.process.noNewPrivileges | not) then "noNewPrivileges" else empty end),
  (if $b.root.readonly and ($a.root.readonly | not) then "root.readonly" else empty end),
  (if $b.process.user.uid != 0 and $a.process.user.uid != $b.process.user.uid then "uid changed" else empty end),
  (if $a.process.user.uid == 0 and $b.process.user.uid != 0 then "uid 0" else empty end),
  ((types($b) - types($a))[] | "namespace \(.) lost"),
  ((paths($a) - paths($b))[] | "namespace path \(.)"),
  ((($b.linux.maskedPaths // []) - (($a.linux.maskedPaths // [])))[] | "mask of \(.) lost"),
  # A path that is masked needs no read-only entry.
  ((($b.linux.readonlyPaths // []) - ($a.linux.readonlyPaths // []) - ($a.linux.maskedPaths // []))[] | "read-only \(.) lost"),
  (binds($a)[] as $m
    | [binds($b)[] | select(.destination == $m.destination)] as $was
    | if ($was | length) == 0 then "bind \($m.destination) is new"
      elif has($was[0]; "ro") and (has($m; "ro") | not) then "bind \($m.destination) became writable"
      elif any(["nosuid", "nodev", "noexec"][]; has($was[0]; .) and (has($m; .) | not)) then "bind \($m.destination) lost an option"
      elif any(["shared", "rshared"][]; has($m; .)) and (any(["shared", "rshared"][]; has($was[0]; .)) | not) then "bind \($m.destination) is shared"
      else empty end),
  ($a.mounts[]? as $m
    | [$b.mounts[]? | select(.destination == $m.destination)] as $was
    | if ($was | length) == 0 and ($m.type != "tmpfs" or (has($m; "nosuid") and has($m; "nodev") | not)) then "mount \($m.destination) is new"
      elif ($was | length) > 0 and has($was[0]; "ro") and (has($m; "ro") | not) then "mount \($m.destination) became writable"
      else empty end),
  ((($a.linux.devices // []) - ($b.linux.devices // []))[] | "device \(.path)"),
  ([$a.linux.resources.devices[]? | select(.allow)] - [$b.linux.resources.devices[]? | select(.allow)] | .[] | "device rule \(tojson)"),
  (if ($a.linux.resources.devices[0].allow // true) and ($b.linux.resources.devices[0].allow // true | not) then "devices are no longer denied first" else empty end),
  ([["linux", "resources", "memory", "limit"], ["linux", "resources", "pids", "limit"], ["linux", "resources", "memory", "swap"]][] as $p
    | if limit($a; $p) > limit($b; $p) then "\($p | join(".")) raised" else empty end),
  ($b.process.rlimits[]? as $r | [$a.process.rlimits[]? | select(.type == $r.type)] as $now
    | if ($now | length) == 0 then "\($r.type) lost"
      elif $now[0].hard > $r.hard or $now[0].soft > $r.soft then "\($r.type) raised" else empty end),
  (if ($a.process.oomScoreAdj // 0) < ($b.process.oomScoreAdj // 0) then "oomScoreAdj lowered" else empty end),
  (if $b.linux.seccomp then
     (if $a.linux.seccomp | not then "seccomp lost"
      elif ($a.linux.seccomp.defaultAction | rank) < ($b.linux.seccomp.defaultAction | rank) then "seccomp default"
      elif ($b.linux.seccomp.defaultAction | rank) < 4 then ((allowed($a) - (allowed($a) - blocked($b)))[] | "call \(.)")
      else ((allowed($a) - allowed($b))[] | "call \(.)"), ((somehow($a) - somehow($b))[] | "call \(.) on a condition") end),
     ((($a.linux.seccomp.architectures // []) - ($b.linux.seccomp.architectures // ["SCMP_ARCH_X86_64"]))[] | "architecture \(.)")
   else empty end),
  ((($a.linux.sysctl // {}) | to_entries) - (($b.linux.sysctl // {}) | to_entries) | .[] | "sysctl \(.key)"),
  ((($a.annotations // {}) | to_entries) - (($b.annotations // {}) | to_entries) | .[] | "annotation \(.key)"),
  ((programs($a) - programs($b))[] | select(test("^createRuntime /[^ ]*/mantlet-net mantlet-net hook /run/mantlet/[^ /]+/[^ /]+[.]net$") | not) | "hook \(.)"),
  (if (firewall($a) | length) > 1 then "two firewall hooks"
   elif firewall($a) | length == 1 and (.[0] != $a.hooks.createRuntime[-1] or .[0].timeout != 10 or .[0].env != ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
   then "a firewall hook of another form" else empty end),
  ((($a.process.env // []) - ($b.process.env // []) - ["NVIDIA_VISIBLE_DEVICES=void"])[]
    | select(startswith("HOME=") | not) | "variable \(.)"),
  (if ($b.process.apparmorProfile // "") != "" and ($a.process.apparmorProfile // "") == "" then "AppArmor profile lost" else empty end)
] | .[]
