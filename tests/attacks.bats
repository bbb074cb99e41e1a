#!/usr/bin/env bats
#
# What somebody would send who wants more from exec or update than the policy gives: every field of
# the two documents that can raise something, in every spelling that a runtime might understand.
# Nothing but two outcomes: refused, or no more than the policy. With real runtimes:
# tests/engine/attacks.bats.

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  # shellcheck disable=SC2034 # used by engine()
  PROGRAM=()
  given_container
}

teardown() {
  mantlet_teardown
}

# Where a line has nothing behind the bar, the process must end confined; otherwise it is refused,
# in these words.
exec_attacks() {
  cat <<'EOT'
.capabilities.bounding = ["cap_sys_admin"]|something that is no capability
.capabilities.bounding = ["SYS_ADMIN"]|something that is no capability
.capabilities.bounding = [" CAP_SYS_ADMIN"]|something that is no capability
.capabilities.bounding = ["ALL"]|something that is no capability
.capabilities = {ambient: ["CAP_SYS_ADMIN"]}|capability that this container does not have
.capabilities = {inheritable: ["CAP_SYS_ADMIN"]}|capability that this container does not have
.capabilities = {effective: ["CAP_SYS_ADMIN"], bounding: []}|capability that this container does not have
.capabilities = {ambient: ["CAP_CHOWN"], inheritable: ["CAP_CHOWN"]}|
.Capabilities = {bounding: ["CAP_SYS_ADMIN"]}|another spelling of 'capabilities'
.user = {uid: 4294967295, gid: 4294967295}|from 0 to 4294967294
.user = {uid: 4294967294, gid: 1000}|is no possible id
.user = {uid: 1000, gid: 1000, additionalGids: [4294967295]}|from 0 to 4294967294
.user = {uid: 1000, gid: 1000, additionalGids: [4294967294]}|is no possible id
.user.username = "root"|
del(.user)|
.noNewPrivileges = false|
.NoNewPrivileges = false|another spelling of 'noNewPrivileges'
.linux = {seccomp: null}|
.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}|
.rlimits = [{type: "RLIMIT_RTPRIO", hard: 99, soft: 99}]|
.rlimits = [{type: "RLIMIT_NICE", hard: 40, soft: 40}]|
.rlimits = [{type: "RLIMIT_CORE", hard: 99999, soft: 99999}]|
.rlimits = [{type: "RLIMIT_CORE", hard: 0, soft: 0}, {type: "RLIMIT_CORE", hard: 9, soft: 9}]|the same type as an entry before
.rlimits = [{type: "rlimit_core", hard: 9, soft: 9}]|the name of a limit
.oomScoreAdj = -1000|
.oomScoreAdj = -1001|from -1000 to 1000
.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 1000000, period: 1000000}|
.scheduler = {policy: "SCHED_FIFO", priority: 99}|
.scheduler = {policy: "sched_rr", priority: 99}|
.scheduler = {policy: "SCHED_OTHER", nice: -20, flags: ["SCHED_FLAG_KEEP_POLICY"]}|
.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 0}|
.ioPriority = {class: "IOPRIO_CLASS_BE", priority: -8}|
.execCPUAffinity = {initial: "0-7", final: "0-7"}|
.user.umask = 0|
.cwd = "/proc/self/fd/7"|not below /proc
.cwd = "/proc/self/fd/7/../../.."|must be a
.cwd = "/link/../self/fd/7"|without '..'
.cwd = "//dev/./fd//7"|not below /proc
.cwd = "proc/self/fd/7"|an absolute path
.env = ["HOME=/root", "_LIBCONTAINER_INITPIPE=3", "_LIBCONTAINER_STATEDIR=/"]|
.env = ["LISTEN_FDS=5", "LISTEN_PID=1"]|
.env += ["X=a\u0000b"]|a NUL character
.env += ["=x"]|NAME=value
.args = []|must not be empty
.|
EOT
}

# Nothing in it is more than an ordinary process has.
assert_ordinary() {
  assert_process_confined
  assert_process '[.rlimits[]? | select(.type == "RLIMIT_RTPRIO" or .type == "RLIMIT_NICE" or .type == "RLIMIT_CORE")
    | .hard, .soft] | all(. == 0)'
  assert_process '(.oomScoreAdj // 0) >= 0 and .execCPUAffinity == null and .seccomp == null and .linux == null'
  assert_process '.scheduler == null or (.scheduler.policy == "SCHED_OTHER" and .scheduler.nice == 0
    and (.scheduler.flags // []) == [])'
  assert_process '.ioPriority == null or (.ioPriority.class == "IOPRIO_CLASS_BE" and .ioPriority.priority >= 4)'
  assert_process '.user.umask != 0 and .user.username == null'
  assert_process 'all(.env[]; startswith("HOME=/root") or startswith("_LIBCONTAINER_") | not)'
}

@test "attacks: whatever an exec document asks for, the process is an ordinary one" {
  local filter words

  while IFS='|' read -r filter words <&4; do
    echo "$filter"
    forget_calls
    given_document process "$filter"
    engine exec --process "$WORK/process.json" --detach
    if [ -n "$words" ]; then
      assert_refused "$words"
    else
      assert_ok
      assert_ordinary
    fi
  done 4< <(exec_attacks)
}

@test "attacks: groups of the host do not come with a user that may be chosen" {
  given_document process '.user = {uid: 1000, gid: 6, additionalGids: [0, 0, 6, 42, 1000, 1000]}'
  engine exec --process "$WORK/process.json"
  assert_ok
  assert_process '.user.uid == 1000 and .user.gid == 65532 and .user.additionalGids == [1000, 1000]'
  assert_process '.noNewPrivileges and ([.capabilities[] | length] == [0, 0, 0, 0, 0])'
}

@test "attacks: a number beyond what fits does not become a small one" {
  local member

  for member in '"oomScoreAdj":99999999999999999999' '"oomScoreAdj":1e3' \
    '"user":{"uid":18446744073709551617}' '"user":{"uid":-0}' '"user":{"uid":01}' \
    '"rlimits":[{"type":"RLIMIT_NOFILE","soft":18446744073709551616,"hard":1}]' \
    '"rlimits":[{"type":"RLIMIT_NOFILE","soft":-1,"hard":-1}]'; do
    echo "$member"
    printf '{"args":["sh"],"cwd":"/",%s}' "$member" >"$WORK/process.json"
    engine exec --process "$WORK/process.json"
    assert_refused ""
  done
  for member in '"pids":{"limit":9223372036854775808}' '"pids":{"limit":18446744073709551615}' \
    '"memory":{"limit":-9223372036854775809}' '"memory":{"limit":1.5}' \
    '"cpu":{"shares":18446744073709551616}' '"blockIO":{"weight":65536}'; do
    echo "$member"
    printf '{%s}' "$member" >"$WORK/resources.json"
    engine update --resources "$WORK/resources.json"
    assert_refused "must be an integer from"
  done
}

# Filter, then either the words of a refusal or, behind "=", what the runtime must get.
update_attacks() {
  cat <<'EOT'
{unified: {"memory.max": "max"}}|past every limit
{unified: {"memory.swap.max": "max"}}|past every limit
{unified: {"pids.max": "max"}}|past every limit
{unified: {"cpu.max": "max"}}|past every limit
{unified: {"cgroup.procs": "1"}}|past every limit
{unified: {"../pids.max": "max"}}|past every limit
{unified: {"io.max": "8:0 rbps=max"}}|past every limit
{Unified: {"memory.max": "max"}}|another spelling of 'unified'
{memory: {swap: -1}}|comes without a memory limit
{memory: {limit: 0, swap: 99999999999}}|comes without a memory limit
{memory: {limit: 67108864, swap: -1}}|=.memory.swap == 67108864
{memory: {limit: 67108864, swap: 99999999999}}|=.memory.swap == 67108864
{memory: {limit: 67108864, checkBeforeUpdate: true}}|=.memory.limit == 67108864
{memory: {limit: -1}}|=.memory.limit > 0 and .memory.swap == .memory.limit
{memory: {limit: -2}}|=.memory.limit > 0
{memory: {disableOOMKiller: true}}|=.memory.disableOOMKiller == false
{memory: {useHierarchy: false}}|=.memory.useHierarchy == null
{memory: {kernel: -1, kernelTCP: -1}}|=.memory == {}
{memory: {swappiness: 101}}|not within 0 to 100
{pids: {limit: -1}}|=.pids.limit == 16384
{pids: {limit: -2}}|=.pids.limit == 16384
{pids: {limit: 1000000}}|=.pids.limit == 16384
{pids: {limit: 0}}|=.pids.limit == 0
{cpu: {realtimeRuntime: 950000, realtimePeriod: 1000000}}|=.cpu == {}
{cpu: {mems: "../../x"}}|is not a list such as
{blockIO: {weight: 65535}}|=.blockIO.weight <= 1000
{hugepageLimits: [{pageSize: "2MB", limit: 9007199254740992}]}|=.hugepageLimits[0].limit < 9007199254740992
{hugepageLimits: [{pageSize: "2MB/../../pids", limit: 1}]}|the size of a huge page
{network: {classID: 1, priorities: [{name: "eth0", priority: 9}]}}|=. == {}
{devices: [{allow: true, access: "rwm"}]}|opens every device of the host
{devices: [{allow: true, type: "b", major: 8, minor: 0, access: "rwm"}]}|device
{intelRdt: {closID: "x"}}|=. == {}
[]|must be an object
null|must be an object
EOT
}

@test "attacks: whatever an update asks for, the limits are the policy's" {
  local filter words

  while IFS='|' read -r filter words <&4; do
    echo "$filter"
    forget_calls
    given_document resources "$filter" docker-20.10/resources/update-pids.json
    engine update --resources "$WORK/resources.json"
    if [[ $words == =* ]]; then
      assert_ok
      assert_resources "${words#=}"
    else
      assert_refused "$words"
    fi
  done 4< <(update_attacks)
}

@test "attacks: an update by /proc/self/fd/0 is standard input, and is read once" {
  echo '{"pids": {"limit": -1}}' >"$WORK/in.json"
  engine update --resources /proc/self/fd/0 <"$WORK/in.json"
  assert_ok
  assert_resources '. == {pids: {limit: 16384}}'
  grep -q -- "--resources=-	$ID\$" "$STUB_DIR/calls"
}
