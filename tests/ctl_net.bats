#!/usr/bin/env bats
# mantletctl net: finding a container's firewall, becoming mantlet-net, what that says. Real
# namespaces and the real mantlet-net; the runtime is the stub, so the test runs the hook itself.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows
load lib/net

CONTROLS='.controls.egress = {mode: "deny", default: "block", allow: ["tcp 10.77.0.0/24 80"], block: ["any 10.78.0.0/16"], dns: ["10.77.0.1"]}
  | .controls.ingress = {mode: "deny", default: "block", allow: ["tcp * 8080"], block: ["tcp * 22"]}'

setup() {
  mantlet_setup
  CTL=$(dirname "$MANTLET")/mantletctl
  PLAN=$RECORDS/$ID.net PIDS=()
  unset COLUMNS NO_COLOR
}

teardown() {
  if [ -e "$RECORDS/$ID.ns" ]; then umount "$RECORDS/$ID.ns"; fi
  net_teardown
  mantlet_teardown
}

ctl() {
  run --separate-stderr -- "$CTL" "$@"
}

# given_firewall [POLICY]: a container that was created, with its rules in the namespace of $C, which
# has a cable after given_wire.
given_firewall() {
  given_policy "${1:-$CONTROLS}"
  given_container
  [ -n "${C:-}" ] || new_namespace C
  given_runtime_state "$C" "$ID"
  "$MANTLET_NET" hook "$PLAN" <<<"$(state "$C" "$ID")"
}

# Before the rules: the first packets of a new cable are not to be counted.
given_wire() {
  new_namespace C
  given_cable
}

# assert_says STATUS TEXT: one line on standard error that begins with TEXT, no output.
assert_says() {
  if [ "$status" -ne "$1" ] || [ -n "$output" ] || [[ $stderr != "mantletctl: $2"* ]] ||
    [ "$(grep -c . <<<"$stderr")" -ne 1 ]; then
    show
    return 1
  fi
}

# assert_line TEXT: some line of the output, with runs of spaces as one.
assert_line() {
  tr -s ' ' <<<"$output" | grep -Fxq -- "$1" || { show; return 1; }
}

assert_json() {
  jq -e "$1" <<<"$output" >/dev/null || { show; return 1; }
}

@test "net: the command line" {
  ctl net
  assert_says 2 "net takes one container: mantletctl net ID"
  ctl net a b
  assert_says 2 "net takes one container: mantletctl net ID"
  ctl net ../x
  assert_says 2 "this is no container id: '../x'"
  ctl net x --jsn
  assert_says 2 "unknown option '--jsn', did you mean '--json'?"
  ctl net no-such-container
  assert_says 3 "no container 'no-such-container' was started through mantlet"
  ctl net --help
  assert_ok
  [[ $output == "mantletctl net ID [--root ROOT] [--json]"* ]]
}

@test "net: what was blocked, how often, line by line, in words" {
  given_wire
  given_firewall
  assert_probe open tcp 10.77.0.1 80
  assert_probe refused tcp 10.78.0.1 80
  assert_probe refused tcp 10.77.0.1 81
  assert_probe refused tcp 10.77.0.1 81
  assert_probe refused tcp 169.254.169.254 80
  ctl net "${ID%?}"
  assert_ok
  [ -z "$stderr" ]
  [[ $output == "$ID: policy "* ]]
  assert_line " metadata in force blocked cloud metadata services: 1 packet"
  assert_line " egress in force blocked all that no line allows: 3 packets"
  assert_line " ingress in force blocked all that no line allows: 0 packets"
  tr -s ' ' <<<"$output" >out
  grep -Eqx 'blocked out 1 [0-9]+ metadata cloud metadata services' out
  grep -Eqx 'blocked out 1 [0-9]+ egress.block\[0\] any 10.78.0.0/16' out
  grep -Eqx 'blocked out 2 [0-9]+ egress.default everything else' out
  grep -Eqx 'allowed out 1 [0-9]+ egress.allow\[0\] tcp 10.77.0.0/24 80' out
  grep -Eqx 'allowed out 0 0 dns port 53 of the nameservers' out
  # What blocks comes first.
  [ "$(awk '/^IS/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' out | uniq)" = $'blocked\nallowed' ]
}

@test "net: who listens, beside what ingress opens; a port that no line opens is a finding" {
  given_wire
  given_firewall
  serve "$C" 10.77.0.2 8080 127.0.0.1 7777 10.77.0.2 22
  ctl net "$ID"
  assert_ok
  assert_line "tcp 10.77.0.2 8080 0 declared: a line of ingress opens it"
  assert_line "tcp 127.0.0.1 7777 0 local: from inside only"
  assert_line "tcp 10.77.0.2 22 0 closed: a line of ingress blocks it"
  serve "$C" 10.77.0.2 9999
  ctl net "$ID"
  [ "$status" -eq 1 ]
  [ "$stderr" = "mantlet: ports listen that no line of ingress opens: tcp 9999" ]
  assert_line "tcp 10.77.0.2 9999 0 undeclared: no line of ingress opens it, so it is blocked"
  ctl net "$ID" --json
  [ "$status" -eq 1 ]
  assert_json '[.listening[] | select(.proto == "tcp") | {(.port | tostring): .reach}] | add ==
    {"8080": "declared", "7777": "local", "22": "closed", "9999": "undeclared"}'
  assert_json '.findings == ["ports listen that no line of ingress opens: tcp 9999"]'
}

@test "net: many ports are counted, and a UDP socket alone is no finding" {
  given_firewall
  in_c ip link set lo up
  serve "$C" 0.0.0.0 9001 0.0.0.0 9002 0.0.0.0 9003 0.0.0.0 9004 0.0.0.0 9005 0.0.0.0 9006 \
    0.0.0.0 9007 0.0.0.0 9008 0.0.0.0 9009 0.0.0.0 9010
  ctl net "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == *" and 2 more" ]]
  ctl net "$ID" --json
  assert_json '.findings | length == 1'
  assert_json '[.listening[] | select(.proto == "udp" and .reach == "undeclared")] | length == 10'
}

@test "net: JSON is one line with everything" {
  given_wire
  given_firewall
  assert_probe refused tcp 169.254.169.254 80
  assert_probe refused tcp 10.78.0.1 80
  ctl net "$ID" --root "$RUNTIME_ROOT" --json
  assert_ok
  [ "$(wc -l <<<"$output")" -eq 1 ]
  assert_json ".v == 1 and .id == \"$ID\" and .role == \"owner\" and .running and .table and .findings == []"
  assert_json '.controls == {"metadata": "enforced", "egress": "enforced", "ingress": "enforced"}'
  assert_json '.blocked == {"metadata": 1, "egress": 1, "ingress": 0}'
  assert_json '[.rules[] | select(.rule == "egress.block[0]")] | length == 1 and .[0].packets == 1 and
    .[0].text == "any 10.78.0.0/16" and .[0].verdict == "blocked" and .[0].chain == "output"'
}

@test "net: audit says that it counts and lets pass; what is off is called off" {
  given_wire
  given_firewall '.extends = "observe" | .controls.ingress = {mode: "audit", allow: ["tcp * 8080"]}'
  assert_probe open tcp 169.254.169.254 80
  serve "$C" 10.77.0.2 9999
  ctl net "$ID"
  [ "$status" -eq 1 ]
  assert_line " egress off"
  assert_line "tcp 10.77.0.2 9999 0 undeclared: no line of ingress opens it, but audit lets it pass"
  tr -s ' ' <<<"$output" | grep -Eqx ' metadata audit counted, let pass cloud metadata services: [1-9][0-9]* packets?'
  ctl net "$ID" --json
  assert_json '.controls == {"metadata": "audit", "egress": "off", "ingress": "audit"}'
  assert_json '.blocked.egress == null and .blocked.metadata > 0'
  assert_json '[.rules[] | select(.rule == "metadata" and .chain == "output")][0].verdict == "counted"'
}

@test "net: an IPv4 loopback address in IPv6, as Java binds it, is local" {
  given_firewall
  in_c ip link set lo up
  serve "$C" ::ffff:127.0.0.1 7777
  ctl net "$ID" --json
  assert_ok
  assert_json '[.listening[] | select(.port == 7777) | .reach] | unique == ["local"]'
}

@test "net: a table that somebody changed or removed is a finding" {
  given_firewall
  in_c nft add rule inet mantlet output ip daddr 9.9.9.9 accept
  ctl net "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: the container's firewall was changed"*"create the container anew" ]]
  [[ $output == *"egress.default"* ]]
  in_c nft delete table inet mantlet
  ctl net "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: the container's firewall is gone"* ]]
  [[ $output == *"no firewall of mantlet's here"* ]]
  ctl net "$ID" --json
  [ "$status" -eq 1 ]
  assert_json '.table == false and .rules == [] and .blocked.egress == null and (.findings | length == 1)'
}

@test "net: a table of our name that a hostile process made is shown without harm" {
  given_firewall
  in_c nft delete table inet mantlet
  in_c nft add table inet mantlet
  in_c nft add chain inet mantlet output
  in_c nft add rule inet mantlet output counter comment "\"$(printf 'x\e[2J')\""
  in_c nft add rule inet mantlet output accept
  ctl net "$ID"
  [ "$status" -eq 1 ]
  [[ $output$stderr != *$'\e'* ]]
  [[ $output == *"x?[2J"* ]]
  run --separate-stderr -- "$MANTLET_NET" show "$C" --json
  assert_ok
  assert_json '.table and .id == null and .controls == null'
}

@test "net: of a container whose process has ended, the last counters" {
  given_wire
  given_firewall
  assert_probe refused tcp 169.254.169.254 80
  [ -e "$RECORDS/$ID.ns" ]
  kill "$C"
  wait "$C" || true
  ctl net "$ID"
  assert_ok
  [[ $output == *"it has ended, these are its last counters"* ]]
  assert_line " metadata in force blocked cloud metadata services: 1 packet"
  ctl net "$ID" --json
  assert_json '.running == false and .blocked.metadata == 1'
  umount "$RECORDS/$ID.ns"
  rm "$RECORDS/$ID.ns"
  ctl net "$ID"
  [ "$status" -eq 3 ]
  [ "$stderr" = "mantlet: the container '$ID' has no process; is it running?" ]
}

@test "net: who shares a network is told whose counters these are" {
  local owner=$ID

  given_firewall "$CONTROLS | .controls.namespaces = \"off\""
  ID=joined-$owner
  given_container ".linux.namespaces |= map(if .type == \"network\" then .path = \"/proc/$C/ns/net\" else . end)"
  given_runtime_state "$C" "$ID"
  ctl net "$ID"
  ID=$owner
  assert_ok
  [[ $output == *$'\n'"It shares the network of another container, and with it all counters and sockets."$'\n'* ]]
  ctl net "joined-$owner" --json
  assert_json '.role == "joiner" and .findings == []'
}

@test "net: a container without a firewall, and why it has none" {
  given_policy '.controls.metadata = "off"'
  given_container
  ctl net "$ID"
  assert_says 1 "container '$ID' was started without a firewall: metadata, egress and ingress were off in its policy"
  # From before there were any.
  sed -i '1s/,"firewall":0//' "$RECORD"
  ctl net "$ID"
  assert_says 1 "container '$ID' was started without a firewall: "
  given_policy '.controls.namespaces = {"host+": ["network"]}'
  given_container '.linux.namespaces |= map(select(.type != "network")) | del(.linux.sysctl)'
  ctl net "$ID"
  assert_says 1 "container '$ID' was started without a firewall: "
  [[ $stderr == *"metadata services are not blocked"* ]]
  ctl net "$ID" --json
  [ "$status" -eq 1 ]
  assert_json ".v == 1 and .id == \"$ID\" and .table == false and .rules == [] and .listening == null and
    (.findings[0] | contains(\"metadata services are not blocked\"))"
  # The reason is in the part of the record that is for people; without it there is still an answer.
  sed -i 2d "$RECORD"
  ctl net "$ID"
  assert_says 1 "container '$ID' was started without a firewall: it had no network of its own, or "
}

@test "net: the plan is gone, or not root's own" {
  given_firewall
  chmod 0666 "$PLAN"
  ctl net "$ID"
  [ "$status" -eq 3 ]
  [ -z "$output" ]
  rm "$PLAN"
  ctl net "$ID"
  assert_says 3 "the plan of the firewall of container '$ID' is gone from /run/mantlet; delete the container and create it again"
}

@test "net: mantlet-net is found by our own place, and must be root's" {
  given_firewall
  mkdir -p "$WORK/host/bin" "$WORK/host/libexec/mantlet"
  chmod -R 0755 "$WORK/host"
  cp "$CTL" "$WORK/host/bin/mantletctl"
  CTL=$WORK/host/bin/mantletctl
  PATH=$(dirname "$MANTLET_NET"):$PATH ctl net "$ID"
  assert_says 3 "mantlet-net, which reads firewalls, cannot be used: there is neither '$WORK/host/bin/mantlet-net' nor '$WORK/host/libexec/mantlet/mantlet-net'; root: install it (make install)"
  cp "$MANTLET_NET" "$WORK/host/libexec/mantlet/mantlet-net"
  ctl net "$ID"
  assert_ok
  chmod 0777 "$WORK/host/libexec/mantlet/mantlet-net"
  ctl net "$ID"
  assert_says 3 "mantlet-net, which reads firewalls, cannot be used: "
  [[ $stderr == *"cannot be trusted"* ]]
}
