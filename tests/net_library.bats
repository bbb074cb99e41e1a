#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # dollars are for the shells inside; each test is a subshell
#
# mantlet-net where libmnl is gone, is something else, or is cut off: what is in force is refused with
# the reason, what only counts stops nothing, and a delete always goes on.

bats_require_minimum_version 1.5.0
load lib/net

setup() { net_setup; }
teardown() { net_teardown; }

CLOSED='{"metadata":{"mode":"fix"},"egress":{"mode":"deny","default":"block","allow":["tcp 10.77.0.0/24,fd77::/64 80","udp 10.77.0.0/24,fd77::/64 80"]},"ingress":{"mode":"deny","default":"block","allow":["tcp * 8080","udp * 8080"]}}'

libmnl() {
  realpath "$(ldconfig -p | sed -n 's/.*libmnl\.so\.0 .*=> //p' | head -n 1)"
}

other_library() {
  realpath "$(ldconfig -p | sed -n 's/.*libm\.so\.6 .*=> //p' | head -n 1)"
}

# with_libmnl FILE PROGRAM ARG...: FILE is libmnl for the program, and for nobody else.
with_libmnl() {
  # shellcheck disable=SC2016 # the inner shell's own
  unshare --mount sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$1" "$(libmnl)" "${@:2}"
}

@test "hook: a libmnl that cannot be loaded is said, and stops no container that is only audited" {
  touch "$WORK/empty"
  echo 'not a library' >"$WORK/text"
  given_plan "$CLOSED"
  run --separate-stderr -- with_libmnl "$WORK/empty" "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")"
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: firewall: libmnl cannot be loaded ("*"); root: install libmnl (Debian: libmnl0) [metadata egress ingress, policy test 1, c1]" ]]
  [[ $stderr != *$'\n'* ]]
  # Another library of that name.
  run --separate-stderr -- with_libmnl "$(other_library)" "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")"
  [ "$status" -eq 1 ]
  [[ $stderr == *"libmnl cannot be loaded ("*"undefined symbol: mnl_"* ]]
  jq -se 'last | .outcome == "error" and (.message | contains("libmnl cannot be loaded"))' "$WORK/audit.jsonl"
  given_plan '{"metadata":{"mode":"audit"}}'
  run --separate-stderr -- with_libmnl "$WORK/text" "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  jq -se 'last | .outcome == "would-refuse" and (.message | contains("libmnl cannot be loaded"))' "$WORK/audit.jsonl"
  run in_c nft list ruleset
  [ -z "$output" ]
}

@test "hook: a fault is said, and stops no container that is only audited" {
  # Whoever maps a library that is cut off (a full disk) ends with SIGBUS.
  head -c 4096 "$(libmnl)" >"$WORK/cut"
  given_plan "$CLOSED"
  run --separate-stderr -- with_libmnl "$WORK/cut" "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")"
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: firewall: mantlet-net was ended by a fault"* ]]
  given_plan '{"metadata":{"mode":"audit"}}'
  run --separate-stderr -- with_libmnl "$WORK/cut" "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
}

@test "start: without libmnl it is refused with that reason, and goes on where nothing is enforced" {
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  run --separate-stderr -- with_libmnl /dev/null "$MANTLET_NET" start "$PLAN" /bin/echo runc --log "$WORK/log" start c1
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [[ $stderr == "mantlet: libmnl cannot be loaded ("*"); root: install libmnl (Debian: libmnl0) ["* ]]
  given_plan '{"metadata":{"mode":"audit"}}'
  run --separate-stderr -- with_libmnl /dev/null "$MANTLET_NET" start "$PLAN" /bin/echo runc start c1
  [ "$status" -eq 0 ]
  [ "$output" = "start c1" ]
  jq -se 'last | .event == "firewall" and .outcome == "would-refuse"' "$WORK/audit.jsonl"
}

@test "delete: without libmnl the counters are missing and the container goes" {
  given_plan "$CLOSED"
  loaded
  run --separate-stderr -- with_libmnl /dev/null "$MANTLET_NET" delete "$PLAN" /bin/echo runc delete c1
  [ "$status" -eq 0 ]
  [ "$output" = "delete c1" ]
  [ -z "$stderr" ]
  jq -se 'last | .event == "delete" and .firewall.blocked == null' "$WORK/audit.jsonl"
  [ ! -e "$PLAN" ]
}

# Whoever maps a library that is cut off (a full disk) ends with SIGBUS.
given_cut_libmnl() {
  head -c 4096 "$(libmnl)" >"$WORK/cut"
}

# What whoever is started finds: signals, network namespace, and an alarm clock, which outlives
# execve(2) but not fork(2).
TELL='grep -E "^Sig(Blk|Ign)" /proc/self/status; readlink /proc/self/ns/net; exec perl -e "print alarm(0)"'

assert_as_it_was() {
  local plain

  plain=$(sh -c "$TELL")
  [ "$status" -eq 0 ]
  [ "$output" = "$plain" ] || { echo "$output"; echo "$plain"; return 1; }
}

# A library that faults when the socket is opened, inside the container's network namespace.
given_fault_inside() {
  gcc -shared -fPIC -x c -o "$WORK/bind.so" - <<'SOURCE'
#include <signal.h>
#include <sys/socket.h>
int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return address->sa_family == AF_NETLINK ? raise(SIGSEGV) : -1;
}
SOURCE
}

@test "start: a fault refuses what is in force, and where nothing is enforced the container starts" {
  given_cut_libmnl
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  run --separate-stderr -- with_libmnl "$WORK/cut" "$MANTLET_NET" start "$PLAN" /bin/echo runc start c1
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [[ $stderr == "mantlet: refused: looking at the container's firewall ended in a fault"* ]]
  given_plan '{"metadata":{"mode":"audit"}}'
  run --separate-stderr -- with_libmnl "$WORK/cut" "$MANTLET_NET" start "$PLAN" /bin/echo runc start c1
  [ "$status" -eq 0 ]
  [ "$output" = "start c1" ]
}

@test "delete: a fault while looking does not stop it, and the runtime finds everything as it was" {
  given_cut_libmnl
  given_plan "$CLOSED"
  loaded
  run --separate-stderr -- with_libmnl "$WORK/cut" "$MANTLET_NET" delete "$PLAN" /bin/sh sh -c "$TELL" delete c1
  assert_as_it_was
  [ ! -e "$PLAN" ]
  run ! ls "${PLAN%.net}.ns"
}

@test "delete: nor does a fault inside the container's network, where the runtime must not be" {
  given_fault_inside
  given_plan "$CLOSED"
  loaded
  run --separate-stderr -- env LD_PRELOAD="$WORK/bind.so" "$MANTLET_NET" delete "$PLAN" /bin/sh sh -c "$TELL" delete c1
  assert_as_it_was
  [ ! -e "$PLAN" ]
}

@test "delete: a log that may not grow, and an alarm that rings at once, do not stop it either" {
  given_plan "$CLOSED"
  loaded
  run --separate-stderr -- sh -c 'ulimit -f 0; exec "$@"' sh "$MANTLET_NET" delete "$PLAN" /bin/sh sh -c "$TELL" delete c1
  assert_as_it_was
  given_plan "$CLOSED"
  run --separate-stderr -- perl -MPOSIX -e 'sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGALRM)); kill ALRM => $$; exec @ARGV' \
    "$MANTLET_NET" delete "$PLAN" /bin/echo runc delete c1
  [ "$output" = "delete c1" ]
}

@test "delete: a look that takes for ever is ended" {
  printf '#include <unistd.h>\n__attribute__((constructor)) static void wait_for_ever(void) { for (;;) pause(); }\n' |
    gcc -shared -fPIC -x c -o "$WORK/slow.so" -
  given_plan "$CLOSED"
  loaded
  run --separate-stderr -- with_libmnl "$WORK/slow.so" timeout 30 "$MANTLET_NET" delete "$PLAN" /bin/echo runc delete c1
  [ "$status" -eq 0 ]
  [ "$output" = "delete c1" ]
  [ ! -e "$PLAN" ]
}

@test "delete: without a fault the runtime finds signals and alarm as they were, too" {
  given_plan "$CLOSED"
  loaded
  run --separate-stderr -- "$MANTLET_NET" delete "$PLAN" /bin/sh sh -c "$TELL" delete c1
  assert_as_it_was
}

@test "start: and so does that of a container that starts, with a fault and without" {
  given_fault_inside
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  # The runtime of a start gets no words of ours, so it is a script.
  printf '#!/bin/sh\n%s\n' "$TELL" >"$WORK/runtime"
  chmod 0755 "$WORK/runtime"
  run --separate-stderr -- "$MANTLET_NET" start "$PLAN" "$WORK/runtime" runc start c1
  assert_as_it_was
  given_plan '{"metadata":{"mode":"audit"}}'
  run --separate-stderr -- env LD_PRELOAD="$WORK/bind.so" "$MANTLET_NET" start "$PLAN" "$WORK/runtime" runc start c1
  assert_as_it_was
}

@test "show: without libmnl it says that it could not look" {
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  run --separate-stderr -- with_libmnl /dev/null "$MANTLET_NET" show "$PLAN"
  [ "$status" -eq 3 ]
  [[ $stderr == "mantlet: libmnl cannot be loaded ("* ]]
}
