#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2153 # dollars are for jq and shells; set by lib/
#
# Nameservers: whoever starts a container can choose them, so what the host asks itself is open, what
# the policy blocks is not, and everything else is named. The files of the host are stand-ins, in a
# mount namespace of mantlet's own.

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  mkdir -p "$WORK/host/bin" "$WORK/engine"
  chmod -R 0755 "$WORK/host"
  cp "$MANTLET" "$WORK/host/bin/mantlet"
  printf '#!/bin/sh\n' >"$WORK/host/bin/mantlet-net"
  printf '#!/bin/sh\nexec unshare --mount sh -c '\''mount --bind "$0" /etc/resolv.conf && exec "$@"'\'' %s %s "$@"\n' \
    "$WORK/host/resolv.conf" "$WORK/host/bin/mantlet" >"$WORK/hosted"
  chmod 0755 "$WORK/host/bin/mantlet-net" "$WORK/hosted"
  MANTLET=$WORK/hosted
  PLAN=$RECORDS/$ID.net
  given_host 10.9.9.9
}

teardown() { mantlet_teardown; }

given_host() { printf 'nameserver %s\n' "$@" >"$WORK/host/resolv.conf"; }

# created CONTROLS NAMESERVER...: a container whose engine gave it these.
created() {
  given_policy ".controls.mounts = \"off\" | .controls += $1"
  printf 'nameserver %s\n' "${@:2}" >"$WORK/engine/resolv.conf"
  given_container ".mounts += [{destination: \"/etc/resolv.conf\", type: \"bind\", source: \"$WORK/engine/resolv.conf\", options: [\"rbind\", \"rw\"]}]"
}

# assert_open ADDRESS...: port 53 of exactly these.
assert_open() {
  local got
  got=$(jq -r '.rules.dns // {v4: [], v6: []} | [.v4[], .v6[]] | map(.[0]) | join(" ")' "$PLAN")
  [ "$got" = "$*" ] || { echo "open: $got" >&2; return 1; }
}

# assert_notes REGEX...: as many notes of nameservers, in order.
assert_notes() {
  local notes
  mapfile -t notes < <(jq -rs '.[1].notes[]?.text | select(test("nameserver"))' "$RECORDS/$ID.json")
  [ ${#notes[@]} -eq $# ] || { printf '%s\n' "${notes[@]}" >&2; return 1; }
  for note in "${notes[@]}"; do
    [[ $note =~ $1 ]] || { echo "$note" >&2; return 1; }
    shift
  done
}

@test "net dns: what the host asks is open in silence, what somebody chose is open and named" {
  created '{egress: {mode: "fix"}}' 10.9.9.9 10.8.8.8 127.0.0.11
  assert_open 10.8.8.8 10.9.9.9
  assert_notes "^port 53 of 10\.8\.8\.8 is open, which is none of the host's nameservers: .*list addresses in egress\.dns$"
}

@test "net dns: in a range that a line blocks only the host's are open" {
  created '{egress: {mode: "fix", block: ["any 10.0.0.0/8"]}}' 10.9.9.9 10.8.8.8 192.168.0.1
  assert_open 10.9.9.9 192.168.0.1
  assert_notes "^the nameserver 10\.8\.8\.8 is none of the host's nameservers and a line of egress\.block covers it" \
    "^port 53 of 192\.168\.0\.1 is open"
  # What policy lists is open, and nobody else chooses.
  created '{egress: {mode: "fix", block: ["any 10.0.0.0/8"], dns: ["10.8.8.8"]}}' 10.9.9.9 10.7.7.7
  assert_open 10.8.8.8
  assert_notes
}

@test "net dns: a metadata service is a nameserver only where the host has it as one" {
  created '{}' 169.254.169.254
  assert_open
  assert_notes "^the nameserver 169\.254\.169\.254 is a metadata service and none of the host's nameservers, so it stays closed$"
  created '{egress: {mode: "fix"}}' 169.254.169.254 168.63.129.16
  assert_open
  assert_notes 169 168
  given_host 169.254.169.254
  created '{}' 169.254.169.254
  assert_open 169.254.169.254
  assert_notes
}

@test "net dns: a host's file that somebody else could write is nobody's word" {
  chmod 0666 "$WORK/host/resolv.conf"
  created '{egress: {mode: "fix", block: ["any 10.0.0.0/8"]}}' 10.9.9.9
  assert_open
  assert_notes "^the nameserver 10\.9\.9\.9 is none of the host's"
}

@test "net dns: in Kubernetes the cluster's resolver is open, and closed where a line covers it" {
  BUNDLE=$WORK/io.containerd.runtime.v2.task/k8s.io/$ID
  mkdir -p "$BUNDLE/rootfs"
  chmod -R go-w "$WORK/io.containerd.runtime.v2.task"
  created '{egress: {mode: "fix"}}' 10.96.0.10
  assert_open 10.96.0.10
  assert_notes "the cluster or whoever wrote the pod \(dnsConfig\) chose it"
  created '{egress: {mode: "fix", block: ["any 10.0.0.0/8"]}}' 10.96.0.10
  assert_open
  assert_notes "10\.96\.0\.10 .*if it is meant list it in egress\.dns"
}
