#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# The same through podman: conmon calls the runtime without --root, podman prepares the network
# namespace before it, and reads the reason of a refusal as one JSON object or, from a runtime whose
# name it does not know, from stderr. The runtimes for deny, fix and audit are those of the Docker
# tests.

bats_require_minimum_version 1.5.0

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  engines_start && podman_start
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
  podman rm -a -f -t 0 >/dev/null
}

# What a person can ask, one a line: control, flags.
asks() {
  cat <<EOT
privileged|--privileged
namespaces|--pid=host
namespaces|--network=host
namespaces|--ipc=host
namespaces|--uts=host
mounts|-v /:/x
mounts|-v /run:/x
mounts|-v /etc:/x:ro
mounts|-v /srv/tree:/x:rshared
devices|--device /dev/kmsg
capabilities|--cap-add NET_ADMIN
seccomp|--security-opt seccomp=unconfined
masked-paths|--security-opt unmask=ALL
sysctl|--sysctl net.core.somaxconn=77
cgroup|--cgroup-parent /elsewhere
EOT
}

given_shared_tree() {
  room mountpoint -q /srv/tree || {
    mkdir -p "$ROOM/srv/tree"
    room mount -t tmpfs tmpfs /srv/tree
    room mount --make-shared /srv/tree
  }
}

run_as() {
  # shellcheck disable=SC2086 # flags are words
  podman run --rm --runtime "$1" $2 bb facts
}

@test "podman: a default container is hardened, with a network" {
  facts podman run --rm bb
  assert_hardened
  assert_pids_limit 2048
  assert_fact_between "$(memory_fact)" "$(percent_of_memory 49)" "$(percent_of_memory 50)"
  [[ $(podman run --rm bb ls /sys/class/net) == *eth0* ]]
}

@test "podman: tighter requests stay as they are" {
  facts podman run --rm --network none -u 1000:1000 -m 64m --memory-swap 64m --pids-limit 100 \
    --cap-drop ALL --security-opt no-new-privileges --ulimit nofile=256:512 \
    --ulimit nproc=512:512 bb
  assert_user 1000 1000
  assert_confined
  assert_fact "$(memory_fact)" $((64 * 1024 * 1024))
  assert_pids_limit 100
  [[ $(fact limit.nofile) == "256 512 "* ]]
}

@test "podman: a plain container passes in every mode" {
  facts run_as mantlet-deny
  assert_hardened
  facts run_as mantlet-fix
  assert_hardened
  facts run_as runc
  comparable_facts >"$BATS_TEST_TMPDIR/plain"
  facts run_as mantlet-audit
  comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
}

@test "podman: what is asked is refused under deny, and podman says why" {
  local control flags

  given_shared_tree
  while IFS='|' read -r control flags <&4; do
    events_mark
    run run_as mantlet-deny "$flags"
    echo "$flags: $status: ${output:0:600}"
    [ "$status" -eq 126 ]
    [[ $output == *"mantlet: refused: "* && $output != *CapEff* ]]
    [[ $output =~ \[[^]]*"$control"[^]]*\] ]]
    assert_event '.outcome == "refused" and .engine.name == "podman"
      and any(.refusals[]; .control == $c)' --arg c "$control"
  done 4< <(asks)
}

@test "podman: what is asked is neutralised under fix" {
  local control flags

  given_shared_tree
  while IFS='|' read -r control flags <&4; do
    echo "$flags"
    events_mark
    facts run_as mantlet-fix "$flags"
    assert_hardened
    [[ $(fact "mount /x") != *shared:* ]]
    [[ $flags == *rshared ]] || refute_mount /x
    refute_fact sysctl.somaxconn 77
    [[ $(fact cgroup.path)$(fact cgroup.unified) != */elsewhere* ]]
    [[ " $(fact devices) " != *" kmsg "* ]]
    assert_event 'any(.changes[]; .control == $c and .class == "ask")' --arg c "$control"
  done 4< <(asks)
}

@test "podman: what is asked is only journalled under audit" {
  local control flags expected

  given_shared_tree
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

@test "podman: a runtime whose name podman does not know says the reason on stderr" {
  run podman run --rm --runtime mantlet-quiet --pid=host bb facts
  echo "$output"
  [ "$status" -eq 126 ]
  [[ $output == *"mantlet: refused: "*"[namespaces"* ]]
}

@test "podman: exit codes, input, output, terminal and signals are as with runc" {
  run podman run --rm bb sh -c 'exit 7'
  [ "$status" -eq 7 ]
  run -127 podman run --rm bb no-such-program
  [ "$(echo word | podman run --rm -i bb cat)" = word ]
  [ "$(podman run --rm bb sh -c 'echo out; echo err >&2' 2>/dev/null)" = out ]
  run podman run --rm -t bb tty
  [[ $output == */dev/pts/0* ]]
  podman run -d --name trap bb sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
  wait_for 5 "the trap" eval 'podman logs trap | grep ready'
  podman stop -t 5 trap
  [ "$(podman wait trap)" = 5 ]
}

@test "podman: volumes, a published port, cp, top, stats, restart and pause work" {
  podman run --rm -v kept:/data bb sh -c 'echo word >/data/file'
  [ "$(podman run --rm -v kept:/data bb cat /data/file)" = word ]

  podman run -d --name web -p 18090:8080 bb httpd -f -p 8080 -h /etc
  wait_for 5 "the port" room busybox wget -qO- http://127.0.0.1:18090/passwd
  podman cp web:/etc/passwd "$ROOM/tmp/passwd"
  grep -q ^app: "$ROOM/tmp/passwd"
  [[ $(podman top web comm) == *httpd* ]]
  [[ $(podman stats --no-stream --format '{{.PIDs}}' web) == [1-9]* ]]
  podman pause web
  podman unpause web
  podman restart -t 0 web
  wait_for 5 "the port again" room busybox wget -qO- http://127.0.0.1:18090/passwd
}

@test "podman: exec and health checks work, and give no more than the container has" {
  podman run -d --name victim --health-cmd 'test "$(id -u)" = 65532' --health-interval disable \
    bb sleep 600
  facts podman exec victim facts
  assert_user 65532 65532
  assert_confined
  facts podman exec -u 0 victim facts
  assert_user 65532 65532
  assert_confined
  podman healthcheck run victim
  run podman exec --privileged victim facts
  [[ $output != *"CapBnd 000001"* && $output != *"Uid 0"* ]]
  [[ $output == *"CapBnd 0000000000000000"* || $output == *"mantlet: refused: "* ]]
}

@test "podman: descriptors of the host reach no program" {
  run podman run --rm --preserve-fds 1 bb sh -c 'cat <&3' 3<<<"from outside"
  echo "$output"
  [ "$status" -eq 126 ]
  [[ $output == *"mantlet: refused: --preserve-fds 1 "* && $output != *"from outside"* ]]

  # Only the standard streams and the directory that ls itself has open.
  [ "$(podman run --rm bb sh -c 'ls /proc/self/fd | wc -l')" -eq 4 ]
}

@test "podman: another container's network can be joined" {
  podman run -d --name web bb httpd -f -p 8080 -h /etc
  wait_for 5 "the server next door" podman run --rm --network container:web bb \
    wget -qO- http://127.0.0.1:8080/passwd
}

@test "podman: an ended container leaves no record" {
  podman run --rm bb true
  run podman run --rm --privileged bb true
  [ -z "$(find "$ROOM/run/mantlet" -type f -name '*[0-9a-f][0-9a-f][0-9a-f][0-9a-f]*')" ]
}
