#!/usr/bin/env bats
#
# "start" is the last moment before a container runs: one that mantlet has not hardened gets no further.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows
load lib/runtimes

setup() {
  # shellcheck disable=SC2034 # used by given_policy
  POLICY_ALSO='.controls.metadata = "off"'
  mantlet_setup
  PROGRAM=()
}

teardown() {
  mantlet_teardown
}

@test "start check: with a record the command is passed on as it came, without an event" {
  given_container
  mantlet --root="$RUNTIME_ROOT" --log-format json --debug --log "$LOG" start "$ID"
  assert_ok
  assert_called "--root=$RUNTIME_ROOT" --log-format json --debug --log "$LOG" start "$ID"
  [ "$(events)" -eq 0 ]
  forget_calls
  mantlet --root "$RUNTIME_ROOT" start -- "$ID"
  assert_called --root "$RUNTIME_ROOT" start -- "$ID"
}

@test "start check: without a record it is refused, and said what to do" {
  engine start
  assert_refused "there is no record of container '$ID': it was created before mantlet was installed, or around it, so nothing in it is hardened; delete it and create it again"
  [[ $stderr == *"[start, policy site, rule default, $ID]" ]]
  assert_log
  assert_event '.event == "start" and .outcome == "refused" and .severity == 8 and
    .container.record == "missing" and .exit == 1 and (.message | startswith("mantlet: refused: there is no record"))'
  # After a delete as well.
  given_container
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  forget_calls
  engine start
  assert_refused "there is no record"
}

@test "start check: an id that the runtime does not have is said so, and is no alarm" {
  given_keeper
  engine start
  assert_refused "there is no container '$ID' under this runtime root"
  assert_event '.outcome == "error" and .severity == 6'
  mkdir -p "$RUNTIME_ROOT/$ID"
  forget_calls
  engine start
  assert_refused "there is no record of container '$ID'"
  assert_event '.outcome == "refused" and .severity == 8'
}

@test "start check: where nothing is enforced it is passed on, and the event says that there is none" {
  local policy
  for policy in '.extends = "observe"' '.live = []'; do
    given_policy "$policy"
    forget_calls
    engine start
    assert_ok
    assert_called --root "$RUNTIME_ROOT" --log "$LOG" --log-format json start "$ID"
    assert_event '.event == "start" and .outcome == "allowed" and .severity == 8 and .container.record == "missing"'
    [ ! -e "$LOG" ]
  done
}

@test "start check: one control in force is enough to refuse, and what the record says does not matter" {
  given_policy '.extends = "observe" | .controls.pids = "fix"'
  engine start
  assert_refused "there is no record"
  given_policy '.live = ["seccomp"]'
  engine start
  assert_refused "there is no record"
  # Observed at create, and enforced since: it has a record, so it starts.
  given_policy '.live = []'
  given_container
  given_policy .
  engine start
  assert_ok
}

@test "start check: an audit log that is required and cannot be written stops it" {
  given_policy '.live = [] | .audit.required = true | .audit.sinks = ["file:/nowhere/audit.jsonl"]'
  engine start
  assert_failed "which the policy requires, cannot be written"
}

@test "start check: a broken policy stops nothing that has a record, and everything that has none" {
  given_container
  echo '{' >"$POLICY"
  engine start
  assert_ok
  rm "$RECORD"
  forget_calls
  engine start
  assert_refused "the policy is broken"
}

@test "start check: a record that cannot be trusted or read refuses" {
  local spoil
  for spoil in 'chmod 0666' 'chown 65534' 'truncate -s 100' "sed -i 's/\"v\":2/\"x\":2/'" \
    "sed -i 's/\"config_digest\"/\"x\"/'" "sed -i 's/\"mode\":\"deny\"/\"mode\":\"none\"/'"; do
    given_container
    sha256sum "$RECORD" >"$WORK/sum"
    bash -c "$spoil \"\$1\"" sh "$RECORD"
    [[ $spoil == ch* ]] || refute sha256sum --status -c "$WORK/sum"
    engine start
    [ "$status" -eq 1 ] || { echo "$spoil" >&2; false; }
    assert_runtime_not_called
    assert_log
    rm "$RECORD"
  done
}

@test "start check: a record of another version counts, for its container was hardened" {
  local filter
  for filter in '.v = 1' '.v = 9 | del(.policy, .creator)' '.mantlet = "0.0.9 0" | .policy.controls.nonsense = {"mode": "fix"}'; do
    given_container
    change_record "$filter"
    engine start
    assert_ok
    assert_called --root "$RUNTIME_ROOT" --log "$LOG" --log-format json start "$ID"
    [ "$(events)" -eq 0 ]
  done
  # By the runtime of the record, and by today's when the record does not say.
  given_policy ".runtime = \"$WORK/gone\""
  forget_calls
  engine start
  assert_ok
  change_record 'del(.runtime)'
  forget_calls
  engine start
  assert_refused "$WORK/gone' that the policy names is missing"
}

@test "start check: the record is the one of this root" {
  given_container
  mantlet --root "$WORK/other" start "$ID"
  assert_refused "there is no record"
}

@test "start check: podman says no --root, and the record is found" {
  cat >"$WORK/steps" <<'SCRIPT'
cp "$STUB" "$WORK/crun"
for runtime in "$STUB" "$WORK/crun"; do
  jq --arg runtime "$runtime" '.runtime = $runtime' "$POLICY" >"$WORK/named.json"
  mkdir -p /run/crun/$ID
  [ "$runtime" = "$STUB" ] || rmdir /run/crun/$ID
  XDG_RUNTIME_DIR='' "$MANTLET" --mantlet-policy "$WORK/named.json" create -b "$BUNDLE" "$ID"
  mkdir -p /run/crun/$ID
  XDG_RUNTIME_DIR='' "$MANTLET" --mantlet-policy "$WORK/named.json" start "$ID" && echo started
  XDG_RUNTIME_DIR='' "$MANTLET" --mantlet-policy "$WORK/named.json" delete "$ID" && echo deleted
  XDG_RUNTIME_DIR='' "$MANTLET" --mantlet-policy "$WORK/named.json" start "$ID" 2>/dev/null || echo refused
  rmdir /run/crun/$ID
done
SCRIPT
  export MANTLET STUB POLICY ID BUNDLE WORK
  run_in_mounts "mount -t tmpfs -o mode=0755 tmpfs /run" bash "$WORK/steps"
  diff <(echo "$output") <(printf '%s\n' started deleted refused started deleted refused) || { show; false; }
}

@test "start check: help is the runtime's, and every other word is refused" {
  mantlet start --help
  assert_ok
  assert_called start --help
  forget_calls
  given_container
  engine start --new-flag
  assert_refused "does not know"
  PROGRAM=(x)
  engine start
  assert_refused "something behind the container id"
  mantlet start
  assert_refused "start needs a container id"
}

@test "start check: a container of plain runc is refused, and passed where nothing is enforced" {
  around runc
}

@test "start check: a container of plain crun is refused, and passed where nothing is enforced" {
  around crun
}

around() {
  given_real "$1"
  jq '.live = []' "$POLICY" >"$WORK/live.json"
  in_real_life <<'SCRIPT'
state() { "$REAL" --root "$RUNTIME_ROOT" state "$ID" 2>/dev/null | jq -r .status; }
document .
"$REAL" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
m start "$ID" 2>&1 | grep -c "there is no record of container '$ID'"
state
m create -b "$BUNDLE" "$ID" 2>&1 | grep -c "under this runtime root already"
POLICY=$WORK/live.json m start "$ID"
state
m delete --force "$ID"
state
document .
m create -b "$BUNDLE" "$ID" >/dev/null 2>&1
step created
m start "$ID"
state
m state "$ID" | jq -r .status
step started
m kill "$ID" KILL
ended
m delete "$ID"
step deleted
m delete --force "$ID"
step "deleted again"
SCRIPT
  diff <(echo "$output") - <<'WANT' || { show; false; }
1
created
1
running
created: record
running
running
started: record
deleted: none
deleted again: none
WANT
}
