#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # dollars are for jq and the stand-in; set by lib/
#
# mantlet's side of a container's firewall: the plan beside the record, the hook in the document, and
# the way of start and delete through mantlet-net. That one is a stand-in here, which says how it was
# called; what the real one does is the subject of net.bats and engine/net_docker.bats.

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  mkdir -p "$WORK/host/bin" "$WORK/host/libexec/mantlet"
  chmod -R 0755 "$WORK/host"
  cp "$MANTLET" "$WORK/host/bin/mantlet"
  MANTLET=$WORK/host/bin/mantlet
  NET=$WORK/host/libexec/mantlet/mantlet-net
  given_net "$NET"
  PLAN=$RECORDS/$ID.net
}

teardown() {
  [ -z "${SLEEPER:-}" ] || kill "$SLEEPER"
  [ ! -e "$WORK/ns" ] || umount "$WORK/ns"
  umount -q "$RECORDS/owner.ns" || true
  mantlet_teardown
}

given_net() {
  cat >"$1" <<SCRIPT
#!/bin/bash
(IFS=\$'\t'; echo "\$*") >>$WORK/net.calls
ls $RECORDS >$WORK/net.records
[ "\$1" != refuse ] && shift 2 && program=\$1 && shift && exec -a "\$1" "\$program" "\${@:2}"
SCRIPT
  chmod 0755 "$1"
}

assert_plan() {
  jq -e "$1" "$PLAN" >/dev/null || { show; jq . "$PLAN" >&2; return 1; }
}

assert_note() {
  jq -se "any(.[1].notes[]; .text | contains(\"$1\"))" "$RECORDS/$ID.json" >/dev/null || {
    jq -sc '.[1].notes' "$RECORDS/$ID.json" >&2
    return 1
  }
}

assert_no_firewall() {
  [ ! -e "$PLAN" ]
  assert_spec '[.hooks.createRuntime[]? | select(.args[0] == "mantlet-net")] == []'
  head -n 1 "$RECORDS/$ID.json" | jq -e '.created.firewall == 0' >/dev/null
}

@test "net wrap: a container gets a plan that only root reads, and one hook with nothing to choose" {
  run_mantlet create
  assert_ok
  assert_journal '.control == "metadata" and .class == "fill" and .path == "/hooks" and .enforced'
  # What was hardened is hardened.
  cp "$BUNDLE/config.json" "$WORK/once.json"
  run_mantlet create
  assert_ok
  cmp "$WORK/once.json" "$BUNDLE/config.json"
  assert_spec ".hooks.createRuntime == [{path: \"$NET\", args: [\"mantlet-net\", \"hook\", \"$PLAN\"],
    env: [\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"], timeout: 10}]"
  [ "$(stat -c '%a %U %h' "$PLAN")" = "600 root 1" ]
  [ "$(wc -l <"$PLAN")" -eq 1 ]
  assert_plan ".v == 1 and .id == \"$ID\" and .root == \"$RUNTIME_ROOT\" and .role == \"owner\""
  assert_plan '.rules.metadata.enforce and (.rules | .egress == null and .ingress == null and .dns == null)'
  assert_plan '.rules.metadata.v4 | any(. == ["169.254.169.254", "169.254.169.254"])'
  [ "$(jq -r .digest "$PLAN")" = "$(jq -cj .rules "$PLAN" | sha256sum | cut -d ' ' -f 1)" ]
  head -n 1 "$RECORDS/$ID.json" | jq -e '.created.firewall == 2'
}

@test "net wrap: the program beside mantlet comes first" {
  given_net "$WORK/host/bin/mantlet-net"
  given_container
  jq -e --arg net "$WORK/host/bin/mantlet-net" '.hooks.createRuntime[0].path == $net' "$BUNDLE/config.json"
}

@test "net wrap: where nothing is ordered nothing is added" {
  given_policy '.controls.metadata = "off"'
  run_mantlet create
  assert_ok
  assert_no_firewall
  # And what an earlier start has added is gone.
  given_policy .
  given_container
  given_policy '.controls.metadata = "off"'
  run_mantlet create
  assert_ok
  assert_no_firewall
}

@test "net wrap: lines and sets of a policy, and the nameservers of the engine, are in the plan" {
  mkdir "$WORK/engine"
  printf 'nameserver 10.9.9.9\n' >"$WORK/engine/resolv.conf"
  given_policy '.sets.db = ["10.1.0.0/16", "10.2.0.0/16", "fd00:1::/64"]
    | .controls.egress = {mode: "fix", allow: ["tcp @db 5432"], block: ["any 10.2.3.0/24"]}
    | .controls.ingress = {mode: "audit", allow: ["tcp * 80"]} | .controls.mounts = "off"'
  given_spec ".mounts += [{destination: \"/etc/resolv.conf\", type: \"bind\", source: \"$WORK/engine/resolv.conf\", options: [\"rbind\", \"rw\"]}]"
  run_mantlet create
  assert_ok
  assert_plan '.rules.egress | .enforce and .default == "block" and .allow[0].ports == [[5432, 5432]]'
  assert_plan '.rules.egress.allow[0].v4 == [["10.1.0.0", "10.2.255.255"]]'
  assert_plan '.rules.ingress | .enforce | not'
  assert_plan '.rules.dns.v4 == [["10.9.9.9", "10.9.9.9"]]'
  assert_spec 'any(.mounts[]; .destination == "/etc/resolv.conf" and .options == ["rbind", "ro"])'
  head -n 1 "$RECORDS/$ID.json" | jq -e '.policy.controls.egress.allow == ["tcp 10.1.0.0/16,10.2.0.0/16,fd00:1::/64 5432"]'
}

@test "net wrap: a container that may ask nobody for names is told so" {
  given_policy '.controls.egress = {mode: "fix"}'
  run_mantlet create
  assert_ok
  assert_note "no nameserver was found"
}

@test "net wrap: who joins a network in which somebody lives verifies, who gets an empty one owns it" {
  given_policy '.controls.namespaces = "off"'
  unshare --net sleep 60 3>&- &
  SLEEPER=$!
  until [ "$(readlink "/proc/$SLEEPER/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
  given_container ".linux.namespaces |= map(if .type == \"network\" then .path = \"/proc/$SLEEPER/ns/net\" else . end)"
  assert_plan '.role == "joiner"'
  touch "$WORK/ns"
  unshare --net="$WORK/ns" true
  given_container ".linux.namespaces |= map(if .type == \"network\" then .path = \"$WORK/ns\" else . end)"
  assert_plan '.role == "owner"'
}

@test "net wrap: who has no firewall joins none, which it could take down" {
  local mode
  given_policy '.controls.namespaces = "off"'
  given_container
  cp "$PLAN" "$RECORDS/owner.net"
  sed -i "s/\"id\":\"$ID\"/\"id\":\"owner\"/" "$RECORDS/owner.net"
  unshare --net sleep 60 3>&- &
  SLEEPER=$!
  until [ "$(readlink "/proc/$SLEEPER/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
  given_spec ".linux.namespaces |= map(if .type == \"network\" then .path = \"/proc/$SLEEPER/ns/net\" else . end)"
  given_policy '.controls.namespaces = "off" | .controls.metadata = "off"'
  run_mantlet create
  assert_ok
  # As mantlet-net keeps the network of whoever has loaded a table.
  touch "$RECORDS/owner.ns"
  mount --bind "/proc/$SLEEPER/ns/net" "$RECORDS/owner.ns"
  # Off or only counting: both could take the walls down.
  for mode in off audit; do
    forget_calls
    given_policy ".controls.namespaces = \"off\" | .controls.metadata = \"$mode\""
    run_mantlet create
    [ "$status" -eq 1 ] || { umount "$RECORDS/owner.ns"; show; false; }
  done
  umount "$RECORDS/owner.ns"
  assert_refused "linux.namespaces joins a network with a firewall that this container's policy does not have; give all containers that share a network the same metadata, egress and ingress"
}

@test "net wrap: the plan says policy and maker, and the pod where Kubernetes says it and nobody else" {
  local note='.annotations = {"io.kubernetes.cri.sandbox-id": "sandbox-1", "io.kubernetes.cri-o.SandboxID": "sandbox-2"}' source
  given_policy '.controls.annotations = "off"'
  given_container "$note"
  assert_plan 'has("pod") | not'
  source=$(jq -r .policy.source "$PLAN")
  [[ $source =~ ^sha256:[0-9a-f]{64}\ [0-9.]+\ [0-9a-f]{12}\ rules-[0-9]+$ ]]
  [ "${source%% *}" = "$(head -n 1 "$RECORDS/$ID.json" | jq -r .policy.digest)" ]
  # What another profile of the policy says is of the same policy; a change of the policy is not.
  given_container "$note"
  assert_plan ".policy.source == \"$source\""
  given_policy '.controls.annotations = "off" | .controls.egress = {mode: "fix"}'
  given_container "$note"
  assert_plan ".policy.source != \"$source\""
  # Under the path of a bundle as Kubernetes has it.
  BUNDLE=$WORK/io.containerd.runtime.v2.task/k8s.io/$ID
  mkdir -p "$BUNDLE/rootfs"
  chmod -R go-w "$WORK/io.containerd.runtime.v2.task"
  given_container "$note"
  assert_plan '.pod == "sandbox-1"'
  given_container '.annotations = {"io.kubernetes.cri.sandbox-id": "../x"}'
  assert_plan 'has("pod") | not'
  given_container '.annotations = {"io.kubernetes.cri-o.SandboxID": "sandbox-1"}'
  assert_plan 'has("pod") | not'
}

@test "net wrap: the host's network gets no rule: a note, or a refusal where lines were written" {
  given_policy '.controls.namespaces = {"host+": ["network"]}'
  given_spec '.linux.namespaces |= map(select(.type != "network")) | del(.linux.sysctl)'
  run_mantlet create
  assert_ok
  assert_no_firewall
  assert_note "metadata services are not blocked"
  given_policy '.controls.namespaces = {"host+": ["network"]} | .controls.egress = {mode: "fix"}'
  forget_calls
  run_mantlet create
  assert_refused "the host's network namespace leaves no place for the rules of 'egress'; give the container a network of its own"
}

@test "net wrap: without the program, or with one that others can write, nothing starts" {
  rm "$NET"
  run_mantlet create
  assert_refused "the firewall that the policy orders cannot be loaded: mantlet-net cannot be used: there is neither '$WORK/host/bin/mantlet-net' nor '$NET'; root: install it (make install), or set control 'metadata' to off on this host [metadata, "
  [ ! -e "$PLAN" ] && [ ! -e "$RECORDS/$ID.json" ]
  given_net "$NET"
  chmod 0775 "$NET"
  rm "$LOG"
  run_mantlet create
  assert_refused "cannot be trusted"
  # Where policy only watches it is a note.
  given_policy '.extends = "observe"'
  rm "$LOG"
  run_mantlet create
  assert_ok
  assert_no_firewall
  assert_note "nothing is counted: mantlet-net cannot be used"
}

@test "net wrap: a hook like ours is ours only to the letter" {
  local like="{path: \"$NET\", args: [\"mantlet-net\", \"hook\", \"$PLAN\"], env: [\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"], timeout: 10}" change
  for change in '.path = "/bin/true"' '.args += ["x"]' '.env += ["LD_PRELOAD=/x"]' '.timeout = 60' 'del(.env)' \
    '.args[2] = "/tmp/p" | .args[1] = "show"'; do
    rm -f "$LOG"
    given_spec ".hooks.createRuntime = [$like | $change]"
    run_mantlet create
    assert_refused "createRuntime hook "
  done
  rm -f "$LOG"
  given_spec ".hooks.prestart = [$like]"
  run_mantlet create
  assert_refused "prestart hook "
  # That of another container goes without a word to anybody.
  given_spec ".hooks.createRuntime = [$like | .args[2] = \"/run/mantlet/x/other.net\"]"
  run_mantlet create
  assert_ok
  assert_spec ".hooks.createRuntime == [$like]"
}

@test "net wrap: start goes through mantlet-net, with the runtime's own command line" {
  given_container
  mantlet --root "$RUNTIME_ROOT" --log "$LOG" start "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" --log "$LOG" start "$ID"
  [ "$(cat "$WORK/net.calls")" = "start"$'\t'"$PLAN"$'\t'"$STUB"$'\t'"$STUB"$'\t'"--root"$'\t'"$RUNTIME_ROOT"$'\t'"--log"$'\t'"$LOG"$'\t'"start"$'\t'"$ID" ]
}

@test "net wrap: start without the program or without the plan is refused, under audit it is not" {
  given_container
  mv "$NET" "$NET.away"
  mantlet --root "$RUNTIME_ROOT" start "$ID"
  assert_refused "the container's firewall cannot be looked at: mantlet-net cannot be used ("
  mv "$NET.away" "$NET"
  rm "$PLAN"
  mantlet --root "$RUNTIME_ROOT" start "$ID"
  assert_refused "the container's firewall cannot be looked at: its plan is gone from /run/mantlet; delete the container and create it again"
  given_policy '.extends = "observe"'
  given_container
  rm "$PLAN"
  mantlet --root "$RUNTIME_ROOT" start "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" start "$ID"
}

@test "net wrap: a container without a firewall, or from before there were any, starts directly" {
  given_policy '.controls.metadata = "off"'
  given_container
  mantlet --root "$RUNTIME_ROOT" start "$ID"
  assert_ok
  [ ! -e "$WORK/net.calls" ]
  sed -i '1s/,"firewall":0//' "$RECORDS/$ID.json"
  forget_calls
  mantlet --root "$RUNTIME_ROOT" start "$ID"
  assert_ok
  [ ! -e "$WORK/net.calls" ]
}

@test "net wrap: delete goes through mantlet-net, which finds the plan and no record" {
  given_container
  mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" delete --force "$ID"
  [[ "$(cat "$WORK/net.calls")" == "delete"$'\t'"$PLAN"$'\t'* ]]
  [ "$(cat "$WORK/net.records")" = "$ID.net" ]
}

@test "net wrap: nothing keeps anybody from deleting" {
  given_container
  rm "$NET"
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" delete "$ID"
  [ -z "$(ls -A "$RECORDS")" ]
  given_net "$NET"
  given_container
  echo 'not a program' >"$NET"
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" delete "$ID"
}

@test "net wrap: a create that comes to nothing leaves no plan" {
  given_policy '.runtime = "/etc/hostname"'
  run_mantlet create
  [ "$status" -eq 1 ]
  cp "$STUB" "$WORK/runc"
  printf 'x' >"$WORK/runc"
  given_policy ".runtime = \"$WORK/runc\""
  run_mantlet create
  [ "$status" -eq 1 ]
  [ -z "$(ls -A "$RECORDS")" ]
}

@test "net wrap: exec loses the capabilities that undo a firewall" {
  given_policy '.extends = "baseline" | .controls.capabilities = {mode: "fix", allow: ["NET_RAW", "NET_ADMIN", "CHOWN"]}'
  given_container '.process.capabilities.bounding += ["CAP_NET_ADMIN"]'
  jq -e '[.process.capabilities[][]] | unique == ["CAP_CHOWN"]' "$BUNDLE/config.json"
  given_document p '.capabilities.bounding = ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_CHOWN"]'
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process '[.capabilities[][]] | unique == ["CAP_CHOWN"]'
}

@test "net wrap: restore with a runtime that runs no hooks then is refused" {
  mkdir -m 0755 "$WORK/srv" "$WORK/srv/image"
  touch "$WORK/srv/image/inventory.img"
  chmod 0600 "$WORK/srv/image"/*
  given_policy ".controls.restore = {mode: \"deny\", allow_restore: true, paths: [\"$WORK/srv/**\"]}"
  engine restore --image-path "$WORK/srv/image" --bundle "$BUNDLE"
  assert_refused "the firewall that the policy orders cannot be loaded: this runtime runs no hooks at restore"
}
