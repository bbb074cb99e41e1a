#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# Docker's side doors: exec in every form, health checks, top and cp. What the added process has is
# the policy's, in containers that were started through mantlet (restricted, deny, fix, audit) and in
# containers that a plain runc started before mantlet took its place (before-deny, before-fix:
# another program under the path of the runtime; before: runc diverted as dpkg-divert does it).
# NAME runs as root by its image, NAME-user as the image's user 1000.

bats_require_minimum_version 1.5.0

setup_file() {
  local name

  load ../lib/engines
  load ../lib/side
  engines_start
  side_before deny fix
  cp "$(command -v runc)" "$ROOM/bin/plain"
  side_own_sbin
  docker_start

  start restricted mantlet
  for name in deny fix; do
    start "$name" "mantlet-$name"
    start "before-$name" "before-$name"
  done
  start before runc
  docker run -d --name audit --runtime mantlet-audit bb sleep 600
  docker run -d --name plain --runtime plain bb sleep 600
  # Its health has been looked at by plain runc at least once before the divert.
  given_health before-health --runtime runc bb
  wait_for 10 "a health check by runc" docker exec before-health test -e /tmp/health-0

  side_divert deny fix
  side_divert_runc
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/inside
  load ../lib/side
}

# A room with a frozen process in it could not end.
teardown() {
  local paused

  paused=$(docker ps -q --filter status=paused)
  # shellcheck disable=SC2086 # ids are words
  [ -z "$paused" ] || docker unpause $paused
}

# start NAME RUNTIME: a container of root and one of user 1000.
start() {
  docker run -d --name "$1" --runtime "$2" bb sleep 600
  docker run -d --name "$1-user" --runtime "$2" bb:user sleep 600
}

given_health() {
  local name=$1

  shift
  # One file a user: what another one wrote in a sticky /tmp could not be written again.
  docker run -d --name "$name" --health-cmd 'cat /proc/self/status >/tmp/health-$(id -u)' \
    --health-interval 1s "$@" sleep 600
}

is_healthy() {
  [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]
}

# Whether mantlet knows a container: it made a record of those that it started.
record_of() {
  [[ $1 == before* ]] && echo missing || echo present
}

# exec_as CONTAINER FLAGS: "-it" on a terminal.
exec_as() {
  local terminal=() flags

  read -r -a flags <<<"$2"
  [[ " $2 " != *" -it "* ]] || terminal=(on_terminal)
  "${terminal[@]}" "${DOCKER_CALL[@]}" exec "${flags[@]}" "$1" "${@:3}"
}

# each_allowed: rows of container|flags|uid|gid|groups on standard input.
each_allowed() {
  local container flags uid gid groups

  while IFS='|' read -r container flags uid gid groups <&4; do
    echo "$container: exec $flags"
    events_mark
    added exec_as "$container" "$flags"
    assert_process "$uid" "$gid" "$groups"
    assert_added "$(record_of "$container")" allowed \
      ".exec.tty == $([[ $flags == *-it* ]] && echo true || echo false)"
  done 4<&0 </dev/null
}

# each_refused: rows of container|flags|expression; "N" in it is a number.
each_refused() {
  local container flags words

  while IFS='|' read -r container flags words <&4; do
    echo "$container: exec $flags"
    events_mark
    run exec_as "$container" "$flags" /bin/cat /proc/self/status
    echo "$status: $output"
    assert_refusal "${words//N/[0-9]+}, rule default, [0-9a-f]{12}\]"
    assert_added "$(record_of "$container")" refused
  done 4<&0 </dev/null
}

DOCKER_CALL=("${DOCKER:-docker}")

@test "docker side: exec of every form is the policy's process" {
  each_allowed <<'EOT'
restricted||65532|65532|
restricted|-u 0|65532|65532|
restricted|-u 0:0|65532|65532|
restricted|-it|65532|65532|
restricted|-it -u 0|65532|65532|
restricted|-u 1234:4321|1234|4321|4321
restricted-user||1000|1000|1000
restricted-user|-u 0|1000|1000|
restricted-user|-it|1000|1000|1000
deny||65532|65532|
deny|-u 0|65532|65532|
deny|-it|65532|65532|
deny-user||1000|1000|1000
fix||65532|65532|
fix|-u 0|65532|65532|
fix|-it|65532|65532|
fix-user||1000|1000|1000
fix-user|-u 0|1000|1000|
EOT
}

@test "docker side: exec through a runc that was replaced is the policy's process, without a record" {
  each_allowed <<'EOT'
before||65532|65532|
before|-u 0|65532|65532|
before|-it|65532|65532|
before|-u 1234:4321|1234|4321|4321
before-user||1000|1000|1000
before-user|-u 0|65532|65532|
before-deny||65532|65532|
before-deny|-u 0|65532|65532|
before-deny|-it -u 0|65532|65532|
before-deny-user||1000|1000|1000
before-fix||65532|65532|
before-fix|-u 0|65532|65532|
before-fix-user|-it|1000|1000|1000
EOT
}

@test "docker side: exec --privileged is refused, with or without a record, as root or not" {
  local words='exec --privileged asks for N capabilities that this container does not have; run exec without it'

  each_refused <<EOT
restricted|--privileged|$words \[capabilities, policy built-in restricted@1
restricted|--privileged -u 0|$words \[capabilities, policy built-in restricted@1
restricted|-it --privileged -u 0|$words \[capabilities, policy built-in restricted@1
restricted-user|--privileged|$words \[capabilities, policy built-in restricted@1
restricted-user|--privileged -u 0|$words \[capabilities, policy built-in restricted@1
deny|--privileged|$words \[capabilities, policy deny
deny|--privileged -u 0|$words \[capabilities, policy deny
deny-user|--privileged|$words \[capabilities, policy deny
before|--privileged|$words \[capabilities, policy built-in restricted@1
before|--privileged -u 0|$words \[capabilities, policy built-in restricted@1
before-user|--privileged|$words \[capabilities, policy built-in restricted@1
before-deny|--privileged|$words \[capabilities, policy deny
before-deny-user|--privileged -u 0|$words \[capabilities, policy deny
EOT
}

@test "docker side: exec -u 0 in a container of user 1000 is refused under deny, one reason or two" {
  each_refused <<'EOT'
deny-user|-u 0|exec -u 0 asks for root in a container that runs as 1000; leave -u out \[user, policy deny
deny-user|-it -u 0:0|exec -u 0 asks for root in a container that runs as 1000; leave -u out \[user, policy deny
deny-user|--privileged -u 0|2 reasons: \(1\) exec -u 0 asks for root in a container that runs as 1000; leave -u out \(2\) exec --privileged asks for N capabilities that this container does not have; run exec without it \[user capabilities, policy deny
EOT
}

@test "docker side: exec --privileged under fix gives nothing, and the event says what was cut" {
  local container flags uid

  while read -r container uid flags <&4; do
    echo "$container: exec $flags"
    events_mark
    added exec_as "$container" "$flags"
    assert_user "$uid" "$uid"
    assert_confined
    assert_added "$(record_of "$container")" allowed "$CUT and .severity == 4"
  done 4<<'EOT'
fix 65532 --privileged
fix 65532 --privileged -u 0
fix 65532 -it --privileged -u 0
fix-user 1000 --privileged
fix-user 1000 --privileged -u 0
before-fix 65532 --privileged
before-fix 65532 --privileged -u 0
before-fix-user 1000 --privileged
EOT
}

@test "docker side: the outcome under audit is plain runc's, fact for fact" {
  local flags expected

  for flags in "-u 0" "-u 1234:4321 -w /tmp -e A=b"; do
    facts exec_as plain "$flags" facts
    comparable_facts >"$BATS_TEST_TMPDIR/plain"
    events_mark
    facts exec_as audit "$flags" facts
    comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
    assert_added present allowed
  done
  # Docker names capabilities that a daemon may lack itself; then runc fails, and so does it here.
  run exec_as plain --privileged facts
  expected="$status $(grep -E 'Uid|Cap|NoNew|Seccomp|OCI' <<<"$output")"
  events_mark
  run exec_as audit --privileged facts
  [ "$status $(grep -E 'Uid|Cap|NoNew|Seccomp|OCI' <<<"$output")" = "$expected" ]
  assert_added present would-refuse 'any(.refusals[]; .control == "capabilities" and .enforced == false)'
}

# health_is CONTAINER UID: a check that ran as this user made the container healthy, confined.
health_is() {
  wait_for 10 "the health check" docker exec "$1" test -e "/tmp/health-$2"
  wait_for 10 "health" is_healthy "$1"
  docker exec "$1" cat "/tmp/health-$2" >"$BATS_TEST_TMPDIR/status"
  status_of "$BATS_TEST_TMPDIR/status"
  assert_process "$2" "$2" "${3:-}"
}

@test "docker side: a health check is the policy's process, and makes the container healthy" {
  given_health health bb
  given_health health-deny --runtime mantlet-deny bb:user
  health_is health 65532
  [[ $(docker exec health ls /tmp) == health-65532 ]]
  health_is health-deny 1000 1000
  [[ $(docker exec health-deny ls /tmp) == health-1000 ]]
  docker rm -f health health-deny
}

@test "docker side: a health check that began under plain runc goes on as the policy's process" {
  health_is before-health 65532
  docker exec before-health cat /tmp/health-0 >"$BATS_TEST_TMPDIR/status"
  status_of "$BATS_TEST_TMPDIR/status"
  assert_user 0 0
  assert_fact NoNewPrivs 0
  docker rm -f before-health
}

@test "docker side: top shows the processes, and that an added one is nobody special" {
  local name uid

  for name in restricted:65532 restricted-user:1000 before:0 before-deny-user:1000; do
    uid=${name#*:} name=${name%:*}
    docker exec -d -u 0 "$name" sleep 77
    run docker top "$name" -eo pid,uid,args
    echo "$output"
    [ "$status" -eq 0 ]
    grep -Eq "^ *[0-9]+ +$uid +sleep 600$" <<<"$output"
    # In before-deny-user nobody knows any more that the image's user is 1000.
    [[ $name != before* ]] || uid=65532
    wait_for 5 "the added process" eval "docker top $name -eo pid,uid,args | grep -Eq ' $uid +sleep 77\$'"
  done
}

@test "docker side: cp works in both directions" {
  local name

  echo word >"$BATS_TEST_TMPDIR/file"
  for name in restricted deny-user before before-fix; do
    docker cp "$BATS_TEST_TMPDIR/file" "$name:/etc/copied"
    [ "$(docker exec "$name" cat /etc/copied)" = word ]
    docker cp "$name:/etc/copied" "$BATS_TEST_TMPDIR/back"
    cmp "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/back"
    docker exec "$name" tar -cf - -C /etc passwd | tar -tf - | grep -qx passwd
  done
}

@test "docker side: environment, directory, input, exit codes and signals are as with runc" {
  local name code

  for name in restricted before before-deny fix-user; do
    echo "$name"
    [ "$(docker exec -e WORD=x -w /var "$name" sh -c 'echo $WORD; pwd')" = $'x\n/var' ]
    head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
    docker exec -i "$name" cat <"$BATS_TEST_TMPDIR/data" >"$BATS_TEST_TMPDIR/copy"
    cmp "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/copy"
    for code in 0 3 200; do
      run docker exec "$name" sh -c "exit $code"
      [ "$status" -eq "$code" ]
    done
    run docker exec "$name" sh -c 'kill -TERM $$'
    [ "$status" -eq 143 ]
    run docker exec "$name" no-such-program
    [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
    docker exec -d "$name" sh -c \
      'trap "echo got >/tmp/got; exit" USR1; echo $$ >/tmp/pid; while :; do sleep 0.05; done'
    wait_for 5 "the trap" docker exec "$name" test -s /tmp/pid
    docker exec "$name" sh -c 'kill -USR1 $(cat /tmp/pid)'
    wait_for 5 "the signal" docker exec "$name" test -e /tmp/got
  done
}

@test "docker side: twenty execs at once are twenty processes of the policy" {
  local name i pids=()

  for name in restricted before; do
    events_mark
    for i in {1..20}; do
      docker exec -u 0 "$name" cat /proc/self/status >"$BATS_TEST_TMPDIR/$name.$i" 3>&- &
      pids+=($!)
    done
    wait "${pids[@]}"
    cat "$BATS_TEST_TMPDIR/$name".* >"$BATS_TEST_TMPDIR/status"
    status_of "$BATS_TEST_TMPDIR/status"
    sort "$BATS_TEST_TMPDIR/facts" | uniq -c >"$BATS_TEST_TMPDIR/twenty"
    added exec_as "$name" "-u 0"
    assert_process 65532 65532 ""
    sort "$BATS_TEST_TMPDIR/facts" | sed 's/^/     20 /' | diff - "$BATS_TEST_TMPDIR/twenty"
    [ "$(events | jq -s --arg id "$(docker inspect --format '{{.Id}}' "$name")" \
      'map(select(.container.id == $id and .outcome == "allowed")) | length')" -eq 21 ]
  done
}

@test "docker side: exec in a paused container answers as with runc, and works again after it" {
  local expected

  docker pause restricted before plain
  run docker exec plain true
  expected="$status ${output/plain/NAME}"
  [[ $output == *"is paused"* ]]
  run docker exec restricted true
  [ "$status ${output/restricted/NAME}" = "$expected" ]
  run docker exec before true
  [ "$status ${output/before/NAME}" = "$expected" ]
  docker unpause restricted before plain
  added exec_as restricted "-u 0"
  assert_process 65532 65532 ""
}

@test "docker side: a broken policy file fails no exec in a container that has its record" {
  cp "$ROOM/policy/fix.json" "$BATS_TEST_TMPDIR/fix.json"
  printf '{ "version": 1, ' >"$ROOM/policy/fix.json"
  events_mark
  added exec_as fix "-it --privileged -u 0"
  assert_process 65532 65532 ""
  assert_added present allowed "$CUT"

  # Without a record there is nothing to go by: it is refused, never guessed.
  run exec_as before-fix "" /bin/cat /proc/self/status
  echo "$output"
  assert_refusal "the policy is broken: "
  run docker run --rm --runtime mantlet-fix bb cat /proc/self/status
  assert_refusal "the policy is broken: "
  cp "$BATS_TEST_TMPDIR/fix.json" "$ROOM/policy/fix.json"
}

@test "docker side: after docker restart a container of plain runc is mantlet's, and so are its execs" {
  docker restart -t 0 restricted before before-deny-user
  each_allowed <<'EOT'
restricted|-u 0|65532|65532|
EOT
  record_of() { echo present; }
  each_allowed <<'EOT'
before|-u 0|65532|65532|
before-deny-user||1000|1000|1000
EOT
  each_refused <<'EOT'
before-deny-user|-u 0|exec -u 0 asks for root in a container that runs as 1000; leave -u out \[user, policy deny
EOT
}
