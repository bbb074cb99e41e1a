#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# podman's side doors, as those of Docker (side_docker.bats): conmon calls exec without --root and
# says --tty beside the document, a health check is an exec that podman makes itself, and limits come
# as a file. NAME runs as root by its image, NAME-user as user 1000; before-deny, before-fix and
# before were started by a plain runc.

bats_require_minimum_version 1.5.0

setup_file() {
  local name

  load ../lib/engines
  load ../lib/engines_more
  load ../lib/side
  engines_start
  engines_policy limits-fix "$(limits_policy fix)"
  engines_policy limits-deny "$(limits_policy deny)"
  side_before deny fix
  cp "$(command -v runc)" "$ROOM/bin/plain"
  side_own_sbin
  podman_start

  start restricted mantlet
  for name in deny fix; do
    start "$name" "mantlet-$name"
    start "before-$name" "before-$name"
  done
  start before runc
  podman run -d --name plain --runtime plain bb sleep 600
  podman run -d --name audit --runtime mantlet-audit bb sleep 600
  side_divert deny fix
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
  local paused

  paused=$(podman ps -q --filter status=paused)
  # shellcheck disable=SC2086 # ids are words
  [ -z "$paused" ] || podman unpause $paused
}

# start NAME RUNTIME: a container of root and one of user 1000.
start() {
  podman run -d --name "$1" --runtime "$2" "${HEALTH[@]}" bb sleep 600
  podman run -d --name "$1-user" --runtime "$2" -u 1000:1000 "${HEALTH[@]}" bb sleep 600
}

HEALTH=(--health-cmd 'cat /proc/self/status >/tmp/health-$(id -u)' --health-interval disable)

# limits_policy MODE: as in side_docker_update.bats.
limits_policy() {
  jq -n --arg mode "$1" '{version: 1, name: "limits-\($mode)", controls: {
    memory: {mode: $mode, default: "256MiB", max: "512MiB"}, pids: {mode: $mode, default: 100, max: 200},
    cpu: {mode: $mode, default: 0.25, max: 0.5, shares_max: 512}, io: {mode: $mode, weight_max: 300}}}'
}

record_of() {
  [[ $1 == before* ]] && echo missing || echo present
}

# exec_as CONTAINER FLAGS: "-it" on a terminal.
exec_as() {
  local call=(podman) flags

  read -r -a flags <<<"$2"
  [[ " $2 " != *" -it "* ]] || call=(on_terminal podman --cgroup-manager cgroupfs)
  "${call[@]}" exec "${flags[@]}" "$1" "${@:3}"
}

@test "podman side: exec of every form is the policy's process, with a record and without" {
  local container flags uid

  while IFS='|' read -r container flags uid <&4; do
    echo "$container: exec $flags"
    events_mark
    added exec_as "$container" "$flags"
    assert_process "$uid" "$uid" ""
    assert_added "$(record_of "$container")" allowed \
      ".exec.tty == $([[ $flags == *-it* ]] && echo true || echo false)"
  done 4<<'EOT'
restricted||65532
restricted|-u 0|65532
restricted|-it|65532
restricted|-u 1234:1234|1234
restricted-user|-u 0|1000
deny|-u 0|65532
deny-user|-it|1000
fix-user|-it -u 0|1000
before||65532
before|-u 0|65532
before|-it|65532
before-user||1000
before-deny|-u 0|65532
before-deny-user|-it|1000
before-fix|-it -u 0|65532
EOT
}

@test "podman side: exec --privileged, and -u 0 where the container is no root's, are refused" {
  local container flags words
  local caps='exec --privileged asks for [0-9]+ capabilities that this container does not have; run exec without it'
  # podman names its log only to a runtime whose name it knows; without that and without a record
  # nothing says that it is podman's.
  local unknown='exec asks for [0-9]+ capabilities that this container does not have; leave them out'
  local root='exec -u 0 asks for root in a container that runs as 1000; leave -u out'

  while IFS='|' read -r container flags words <&4; do
    echo "$container: exec $flags"
    events_mark
    run exec_as "$container" "$flags" /bin/cat /proc/self/status
    echo "$status: $output"
    assert_refusal "$words, rule default, [0-9a-f]{12}\]"
    assert_added "$(record_of "$container")" refused
  done 4<<EOT
restricted|--privileged|$caps \[capabilities, policy built-in restricted@1
restricted|-it --privileged -u 0|$caps \[capabilities, policy built-in restricted@1
restricted-user|--privileged|$caps \[capabilities, policy built-in restricted@1
deny|--privileged -u 0|$caps \[capabilities, policy deny
deny-user|-u 0|$root \[user, policy deny
deny-user|--privileged -u 0|2 reasons: \(1\) $root \(2\) $caps \[user capabilities, policy deny
before|--privileged|$caps \[capabilities, policy built-in restricted@1
before|--privileged -u 0|$caps \[capabilities, policy built-in restricted@1
before-user|--privileged|$caps \[capabilities, policy built-in restricted@1
before-deny|--privileged -u 0|$unknown \[capabilities, policy deny
EOT
}

@test "podman side: exec --privileged under fix gives nothing, and the event says what was cut" {
  local container flags uid

  while read -r container uid flags <&4; do
    echo "$container: exec $flags"
    events_mark
    added exec_as "$container" "$flags"
    assert_process "$uid" "$uid" ""
    assert_added "$(record_of "$container")" allowed "$CUT and .severity == 4"
  done 4<<'EOT'
fix 65532 -it --privileged -u 0
fix-user 1000 --privileged -u 0
before-fix 65532 --privileged -u 0
before-fix-user 1000 --privileged
EOT
}

@test "podman side: the outcome under audit is plain runc's, fact for fact" {
  local flags

  for flags in "-u 1234:4321 -w /tmp -e A=b" --privileged; do
    facts exec_as plain "$flags" facts
    comparable_facts >"$BATS_TEST_TMPDIR/plain"
    events_mark
    facts exec_as audit "$flags" facts
    comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
  done
  refute_fact CapEff 0000000000000000
  assert_added present would-refuse 'any(.refusals[]; .control == "capabilities" and .enforced == false)'
}

@test "podman side: a health check is the policy's process" {
  local name uid

  for name in restricted:65532 deny-user:1000 before:65532 before-deny-user:1000; do
    uid=${name#*:} name=${name%:*}
    echo "$name"
    events_mark
    podman healthcheck run "$name"
    assert_added "$(record_of "$name")" allowed
    podman exec "$name" cat "/tmp/health-$uid" >"$BATS_TEST_TMPDIR/status"
    status_of "$BATS_TEST_TMPDIR/status"
    assert_process "$uid" "$uid" ""
    [ "$(podman inspect --format '{{.State.Healthcheck.Status}}' "$name")" = healthy ]
  done
}

@test "podman side: top, cp, environment, directory, input and exit codes are as with runc" {
  local name

  echo word >"$ROOM/tmp/word"
  for name in restricted before-deny; do
    [[ $(podman top "$name" user args) == *"sleep 600"* ]]
    podman cp "$ROOM/tmp/word" "$name:/tmp/copied"
    [ "$(podman exec "$name" cat /tmp/copied)" = word ]
    podman cp "$name:/tmp/copied" "$ROOM/tmp/back"
    cmp "$ROOM/tmp/word" "$ROOM/tmp/back"
    [ "$(podman exec -e WORD=x -w /var "$name" sh -c 'echo $WORD; pwd')" = $'x\n/var' ]
    [ "$(echo word | podman exec -i "$name" cat)" = word ]
    run podman exec "$name" sh -c 'exit 9'
    [ "$status" -eq 9 ]
    run podman exec "$name" sh -c 'kill -TERM $$'
    [ "$status" -eq 143 ]
  done
  # podman copies within the container's own mounts, where the root is read-only.
  run podman cp "$ROOM/tmp/word" restricted:/etc/copied
  [ "$status" -ne 0 ]
  [[ $output == *"read-only file system"* ]]
  [[ $(exec_as restricted "-it -e TERM=x" sh -c 'tty; echo $TERM') == */dev/pts/0*x* ]]
}

@test "podman side: exec in a paused container answers as with runc, and works again after it" {
  local expected

  podman pause plain restricted
  run podman exec plain true
  expected="$status $output"
  [ "$status" -ne 0 ]
  run podman exec restricted true
  [ "$status $output" = "$expected" ]
  podman unpause plain restricted
  added exec_as restricted "-u 0"
  assert_process 65532 65532 ""
}

@test "podman side: after podman restart a container of plain runc is mantlet's, and so are its execs" {
  podman restart -t 0 before
  events_mark
  added exec_as before "-u 0"
  assert_process 65532 65532 ""
  assert_added present allowed
}

# limits_in NAME
limits_in() {
  limits "$(podman inspect --format '{{.State.Pid}}' "$1")"
}

@test "podman side: update of limits above the policy's is refused under deny, with the limit named" {
  local flags words

  podman run -d --name denied --runtime mantlet-limits-deny bb sleep 600
  limits_in denied
  # 2048 is what podman writes when nobody asks.
  assert_fact limit.pids 200
  cp "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/limits"
  while IFS='|' read -r flags words <&4; do
    echo "$flags"
    events_mark
    # shellcheck disable=SC2086 # flags are words
    run podman update $flags denied
    echo "$output"
    assert_refusal "update $words of this container; nothing was changed; ask for at most "
    assert_event '.event == "update" and .outcome == "refused" and .engine.name == "podman"'
  done 4<<'EOT'
-m 900g|-m 900GiB is above the limit 512MiB
-m 128m --memory-swap 1g|--memory-swap 1GiB is above the limit 128MiB
--memory-reservation 900g|--memory-reservation 900GiB is above the limit 512MiB
--cpus 1|--cpu-quota 100000/100000 is above the limit of 0.5 cores
--cpu-shares 2048|--cpu-shares 2048 is above the limit 512
--blkio-weight 900|--blkio-weight 900 is above the limit 300
EOT
  limits_in denied
  diff "$BATS_TEST_TMPDIR/limits" "$BATS_TEST_TMPDIR/facts"
  podman rm -f -t 0 denied
}

@test "podman side: update is cut down under fix, changes nothing by zeros, and arrives when tighter" {
  podman run -d --name fixed --runtime mantlet-limits-fix bb sleep 600
  limits_in fixed
  cp "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/limits"
  # podman sends neither zeros nor -1.
  podman update -m 0 --memory-swap -1 --cpu-shares 0 --cpu-quota -1 fixed
  limits_in fixed
  diff "$BATS_TEST_TMPDIR/limits" "$BATS_TEST_TMPDIR/facts"

  events_mark
  podman update -m 900g --cpus 1 --cpu-shares 2048 fixed
  assert_event '.event == "update" and .outcome == "clamped" and .counts.ask >= 3'
  limits_in fixed
  assert_fact limit.memory $((512 * MIB))
  [ -z "$(fact limit.swap)" ] || assert_fact limit.swap 0
  assert_fact limit.quota 50000
  assert_fact limit.weight "$(weight_of 512)"

  podman update -m 64m --cpus 0.1 --cpu-shares 64 --cpuset-cpus 0 --memory-reservation 32m fixed
  limits_in fixed
  assert_fact limit.memory $((64 * MIB))
  [ -z "$(fact limit.swap)" ] || assert_fact limit.swap 0
  assert_fact limit.soft $((32 * MIB))
  assert_fact limit.quota 10000
  assert_fact limit.weight "$(weight_of 64)"
  assert_fact limit.cpus 0
  podman rm -f -t 0 fixed
}

@test "podman side: --blkio-weight stays within the policy where the kernel has it" {
  podman run -d --name fixed --runtime mantlet-limits-fix bb sleep 600
  limits_in fixed
  events_mark
  run podman update --blkio-weight 900 fixed
  assert_event '.event == "update" and .outcome == "clamped"
    and any(.changes[]; .control == "io" and .from == "900" and .to == "300")'
  if [ -n "$(fact limit.io)" ]; then
    [ "$status" -eq 0 ]
    limits_in fixed
    assert_fact limit.io 300
    podman update --blkio-weight 20 fixed
    limits_in fixed
    assert_fact limit.io 20
  fi
  podman rm -f -t 0 fixed
}
