#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# ctr's side doors, as those of Docker (side_docker.bats). What it can ask of an exec is a user, a
# directory and a terminal; it has no --privileged, no health checks, no cp and no update. By itself
# it asks for no seccomp filter, so a container that a plain runc started under ctr (before-NAME) has
# none, and no exec can bring one: there Seccomp is 0, and everything else is the policy's. The
# containers named -user are of user 1000 by their spec.

bats_require_minimum_version 1.5.0

setup_file() {
  local name

  load ../lib/engines
  load ../lib/engines_more
  load ../lib/side
  engines_start
  engines_policy restricted '{"version": 1}'
  side_before restricted deny fix
  side_own_sbin
  containerd_start
  for name in restricted deny fix; do
    start "$name" "$ROOM/bin/mantlet-$name"
    start "before-$name" "$ROOM/bin/before-$name"
  done
  start before runc
  start plain "$(plain_runc)"
  start audit "$ROOM/bin/mantlet-audit"
  side_divert restricted deny fix
  side_divert_runc
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/inside
  load ../lib/side
}

# A room with a frozen process in it could not end.
teardown() {
  local task

  for task in $(ctr task ls | sed -n 's/^\([^ ]*\).*PAUSED.*/\1/p'); do
    ctr task resume "$task"
  done
}

# A copy of the real runc that nobody will take the place of.
plain_runc() {
  [ -e "$ROOM/bin/plain" ] || cp "$(command -v runc)" "$ROOM/bin/plain"
  echo "$ROOM/bin/plain"
}

# start NAME BINARY: a container of root, as ctr writes it, and one of user 1000.
start() {
  local dir

  ctr run -d --runc-binary "$2" --rootfs "$ROOM/rootfs" "$1" /bin/sleep 600
  dir=$(bundle "$1-user" '.process.user = {uid: 1000, gid: 1000} | .process.args = ["/bin/sleep", "600"]')
  ctr run -d --runc-binary "$2" --config "$dir/config.json" "$1-user"
}

record_of() {
  [[ $1 == before* ]] && echo missing || echo present
}

# exec_as CONTAINER FLAGS PROGRAM...: "-t" on a terminal.
exec_as() {
  local call=(ctr) flags

  read -r -a flags <<<"$2"
  [[ " $2 " != *" -t "* ]] || call=(on_terminal ctr)
  "${call[@]}" task exec --exec-id "x$RANDOM$RANDOM" "${flags[@]}" "$1" "${@:3}"
}

@test "ctr side: exec of every form is the policy's process, with a record" {
  local container flags uid groups

  while IFS='|' read -r container flags uid groups <&4; do
    echo "$container: exec $flags"
    events_mark
    added exec_as "$container" "$flags"
    assert_process "$uid" "$uid" "$groups"
    assert_added present allowed ".engine.name == \"ctr\" and .exec.tty == $([[ $flags == *-t* ]] && echo true || echo false)"
  done 4<<'EOT'
restricted||65532|
restricted|--user 0|65532|
restricted|--user root|65532|
restricted|-t --user 0|65532|
restricted|--user 1234:1234|1234|1234
restricted-user||1000|
restricted-user|--user 0|1000|
deny|--user 0|65532|
deny|-t|65532|
deny-user||1000|
fix|--user 0:0|65532|
fix-user|--user 0|1000|
EOT
}

@test "ctr side: exec through a runc that was replaced is the policy's process, without a filter" {
  local container flags uid groups

  while IFS='|' read -r container flags uid groups <&4; do
    echo "$container: exec $flags"
    events_mark
    added exec_as "$container" "$flags"
    assert_process "$uid" "$uid" "$groups" 0
    assert_added missing allowed '.engine.name == "ctr"'
  done 4<<'EOT'
before||65532|
before|--user 0|65532|
before|-t --user 0|65532|
before|--user 1234:1234|1234|1234
before-user||1000|
before-restricted|--user 0|65532|
before-restricted-user|--user 0|65532|
before-deny|--user 0|65532|
before-deny-user|-t|1000|
before-fix|--user root|65532|
EOT
}

@test "ctr side: exec --user 0 in a container of user 1000 is refused under deny" {
  events_mark
  run exec_as deny-user "--user 0" /bin/cat /proc/self/status
  echo "$output"
  assert_refusal 'exec process.user.uid 0 asks for root in a container that runs as 1000; leave .* out \[user, policy deny, rule default, deny-user\]'
  assert_added present refused
}

@test "ctr side: the outcome under audit is plain runc's, fact for fact" {
  local flags

  for flags in "--user 0" "--user 1234:1234 --cwd /tmp"; do
    facts exec_as plain "$flags" /bin/facts
    comparable_facts | sed 's|/plain$|/NAME|' >"$BATS_TEST_TMPDIR/plain"
    grep -qx 'Seccomp 0' "$BATS_TEST_TMPDIR/plain"
    events_mark
    facts exec_as audit "$flags" /bin/facts
    comparable_facts | sed 's|/audit$|/NAME|' | diff "$BATS_TEST_TMPDIR/plain" -
    assert_added present allowed '.counts.audit > 0'
  done
}

@test "ctr side: directory, input, terminal and exit codes are as with runc" {
  local name

  for name in restricted before; do
    [ "$(exec_as "$name" "--cwd /var" /bin/pwd)" = /var ]
    [ "$(echo word | exec_as "$name" "" /bin/cat)" = word ]
    [[ $(exec_as "$name" -t /bin/tty) == */dev/pts/0* ]]
    run exec_as "$name" "" /bin/sh -c 'exit 9'
    [ "$status" -eq 9 ]
    run exec_as "$name" "" /bin/sh -c 'kill -TERM $$'
    [ "$status" -eq 143 ]
    [[ $(ctr task ps "$name") == *PID* ]]
  done
}

@test "ctr side: twenty execs at once are twenty processes of the policy" {
  local i pids=()

  for i in {1..20}; do
    exec_as restricted "--user 0" /bin/cat /proc/self/status >"$BATS_TEST_TMPDIR/twenty.$i" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  cat "$BATS_TEST_TMPDIR"/twenty.* >"$BATS_TEST_TMPDIR/status"
  status_of "$BATS_TEST_TMPDIR/status"
  sort "$BATS_TEST_TMPDIR/facts" | uniq -c >"$BATS_TEST_TMPDIR/twenty"
  added exec_as restricted "--user 0"
  assert_process 65532 65532 ""
  sort "$BATS_TEST_TMPDIR/facts" | sed 's/^/     20 /' | diff - "$BATS_TEST_TMPDIR/twenty"
}

# called BINARY NAME: exec as somebody types it, without an engine that would refuse it before.
called() {
  room "$1" --root /run/containerd/runc/default exec "$2" /bin/true 2>&1 | sed 's/^time="[^"]*" //'
  return "${PIPESTATUS[0]}"
}

@test "ctr side: exec in a paused container answers as with runc, and works again after it" {
  local expected

  ctr task pause plain
  ctr task pause restricted
  run exec_as plain "" /bin/true
  expected="$status $output"
  [ "$status" -ne 0 ]
  run exec_as restricted "" /bin/true
  [ "$status $output" = "$expected" ]

  run called "$ROOM/bin/plain" plain
  expected="$status $output"
  [[ $output == *"paused"* ]]
  events_mark
  run called "$ROOM/bin/mantlet" restricted
  [ "$status $output" = "$expected" ]
  assert_added present allowed
  ctr task resume plain
  ctr task resume restricted
  added exec_as restricted "--user 0"
  assert_process 65532 65532 ""
}
