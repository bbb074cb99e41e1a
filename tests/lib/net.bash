# shellcheck shell=bash
#
# Two network namespaces of the test's own with a cable between them: C, where a "container" sleeps,
# and S, where servers answer. Nothing of it is seen in the namespace that the tests run in.
#
#   C 10.77.0.2 fd77::2 ── S 10.77.0.1 fd77::1, and behind it 10.78.0.1, fd78::1 and the addresses
#                            of metadata services; both IPv4 addresses through NAT64, too

MANTLET_NET=$(realpath -m "${MANTLET_NET:-build/mantlet-net}")
NET_TOOLS=$(realpath -m "${MANTLET_TOOLS:-$(dirname "$MANTLET_NET")/tests/tools}")
PROBE=$NET_TOOLS/net-probe
NET_DATA=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../data/net")

net_setup() {
  local program

  for program in "$MANTLET_NET" "$PROBE" "$NET_TOOLS/net-plan"; do
    [ -x "$program" ] || { echo "$program is missing: run make first" >&2; return 1; }
  done
  WORK=$BATS_TEST_TMPDIR ID=c1 SINK=file:$BATS_TEST_TMPDIR/audit.jsonl PIDS=()
  chmod 0755 "$WORK"
  PLAN=$WORK/$ID.net
  new_namespace C
}

net_teardown() {
  local pid pin

  for pin in "$WORK"/*.ns; do
    if [ -e "$pin" ]; then umount "$pin" && rm -f "$pin"; fi
  done
  for pid in "${PIDS[@]}"; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  return 0
}

# new_namespace NAME: $NAME is the pid of a process that sleeps in a network namespace of its own.
new_namespace() {
  unshare -n sleep 300 3>&- 4>&- &
  printf -v "$1" %s $!
  PIDS+=($!)
  until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
}

in_c() { nsenter -t "$C" -n "$@"; }
in_s() { nsenter -t "$S" -n "$@"; }

# The cable, addresses, routes, servers.
given_cable() {
  local address args=()

  new_namespace S
  in_s sysctl -qw net.ipv6.conf.default.accept_dad=0
  in_c sysctl -qw net.ipv6.conf.default.accept_dad=0
  in_s ip link add s0 type veth peer name eth0 netns "$C"
  for address in 10.77.0.1/24 10.78.0.1/32 169.254.169.254/32 100.100.100.200/32 169.254.42.42/32; do
    in_s ip addr add "$address" dev s0
    args+=("${address%/*}" 80 "${address%/*}" 81 "${address%/*}" 53)
  done
  for address in fd77::1/64 fd78::1/128 fd00:ec2::254/128 fd00:42::42/128 \
    64:ff9b::10.77.0.1/128 64:ff9b::10.78.0.1/128; do
    in_s ip -6 addr add "$address" dev s0 nodad
    args+=("${address%/*}" 80 "${address%/*}" 81)
  done
  in_s ip link set s0 up
  in_s ip link set lo up
  in_c ip addr add 10.77.0.2/24 dev eth0
  in_c ip -6 addr add fd77::2/64 dev eth0 nodad
  in_c ip link set lo up
  in_c ip link set eth0 up
  in_c ip route add default via 10.77.0.1
  in_c ip -6 route add default via fd77::1
  for _ in $(seq 10); do # the first packets of a new cable may get lost
    in_s busybox ping6 -c 1 -W 1 fd77::2 >/dev/null && in_c busybox ping -c 1 -W 1 10.77.0.1 \
      >/dev/null && break
  done
  serve "$S" "${args[@]}"
}

# serve PID ADDRESS PORT ...: answer there, in the namespace of PID.
serve() {
  local pid=$1

  shift
  nsenter -t "$pid" -n "$PROBE" serve "$@" >"$WORK/serve.$pid" 2>&1 3>&- 4>&- &
  PIDS+=($!)
  for _ in $(seq 200); do
    grep -q ready "$WORK/serve.$pid" && return
    sleep 0.02
  done
  cat "$WORK/serve.$pid" >&2
  return 1
}

# given_plan CONTROLS [owner|joiner [ID [NAMESERVER...]]]
given_plan() {
  local controls=$1 role=${2:-owner} id=${3:-$ID}

  shift $(($# > 3 ? 3 : $#))
  "$NET_TOOLS/net-plan" "$id" "$WORK/root" "$role" "$controls" "$SINK" "$@" >"$WORK/$id.net" ||
    return
  chmod 0600 "$WORK/$id.net"
}

# state PID [ID]: what a runtime gives a hook.
state() {
  printf '{"ociVersion":"1.0.2-dev","id":"%s","status":"creating","pid":%d,"bundle":"/b"}' \
    "${2:-$ID}" "$1"
}

# hook [PID [ID]]
hook() {
  run --separate-stderr -- "$MANTLET_NET" hook "$WORK/${2:-$ID}.net" \
    <<<"$(state "${1:-$C}" "${2:-$ID}")"
}

# shellcheck disable=SC2154 # status and stderr are run's
loaded() {
  hook "$@"
  [ "$status" -eq 0 ] || { printf '%s\n' "$stderr" >&2; return 1; }
}

# given_runtime_state [PID [ID]]: as runc keeps it.
given_runtime_state() {
  local pid=${1:-$C} id=${2:-$ID}

  mkdir -p "$WORK/root/$id"
  printf '{"init_process_pid":%d,"init_process_start":%d}' "$pid" \
    "$(awk '{print $22}' "/proc/$pid/stat")" >"$WORK/root/$id/state.json"
}

# gate COMMAND [FLAG...] [ID]: the link in the chain, with echo as the runtime.
gate() {
  local command=$1

  shift
  run --separate-stderr -- "$MANTLET_NET" "$command" "$PLAN" /bin/echo runc --log "$WORK/log" \
    --log-format json "$command" "${@:-$ID}"
}

# assert_probe WANT WORD...: net-probe WORD... in the container's namespace says WANT.
assert_probe() {
  local want=$1 got

  shift
  got=$(in_c "$PROBE" "$@")
  [ "$got" = "$want" ] || { echo "net-probe $*: $got, not $want" >&2; return 1; }
}

# assert_golden FILE: the table as nft sees it, without counters, handles and what a test made up.
assert_golden() {
  in_c nft -j list ruleset | jq -c --sort-keys '.nftables[] | select(.metainfo | not)
    | del(.[].handle) | walk(if type == "object" then
        (if .counter then .counter |= (if type == "object" then {} else . end) else . end)
        | (if .comment then .comment |= sub("[0-9a-f]{64}"; "DIGEST") else . end)
      else . end)' >"$WORK/got.json"
  if [ -n "${UPDATE_GOLDEN:-}" ]; then cp "$WORK/got.json" "$NET_DATA/$1"; fi
  diff -u "$NET_DATA/$1" "$WORK/got.json"
}

generation() {
  nft -j list ruleset 2>/dev/null | sha256sum
}
