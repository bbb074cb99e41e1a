#!/usr/bin/env bats
#
# mantlet-net against the kernel: the table that a plan becomes, what packets meet, who may load it,
# and what the gate sees. No engine; network namespaces with a cable between them.

bats_require_minimum_version 1.5.0
load lib/net

setup() { net_setup; }
teardown() { net_teardown; }

METADATA='"metadata":{"mode":"fix"}'
OPEN='{"metadata":{"mode":"fix"},"egress":{"mode":"fix","default":"block","allow":["any 0.0.0.0/0","any ::/0"]}}'
CLOSED='{"metadata":{"mode":"fix"},"egress":{"mode":"deny","default":"block","allow":["tcp 10.77.0.0/24,fd77::/64 80","udp 10.77.0.0/24,fd77::/64 80"]},"ingress":{"mode":"deny","default":"block","allow":["tcp * 8080","udp * 8080"]}}'

# ---- the table ----------------------------------------------------------------------------------

@test "table: metadata alone is what nft shows of it" {
  given_plan "{$METADATA}"
  loaded
  assert_golden metadata.json
}

@test "table: egress and ingress with every kind of line are what nft shows of them" {
  HOST_RESOLVER=fd00::53 given_plan '{"metadata":{"mode":"deny"},
    "egress":{"mode":"deny","default":"block","dns":"resolver",
      "allow":["tcp 10.0.0.0/8 443,8000-8010","udp 10.1.0.0/16,192.168.0.0/24,2001:db8::/32 123",
               "icmp *","sctp 10.0.0.1 *","any 10.2.0.0/15"],
      "block":["any 10.9.0.0/16,10.8.0.1,fd00::/8","tcp * 25"]},
    "ingress":{"mode":"fix","default":"block","allow":["tcp * 80","udp 10.0.0.0/8 53"],
      "block":["any 10.66.0.0/16"]}}' owner c1 10.0.0.2 127.0.0.11 fd00::53
  loaded
  assert_golden full.json
}

@test "table: audit has the same rules and blocks nothing" {
  given_plan '{"metadata":{"mode":"audit"},
    "egress":{"mode":"audit","default":"block","dns":"none","allow":["tcp 10.0.0.0/8 443"],
      "block":["any 10.9.0.0/16"]},
    "ingress":{"mode":"audit","default":"block","allow":["tcp * 80"]}}'
  loaded
  assert_golden audit.json
}

@test "table: an open egress with dns closes port 53 behind the lines that open it" {
  given_plan '{"egress":{"mode":"fix","default":"allow","dns":["10.0.0.2"],
    "allow":["udp 9.9.9.9 53"],"block":["any 10.9.0.0/16"]}}'
  loaded
  assert_golden open.json
}

# ---- packets ------------------------------------------------------------------------------------

@test "packets: without a firewall everything answers, so that the tests below mean something" {
  given_cable
  for address in 10.77.0.1 10.78.0.1 169.254.169.254 100.100.100.200 fd77::1 fd78::1 fd00:ec2::254 \
    64:ff9b::10.77.0.1 64:ff9b::10.78.0.1; do
    assert_probe open tcp "$address" 80
    assert_probe open udp "$address" 80 100
  done
}

@test "packets: an egress for everything does not open the metadata services" {
  given_cable
  given_plan "$OPEN"
  loaded
  for address in 10.77.0.1 10.78.0.1 fd77::1 fd78::1; do
    assert_probe open tcp "$address" 80
    assert_probe open udp "$address" 80 100
  done
  for address in 169.254.169.254 100.100.100.200 169.254.42.42 fd00:ec2::254 fd00:42::42; do
    assert_probe refused tcp "$address" 80
    assert_probe refused udp "$address" 80 100
  done
  # the octal and the mapped form of the address are the same packets
  run in_c busybox nc -w 1 0251.0376.0251.0376 80 </dev/null
  [ "$status" -ne 0 ]
  assert_probe refused tcp ::ffff:169.254.169.254 80
}

@test "packets: metadata alone leaves all else open, in both directions" {
  given_cable
  given_plan "{$METADATA}"
  loaded
  assert_probe open tcp 10.78.0.1 80
  assert_probe open udp fd78::1 80 4000
  assert_probe refused tcp 169.254.169.254 80
  assert_probe refused tcp fd00:ec2::254 80
  serve "$C" 10.77.0.2 9000
  [ "$(in_s "$PROBE" tcp 10.77.0.2 9000)" = open ]
}

@test "packets: an address that is the nameserver is open on port 53 only" {
  given_cable
  HOST_RESOLVER=169.254.169.254 given_plan "{$METADATA}" owner c1 169.254.169.254
  loaded
  assert_probe open udp 169.254.169.254 53 100
  assert_probe open tcp 169.254.169.254 53
  assert_probe refused tcp 169.254.169.254 80
}

@test "packets: what is allowed connects, all else is refused at once" {
  given_cable
  given_plan "$CLOSED" owner c1 10.78.0.1
  loaded
  assert_probe open tcp 10.77.0.1 80
  assert_probe open udp 10.77.0.1 80 100
  assert_probe open tcp fd77::1 80
  assert_probe open udp fd77::1 80 100
  assert_probe refused tcp 10.77.0.1 81
  assert_probe refused udp 10.77.0.1 81 100
  assert_probe refused tcp 10.78.0.1 80
  assert_probe refused tcp fd77::1 81
  assert_probe refused udp fd78::1 80 100
  assert_probe open udp 10.78.0.1 53 100 # the nameserver
  assert_probe refused udp 10.77.0.1 53 100
}

@test "packets: block beats allow, whatever the length of the prefix" {
  given_cable
  given_plan '{"egress":{"mode":"fix","allow":["tcp 10.78.0.1/32 80","tcp 10.77.0.0/16 80","any fd78::1"],
    "block":["any 10.78.0.0/16,10.11.0.0/16","any fd78::/16"]}}'
  loaded
  assert_probe open tcp 10.77.0.1 80
  assert_probe refused tcp 10.78.0.1 80
  assert_probe refused tcp fd78::1 80
}

@test "packets: a blocked range is blocked through NAT64 too, and in show it is one line" {
  given_cable
  given_plan '{"egress":{"mode":"fix","default":"allow","block":["any 10.78.0.0/16"]},
    "ingress":{"mode":"fix","default":"allow","block":["tcp 10.77.0.0/24 8080"]}}'
  loaded
  assert_probe refused tcp 64:ff9b::10.78.0.1 80
  assert_probe refused udp 64:ff9b::10.78.0.1 80 100
  assert_probe refused tcp 10.78.0.1 80
  assert_probe open tcp 64:ff9b::10.77.0.1 80
  serve "$C" fd77::2 8080
  # The source is chosen by the route: a client of IPv4 behind such a translator.
  in_s ip -6 route add fd77::2/128 dev s0 src 64:ff9b::10.77.0.1
  [ "$(in_s "$PROBE" tcp fd77::2 8080)" = silent ]
  given_runtime_state
  run --separate-stderr -- "$MANTLET_NET" show "$PLAN" --json
  jq -e '[.rules[] | select(.rule == "egress.block[0]")] | length == 1
    and .[0].text == "any 10.78.0.0/16" and .[0].packets == 3' <<<"$output"
}

@test "packets: large datagrams in fragments arrive where they may and nowhere else" {
  given_cable
  given_plan "$CLOSED"
  loaded
  assert_probe open udp 10.77.0.1 80 4000
  assert_probe open udp fd77::1 80 4000
  assert_probe refused udp 10.77.0.1 81 4000
  serve "$C" 10.77.0.2 8080 10.77.0.2 8081
  [ "$(in_s "$PROBE" udp 10.77.0.2 8080 4000)" = open ]
  [ "$(in_s "$PROBE" udp 10.77.0.2 8081 4000)" = silent ]
}

@test "packets: IPv6 works when nobody knows his neighbour" {
  given_cable
  given_plan "$CLOSED"
  loaded
  in_c ip -6 neigh flush dev eth0
  in_s ip -6 neigh flush dev s0
  assert_probe open tcp fd77::1 80
}

@test "packets: from outside, a declared port connects and all others are silent" {
  given_cable
  given_plan "$CLOSED"
  loaded
  serve "$C" 10.77.0.2 8080 10.77.0.2 8081 fd77::2 8080 fd77::2 8081 127.0.0.1 8081
  [ "$(in_s "$PROBE" tcp 10.77.0.2 8080)" = open ]
  [ "$(in_s "$PROBE" tcp fd77::2 8080)" = open ]
  [ "$(in_s "$PROBE" tcp 10.77.0.2 8081)" = silent ]
  [ "$(in_s "$PROBE" udp fd77::2 8081 10)" = silent ]
  assert_probe open tcp 127.0.0.1 8081
  assert_probe open tcp 10.77.0.2 8081 # one's own address is loopback too
}

@test "packets: ping only where a line says icmp" {
  given_cable
  given_plan "$CLOSED"
  loaded
  run in_c busybox ping -c 1 -W 1 10.77.0.1
  [ "$status" -ne 0 ]
  nft_flush_and_load '{"egress":{"mode":"fix","allow":["icmp 10.77.0.0/24,fd77::/64"]}}'
  in_c busybox ping -c 1 -W 1 10.77.0.1
  in_c busybox ping6 -c 1 -W 1 fd77::1
  run in_c busybox ping -c 1 -W 1 10.78.0.1
  [ "$status" -ne 0 ]
}

# Another plan in the same namespace: tests may do what nobody inside of a container can.
nft_flush_and_load() {
  in_c nft delete table inet mantlet
  given_plan "$@"
  loaded
}

@test "packets: dns none stops Docker's resolver on loopback as well" {
  given_cable
  serve "$C" 127.0.0.11 4321 127.0.0.1 4321
  given_plan '{"egress":{"mode":"fix","default":"block","dns":"none"}}'
  loaded
  assert_probe refused udp 127.0.0.11 4321 10
  assert_probe refused tcp 127.0.0.11 4321
  assert_probe open udp 127.0.0.1 4321 10
}

@test "packets: audit lets all pass and counts what it would block" {
  given_cable
  given_plan "$(sed 's/"fix"/"audit"/g; s/"deny"/"audit"/g' <<<"$CLOSED")"
  loaded
  assert_probe open tcp 169.254.169.254 80
  assert_probe open tcp 10.78.0.1 80
  assert_probe open tcp 10.77.0.1 80
  serve "$C" 10.77.0.2 8081
  [ "$(in_s "$PROBE" tcp 10.77.0.2 8081)" = open ]
  given_runtime_state
  run --separate-stderr -- "$MANTLET_NET" show "$PLAN" --json
  jq -e '.rules | (map(select(.rule == "metadata" and .chain == "output" and .packets > 0)) | length == 1)
    and (map(select(.rule == "egress.default" and .packets > 0 and .verdict == "counted")) | length == 1)
    and (map(select(.rule == "ingress.default" and .packets == 1)) | length == 1)' <<<"$output"
}

@test "packets: an audited metadata does not open what an enforced egress closes" {
  given_cable
  given_plan '{"metadata":{"mode":"audit"},"egress":{"mode":"fix","allow":["tcp 10.77.0.0/24 80"]}}'
  loaded
  assert_probe refused tcp 169.254.169.254 80
  assert_probe open tcp 10.77.0.1 80
}

@test "packets: a container that forwards is no way around" {
  given_cable
  new_namespace R # behind the container
  in_c ip link add r0 type veth peer name eth0 netns "$R"
  in_c ip addr add 10.79.0.1/24 dev r0
  in_c ip link set r0 up
  in_c sysctl -qw net.ipv4.ip_forward=1
  nsenter -t "$R" -n ip addr add 10.79.0.2/24 dev eth0
  nsenter -t "$R" -n ip link set eth0 up
  nsenter -t "$R" -n ip route add default via 10.79.0.1
  in_s ip route add 10.79.0.0/24 via 10.77.0.2
  [ "$(nsenter -t "$R" -n "$PROBE" tcp 169.254.169.254 80)" = open ]
  given_plan "{$METADATA}"
  loaded
  [ "$(nsenter -t "$R" -n "$PROBE" tcp 169.254.169.254 80)" = refused ]
  [ "$(nsenter -t "$R" -n "$PROBE" tcp 10.77.0.1 80)" = open ]
  nft_flush_and_load "$OPEN"
  [ "$(nsenter -t "$R" -n "$PROBE" tcp 10.77.0.1 80)" = silent ]
}

@test "packets: a packet socket goes around every firewall, so its capability must be gone" {
  given_plan "$CLOSED"
  loaded
  assert_probe open packet
  run in_c setpriv --bounding-set -net_raw --inh-caps -net_raw "$PROBE" packet
  [ "$output" = EPERM ]
}

# ---- the hook -----------------------------------------------------------------------------------

@test "hook: our own namespace is refused, and nothing in it changes" {
  given_plan "$CLOSED"
  before=$(generation)
  hook $$
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: firewall: the container has the host's network"* ]]
  hook 1
  [ "$status" -eq 1 ]
  [ "$(generation)" = "$before" ]
}

@test "hook: runc's and crun's state are understood, all else is refused" {
  given_plan "$CLOSED"
  for text in '' '{}' '[]' 'x' "$(state 0)" "$(state 1)" "$(state "$C" c2)" \
    '{"id":"c1","pid":"'"$C"'"}' '{"id":"c1","pid":-1}' "{\"id\":\"c1\",\"pid\":$C,\"pid\":$C}" \
    "$(state "$C") more" '{"id":"c1","pid":4999999}'; do
    run --separate-stderr -- "$MANTLET_NET" hook "$PLAN" <<<"$text"
    [ "$status" -eq 1 ]
    [[ $stderr == "mantlet: firewall: "* ]]
    [[ $stderr != *$'\n'* ]]
  done
  run in_c nft list ruleset
  [ -z "$output" ]
  run --separate-stderr -- "$MANTLET_NET" hook "$PLAN" <<<"{ \"ociVersion\": \"1.0\", \"id\": \"c1\", \"pid\": $C, \"root\": \"/r\", \"bundle\": \"/b\", \"status\": \"created\", \"annotations\": {\"a\": \"b\"} }"
  [ "$status" -eq 0 ]
}

@test "hook: a plan that is not root's own, or changed, is refused" {
  given_plan "$CLOSED"
  chmod 0622 "$PLAN"
  hook
  [ "$status" -eq 1 ]
  chmod 0600 "$PLAN"
  ln "$PLAN" "$WORK/second"
  hook
  [ "$status" -eq 1 ]
  rm "$WORK/second"
  sed -i 's/"last":80/"last":81/; s/\[80,80\]/[80,81]/' "$PLAN"
  hook
  [ "$status" -eq 1 ]
  [[ $stderr == *"not as mantlet wrote it"* ]]
  rm "$PLAN"
  hook
  [ "$status" -eq 1 ]
  given_plan "$CLOSED"
  mv "$PLAN" "$WORK/real"
  ln -s "$WORK/real" "$PLAN"
  hook
  [ "$status" -eq 1 ]
  mkdir "$WORK/loose"
  chmod 0777 "$WORK/loose"
  cp -p "$WORK/real" "$WORK/loose/c1.net"
  run "$MANTLET_NET" hook "$WORK/loose/c1.net" <<<"$(state "$C")"
  [ "$status" -eq 1 ]
  run in_c nft list ruleset
  [ -z "$output" ]
}

@test "hook: twice is verified and changes nothing" {
  given_plan "$CLOSED"
  loaded
  before=$(in_c nft list ruleset)
  loaded
  [ "$(in_c nft list ruleset)" = "$before" ]
}

@test "hook: networks of containers that ended without a delete are let go" {
  given_plan "$CLOSED"
  loaded
  [ -e "$WORK/c1.ns" ]
  # The runtime still has the second one, and has forgotten the first.
  new_namespace D
  mkdir -p "$WORK/root/c2"
  given_plan "$CLOSED" owner c2
  loaded "$D" c2
  [ ! -e "$WORK/c1.ns" ]
  [ -e "$PLAN" ]
  new_namespace D
  given_plan "$CLOSED" owner c3
  loaded "$D" c3
  [ -e "$WORK/c2.ns" ]
  [ "$(grep -c "$WORK/.*nsfs" /proc/self/mountinfo)" -eq 2 ]
}

@test "hook: who joins must bring the policy that is there" {
  given_plan "$CLOSED" joiner c2
  hook "$C" c2
  [ "$status" -eq 1 ]
  [[ $stderr == *"has no firewall"*"[metadata egress ingress, policy test 1, c2]" ]]
  given_plan "$CLOSED"
  loaded
  loaded "$C" c2
  given_plan "$OPEN" joiner c3
  hook "$C" c3
  [ "$status" -eq 1 ]
  [[ $stderr == *"another policy"* ]]
  given_plan "$OPEN" owner c4
  hook "$C" c4
  [ "$status" -eq 1 ]
}

@test "hook: who joins may have found other nameservers, and the owner's rules are what is checked" {
  given_plan "$CLOSED" owner c1 10.78.0.1
  loaded
  given_plan "$CLOSED" joiner c2 127.0.0.11
  loaded "$C" c2
  in_c nft insert rule inet mantlet output accept
  hook "$C" c2
  [ "$status" -eq 1 ]
  [[ $stderr == *"was changed: its rule 'loopback'"* ]]
}

@test "hook: of four at once one loads the table and all are content" {
  given_plan "$CLOSED"
  for _ in $(seq 5); do
    pids=()
    for _ in 1 2 3 4; do
      "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")" 3>&- &
      pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
    [ "$(in_c nft -j list chains | jq '[.nftables[] | select(.chain)] | length')" -eq 4 ]
    in_c nft delete table inet mantlet
  done
}

@test "hook: with every signal blocked it still ends in time" {
  given_plan "$CLOSED"
  mkfifo "$WORK/never"
  exec 9<>"$WORK/never"
  started=$SECONDS
  # shellcheck disable=SC2016 # perl's own
  run --separate-stderr -- perl -MPOSIX -e 'sigprocmask(SIG_SETMASK, POSIX::SigSet->new(1..31));
    $SIG{ALRM} = "IGNORE"; exec @ARGV' "$MANTLET_NET" hook "$PLAN" <&9
  exec 9>&-
  [ "$status" -eq 1 ]
  [ $((SECONDS - started)) -lt 10 ]
  [[ $stderr == "mantlet: firewall: loading it took more than 8 seconds"* ]]
}

# A kernel without nf_tables, as far as a program can see: socket(2) says that there is no such
# protocol (12 is NETLINK_NETFILTER, 93 EPROTONOSUPPORT).
without_nf_tables() {
  # shellcheck disable=SC2016 # perl's own
  perl -MPOSIX -e '
    my ($socket, $prctl) = (POSIX::uname())[4] eq "aarch64" ? (198, 167) : (41, 157);
    my $filter = join "", map { pack "SCCL", @$_ } [0x20, 0, 0, 0], [0x15, 0, 3, $socket],
      [0x20, 0, 0, 32], [0x15, 0, 1, 12], [0x06, 0, 0, 0x50000 | 93], [0x06, 0, 0, 0x7fff0000];
    syscall($prctl, 22, 2, pack("Sx6P", 6, $filter)) == 0 or die "prctl: $!";
    exec @ARGV' "$@"
}

@test "hook: a kernel without nf_tables is told as such, and stops no container that is only audited" {
  given_plan "$CLOSED"
  run --separate-stderr -- without_nf_tables "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")"
  [ "$status" -eq 1 ]
  [ "$stderr" = "mantlet: firewall: this kernel has no nf_tables, so the firewall that the policy orders cannot be loaded; root: modprobe nf_tables, or set the controls metadata, egress and ingress to off on this host [metadata egress ingress, policy test 1, c1]" ]
  given_plan '{"metadata":{"mode":"audit"}}'
  run -- without_nf_tables "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C")"
  [ "$status" -eq 0 ]
  jq -se 'last | .outcome == "would-refuse" and (.message | contains("no nf_tables"))' "$WORK/audit.jsonl"
}

# shellcheck disable=SC2030
@test "hook: what is only audited stops no container, and says so in the log" {
  given_plan '{"metadata":{"mode":"audit"}}' joiner
  hook
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  jq -e '.event == "firewall" and .outcome == "would-refuse" and .container.id == "c1"
    and (.message | test("has no firewall"))' "$WORK/audit.jsonl"
}

# ---- start --------------------------------------------------------------------------------------

# shellcheck disable=SC2031 # status and output are run's, in each test anew
refused() {
  gate start
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [[ $stderr == "mantlet: refused: $1"* ]] || { echo "$stderr" >&2; return 1; }
  jq -e --arg text "$1" '.level == "error" and (.msg | contains($text))' "$WORK/log"
  rm "$WORK/log"
}

@test "start: the runtime is started when the table is whole" {
  given_plan "$CLOSED" owner c1 10.0.0.2
  loaded
  given_runtime_state
  gate start
  [ "$status" -eq 0 ]
  [ "$output" = "--log $WORK/log --log-format json start c1" ]
}

@test "start: the runtime gets the environment as it was" {
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  printf '#!%s sh\nexec %s env\n' "$(command -v busybox)" "$(command -v busybox)" >"$WORK/runtime"
  chmod 0755 "$WORK/runtime"
  run env -i A=1 LISTEN_FDS=2 "$MANTLET_NET" start "$PLAN" "$WORK/runtime" runc start c1
  [[ $output == *A=1* && $output == *LISTEN_FDS=2* ]]
}

@test "start: a table that is gone is seen" {
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  in_c nft delete table inet mantlet
  refused "the container's firewall is gone"
}

@test "start: a rule that is gone, added or changed is seen" {
  given_plan "$CLOSED"
  given_runtime_state
  loaded
  handle=$(in_c nft -a list chain inet mantlet output | sed -n 's/.*"metadata" # handle //p' | head -n 1)
  in_c nft delete rule inet mantlet output handle "$handle"
  refused "the container's firewall was changed: its rule 'metadata'"
  for change in 'insert rule inet mantlet output accept' 'insert rule inet mantlet input accept' \
    'insert rule inet mantlet forward accept' 'insert rule inet mantlet refuse accept'; do
    in_c nft delete table inet mantlet
    loaded
    # shellcheck disable=SC2086
    in_c nft $change
    refused "the container's firewall was changed: its rule "
  done
}

@test "start: a rule behind all others, and one with another verdict are seen" {
  given_plan "$CLOSED"
  given_runtime_state
  loaded
  in_c nft add rule inet mantlet input accept
  refused "the container's firewall was changed: its chain 'input' has a rule too many"
  in_c nft delete table inet mantlet
  loaded
  handle=$(in_c nft -a list chain inet mantlet input | sed -n 's/.*"loopback" # handle //p')
  in_c nft replace rule inet mantlet input handle "$handle" iif lo drop comment '"loopback"'
  refused "the container's firewall was changed: its rule 'loopback'"
  handle=$(in_c nft -a list chain inet mantlet input | sed -n 's/.*"loopback" # handle //p')
  in_c nft replace rule inet mantlet input handle "$handle" iif lo accept comment '"loopback"'
  gate start
  [ "$status" -eq 0 ] # what is the same again is the same
}

@test "start: a default that was changed to accept is seen" {
  given_plan "$CLOSED"
  given_runtime_state
  loaded
  in_c nft 'add chain inet mantlet output { policy accept; }'
  refused "the container's firewall was changed: its chain 'output' has another default"
}

@test "start: a table that was switched off is seen" {
  given_plan "$CLOSED"
  given_runtime_state
  loaded
  in_c nft 'add table inet mantlet { flags dormant; }'
  refused "the container's firewall was changed: the table 'inet mantlet' is switched off"
}

@test "start: another table of our name, a chain too many are seen" {
  given_plan "$CLOSED"
  given_runtime_state
  loaded
  in_c nft 'add chain inet mantlet more'
  refused "the container's firewall was changed: the table 'inet mantlet' has a chain too many"
  in_c nft list ruleset | sed '/chain more/,/}/d' >"$WORK/table"
  in_c nft delete table inet mantlet
  in_c nft add table inet mantlet
  refused "the network of this container has the firewall of another policy"
  # The same in nft's own words is not what we sent, and only what we sent is ours.
  in_c nft delete table inet mantlet
  in_c nft -f "$WORK/table"
  refused "the container's firewall was changed: its rule "
}

@test "start: nobody can change a set of ours" {
  given_plan '{"egress":{"mode":"fix","block":["any 10.0.0.0/8,192.168.0.0/16"]}}'
  loaded
  run in_c nft delete element inet mantlet egress_block_0_v4 '{ 10.0.0.0/8 }'
  [ "$status" -ne 0 ]
  run in_c nft flush set inet mantlet egress_block_0_v4
  [ "$status" -ne 0 ]
}

@test "start: no process, another id, or the host's network are refused" {
  given_plan "$CLOSED"
  loaded
  refused "" || true
  rm -f "$WORK/log"
  gate start
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: the container has no process"* ]]
  given_runtime_state
  gate start c2
  [ "$status" -eq 1 ]
  given_runtime_state $$
  gate start
  [ "$status" -eq 1 ]
  [[ $stderr == *"the host's network"* ]]
}

@test "start: what is only audited is started whatever is there" {
  given_plan '{"metadata":{"mode":"audit"}}'
  given_runtime_state
  gate start
  [ "$status" -eq 0 ]
  jq -e '.event == "firewall" and .outcome == "would-refuse"' "$WORK/audit.jsonl"
}

# ---- delete -------------------------------------------------------------------------------------

@test "delete: what was blocked is counted after the last process has gone, and nothing is left" {
  given_cable
  given_plan "$CLOSED"
  loaded
  [ -e "$WORK/c1.ns" ]
  assert_probe refused tcp 169.254.169.254 80
  assert_probe refused tcp 10.78.0.1 80
  assert_probe refused udp 10.78.0.1 80 10
  [ "$(in_s "$PROBE" udp 10.77.0.2 8081 10)" = silent ]
  kill "$C"
  wait "$C" || true
  gate delete
  [ "$status" -eq 0 ]
  [ "$output" = "--log $WORK/log --log-format json delete c1" ]
  jq -e '.event == "delete" and .outcome == "allowed" and .severity == 4
    and .firewall.blocked == {"metadata": 1, "egress": 2, "ingress": 1}' "$WORK/audit.jsonl"
  [ ! -e "$WORK/c1.ns" ]
  [ ! -e "$PLAN" ]
  run ! grep -q "$WORK" /proc/self/mountinfo
}

@test "delete: nothing stops it" {
  gate delete
  [ "$status" -eq 0 ]
  [ "$output" = "--log $WORK/log --log-format json delete c1" ]
  echo garbage >"$PLAN"
  gate delete
  [ "$status" -eq 0 ]
  given_plan "$CLOSED" # never loaded
  gate delete --force c1
  [ "$status" -eq 0 ]
  jq -e '.firewall.blocked == null' "$WORK/audit.jsonl"
  [ ! -e "$PLAN" ]
}

@test "delete: a container that the runtime will not delete keeps its plan" {
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  gate delete
  [ "$status" -eq 0 ]
  [ -e "$PLAN" ]
  [ -e "$WORK/c1.ns" ]
  gate delete --force c1
  [ ! -e "$PLAN" ]
  [ ! -e "$WORK/c1.ns" ]
}

# ---- show ---------------------------------------------------------------------------------------

@test "show: rules with counters, and listening sockets beside what ingress opens" {
  given_cable
  given_plan "$CLOSED"
  loaded
  given_runtime_state
  assert_probe open tcp 10.77.0.1 80
  serve "$C" 10.77.0.2 8080 10.77.0.2 9999 127.0.0.1 7777
  run --separate-stderr -- "$MANTLET_NET" show "$PLAN"
  [ "$status" -eq 1 ]
  [ "$stderr" = "mantlet: ports listen that no line of ingress opens: tcp 9999" ]
  [[ $output == *"allowed  out               1"*"egress.allow[0]      tcp 10.77.0.0/24,fd77::/64 80"* ]]
  run --separate-stderr -- "$MANTLET_NET" show "$PLAN" --json
  jq -e '[.listening[] | select(.proto == "tcp") | {(.port | tostring): .reach}] | add ==
    {"8080": "declared", "9999": "undeclared", "7777": "local"}' <<<"$output"
  run "$MANTLET_NET" show "$C" --json
  jq -e '.id == null and .table and (.rules | length > 5)' <<<"$output"
  run --separate-stderr -- "$MANTLET_NET" show $$
  [ "$status" -eq 3 ]
}
