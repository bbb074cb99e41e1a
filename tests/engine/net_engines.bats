#!/usr/bin/env bats
# shellcheck disable=SC2153 # ROOM is set by lib/room
#
# The firewall with the engines beside Docker: podman in a network that was prepared for it, as CNI
# and netavark do, and in one that it shares; containerd by ctr; and runc's and crun's own "run".

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/world
  engines_start
  net_world_start
  engines_policy front '{"version": 1, "name": "front", "extends": "baseline",
    "controls": {"egress": {"mode": "fix", "default": "block", "allow": ["tcp 10.77.0.2 443"]}}}'
  engines_policy crun '{"version": 1, "extends": "baseline", "runtime": "/usr/bin/crun"}'
  podman_start
  containerd_start
  prepare
}

# A network namespace with a way out and nobody in it.
prepare() {
  room ip netns add prepared
  room ip link add prep0 type veth peer name eth0 netns prepared
  room ip addr add 10.76.0.1/24 dev prep0
  room ip link set prep0 up
  room ip netns exec prepared ip addr add 10.76.0.2/24 dev eth0
  room ip netns exec prepared ip link set eth0 up
  room ip netns exec prepared ip link set lo up
  room ip netns exec prepared ip route add default via 10.76.0.1
  room sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/world
}

# table_of PID: the network of the process has our table.
table_of() {
  room nsenter --target "$1" --net nft list tables | grep -qx 'table inet mantlet'
}

@test "net podman: a prepared network gets the table, who joins it verifies" {
  podman --runtime mantlet-front run -d --name owner --network ns:/run/netns/prepared \
    -v "/srv/probe:/probe:ro" bb sleep 600
  [ "$(podman exec owner /probe/net-probe tcp 10.77.0.2 443)" = open ]
  [ "$(podman exec owner /probe/net-probe tcp 10.77.0.3 443)" = refused ]
  [ "$(podman exec owner /probe/net-probe tcp 169.254.169.254 80)" = refused ]
  [ "$(podman --runtime mantlet-front run --rm --network container:owner -v "/srv/probe:/probe:ro" bb \
    /probe/net-probe tcp 10.77.0.3 443)" = refused ]
  run podman run --rm --network container:owner bb true
  [ "$status" -ne 0 ]
  podman rm -f -t 0 owner
}

@test "net podman: --network none has one too" {
  podman run -d --name none --network none bb sleep 600
  table_of "$(podman inspect -f '{{.State.Pid}}' none)"
  podman rm -f -t 0 none
}

@test "net ctr: a container has the table, and not the capability to send below it" {
  ctr_run mantlet first -- /bin/sleep 600 >"$BATS_TEST_TMPDIR/first" 2>&1 </dev/null 3>&- &
  wait_for 10 "the container" is_running first || { cat "$BATS_TEST_TMPDIR/first"; ctr task ls; false; }
  table_of "$(pid_of first)"
  room grep -qx 'CapBnd:.0000000000000000' "/proc/$(pid_of first)/status"
  ctr task kill -s KILL first
  wait
}

pid_of() {
  ctr task ls | awk -v name="$1" '$1 == name && $3 == "RUNNING" { print $2 }'
}

is_running() {
  [ -n "$(pid_of "$1")" ]
}

@test "net crun: its hooks do the same" {
  local dir
  command -v crun >/dev/null || skip "crun is not installed"
  dir=$(bundle crunned '.process.args = ["sleep", "600"]')
  room "$ROOM/bin/mantlet-crun" create --bundle "$dir" crunned
  room "$ROOM/bin/mantlet-crun" start crunned
  table_of "$(room "$ROOM/bin/mantlet-crun" state crunned | jq .pid)"
  room "$ROOM/bin/mantlet-crun" delete --force crunned
}

# pod_bundle NAME FILTER: as bundle, under a path as containerd has for Kubernetes.
pod_bundle() {
  local dir=$ROOM/io.containerd.runtime.v2.task/k8s.io/$1

  mkdir -p "$dir"
  mv "$(bundle "$1" ".process.args = [\"sleep\", \"600\"] | .linux.cgroupsPath = \"/kubepods/burstable/pod1/$1\" | $2")/config.json" "$dir/"
  echo "$dir"
}

@test "net runc: a pod outlives a change of its policy, with the walls that it was made with" {
  local pid lines
  rm -rf "$ROOM/io.containerd.runtime.v2.task"
  room "$ROOM/bin/mantlet-front" create --bundle "$(pod_bundle pause \
    '.annotations = {"io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": "pause"}')" pause
  room "$ROOM/bin/mantlet-front" start pause
  pid=$(room "$ROOM/bin/mantlet-front" state pause | jq .pid)
  lines=$(room nsenter --target "$pid" --net nft list ruleset)
  [[ $lines == *"10.77.0.2"* ]]
  jq '.controls.egress.allow = ["tcp 10.77.0.3 443"]' "$ROOM/policy/front.json" >"$ROOM/policy/new"
  mv "$ROOM/policy/front.json" "$ROOM/policy/before"
  mv "$ROOM/policy/new" "$ROOM/policy/front.json"
  app='.annotations = {"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": "pause"}
    | .linux.namespaces |= map(if .type == "network" then .path = "/proc/'"$pid"'/ns/net" else . end)'
  room "$ROOM/bin/mantlet-front" create --bundle "$(pod_bundle app "$app")" app
  room "$ROOM/bin/mantlet-front" start app
  [ "$(room nsenter --target "$pid" --net nft list ruleset)" = "$lines" ]
  room jq -es 'any(.[]; .event == "firewall" and .outcome == "allowed" and .container.id == "app")' \
    /var/log/mantlet/audit.jsonl
  # Under another engine's path nobody is of a pod.
  run room "$ROOM/bin/mantlet-front" create --bundle "$(bundle app2 "$app")" app2
  [ "$status" -ne 0 ]
  [[ $output == *"has the firewall of another policy; when the policy was changed start the owner"* ]] || { echo "$output"; false; }
  mv "$ROOM/policy/before" "$ROOM/policy/front.json"
  room "$ROOM/bin/mantlet-front" delete --force app
  room "$ROOM/bin/mantlet-front" delete --force pause
}
