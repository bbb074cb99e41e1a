#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# A private dockerd whose default runtime is mantlet, without any policy file: what the process in a
# container really has, that a tighter request stays as it is, that what a person asks beyond the
# policy is refused or cut down, and that exec, update and build are no way round it.

setup_file() {
  load ../lib/engines
  engines_start && docker_start
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/inside
}

teardown() {
  docker_clear
}

# A container that waits, so that something can be done to it.
given_running() {
  docker run -d --name victim "$@" bb sleep 600 >/dev/null
}

# reports_are COUNT: the program facts has come to its end so many times.
reports_are() {
  [ "$(docker logs victim | grep -c ^devices)" -eq "$1" ]
}

@test "docker: a default container has no root, no capabilities, no way to regain them" {
  facts docker run --rm bb facts
  assert_user 65532 65532
  assert_fact Groups ""
  assert_confined
  refute_fact home /root
}

@test "docker: a default container has a read-only root and small tmpfs where programs write" {
  facts docker run --rm bb facts
  assert_mount / overlay ro
  refute_writable /
  assert_mount /tmp tmpfs rw nosuid nodev noexec size=65536k
  assert_mount /run tmpfs rw nosuid nodev noexec size=16384k
  assert_mount /var/tmp tmpfs rw nosuid nodev noexec size=65536k
  assert_writable /tmp
  assert_writable /run
  assert_writable /var/tmp
}

@test "docker: a default container has limits of processes, memory and core files" {
  facts docker run --rm bb facts
  assert_pids_limit 2048
  assert_fact_between "$(memory_fact)" "$(percent_of_memory 49)" "$(percent_of_memory 50)"
  [[ $(fact limit.core) == "0 0 "* ]]
}

@test "docker: a default container shares no namespace and sees no kernel secrets" {
  local ns path

  facts docker run --rm bb facts
  for ns in pid net ipc uts mnt; do
    refute_fact "ns.$ns" "$(room_namespace "$ns")"
  done
  for path in /proc/acpi /proc/keys /proc/timer_list /sys/firmware; do
    [ -n "$(fact "mount $path")" ]
  done
  for path in /proc/sys /proc/bus /proc/fs /proc/irq; do
    assert_mount "$path" proc ro
  done
}

@test "docker: what a default container tries, the kernel refuses" {
  run docker run --rm bb sh -c '
    touch /made; echo "write $?"
    mount -t tmpfs none /tmp; echo "mount $?"
    unshare -U true; echo "userns $?"
    cp /bin/busybox /tmp/busybox && /tmp/busybox true; echo "exec from /tmp $?"
    dd if=/dev/zero of=/tmp/big bs=1M count=65; echo "fill /tmp $?"
    chown 0 /data; echo "chown $?"
    mknod /tmp/node c 1 3; echo "mknod $?"'
  echo "$output"
  [[ $output == *"Read-only file system"* ]]
  [[ $output == *"No space left on device"* ]]
  [ "$(grep -cE '^(write|mount|userns|fill /tmp|chown|mknod) 1$' <<<"$output")" -eq 6 ]
  [[ $output == *"exec from /tmp 126"* ]]
}

@test "docker: a non-root user chosen by the image or by a person is kept" {
  facts docker run --rm bb:user facts
  assert_user 1000 1000
  assert_confined

  facts docker run --rm -u 1234:4321 bb facts
  assert_user 1234 4321
  assert_confined
  refute_writable /
  assert_writable /tmp
}

@test "docker: group 0 is not kept, alone or as an additional group" {
  facts docker run --rm -u 1000 --group-add 0 --group-add 4242 bb facts
  refute_fact Gid "0 0 0 0"
  [[ " $(fact Groups) " != *" 0 "* ]]
  [[ " $(fact Groups) " == *" 4242 "* ]]
}

@test "docker: tighter requests stay as they are" {
  facts docker run --rm -m 64m --memory-swap 64m --pids-limit 100 --cap-drop ALL --read-only \
    --ulimit nofile=256:512 --security-opt no-new-privileges --network none -u 1000:1000 bb facts
  assert_user 1000 1000
  assert_confined
  assert_fact "$(memory_fact)" $((64 * 1024 * 1024))
  assert_pids_limit 100
  [[ $(fact limit.nofile) == "256 512 "* ]]
  assert_mount / overlay ro
  refute_mount /tmp
  refute_writable /tmp
}

@test "docker: limits beyond the policy are cut down to it" {
  facts docker run --rm -m 900g --pids-limit 4000000 --ulimit core=-1 bb facts
  assert_pids_limit 16384
  assert_fact_between "$(memory_fact)" "$(percent_of_memory 89)" "$(percent_of_memory 90)"
  [[ $(fact limit.core) == "0 0 "* ]]

  facts docker run --rm --pids-limit -1 bb facts
  assert_fact_between cgroup.pids.max 1 16384
}

@test "docker: all reasons of a refusal are told at once, and nothing is created" {
  events_mark
  run docker run --name asked --privileged --pid host -v /:/host bb facts
  echo "$output"
  [ "$status" -eq 125 ]
  [[ $output == *"OCI runtime create failed: mantlet: refused: "*"]"* ]]
  [[ $output == *"--privileged"* && $output == *"-v /:/host"* && $output == *"--pid host"* ]]
  [[ $output != *CapEff* ]]
  [ "$(docker inspect --format '{{.State.Status}} {{.State.Pid}}' asked)" = "created 0" ]
  assert_event '.event == "create" and .outcome == "refused" and (.container.id | length) > 0
    and ([.refusals[].control] | contains(["privileged", "namespaces", "mounts"]))'
}

@test "docker: a volume that the final user cannot write is refused with its path and remedy" {
  run docker run --rm -v fresh:/vol bb touch /vol/file
  echo "$output"
  [ "$status" -eq 125 ]
  [[ $output == *"mantlet: refused: "*/vol*"[user"* ]]

  docker run --rm -v fresh:/vol:ro bb ls /vol
  docker run --rm -v fresh:/vol -u 1000:1000 bb ls /vol
}

@test "docker: exec gives no more than the container has, whoever asks for it" {
  local flags

  given_running
  for flags in "" "-u 0" "-u 0:0"; do
    # shellcheck disable=SC2086 # flags are words
    facts docker exec $flags victim facts
    assert_user 65532 65532
    assert_confined
  done
}

@test "docker: exec --privileged gives nothing either" {
  given_running
  run docker exec --privileged -u 0 victim facts
  echo "$output"
  if [ "$status" -eq 0 ]; then
    [[ $output == *"CapBnd 0000000000000000"*"NoNewPrivs 1"* ]]
  else
    [[ $output == *"mantlet: refused: "* ]]
  fi
  [[ $output != *"Uid 0"* ]]
  [[ $output != *"CapBnd 000001"* ]]
}

@test "docker: update cannot lift the limits" {
  given_running
  run docker update --pids-limit -1 victim
  [ "$status" -eq 0 ] || [[ $output == *"mantlet: refused: "* ]]
  run docker update -m 900g --memory-swap -1 victim
  [ "$status" -eq 0 ] || [[ $output == *"mantlet: refused: "* ]]
  facts docker exec victim facts
  assert_fact_between cgroup.pids.max 1 16384
  assert_fact_between "$(memory_fact)" 1 "$(percent_of_memory 90)"
}

@test "docker: a lower limit by update is obeyed" {
  given_running
  docker update -m 64m --memory-swap 64m --pids-limit 50 victim
  facts docker exec victim facts
  assert_pids_limit 50
  assert_fact "$(memory_fact)" $((64 * 1024 * 1024))
}

@test "docker: a step of the classic builder is hardened like a container" {
  mkdir "$BATS_TEST_TMPDIR/context"
  printf 'FROM bb\nRUN facts\n' >"$BATS_TEST_TMPDIR/context/Dockerfile"
  facts env DOCKER_BUILDKIT=0 "$DOCKER" build "$BATS_TEST_TMPDIR/context"
  assert_user 65532 65532
  assert_confined
}

@test "docker: a restarted container is hardened again" {
  docker run -d --name victim bb sh -c 'facts; exec sleep 600' >/dev/null
  wait_for 5 "the first report" reports_are 1
  docker restart -t 0 victim
  wait_for 5 "the second report" reports_are 2
  facts docker logs victim
  assert_fact Uid $'65532 65532 65532 65532\n65532 65532 65532 65532'
  assert_fact CapBnd $'0000000000000000\n0000000000000000'
}

@test "docker: a record is there while the container is, and holds no environment" {
  local id

  events_mark
  given_running -e TOKEN=a-very-secret-word
  id=$(docker inspect --format '{{.Id}}' victim)
  grep -rq "$id" "$ROOM/run/mantlet"
  run grep -rl a-very-secret-word "$ROOM/run/mantlet" "$ROOM/log/mantlet"
  [ "$status" -eq 1 ]
  assert_event '.event == "create" and .outcome == "allowed" and .engine.name == "docker"
    and (.container.id | startswith($id))' --arg id "${id:0:12}"

  docker rm -f victim
  [ -z "$(find "$ROOM/run/mantlet" -name "*$id*")" ]
  run grep -rl "$id" "$ROOM/run/mantlet"
  [ "$status" -eq 1 ]
}

@test "docker: refused and ended containers leave no record" {
  run docker run --rm --privileged bb true
  docker run --rm bb true
  [ -z "$(find "$ROOM/run/mantlet" -type f -name '*[0-9a-f][0-9a-f][0-9a-f][0-9a-f]*')" ]
}

@test "docker: the runtime's version is the real runtime's" {
  [ "$(room "$ROOM/bin/mantlet" --version)" = "$(room runc --version)" ]
  [ "$(docker info --format '{{.DefaultRuntime}}')" = mantlet ]
}
