#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for shells in containers
#
# Descriptors of the host that reach a container: by --preserve-fds with a hole, by LISTEN_FDS, by our
# own hand-over. What plain runc does is shown first, so that each check is one that can fail.

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  local allow='{"version": 1, "controls": {"command-line": {"allow": ["preserve-fds"]}}}'

  engines_start
  engines_policy fds "$allow"
  engines_policy fds-crun "$(jq --arg path "$(command -v crun)" '.runtime = $path' <<<"$allow")"
  printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v crun)" >"$ROOM/bin/crun"
  chmod 0755 "$ROOM/bin/crun"
  for fd in {3..9}; do echo "content $fd" >"$ROOM/srv/given.$fd"; done
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/engines_more
}

teardown() {
  runtime mantlet delete --force one >/dev/null 2>&1 || true
  runtime crun delete --force one >/dev/null 2>&1 || true
}

# What a program has beside its standard streams, one a line: number, last part of the target.
LIST='for i in $(seq 3 1100); do [ ! -L /proc/$$/fd/$i ] || { printf "%s " $i; readlink /proc/$$/fd/$i | sed "s|.*/||"; }; done'

# listing_bundle: its program prints the list.
listing_bundle() {
  bundle one "$(jq -nr --arg list "$LIST" '".process.args = [\"sh\", \"-c\", \($list | tojson)]"')"
}

# runtime NAME ARGUMENT...: one call of a runtime in the room.
runtime() {
  local path

  path=$(runtime_path "$1")
  shift
  room "$path" "$@"
}

# with_given FIRST LAST COMMAND...: the descriptors FIRST to LAST are files of the host, the others up
# to 9 are closed. crun changes the owner of its standard input, so that is the room's own.
with_given() {
  local first=$1 last=$2

  shift 2
  (
    for fd in {3..9}; do
      if ((fd >= first && fd <= last)); then
        eval "exec $fd<'$ROOM/srv/given.$fd'"
      else
        eval "exec $fd>&-"
      fi
    done
    "$@" <"$ROOM/null"
  )
}

sleeping() {
  local dir

  dir=$(bundle one '.process.args = ["sleep", "600"]')
  with_given 9 8 runtime "$1" run --detach --bundle "$dir" one >/dev/null 2>&1
}

@test "descriptors: plain runc hands the host's cgroup tree, and with it the host, to a hole" {
  local first
  sleeping runc
  for first in 3 4; do
    # 3 is there and 4 is the hole; then 3 is the hole.
    run with_given 3 $((first - 1)) runtime runc exec --preserve-fds 2 one sh -c "$LIST; cat /proc/self/fd/$first/../../../$ROOM/srv/given.9"
    echo "$output"
    [[ $output == *"$first cgroup"* && $output == *"content 9"* ]]
  done
}

@test "descriptors: a hole is refused in every mode, with the first that is missing" {
  local name missing dir
  sleeping mantlet-audit
  for name in mantlet mantlet-fds mantlet-audit mantlet-fds-crun; do
    for missing in 3 4 5; do
      run with_given 3 $((missing - 1)) runtime "$name" exec --preserve-fds 3 one sh -c "$LIST"
      [ "$status" -eq 1 ]
      [[ $output == "mantlet: refused: --preserve-fds 3 names the descriptors 3 to 5, and $missing is not open"* ]]
    done
    run with_given 4 5 runtime "$name" exec --preserve-fds 3 one true
    [[ $output == "mantlet: refused: --preserve-fds 3 "*" and 3 is not open"* ]]
  done
  runtime mantlet delete --force one
  dir=$(listing_bundle)
  for name in run create; do
    run with_given 3 3 runtime mantlet-audit "$name" --preserve-fds 2 --bundle "$dir" one
    [ "$status" -eq 1 ]
    [[ $output == "mantlet: refused: --preserve-fds 2 "*" and 4 is not open"* ]]
  done
}

@test "descriptors: without the policy's word they are refused, and audit lets them pass" {
  local dir
  dir=$(listing_bundle)
  run with_given 3 4 runtime mantlet run --preserve-fds 2 --bundle "$dir" one
  [ "$status" -eq 1 ]
  [[ $output == "mantlet: refused: --preserve-fds 2 hands open files and sockets of the host"* ]]
  run with_given 3 4 runtime mantlet-audit run --preserve-fds 2 --bundle "$dir" one
  [ "$output" = "$(printf '3 given.3\n4 given.4')" ]
}

@test "descriptors: with run exactly the allowed ones arrive, as through the plain runtime" {
  local below dir
  for below in runc crun; do
    run with_given 3 6 runtime "$below" run --preserve-fds 2 --bundle "$(listing_bundle)" one
    [ "$output" = "$(printf '3 given.3\n4 given.4')" ]
    dir=$(listing_bundle)
    run with_given 3 6 runtime "$(through "$below")" run --preserve-fds 2 --bundle "$dir" one
    echo "$below: $output"
    [ "$output" = "$(printf '3 given.3\n4 given.4')" ]
  done
}

through() {
  [ "$1" = runc ] && echo mantlet-fds || echo mantlet-fds-crun
}

@test "descriptors: with create and start exactly the allowed ones arrive" {
  local below dir
  for below in runc crun; do
    dir=$(listing_bundle)
    with_given 3 5 runtime "$(through "$below")" create --preserve-fds 2 --bundle "$dir" one >"$ROOM/tmp/out" 2>&1
    with_given 3 5 runtime "$(through "$below")" start one
    wait_for 5 "the end" eval "runtime $(through "$below") state one | grep stopped"
    cat "$ROOM/tmp/out"
    [ "$(cat "$ROOM/tmp/out")" = "$(printf '3 given.3\n4 given.4')" ]
    runtime "$(through "$below")" delete one
  done
}

@test "descriptors: with exec exactly the allowed ones arrive, by flags or by document, and never ours" {
  local below form
  for below in runc crun; do
    sleeping "$(through "$below")"
    jq -n --arg list "$LIST" '{args: ["sh", "-c", $list], cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0}}' >"$ROOM/srv/process.json"
    for form in "--process $ROOM/srv/process.json one" "one sh -c"; do
      [[ $form == --process* ]] && words=() || words=("$LIST")
      # shellcheck disable=SC2086 # words
      run with_given 3 6 runtime "$(through "$below")" exec --preserve-fds 2 $form "${words[@]}"
      echo "$below $form: $output"
      [ "$output" = "$(printf '3 given.3\n4 given.4')" ]
      # shellcheck disable=SC2086 # words
      run with_given 3 6 runtime "$(through "$below")" exec $form "${words[@]}"
      echo "$below $form, none: $output"
      [ -z "$output" ]
    done
    runtime "$(through "$below")" delete --force one
  done
}

# listening NAME ARGUMENT...: called as by a service manager that passes two sockets.
listening() {
  local path

  path=$(runtime_path "$1")
  shift
  with_given 3 4 room sh -c 'export LISTEN_FDS=2 LISTEN_PID=$$ LISTEN_FDNAMES=a:b; exec "$@"' sh "$path" "$@"
}

@test "descriptors: LISTEN_FDS makes plain runc pass them, and none arrive through mantlet" {
  local name
  run listening runc run --bundle "$(listing_bundle)" one
  echo "$output"
  [[ $output == *"3 given.3"*"4 given.4"* ]]
  for name in mantlet mantlet-fds mantlet-fds-crun mantlet-audit; do
    run listening "$name" run --bundle "$(listing_bundle)" one
    echo "$name: $output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
  done
  sleeping mantlet
  run listening mantlet exec one sh -c "$LIST"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "descriptors: update hands the running container none" {
  local pid
  sleeping mantlet
  pid=$(runtime mantlet state one | jq .pid)
  room ls "/proc/$pid/fd" >"$BATS_TEST_TMPDIR/before"
  echo '{"pids": {"limit": 77}}' | runtime mantlet update --resources - one
  room ls "/proc/$pid/fd" | diff "$BATS_TEST_TMPDIR/before" -
}
