#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq
#
# `docker update` on running containers, judged by the kernel's own cgroup files: what is above the
# policy is refused under deny (container denied) or cut down under fix (fixed; and before, which a
# plain runc started), zeros change nothing, and a tighter limit arrives.
#
# What Docker believes: it keeps what was asked whenever the runtime reports success, so after an
# update that was cut down `docker inspect` names numbers that the kernel does not have, and Docker
# asks for them again at the next start. After a refused update it still has the old ones.

bats_require_minimum_version 1.5.0

# limits_policy MODE: small limits that every machine has; the default is the half of them.
limits_policy() {
  jq -n --arg mode "$1" '{version: 1, name: "limits-\($mode)", controls: {
    memory: {mode: $mode, default: "256MiB", max: "512MiB"}, pids: {mode: $mode, default: 100, max: 200},
    cpu: {mode: $mode, default: 0.25, max: 0.5, shares_max: 512}, io: {mode: $mode, weight_max: 300}}}'
}

setup_file() {
  load ../lib/engines
  load ../lib/side
  engines_start
  engines_policy limits-fix "$(limits_policy fix)"
  engines_policy limits-deny "$(limits_policy deny)"
  side_before limits-fix
  docker_start
  start fixed mantlet-limits-fix
  start denied mantlet-limits-deny
  start before before-limits-fix
  side_divert limits-fix
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/inside
  load ../lib/side
}

teardown() {
  docker rm -fv fresh fresh-denied plain audited >/dev/null 2>&1
}

# start NAME RUNTIME FLAG...
start() {
  local name=$1 runtime=$2

  shift 2
  docker run -d --name "$name" --runtime "$runtime" "$@" bb sleep 600
}

limits_in() {
  limits "$(docker inspect --format '{{.State.Pid}}' "$1")"
}

# believes NAME FIELD: of HostConfig, what Docker would ask for at the next start.
believes() {
  docker inspect --format "{{.HostConfig.$2}}" "$1"
}

# assert_updated OUTCOME RECORD [FILTER]: the update event since the mark.
assert_updated() {
  assert_event '.event == "update" and .outcome == $outcome and .container.record == $record
    and '"(${3:-true})" --arg outcome "$1" --arg record "$2"
}

# cut_down NAME FLAG...: Docker reports success, and the event is the witness that it was not all.
cut_down() {
  local name=$1 record=present

  shift
  [ "$name" != before ] || record=missing
  events_mark
  docker update "$@" "$name"
  assert_updated clamped "$record" '.severity == 4 and .counts.ask > 0'
  limits_in "$name"
}

# refused_update NAME WORDS FLAG...: the limit is named, and neither kernel nor Docker has changed.
refused_update() {
  local name=$1 words=$2 believed

  shift 2
  believed=$(docker inspect --format '{{json .HostConfig}}' "$name")
  limits_in "$name"
  cp "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/limits"
  events_mark
  run docker update "$@" "$name"
  echo "$output"
  assert_refusal "$words"
  assert_updated refused present '.severity == 6 and .exit == 1'
  limits_in "$name"
  diff "$BATS_TEST_TMPDIR/limits" "$BATS_TEST_TMPDIR/facts"
  [ "$(docker inspect --format '{{json .HostConfig}}' "$name")" = "$believed" ]
}

# unchanged NAME FLAG...: allowed, without any edit, and the kernel has what it had.
unchanged() {
  local name=$1

  shift
  limits_in "$name"
  cp "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/limits"
  events_mark
  docker update "$@" "$name"
  assert_updated allowed present '.changes == []'
  limits_in "$name"
  diff "$BATS_TEST_TMPDIR/limits" "$BATS_TEST_TMPDIR/facts"
}

# Above the limit: what the refusal must say of a flag.
above() {
  echo "update $1 is above the limit $2 of this container; nothing was changed; ask for at most $2"
}

# The kernel may count no swap; then no limit of it is ever written.
assert_no_swap() {
  [ -z "$(fact limit.swap)" ] || assert_fact limit.swap 0
}

@test "docker update: what a container has before any update is the policy's default" {
  start fresh mantlet-limits-fix
  limits_in fresh
  assert_fact limit.memory $((256 * MIB))
  assert_no_swap
  assert_fact limit.pids 100
  assert_fact limit.quota 25000
  assert_fact limit.weight "$(weight_of 512)"

  start plain runc
  limits_in plain
  assert_fact limit.memory max
  assert_fact limit.pids max
  assert_fact limit.quota max
}

@test "docker update: more memory than the policy's is refused under deny" {
  refused_update denied "2 reasons: \(1\) $(above '-m 900GiB' 512MiB) \(2\) $(above '--memory-swap 900GiB' 512MiB) \[memory, policy limits-deny" \
    -m 900g --memory-swap 900g
  # Docker keeps a swap of -1 to itself.
  refused_update denied "$(above '-m 900GiB' 512MiB) \[memory, policy limits-deny" \
    -m 900g --memory-swap -1
  refused_update denied "$(above '--memory-swap 1GiB' 128MiB) \[memory" -m 128m --memory-swap 1g
  refused_update denied "$(above '--memory-reservation 1GiB' 512MiB) \[memory" --memory-reservation 1g
}

@test "docker update: more memory than the policy's is cut down under fix, and Docker does not know" {
  local name

  for name in fixed before; do
    cut_down "$name" -m 900g --memory-swap 900g
    assert_fact limit.memory $((512 * MIB))
    assert_no_swap
    [ "$(believes "$name" Memory)" = $((900 * 1024 * MIB)) ]

    cut_down "$name" -m 900g
    assert_fact limit.memory $((512 * MIB))
    assert_no_swap

    cut_down "$name" --memory-reservation 900g
    assert_fact limit.soft $((512 * MIB))
    assert_fact limit.memory $((512 * MIB))
  done
}

@test "docker update: --memory-swap -1 never opens swap" {
  # Docker keeps -1 to itself and sends nothing.
  unchanged fixed --memory-swap -1
  unchanged denied --memory-swap -1
  [ "$(believes denied MemorySwap)" = -1 ]
  events_mark
  docker update -m 128m --memory-swap -1 fixed
  docker update -m 128m --memory-swap -1 denied
  limits_in fixed
  assert_fact limit.memory $((128 * MIB))
  assert_no_swap
  limits_in denied
  assert_fact limit.memory $((128 * MIB))
  assert_no_swap

  # Nor does it send it at the next start.
  docker restart -t 0 denied
  limits_in denied
  assert_fact limit.memory $((128 * MIB))
  assert_no_swap
}

@test "docker update: --pids-limit -1 and numbers above the policy's are refused under deny" {
  refused_update denied "$(above '--pids-limit -1' 200) \[pids, policy limits-deny, rule default, [0-9a-f]{12}\]" \
    --pids-limit -1
  refused_update denied "$(above '--pids-limit 201' 200) \[pids, policy limits-deny" --pids-limit 201
}

@test "docker update: --pids-limit -1 and numbers above the policy's are cut down under fix" {
  local name

  for name in fixed before; do
    cut_down "$name" --pids-limit -1
    assert_fact limit.pids 200
    docker update --pids-limit 50 "$name"
    cut_down "$name" --pids-limit 4000000
    assert_fact limit.pids 200
    [ "$(believes "$name" PidsLimit)" = 4000000 ]
  done
}

@test "docker update: zeros and a restart policy alone change nothing" {
  local flags

  limits_in denied
  cp "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/limits"
  while read -r -a flags <&4; do
    echo "${flags[*]}"
    events_mark
    docker update "${flags[@]}" denied
    assert_updated allowed present '.changes == []'
  done 4<<'EOT'
--pids-limit 0
-m 0
--memory-swap 0
--memory-reservation 0
--cpus 0
--cpu-shares 0
--cpu-quota 0 --cpu-period 0
--blkio-weight 0
--restart=always
EOT
  limits_in denied
  diff "$BATS_TEST_TMPDIR/limits" "$BATS_TEST_TMPDIR/facts"
  unchanged fixed -m 0 --memory-swap 0 --memory-reservation 0 --pids-limit 0 --cpus 0 --cpu-shares 0
}

@test "docker update: a tighter limit arrives, and a looser one within the policy after it" {
  local name

  for name in denied before; do
    docker update -m 64m --memory-swap 64m --memory-reservation 32m --pids-limit 17 \
      --cpu-shares 64 --cpuset-cpus 0 "$name"
    limits_in "$name"
    assert_fact limit.memory $((64 * MIB))
    assert_no_swap
    assert_fact limit.soft $((32 * MIB))
    assert_fact limit.pids 17
    assert_fact limit.weight "$(weight_of 64)"
    assert_fact limit.cpus 0

    docker update -m 512m --memory-swap 512m --pids-limit 200 --cpu-shares 512 "$name"
    limits_in "$name"
    assert_fact limit.memory $((512 * MIB))
    assert_no_swap
    assert_fact limit.pids 200
    assert_fact limit.weight "$(weight_of 512)"
  done
}

@test "docker update: --cpus stays within the policy, and fewer arrive" {
  start fresh mantlet-limits-fix
  start fresh-denied mantlet-limits-deny
  docker update --cpus 0.1 fresh-denied
  limits_in fresh-denied
  assert_fact limit.quota 10000
  assert_fact limit.period 100000
  refused_update fresh-denied "$(above '--cpu-quota 100000/100000' 'of 0.5 cores') \[cpu, policy limits-deny" --cpus 1

  docker update --cpus 0.1 fresh
  cut_down fresh --cpus 1
  assert_fact limit.quota 50000
  assert_fact limit.period 100000
  [ "$(believes fresh NanoCpus)" = 1000000000 ]
  cut_down before --cpus 1
  assert_fact limit.quota 50000
}

@test "docker update: a CPU quota is judged together with its period" {
  start fresh mantlet-limits-fix
  start fresh-denied mantlet-limits-deny
  refused_update fresh-denied "$(above '--cpu-quota -1' 'of 0.5 cores') \[cpu" --cpu-quota -1
  refused_update fresh-denied "$(above '--cpu-quota 60000/50000' 'of 0.5 cores') \[cpu" \
    --cpu-quota 60000 --cpu-period 50000
  cut_down fresh --cpu-quota -1
  assert_fact limit.quota 50000

  # The other half is what the container has now, which nobody asked about: refused in every mode.
  refused_update fresh 'update of a CPU quota or a CPU period alone changes a ratio that cannot be judged; nothing was changed; give --cpu-quota and --cpu-period together' \
    --cpu-quota 20000
  refused_update fresh-denied 'update of a CPU quota or a CPU period alone' --cpu-period 2000
  docker update --cpu-quota 20000 --cpu-period 50000 fresh-denied
  limits_in fresh-denied
  assert_fact limit.quota 20000
  assert_fact limit.period 50000
}

@test "docker update: --cpu-shares above the policy's are refused or cut down" {
  refused_update denied "$(above '--cpu-shares 2048' 512) \[cpu" --cpu-shares 2048
  cut_down fixed --cpu-shares 2048
  assert_fact limit.weight "$(weight_of 512)"
  cut_down before --cpu-shares 2048
  assert_fact limit.weight "$(weight_of 512)"
}

@test "docker update: a kernel memory limit, which newer kernels refuse, is dropped" {
  limits_in fixed
  cp "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/limits"
  events_mark
  docker update --kernel-memory 64m fixed
  assert_updated allowed present \
    '[.changes[] | [.control, .path, .to]] == [["memory", "/memory/kernel", null]]'
  limits_in fixed
  diff "$BATS_TEST_TMPDIR/limits" "$BATS_TEST_TMPDIR/facts"
}

@test "docker update: --blkio-weight stays within the policy, or Docker drops it by itself" {
  run docker update --blkio-weight 900 fixed
  echo "$output"
  # Docker 20.10 knows one name of the kernel's file, and sends nothing where it has another.
  if [[ $output == *"Weight discarded"* ]]; then
    [ "$status" -eq 0 ]
    unchanged denied --blkio-weight 900
  else
    limits_in fixed
    assert_fact limit.io 300
    refused_update denied "$(above '--blkio-weight 900' 300) \[io" --blkio-weight 900
  fi
}

@test "docker update: all reasons are told at once" {
  refused_update denied "2 reasons: \(1\) $(above '-m 900GiB' 512MiB) \(2\) $(above '--pids-limit -1' 200) \[memory pids, policy limits-deny" \
    -m 900g --memory-swap -1 --pids-limit -1
}

@test "docker update: what was asked before a restart is judged again at the start" {
  start fresh mantlet-limits-fix
  cut_down fresh --pids-limit -1 -m 900g --memory-swap 900g
  docker restart -t 0 fresh
  limits_in fresh
  assert_fact limit.pids 200
  assert_fact limit.memory $((512 * MIB))
  assert_no_swap

  start fresh-denied mantlet-limits-deny
  refused_update fresh-denied "$(above '--pids-limit -1' 200)" --pids-limit -1
  docker restart -t 0 fresh-denied
  limits_in fresh-denied
  assert_fact limit.pids 100
}

@test "docker update: under audit the kernel has what plain runc would have given" {
  start plain runc -m 512m
  start audited mantlet-audit -m 512m
  docker update -m 900g --memory-swap 901g --pids-limit -1 --cpu-quota 90000 plain
  limits_in plain
  cp "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/limits"
  assert_fact limit.memory $((900 * 1024 * MIB))
  assert_fact limit.pids max
  events_mark
  docker update -m 900g --memory-swap 901g --pids-limit -1 --cpu-quota 90000 audited
  limits_in audited
  diff "$BATS_TEST_TMPDIR/limits" "$BATS_TEST_TMPDIR/facts"
  assert_updated would-refuse present 'any(.refusals[]; .control == "pids" and .enforced == false)'
}
