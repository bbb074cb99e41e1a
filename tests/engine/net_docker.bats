#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# The firewall of containers with a private dockerd on a real bridge: what each policy lets through
# over TCP, UDP and ICMP, IPv4 and IPv6; the metadata service; names; networks that are joined,
# changed and the host's; and that without a firewall there is no container.

setup_file() {
  load ../lib/engines
  load ../lib/world
  engines_start
  net_world_start
  engines_policy front '{"version": 1, "name": "front",
    "sets": {"world": ["10.77.0.2", "fd77::2"]},
    "controls": {"egress": {"mode": "fix", "default": "block", "allow": ["tcp @world 443", "icmp @world"]},
      "ingress": {"mode": "fix", "default": "block", "allow": ["tcp * 8080"]}}}'
  engines_policy private '{"version": 1, "name": "private",
    "controls": {"egress": {"mode": "fix", "default": "block", "block": ["any 10.77.0.0/16"]}}}'
  engines_policy rooted "$(jq -c '.extends = "baseline"' "$ROOM/policy/front.json")"
  engines_policy open '{"version": 1, "name": "open",
    "controls": {"egress": {"mode": "fix", "default": "allow", "block": ["any 10.77.0.3", "udp fd77::/64", "tcp * 80"]}}}'
  engines_policy watch '{"version": 1, "name": "watch",
    "controls": {"metadata": "audit", "egress": {"mode": "audit", "default": "block"}}}'
  engines_policy hostly '{"version": 1, "name": "hostly",
    "controls": {"namespaces": {"host+": ["network"]}}}'
  engines_policy hostfront '{"version": 1, "name": "hostfront",
    "controls": {"namespaces": {"host+": ["network"]}, "egress": {"mode": "fix", "default": "block"}}}'
  engines_policy raw '{"version": 1, "extends": "baseline", "name": "raw",
    "controls": {"capabilities": {"mode": "fix", "allow": ["NET_ADMIN", "NET_RAW"]}}}'
  engines_policy netdeny '{"version": 1, "extends": "baseline", "name": "netdeny",
    "controls": {"capabilities": {"mode": "fix", "allow": ["NET_ADMIN", "NET_RAW"]}, "metadata": "deny"}}'
  # The programs of a hook that does not do its work: each with a mantlet of its own beside it.
  _broken missing
  _broken killed '#!/bin/sh
kill -KILL $$'
  _broken failing '#!/bin/sh
exit 1'
  _broken idle '#!/bin/sh
[ "$1" = hook ] || { shift 2; program=$1; shift 2; exec "$program" "$@"; }
exit 0'
  _broken slow '#!/bin/sh
exec sleep 60'
  docker_start
}

_broken() {
  local dir=$ROOM/broken/$1

  mkdir -p "$dir"
  cp "$ROOM/bin/mantlet" "$dir/mantlet"
  if [ -n "${2:-}" ]; then
    printf '%s\n' "$2" >"$dir/mantlet-net"
    chmod 0755 "$dir/mantlet-net"
  fi
  printf '#!/bin/sh\nexec %s "$@"\n' "$dir/mantlet" >"$ROOM/bin/broken-$1"
  chmod 0755 "$ROOM/bin/broken-$1"
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/world
}

teardown() {
  docker_clear
  docker network prune -f >/dev/null
}

# given RUNTIME NAME FLAG...: a container that waits.
given() {
  local runtime=$1 name=$2

  shift 2
  docker run -d --runtime "$runtime" --name "$name" "$@" bb sleep 600 >/dev/null
}

# event FILTER: the newest event of the log for which this holds is there.
event() {
  room cat /var/log/mantlet/audit.jsonl | jq -es "any(.[]; $1)" >/dev/null
}

nothing_left() {
  [ "$(docker ps -aq --filter status=running | wc -l)" -eq 0 ]
}

@test "net docker: the metadata service is reached by plain runc and not through mantlet" {
  local form
  docker network create --ipv6 --subnet fd98::/64 cloud >/dev/null
  given runc plain --network cloud
  given mantlet ours --network cloud
  for form in 169.254.169.254 100.100.100.200 fd00:ec2::254 ::ffff:169.254.169.254; do
    assert_net ours refused tcp "$form" 80
  done
  assert_net plain open tcp 169.254.169.254 80
  assert_net plain open tcp fd00:ec2::254 80
  assert_net plain open tcp ::ffff:169.254.169.254 80
  assert_net plain open udp 169.254.169.254 53
  # Nothing else is blocked.
  assert_net ours open tcp 10.77.0.2 443
  assert_net ours open tcp 10.77.0.3 80
}

@test "net docker: octal and other spellings of the address lead to the same wall" {
  local form
  given runc plain
  for form in 0251.0376.0251.0376 0xa9fea9fe 2852039166 169.254.43518; do
    docker run --rm --runtime runc bb sh -c "echo | nc -w 2 $form 80" >/dev/null
    run docker run --rm bb sh -c "echo | nc -w 2 $form 80"
    [ "$status" -eq 1 ] && [[ $output == *"refused"* ]] || { echo "$form: $output"; return 1; }
  done
}

@test "net docker: from inside, without any capability, it is the same" {
  given mantlet ours -v /srv/probe:/probe:ro
  [ "$(docker exec ours /probe/net-probe tcp 169.254.169.254 80)" = refused ]
  [ "$(docker exec ours /probe/net-probe tcp 10.77.0.2 80)" = open ]
}

@test "net docker: two policies, TCP and UDP and ICMP, IPv4 and IPv6" {
  docker network create --ipv6 --subnet fd99::/64 six >/dev/null
  given mantlet-front front --network six
  given mantlet-open open --network six
  # The bridge's own address is looked for doubles first (RFC 4862).
  wait_for 5 "IPv6" assert_net front open tcp fd77::2 443
  # Allowed by line; all else is refused.
  assert_net front open tcp 10.77.0.2 443
  assert_net front open tcp fd77::2 443
  assert_net front refused tcp 10.77.0.2 80
  assert_net front refused tcp 10.77.0.3 443
  assert_net front refused tcp fd77::2 80
  assert_net front refused tcp fd77::3 443
  assert_net front refused udp 10.77.0.2 443
  assert_net front refused udp fd77::2 443
  assert_net front refused tcp 169.254.169.254 80
  assert_ping front open 10.77.0.2
  assert_ping front blocked 10.77.0.3
  # Blocked by line; all else is open.
  assert_net open open tcp 10.77.0.2 443
  assert_net open open tcp fd77::3 443
  assert_net open open udp 10.77.0.2 443
  assert_net open refused tcp 10.77.0.2 80
  assert_net open refused tcp fd77::2 80
  assert_net open refused tcp 10.77.0.3 443
  assert_net open refused udp fd77::2 443
  assert_net open refused udp 10.77.0.3 443
  assert_net open refused tcp 169.254.169.254 80
  assert_ping open open 10.77.0.2
  assert_ping open blocked 10.77.0.3
  docker rm -f front open >/dev/null
  event '.event == "delete" and .policy.name == "front" and .firewall.blocked.egress >= 6 and .firewall.blocked.metadata >= 1'
}

@test "net docker: nobody comes in but to a port that a line names" {
  local address
  given mantlet-front front
  address=$(docker inspect -f '{{.NetworkSettings.IPAddress}}' front)
  net_in front "$ROOM/srv/probe/net-probe" serve "$address" 8080 "$address" 9090 >/dev/null 2>&1 3>&- &
  wait_for 5 "the server" net_probe_room tcp "$address" 8080
  [ "$(room "$ROOM/srv/probe/net-probe" tcp "$address" 9090)" = silent ]
}

@test "net docker: Docker's resolver works under default-deny, with names of peers and of others" {
  docker network create names >/dev/null
  # A nameserver outside that answers: the embedded resolver asks it from inside the container's network.
  given mantlet-front front --network names --dns 10.77.0.2
  given mantlet-open peer --network names
  docker exec front nslookup peer 127.0.0.11 | grep -q "Address.*172\."
  # The way to the nameserver is open, port 53 alone, and to nobody else.
  assert_net front open udp 10.77.0.2 53
  assert_net front refused udp 10.77.0.3 53
  room jq -e '.rules.dns.v4 == [["10.77.0.2","10.77.0.2"]]' \
    "/run/mantlet/%2Frun%2Fdocker%2Fruntime-runc%2Fmoby/$(docker inspect -f '{{.Id}}' front).net"
}

@test "net docker: --dns opens no metadata service and nothing in a blocked range, the host's own is open" {
  given mantlet ours --dns 169.254.169.254
  assert_net ours refused udp 169.254.169.254 53
  assert_net ours refused tcp 169.254.169.254 53
  given mantlet-private chosen --dns 10.77.0.3
  assert_net chosen refused udp 10.77.0.3 53
  printf 'nameserver 10.77.0.2\nnameserver 169.254.169.254\n' >"$ROOM/resolv.conf"
  room mount --bind "$ROOM/resolv.conf" /etc/resolv.conf
  given mantlet-private hosts
  assert_net hosts open udp 10.77.0.2 53
  assert_net hosts open udp 169.254.169.254 53
  assert_net hosts refused tcp 10.77.0.2 443
  assert_net hosts refused tcp 169.254.169.254 80
  room umount /etc/resolv.conf
}

@test "net docker: a container cannot write its own nameservers" {
  # Even where root is kept: what stops it is not the user.
  given mantlet-rooted front
  [ "$(docker exec front id -u)" = 0 ]
  run docker exec front sh -c 'echo nameserver 10.77.0.3 >>/etc/resolv.conf'
  [ "$status" -ne 0 ]
}

@test "net docker: a network that is connected later, and a restart, change nothing" {
  docker network create later >/dev/null
  given mantlet-front front
  docker network connect later front
  assert_net front refused tcp 10.77.0.3 443
  assert_net front open tcp 10.77.0.2 443
  docker restart -t 0 front >/dev/null
  assert_net front refused tcp 10.77.0.3 443
  assert_net front refused tcp 169.254.169.254 80
  assert_net front open tcp 10.77.0.2 443
}

@test "net docker: the first packet is filtered already" {
  local i
  for i in 1 2 3; do
    [ "$(docker run --rm -v /srv/probe:/probe:ro bb /probe/net-probe tcp 169.254.169.254 80)" = refused ]
  done
}

@test "net docker: the table cannot be removed from inside, nor gone around, whatever is asked" {
  given mantlet-raw raw --cap-add NET_ADMIN --cap-add NET_RAW -v /srv/probe:/probe:ro
  [ "$(docker exec raw /probe/net-probe packet)" = EPERM ]
  [ "$(docker exec raw sed -n 's/^CapBnd:.//p' /proc/self/status)" = 0000000000000000 ]
  run docker exec --privileged raw /probe/net-probe packet
  [[ $output != *open* ]]
  assert_table raw
  assert_net raw refused tcp 169.254.169.254 80
  run docker run --rm --runtime mantlet-netdeny --cap-add NET_ADMIN bb true
  [[ $output == *"--cap-add NET_ADMIN gets around the container's firewall; remove it"* ]]
}

@test "net docker: who joins a network has its walls, or is refused" {
  given mantlet-front owner
  given runc plain
  docker run --rm --runtime mantlet-front --network container:owner -v /srv/probe:/probe:ro bb \
    /probe/net-probe tcp 10.77.0.3 443 | grep -qx refused
  run docker run --rm --runtime mantlet-open --network container:owner bb true
  [[ $output == *"has the firewall of another policy"* ]]
  run docker run --rm --network container:plain bb true
  [ "$status" -ne 0 ]
  assert_table owner
  assert_table plain no
  # A joiner that is deleted takes nothing with it.
  assert_net owner refused tcp 10.77.0.3 443
}

@test "net docker: ten that join at once all have the owner's walls" {
  local i
  given mantlet-front owner
  for i in {1..10}; do
    docker run --rm --runtime mantlet-front --network container:owner -v /srv/probe:/probe:ro bb \
      /probe/net-probe tcp 10.77.0.3 443 >"$BATS_TEST_TMPDIR/joined.$i" 3>&- &
  done
  wait
  [ "$(cat "$BATS_TEST_TMPDIR"/joined.* | grep -cx refused)" -eq 10 ]
}

@test "net docker: fifty at once, and each has its own" {
  local i
  for i in {1..50}; do
    docker run -d --runtime mantlet-front --name "many$i" bb sleep 600 >/dev/null 3>&- &
    [ $((i % 10)) -ne 0 ] || wait
  done
  wait
  [ "$(docker ps -q | wc -l)" -eq 50 ]
  for i in {1..50}; do
    assert_table "many$i"
  done
}

@test "net docker: --network none has a firewall too, and the host's never gets one" {
  given mantlet-front none --network none
  assert_table none
  run docker run --rm --network host bb true
  [[ $output == *"--network host shares the host's network"* ]]
  # Where policy permits the host's network the built-in list is a note, and lines are refused.
  docker run --rm --runtime mantlet-hostly --network host bb true
  run docker run --rm --runtime mantlet-hostfront --network host bb true
  [[ $output == *"--network host leaves no place for the rules of 'egress'"* ]]
  refute_table_of_host
}

refute_table_of_host() {
  local tables

  tables=$(room nft list tables)
  [[ $tables != *mantlet* ]]
}

@test "net docker: under audit everything passes and is counted" {
  given mantlet-watch watched
  assert_net watched open tcp 169.254.169.254 80
  assert_net watched open tcp 10.77.0.3 443
  docker rm -f watched >/dev/null
  event '.event == "delete" and .policy.name == "watch" and .firewall.blocked.metadata >= 1 and .firewall.blocked.egress >= 1'
}

@test "net docker: without the program, or when it fails or is killed, there is no container" {
  local how
  for how in missing killed failing; do
    run docker run --rm --runtime "broken-$how" bb echo STARTED
    [ "$status" -ne 0 ] && [[ $output != *STARTED* ]] || { echo "$how: $output"; return 1; }
  done
  run docker run --rm --runtime broken-missing bb true
  [[ $output == *"the firewall that the policy orders cannot be loaded: mantlet-net cannot be used"*"install it (make install)"* ]]
  nothing_left
}

@test "net docker: a program that is too slow is no container either" {
  run timeout 40 docker run --rm --runtime broken-slow bb echo STARTED
  [ "$status" -ne 0 ] && [[ $output != *STARTED* ]]
}

@test "net docker: without libmnl what is in force is refused with that reason, the rest starts and goes" {
  local library
  library=$(realpath "$(ldconfig -p | sed -n 's/.*libmnl\.so\.0 .*=> //p' | head -n 1)")
  given mantlet-front before
  room mount --bind /dev/null "$library"
  run docker run --rm bb true
  [ "$status" -ne 0 ]
  [[ $output == *"mantlet: firewall: libmnl cannot be loaded ("*"root: install libmnl"* ]]
  given mantlet-watch watched
  docker rm -f watched before >/dev/null
  room umount "$library"
  nothing_left
  event '.event == "firewall" and .outcome == "would-refuse" and .policy.name == "watch" and (.message | contains("libmnl"))'
}

@test "net docker: a table that is gone when the container is to start is no container" {
  docker create --runtime mantlet-front --name gone bb sleep 600 >/dev/null
  # Between create and start: who starts is the runtime, so the gate is asked by hand.
  docker start gone >/dev/null
  net_in gone nft delete table inet mantlet
  run room "$ROOM/libexec/mantlet/mantlet-net" start \
    "/run/mantlet/%2Frun%2Fdocker%2Fruntime-runc%2Fmoby/$(docker inspect -f '{{.Id}}' gone).net" \
    /bin/echo mantlet --root /run/docker/runtime-runc/moby start "$(docker inspect -f '{{.Id}}' gone)"
  [ "$status" -ne 0 ] && [[ $output == *"firewall is gone"* ]]
}

@test "net docker: nothing is left behind" {
  local left
  given mantlet-front short
  docker rm -f short >/dev/null
  left=$(room find /run/mantlet -type f)
  [ -z "$left" ] || { echo "$left"; return 1; }
  left=$(room cat /proc/self/mounts)
  [[ $left != *"/run/mantlet"* ]]
}
