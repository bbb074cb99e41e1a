# shellcheck shell=bash
#
# A small world around the containers of a room (room.bash): a host of its own, "outside", behind a
# router that is the room, a nameserver, and a stand-in for a cloud's metadata service on an
# interface of the room. Everything answers on TCP and UDP (net-probe); nothing leaves the room.
# A suite loads engines.bash first.

NET_PROBE=${MANTLET_TOOLS:-$ENGINES_LIB/../../build/tests/tools}/net-probe

# outside has 10.77.0.2 and .3, fd77::2 and ::3; containers come from anywhere behind the room.
net_world_start() {
  local address

  install -D -m 0755 "$NET_PROBE" "$ROOM/srv/probe/net-probe"
  room mkdir -p /run/netns
  room ip netns add outside
  room ip link add out0 type veth peer name out1 netns outside
  room ip addr add 10.77.0.1/24 dev out0
  room ip -6 addr add fd77::1/64 dev out0 nodad
  room ip link set out0 up
  _net_outside ip link set lo up
  for address in 10.77.0.2/24 10.77.0.3/24; do
    _net_outside ip addr add "$address" dev out1
  done
  for address in fd77::2/64 fd77::3/64; do
    _net_outside ip -6 addr add "$address" dev out1 nodad
  done
  _net_outside ip link set out1 up
  _net_outside ip route add default via 10.77.0.1
  _net_outside ip -6 route add default via fd77::1
  room ip link add cloud0 type bridge # every kernel with a Docker has these
  for address in 169.254.169.254/32 100.100.100.200/32; do
    room ip addr add "$address" dev cloud0
  done
  room ip -6 addr add fd00:ec2::254/128 dev cloud0 nodad
  room ip link set cloud0 up
  room sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
  room_spawn outside ip netns exec outside "$ROOM/srv/probe/net-probe" serve 10.77.0.2 443 10.77.0.2 80 \
    10.77.0.3 443 10.77.0.3 80 fd77::2 443 fd77::2 80 fd77::3 443 fd77::3 80 10.77.0.2 53
  room_spawn cloud "$ROOM/srv/probe/net-probe" serve 169.254.169.254 80 100.100.100.200 80 \
    fd00:ec2::254 80 169.254.169.254 53
  wait_for 5 "the world outside" net_probe_room tcp 10.77.0.2 443
}

_net_outside() {
  room ip netns exec outside "$@"
}

net_probe_room() {
  [ "$(room "$ROOM/srv/probe/net-probe" "$@")" = open ]
}

# The process of a container of Docker's, seen from the room.
net_pid() {
  docker inspect -f '{{.State.Pid}}' "$1"
}

# net_in CONTAINER COMMAND...: in its network, as root of the host.
net_in() {
  local pid

  pid=$(net_pid "$1")
  shift
  room nsenter --target "$pid" --net -- "$@"
}

# What a packet of the container's network meets: open, refused, silent.
net_try() {
  local container=$1

  shift
  net_in "$container" "$ROOM/srv/probe/net-probe" "$@" || true
}

# assert_net CONTAINER WANT PROTO ADDRESS PORT. What is to be open is tried more than once: an IPv6
# address is not answered for before the network knows its neighbours.
assert_net() {
  local got tries=1 size=()

  [ "$3" != udp ] || size=(100)
  [ "$2" != open ] || tries=5
  while got=$(net_try "$1" "$3" "$4" "$5" "${size[@]}"); [ "$got" != "$2" ] && ((--tries > 0)); do
    sleep 0.5
  done
  [ "$got" = "$2" ] || { echo "$1: $3 $4 $5 is '$got', not '$2'"; return 1; }
}

assert_ping() {
  local got=blocked

  ! net_in "$1" busybox ping -c 1 -W 1 "$3" >/dev/null 2>&1 || got=open
  [ "$got" = "$2" ] || { echo "$1: ping $3 is $got, not $2"; return 1; }
}

# The container's network has our table, or with "no" has none.
assert_table() {
  local got=no

  net_in "$1" nft list tables | grep -qx 'table inet mantlet' && got=yes
  [ "$got" = "${2:-yes}" ] || { echo "$1: table of mantlet: $got"; return 1; }
}
