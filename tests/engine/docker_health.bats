#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# Docker runs a health check as it runs "docker exec". With shells, terminals and every command but
# one refused, the check still works, whatever its form, and nothing else does.

setup_file() {
  load ../lib/engines
  load ../lib/side
  engines_start
  side_before exec
  engines_policy exec '{"version": 1, "controls": {"exec": {"mode": "deny", "shells": "block",
    "tty": "block", "commands": {"allow": ["id", "/bin/ls"]}}}}'
  docker_start
  docker import --change 'HEALTHCHECK --interval=1s --timeout=5s CMD ["test", "-d", "/data"]' \
    --change 'CMD ["sleep", "600"]' "$ROOM/image.tar" bb:checked >/dev/null
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

teardown() {
  docker_clear
}

health() {
  [ "$(docker inspect --format '{{.State.Health.Status}}' victim)" = "$1" ]
}

checks_are() {
  [ "$(docker inspect --format '{{len .State.Health.Log}}' victim)" -ge "$1" ]
}

# given_checked FLAG...: a container that waits, under the policy above.
given_checked() {
  docker run -d --name victim --runtime mantlet-exec --health-interval 1s --health-timeout 10s \
    "$@" >/dev/null
}

stays_healthy() {
  wait_for 30 "the health check" health healthy
  wait_for 30 "three health checks" checks_are 3
  health healthy
}

exec_events() {
  events | jq -c 'select(.event == "exec")'
}

@test "docker health: --health-cmd works where shells and all other commands are refused" {
  events_mark
  given_checked --health-cmd 'test -d /data || exit 1' bb sleep 600
  stays_healthy
  assert_event '.event == "exec" and .outcome == "allowed" and .exec.healthcheck and .exec.shell
    and (.exec.tty | not) and .exec.form == "document"'
  exec_events
  [ "$(exec_events | wc -l)" -eq 1 ]

  run docker exec victim sh -c x
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == *"mantlet: refused: 2 reasons: (1) exec of 'sh' starts a shell in the container; "* ]]
  [[ $output == *"[exec, policy "* ]]
  run docker exec victim /bin/sh -c 'test -d /data || exit 0'
  [[ $output == *"mantlet: refused: "* ]]
  run docker exec victim cat /etc/passwd
  [[ $output == *"exec of 'cat' is not allowed (allowed: 'id', '/bin/ls')"* ]]
  run script -qec "$DOCKER exec -it victim id" /dev/null
  echo "$output"
  [[ $output == *"mantlet: refused: exec -t opens a terminal in the container; leave -t out [exec, "* ]]
  run script -qec "$DOCKER exec -it victim /bin/sh -c 'test -d /data || exit 1'" /dev/null
  [[ $output == *"mantlet: refused: "*"starts a shell"* ]]
  docker exec victim id
  docker exec -e A=1 victim /bin/ls /
  for variable in PATH=/tmp LD_PRELOAD=/tmp/x.so; do
    run docker exec -e "$variable" victim id
    echo "$output"
    [[ $output == *"mantlet: refused: exec -e '${variable%%=*}' can make an allowed program another one, "* ]]
  done
  assert_event '.exec.program == "id" and .outcome == "allowed" and (.exec.healthcheck | not)'
  assert_event '.exec.program == "cat" and .outcome == "refused" and .severity == 6'
  health healthy
}

@test "docker health: a check of the image works, and one with a shell of its own" {
  docker run -d --name victim --runtime mantlet-exec bb:checked >/dev/null
  stays_healthy
  docker rm -f victim
  # The command line has no flag for Shell, and the API of 20.10 does not take it from the image.
  jq -n '{Image: "bb", Cmd: ["sleep", "600"], Shell: ["/bin/busybox", "sh", "-ec"],
    Healthcheck: {Test: ["CMD-SHELL", "test -d /data"], Interval: 1000000000},
    HostConfig: {Runtime: "mantlet-exec"}}' >"$BATS_TEST_TMPDIR/create.json"
  curl -fsS --unix-socket "${DOCKER_HOST#unix://}" -H 'Content-Type: application/json' \
    -d "@$BATS_TEST_TMPDIR/create.json" 'http://docker/containers/create?name=victim'
  docker start victim
  stays_healthy
  run docker exec victim /bin/sh -c 'test -d /data'
  [[ $output == *"mantlet: refused: "* ]]
  docker exec victim /bin/busybox sh -ec 'test -d /data'
}

@test "docker health: arguments of every kind are those that the record knows" {
  docker run -d --name other bb sleep 600 >/dev/null
  given_checked -e A=1 -e 'B=ä "<&>"' -t -w /data --link other:db --health-cmd 'x="ä \"<&>" ; test "$x" = "ä \"<&>"' bb sleep 600
  stays_healthy
}

@test "docker health: the same command with other variables or elsewhere is another one" {
  given_checked -e A=1 --health-cmd 'test -d /data' bb sleep 600
  docker exec victim /bin/sh -c 'test -d /data'
  for flag in '-e PATH=/tmp' '-e LD_PRELOAD=/tmp/x.so' '-e A=2' '-w /tmp'; do
    # shellcheck disable=SC2086 # flags are words
    run docker exec $flag victim /bin/sh -c 'test -d /data'
    echo "$flag: $output"
    [[ $output == *"mantlet: refused: "*"starts a shell"* ]]
  done
}

@test "docker health: a check that fails is run, and told as unhealthy" {
  events_mark
  given_checked --health-cmd 'echo broken; exit 1' --health-retries 2 bb sleep 600
  wait_for 30 "the verdict" health unhealthy
  [[ $(docker inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}' victim) == *"1 broken"* ]]
  [ "$(exec_events | wc -l)" -eq 1 ]
}

@test "docker health: a container without a check has none, and --no-healthcheck means it" {
  docker run -d --name victim --runtime mantlet-exec --no-healthcheck bb:checked >/dev/null
  run docker exec victim test -d /data
  [[ $output == *"mantlet: refused: exec of 'test' is not allowed"* ]]
}

@test "docker health: a restart keeps the check, and nothing is left when the container is gone" {
  local id

  given_checked --health-cmd 'true' bb sleep 600
  id=$(docker inspect --format '{{.Id}}' victim)
  stays_healthy
  [ -n "$(find "$ROOM/run/mantlet" -name "$id.health")" ]
  docker restart -t 0 victim
  stays_healthy
  docker rm -f victim
  [ -z "$(find "$ROOM/run/mantlet" -name "*$id*")" ]
}

@test "docker health: of a container that plain runc started, the check works when mantlet comes" {
  local seen

  docker run -d --name victim --runtime before-exec --health-interval 1s --health-timeout 10s \
    -e A=1 --health-cmd 'test -d /data || exit 1' bb sleep 600 >/dev/null
  stays_healthy
  events_mark
  side_divert exec
  seen=$(docker inspect --format '{{(index .State.Health.Log 0).End}}' victim)
  wait_for 30 "an exec through mantlet" assert_event \
    '.event == "exec" and .outcome == "allowed" and .exec.healthcheck and .container.record == "missing"'
  sleep 5
  [ "$(docker inspect --format '{{(index .State.Health.Log 0).End}}' victim)" != "$seen" ]
  health healthy
  [ "$(docker inspect --format '{{.State.Health.FailingStreak}}' victim)" = 0 ]
  run docker exec victim /bin/sh -c 'test -d /data || exit 0'
  echo "$output"
  [[ $output == *"mantlet: refused: "*"starts a shell"* ]]
  run docker exec -e PATH=/tmp victim /bin/sh -c 'test -d /data || exit 1'
  [[ $output == *"mantlet: refused: "* ]]
}

@test "docker health: the record holds no argument of a check, only a digest" {
  local record

  given_checked --health-cmd 'test PaSsWoRd' bb sleep 600
  record=$(find "$ROOM/run/mantlet" -name "$(docker inspect --format '{{.Id}}' victim).json")
  head -n 1 "$record" | jq -e '.healthcheck.args | test("^[0-9a-f]{64}$")'
  run grep -rl PaSsWoRd "$ROOM/run/mantlet"
  [ "$status" -eq 1 ]
}
