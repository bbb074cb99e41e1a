#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# The same through containerd and ctr, which by itself asks for no seccomp filter and no limits. The
# runtime is named at every call; a refusal is the error of `ctr run`.

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  engines_start && containerd_start
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
  ctr task rm -f one >/dev/null 2>&1 || true
  ctr container rm one >/dev/null 2>&1 || true
}

# What a person can ask, one a line: control, flags.
asks() {
  cat <<EOT
privileged|--privileged
namespaces|--net-host
namespaces|--with-ns pid:/proc/1/ns/pid
namespaces|--with-ns ipc:/proc/1/ns/ipc
namespaces|--with-ns uts:/proc/1/ns/uts
mounts|--mount type=bind,src=/,dst=/x,options=rbind:rw
mounts|--mount type=bind,src=/run,dst=/x,options=rbind:rw
mounts|--mount type=bind,src=/etc,dst=/x,options=rbind:ro
devices|--device /dev/kmsg
capabilities|--cap-add CAP_NET_ADMIN
EOT
}

# run_as RUNTIME FLAGS
run_as() {
  # shellcheck disable=SC2086 # flags are words
  ctr_run "$1" one $2 -- /bin/facts
}

# given_limits FLAG...: a container that waits, and the limits of its cgroup as facts; ctr gives it no
# cgroup mount in which it could see them itself.
given_limits() {
  local file

  ctr run -d --runc-binary "$ROOM/bin/mantlet" "$@" --rootfs "$ROOM/rootfs" one /bin/sleep 600
  for file in pids/default/one/pids.max memory/default/one/memory.limit_in_bytes \
    default/one/pids.max default/one/memory.max; do
    room sh -c "test ! -e /sys/fs/cgroup/$file || echo cgroup.${file##*/} \$(cat /sys/fs/cgroup/$file)"
  done >"$BATS_TEST_TMPDIR/facts"
}

@test "ctr: a default container is hardened" {
  facts run_as mantlet
  assert_hardened
  given_limits
  assert_pids_limit 2048
  assert_fact_between "$(memory_fact)" "$(percent_of_memory 49)" "$(percent_of_memory 50)"
}

@test "ctr: tighter requests stay as they are" {
  given_limits --memory-limit 67108864
  assert_fact "$(memory_fact)" $((64 * 1024 * 1024))
  ctr task rm -f one
  ctr container rm one

  facts run_as mantlet --read-only
  assert_user 65532 65532
  assert_confined
  refute_writable /
  refute_mount /tmp
}

@test "ctr: a plain container passes in every mode" {
  facts run_as mantlet-deny
  assert_hardened
  facts run_as mantlet-fix
  assert_hardened
  facts run_as runc
  comparable_facts >"$BATS_TEST_TMPDIR/plain"
  facts run_as mantlet-audit
  comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
}

@test "ctr: what is asked is refused under deny, and ctr says why" {
  local control flags

  while IFS='|' read -r control flags <&4; do
    events_mark
    run run_as mantlet-deny "$flags"
    echo "$flags: $status: ${output:0:600}"
    [ "$status" -eq 1 ]
    [[ $output == *"OCI runtime create failed: mantlet: refused: "* && $output != *CapEff* ]]
    [[ $output =~ \[[^]]*"$control"[^]]*\] ]]
    assert_event '.outcome == "refused" and .engine.name == "ctr"
      and any(.refusals[]; .control == $c)' --arg c "$control"
  done 4< <(asks)
  [ -z "$(ctr task ls -q)" ]
}

@test "ctr: what is asked is neutralised under fix" {
  local control flags

  while IFS='|' read -r control flags <&4; do
    echo "$flags"
    events_mark
    facts run_as mantlet-fix "$flags"
    assert_hardened
    refute_mount /x
    [[ " $(fact devices) " != *" kmsg "* ]]
    assert_event 'any(.changes[]; .control == $c and .class == "ask")' --arg c "$control"
  done 4< <(asks)
}

@test "ctr: what is asked is only journalled under audit" {
  local control flags expected

  while IFS='|' read -r control flags <&4; do
    echo "$flags"
    expected=0
    run_as runc "$flags" >"$BATS_TEST_TMPDIR/facts" || expected=$?
    comparable_facts >"$BATS_TEST_TMPDIR/plain"
    events_mark
    status=0
    run_as mantlet-audit "$flags" >"$BATS_TEST_TMPDIR/facts" || status=$?
    [ "$status" -eq "$expected" ]
    comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
    assert_event '.outcome == "would-refuse"
      and any(.refusals[]; .control == $c and .enforced == false)' --arg c "$control"
  done 4< <(asks)
}

@test "ctr: exit codes and output are as with runc" {
  run ctr_run mantlet one -- /bin/sh -c 'echo out; exit 7'
  [ "$status" -eq 7 ]
  [ "$output" = out ]
  run ctr_run mantlet one -- /bin/no-such-program
  [ "$status" -eq 1 ]
  [[ $output == *"no such file or directory"* ]]
}

@test "ctr: tasks can be executed in, listed, paused, signalled and removed" {
  ctr run -d --runc-binary "$ROOM/bin/mantlet" --rootfs "$ROOM/rootfs" one /bin/sh -c \
    'trap "exit 5" TERM; while :; do sleep 0.1; done'
  wait_for 5 "the task" eval 'ctr task ls | grep RUNNING'
  facts ctr task exec --exec-id two --user 0 one /bin/facts
  assert_user 65532 65532
  assert_confined
  [[ $(ctr task ps one) == *PID* ]]
  [[ $(ctr task metrics one) == *memory* ]]
  ctr task pause one
  [[ $(ctr task ls) == *PAUSED* ]]
  ctr task resume one
  ctr task kill -s TERM one
  wait_for 5 "the end" eval 'ctr task ls | grep STOPPED'
  run ctr task rm one
  ctr container rm one
  [ -z "$(find "$ROOM/run/mantlet" -type f -name '*one*')" ]
}

@test "ctr: annotations of the caller change nothing" {
  facts run_as mantlet "--annotation run.oci.handler=krun --annotation mantlet=off"
  assert_hardened
}
