#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# The attacks of tests/attacks.bats against running containers, with runc and with crun below:
# whatever a process document or an update asks for, what the kernel says of the added process and
# of the control group is the policy's. The engine is played by hand, so that documents can be sent
# which no engine of today writes.

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  engines_start
  engines_policy crun "$(jq -n --arg path "$(command -v crun)" '{version: 1, runtime: $path}')"
  engines_policy crun-fix "$(_engines_all fix | jq --arg path "$(command -v crun)" '.runtime = $path')"
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/inside
}

teardown() {
  runtime mantlet delete --force one >/dev/null 2>&1 || true
}

runtime() {
  local path

  path=$(runtime_path "$1")
  shift
  room "$path" "$@"
}

# start RUNTIME [FILTER]
start() {
  DIR=$(bundle one ".process.args = [\"sleep\", \"600\"] | ${2:-.}")
  # What the engine would send for exec: before anything was hardened.
  cp "$DIR/config.json" "$ROOM/tmp/config.json"
  runtime "$1" run --detach --bundle "$DIR" one >/dev/null 2>&1 </dev/null 3>&-
}

# What the program prints: its status, its limits, score and scheduling class.
REPORT='facts; echo "oom $(cat /proc/self/oom_score_adj)"; set -- $(cat /proc/self/stat); echo "policy ${41}"
  echo "nice ${19}"; grep -E "realtime|nice" /proc/self/limits | tr -s " "; ls -l /proc/self/fd'

# added RUNTIME FILTER
added() {
  jq --arg report "$REPORT" ".process | .args = [\"sh\", \"-c\", \$report] | $2" \
    "$ROOM/tmp/config.json" >"$ROOM/tmp/process.json"
  run runtime "$1" exec --process "$ROOM/tmp/process.json" one
  printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/facts"
}

attacks() {
  cat <<'EOT'
.
.user = {uid: 0, gid: 0, additionalGids: [0, 6, 42]}
.user = {uid: 1000, gid: 6, additionalGids: [0, 6, 6, 42]}
.user = {uid: 4294967295, gid: 4294967295}
.user = {uid: 65536, gid: 0, umask: 0}
.capabilities = {ambient: ["CAP_SYS_ADMIN"]}
.capabilities = {inheritable: ["CAP_SYS_ADMIN"]}
.capabilities = {bounding: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"]}
.capabilities.bounding = ["cap_sys_admin"]
del(.capabilities)
.noNewPrivileges = false
.rlimits = [{type: "RLIMIT_RTPRIO", hard: 99, soft: 99}, {type: "RLIMIT_NICE", hard: 40, soft: 40}]
.oomScoreAdj = -1000
.scheduler = {policy: "SCHED_FIFO", priority: 50}
.scheduler = {policy: "SCHED_OTHER", nice: -20}
.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 0}
.execCPUAffinity = {initial: "0", final: "0"}
.apparmorProfile = "unconfined"
.cwd = "/proc/self/fd/7/../../.."
.cwd = "/proc/self/fd/7"
.cwd = "/dev/fd/7"
.env = ["HOME=/root", "_LIBCONTAINER_INITPIPE=3", "LISTEN_FDS=5", "PATH=/bin"]
EOT
}

# Refused (by us, or by a runtime that cannot do it), or as any process of this container.
assert_no_gain() {
  if [ "$status" -ne 0 ]; then
    ! grep ^CapEff "$BATS_TEST_TMPDIR/facts" || return 1
    return
  fi
  RAN=$((RAN + 1))
  assert_no_capabilities
  assert_fact NoNewPrivs 1
  assert_fact Seccomp 2
  refute_fact Uid "0 0 0 0"
  refute_fact Gid "0 0 0 0"
  refute_fact Gid "6 6 6 6"
  [[ " $(fact Groups) " != *" 0 "* && " $(fact Groups) " != *" 6 "* && " $(fact Groups) " != *" 42 "* ]]
  assert_fact_between oom 0 1000
  assert_fact policy 0
  assert_fact_between nice 0 19
  grep -q 'Max realtime priority 0 0' "$BATS_TEST_TMPDIR/facts"
  refute_fact home /root
  assert_fact cwd /
  refute_fact umask 0000
  # Nothing but standard streams and the directory that ls reads.
  [ "$(grep -c ' -> ' <(grep '[0-9] -> ' "$BATS_TEST_TMPDIR/facts"))" -le 4 ]
  ! grep -E '[0-9] -> .*(cgroup|memfd|mantlet|runc)' "$BATS_TEST_TMPDIR/facts" || return 1
}

@test "attacks: no process document gets more than the container has, with runc and crun" {
  local below filter

  for below in mantlet mantlet-fix mantlet-crun mantlet-crun-fix; do
    RAN=0
    start "$below"
    while read -r filter <&4; do
      echo "$below: $filter"
      added "$below" "$filter"
      sed 's/^/  /' "$BATS_TEST_TMPDIR/facts"
      assert_no_gain
    done 4< <(attacks)
    echo "$RAN ran"
    [ "$RAN" -ge 10 ]
    runtime "$below" delete --force one
  done
}

@test "attacks: without mantlet the same documents do get more" {
  start runc
  added runc '.capabilities |= map_values(["CAP_SYS_ADMIN"])'
  assert_fact CapEff 0000000000200000
  assert_fact Uid "0 0 0 0"
  added runc '.noNewPrivileges = false'
  assert_fact NoNewPrivs 0
}

@test "attacks: a container of user 1000 gets no root, no group of the host, no capability by exec" {
  local below

  for below in mantlet mantlet-crun; do
    start "$below" '.process.user = {uid: 1000, gid: 1000}'
    for filter in '.user = {uid: 0, gid: 0}' '.user = {uid: 0}' 'del(.user)' \
      '.user = {uid: 1000, gid: 0, additionalGids: [0, 6]}'; do
      echo "$below: $filter"
      added "$below" "$filter"
      assert_no_gain
      [ "$status" -ne 0 ] || assert_fact Uid "1000 1000 1000 1000"
    done
    runtime "$below" delete --force one
  done
}

# The limits as a process inside sees them.
limits() {
  facts runtime "$1" exec one facts
}

@test "attacks: no update leaves the control group above the policy, with runc and crun" {
  local below document

  for below in mantlet-fix mantlet-crun-fix; do
    start "$below"
    while read -r document <&4; do
      echo "$below: $document"
      printf '%s' "$document" >"$ROOM/tmp/resources.json"
      run runtime "$below" update --resources "$ROOM/tmp/resources.json" one
      echo "$status: $output"
      limits "$below"
      assert_fact_between "$(memory_fact)" 1 "$(percent_of_memory 90)"
      assert_fact_between cgroup.pids.max 1 16384
    done 4< <(printf '%s\n' '{"pids":{"limit":-1}}' '{"pids":{"limit":-2}}' '{"pids":{"limit":0}}' \
      '{"pids":{"limit":9223372036854775807}}' '{"memory":{"limit":-1}}' \
      '{"memory":{"limit":-1,"swap":-1}}' '{"memory":{"limit":9223372036854775807}}' \
      '{"memory":{"swap":-1}}' '{"unified":{"pids.max":"max"}}' '{"unified":{"memory.max":"max"}}' \
      '{"PIDS":{"limit":-1}}' '{"pids":{"limit":5},"pids":{"limit":-1}}' \
      '{"pids":{"limit":-1}} {"pids":{"limit":-1}}' '{}')
    # And a tighter one arrives.
    echo '{"pids":{"limit":99}}' >"$ROOM/tmp/resources.json"
    runtime "$below" update --resources "$ROOM/tmp/resources.json" one
    limits "$below"
    assert_fact cgroup.pids.max 99
    runtime "$below" delete --force one
  done
}
