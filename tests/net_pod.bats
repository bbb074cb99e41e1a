#!/usr/bin/env bats
#
# A pod of Kubernetes whose policy was changed while it lives: a container that starts again in it has
# the walls that the pod was made with, and that is said. Everybody else is refused as ever.

bats_require_minimum_version 1.5.0
load lib/net

setup() {
  net_setup
  given_plan_of sandbox 1 "$OLD" owner sandbox 10.78.0.1
  loaded "$C" sandbox
}
teardown() { net_teardown; }

OLD='{"metadata":{"mode":"fix"},"egress":{"mode":"fix","allow":["tcp 10.77.0.0/24 80"]}}'
NEW='{"metadata":{"mode":"fix"},"egress":{"mode":"fix","allow":["tcp 10.77.0.0/24 81"],"block":["any 10.9.0.0/16"]}}'

# given_plan_of POD DIGEST-OF-POLICY ...: as given_plan; an empty word is no such member.
given_plan_of() {
  local pod=$1 source=${2:+sha256:$2}

  [ -z "$pod" ] || local -x POD=$pod
  [ -z "$source" ] || local -x SOURCE=$source
  given_plan "${@:3}"
}

# refused_as WORDS [ID]: the hook of a container refuses, with these words.
# shellcheck disable=SC2154 # status and stderr are run's
refused_as() {
  hook "$C" "${2:-c1}"
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: firewall: "*"$1"* ]] || { echo "$stderr" >&2; return 1; }
}

@test "pod: after a change of policy a container lives under the walls of its pod, and that is said" {
  local before
  before=$(in_c nft list ruleset)
  given_plan_of sandbox 2 "$NEW" joiner c1 10.78.0.2
  loaded
  [ "$(in_c nft list ruleset)" = "$before" ]
  jq -se 'length == 1 and (last | .event == "firewall" and .outcome == "allowed" and .severity == 4
    and .container.id == "c1" and .firewall.role == "joiner"
    and (.message | startswith("the pod keeps the firewall of policy test 1, under which it was made; make it anew")))' \
    "$WORK/audit.jsonl"
  [ "$(jq -r .firewall.digest "$WORK/audit.jsonl")" = "$(jq -r .digest "$WORK/sandbox.net")" ]
  # The gate accepts what the hook has accepted, and sees a change as ever.
  given_runtime_state
  gate start
  [ "$status" -eq 0 ]
  # What is shown are the lines that are in force.
  run --separate-stderr -- "$MANTLET_NET" show "$PLAN"
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: the pod keeps the firewall of policy test 1, "* ]]
  [[ $output == *"egress.allow[0]"*"tcp 10.77.0.0/24 80"* && $output != *" 81"* ]]
  in_c nft insert rule inet mantlet output accept
  gate start
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: refused: the container's firewall was changed: its rule "* ]]
  refused_as "was changed"
}

@test "pod: also where the pod is from before plans said of what policy they are" {
  given_plan_of '' '' "$OLD" owner sandbox 10.78.0.1
  given_plan_of sandbox 2 "$NEW" joiner c1
  loaded
}

@test "pod: also where a container of the pod is the owner, as with CRI-O" {
  new_namespace C
  given_plan_of gone 1 "$OLD" owner first
  loaded "$C" first
  given_plan_of gone 2 "$NEW" joiner c1
  loaded
}

@test "pod: under one policy another profile is refused" {
  given_plan_of sandbox 1 "$NEW" joiner c1
  refused_as "has the firewall of another policy; when the policy was changed start the owner of the network anew (Kubernetes: make the pod anew), else give all"
}

@test "pod: after a change of policy, too, no profile becomes another's" {
  PROFILE=lax given_plan_of sandbox 1 '{"egress":{"mode":"audit","default":"block"}}' owner lax
  new_namespace C
  loaded "$C" lax
  PROFILE=strict given_plan_of lax 2 "$NEW" joiner c1
  refused_as "has the firewall of another policy"
  PROFILE=lax given_plan_of lax 2 "$NEW" joiner c1
  loaded
}

@test "pod: who is of no pod, or of another one, is refused whatever his policy" {
  given_plan_of '' 2 "$NEW" joiner c1
  refused_as "has the firewall of another policy"
  given_plan_of another 2 "$NEW" joiner c1
  refused_as "has the firewall of another policy"
  given_plan_of sandbox '' "$NEW" joiner c1
  refused_as "has the firewall of another policy"
}

@test "pod: also where nobody lives in it just then, so that he comes as an owner" {
  given_plan_of sandbox 2 "$NEW" owner c1
  loaded
  given_plan_of another 2 "$NEW" owner c1
  refused_as "has the firewall of another policy"
}

@test "pod: without the pod's own plan, or with another table, it is refused" {
  given_plan_of sandbox 2 "$NEW" joiner c1
  mv "$WORK/sandbox.net" "$WORK/away"
  refused_as "has the firewall of another policy"
  # Somebody else's plan of that name.
  given_plan_of sandbox 1 '{"metadata":{"mode":"fix"}}' owner sandbox
  refused_as "the container's firewall was changed"
  # One who has joined himself owns nothing.
  given_plan_of sandbox 1 "$OLD" joiner sandbox 10.78.0.1
  refused_as "has the firewall of another policy"
  mv "$WORK/away" "$WORK/sandbox.net"
  loaded
}

@test "pod: one that was made while the three were off is refused, with what to do" {
  in_c nft delete table inet mantlet
  given_plan_of sandbox 2 "$NEW" joiner c1
  refused_as "start the owner anew through mantlet (Kubernetes: make the pod anew)"
}

@test "pod: a plan cannot say a pod or a policy that is none" {
  given_plan_of sandbox 2 "$NEW" joiner c1
  sed -i 's/"pod":"sandbox"/"pod":"..\/x"/' "$PLAN"
  refused_as "not as mantlet wrote it"
  sed -i 's/"pod":"..\/x"/"pod":null/' "$PLAN"
  refused_as "not as mantlet wrote it"
  sed -i 's/"pod":null/"pod":"sandbox"/; s/"source":"sha256:2"/"source":2/' "$PLAN"
  refused_as "not as mantlet wrote it"
}
