#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# What a person can ask of Docker beyond a plain container, mounts apart: each is refused when its
# control says deny, neutralised when it says fix, and only journalled when it says audit. Three
# runtimes of one private dockerd stand for the three modes (engines.bash), and a plain container
# passes in all of them.

setup_file() {
  load ../lib/engines
  engines_start && docker_start
  docker run -d --name neighbour bb sleep 3600 >/dev/null
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/inside
  load ../lib/asks
}

# assert_same_namespace NAME: it is the host's one.
assert_host_namespace() {
  assert_fact "ns.$1" "$(room_namespace "$1")"
}

refute_host_namespace() {
  refute_fact "ns.$1" "$(room_namespace "$1")"
}

@test "docker: a plain container passes in every mode" {
  local mode

  for mode in deny fix; do
    facts docker run --rm --runtime "mantlet-$mode" bb facts
    assert_user 65532 65532
    assert_confined
    assert_mount / overlay ro
  done
  facts docker run --rm --runtime runc bb facts
  comparable_facts >"$BATS_TEST_TMPDIR/plain"
  facts docker run --rm --runtime mantlet-audit bb facts
  comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
}

@test "docker: --privileged is refused or neutralised" {
  asks privileged --privileged --privileged
  refused
  neutralised
  assert_user 65532 65532
  assert_confined
  assert_mount / overlay ro
  assert_mount /sys sysfs ro
  assert_mount /proc/sys proc ro
  [ -n "$(fact "mount /proc/keys")" ]
  [[ " $(fact devices) " != *" kmsg "* ]]
}

@test "docker: --privileged under audit starts, or fails, exactly as with runc" {
  local expected

  asks privileged --privileged --privileged
  run asked_of runc
  expected="$status $(failure)"
  events_mark
  run asked_of mantlet-audit
  [ "$status $(failure)" = "$expected" ]
  assert_event '.event == "create" and .outcome == "would-refuse"
    and any(.refusals[]; .control == "privileged" and .enforced == false)'
}

@test "docker: --pid host is refused, neutralised or journalled" {
  asks namespaces '--pid host' --pid=host
  refused
  neutralised_without_trace
  refute_host_namespace pid
  journalled
  assert_host_namespace pid
}

@test "docker: --network host, an entry with a path, is refused, neutralised or journalled" {
  asks namespaces '--network host' --network=host
  refused
  neutralised
  refute_host_namespace net
  assert_confined
  journalled
  assert_host_namespace net
}

@test "docker: --ipc host is refused, neutralised or journalled" {
  asks namespaces '--ipc host' --ipc=host
  refused
  neutralised
  refute_host_namespace ipc
  journalled
  assert_host_namespace ipc
}

@test "docker: --uts host is refused, neutralised or journalled" {
  asks namespaces '--uts host' --uts=host
  refused
  neutralised
  refute_host_namespace uts
  journalled
  assert_host_namespace uts
}

@test "docker: --pid container:NAME is refused, neutralised or journalled" {
  local theirs

  theirs=$(docker exec neighbour readlink /proc/self/ns/pid)
  asks namespaces '--pid container' --pid=container:neighbour
  refused
  neutralised
  refute_fact ns.pid "$theirs"
  journalled
  assert_fact ns.pid "$theirs"
}

@test "docker: --ipc container:NAME is refused or neutralised" {
  local theirs

  docker run -d --name sharer --ipc shareable bb sleep 3600 >/dev/null
  theirs=$(docker exec sharer readlink /proc/self/ns/ipc)
  asks namespaces '--ipc container' --ipc=container:sharer
  refused
  neutralised
  refute_fact ns.ipc "$theirs"
  docker rm -f sharer
}

@test "docker: --cap-add is refused, neutralised or journalled" {
  asks capabilities '--cap-add NET_ADMIN, SYS_ADMIN' --cap-add NET_ADMIN --cap-add SYS_ADMIN
  refused
  neutralised_without_trace
  assert_no_capabilities
  journalled
  assert_fact CapBnd 00000000a82435fb
}

@test "docker: --device is refused, neutralised or journalled" {
  asks devices '--device /dev/kmsg' --device /dev/kmsg
  refused
  neutralised_without_trace
  [[ " $(fact devices) " != *" kmsg "* ]]
  journalled
  [[ " $(fact devices) " == *" kmsg "* ]]
}

@test "docker: --device-cgroup-rule is refused, neutralised or journalled" {
  asks devices '--device-cgroup-rule' --device-cgroup-rule 'b 8:* rwm'
  refused
  [[ $output == *"b 8:* rwm"* ]]
  neutralised_without_trace
  journalled
}

@test "docker: --security-opt seccomp=unconfined is refused, neutralised or journalled" {
  asks seccomp '--security-opt seccomp=unconfined' --security-opt seccomp=unconfined
  refused
  neutralised_without_trace
  assert_fact Seccomp 2
  journalled
  assert_fact Seccomp 0
}

@test "docker: --security-opt systempaths=unconfined is refused, neutralised or journalled" {
  asks masked-paths 'systempaths=unconfined' --security-opt systempaths=unconfined
  refused
  neutralised_without_trace
  assert_mount /proc/sys proc ro
  journalled
  refute_mount /proc/sys
}

@test "docker: --cgroup-parent is refused, neutralised or journalled" {
  asks cgroup '--cgroup-parent' --cgroup-parent /elsewhere
  refused
  [[ $output == */elsewhere* ]]
  neutralised
  [[ $(fact cgroup.path)$(fact cgroup.unified) != */elsewhere* ]]
  journalled
  [[ $(fact cgroup.path)$(fact cgroup.unified) == */elsewhere/* ]]
}

@test "docker: --sysctl is refused, neutralised or journalled" {
  asks sysctl '--sysctl net.core.somaxconn' --sysctl net.core.somaxconn=77
  refused
  neutralised_without_trace
  refute_fact sysctl.somaxconn 77
  journalled
  assert_fact sysctl.somaxconn 77
}

@test "docker: several asks at once are all told, all neutralised, all journalled" {
  asks namespaces '--uts host' --uts=host --ipc=host --cap-add NET_ADMIN \
    --security-opt seccomp=unconfined --device /dev/kmsg
  refused
  [[ $output == *"reasons"*"--ipc host"* && $output == *"--cap-add NET_ADMIN"* ]]
  [[ $output == *"seccomp=unconfined"* && $output == *"--device /dev/kmsg"* ]]
  neutralised
  assert_confined
  refute_host_namespace uts
  refute_host_namespace ipc
  journalled
  assert_event '[.refusals[].control] | contains(["capabilities", "devices", "namespaces", "seccomp"])'
}
