#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # dollars are for jq; set by run
#
# Annotations that undo what a control does, while the control annotations does not hold: each such
# control drops its own. That annotations drops all of them is in unit/test_control_annotations.c.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() { mantlet_setup; }
teardown() { mantlet_teardown; }

# What undoes what, one a line: control, annotations. Every row of the table is here.
undoing() {
  cat <<'EOT'
user run.oci.keep_original_groups
hooks run.oci.hooks.stdout
lsm run.oci.mount_context_type
restore org.criu.config
devices cdi.k8s.io/gpu org.systemd.property.DeviceAllow org.systemd.property.DevicePolicy
memory org.systemd.property.MemoryMax org.systemd.property.StartupMemoryMax
memory org.systemd.property.DefaultMemoryLow org.systemd.property.DefaultStartupMemoryLow
memory org.systemd.property.ManagedOOMPreference org.systemd.property.OOMPolicy
pids org.systemd.property.TasksMax
cpu org.systemd.property.CPUQuotaPerSecUSec org.systemd.property.StartupCPUWeight
cpu org.systemd.property.AllowedCPUs org.systemd.property.StartupAllowedMemoryNodes
io org.systemd.property.IOWeight org.systemd.property.StartupIOWeight
io org.systemd.property.BlockIOWeight org.systemd.property.StartupBlockIOWeight
cgroup run.oci.systemd.subgroup run.oci.delegate-cgroup org.systemd.property.Slice
cgroup org.systemd.property.PIDs org.systemd.property.OnFailure org.systemd.property.Later
sysctl run.oci.handler module.wasm.image/variant krun.cpus
EOT
}

# each FUNCTION: called with a control and one annotation, for all of them.
each() {
  local control names name
  while read -r control names; do
    for name in $names; do
      echo "$control $name"
      "$1" "$control" "$name"
    done
  done < <(undoing)
}

# given_annotations NAME...
given_annotations() {
  given_spec ".annotations = ([\"note\", $(printf '"%s",' "$@") \"last\"] | map({(.): \"1\"}) | add)"
}

# A policy in which nothing holds but the control with its mode.
given_only() {
  given_policy ".extends = \"observe\" | .controls = ({\"$1\": \"$2\"} + (${3:-{\}}))"
  rm -rf "$RECORDS" "${STUB_DIR:?}"/*
}

stays() {
  run_mantlet create
  assert_ok
  [ "$(jq -r --arg name "$1" '.annotations[$name]' "$STUB_DIR/config.json")" = 1 ]
}

goes() {
  local mode
  for mode in audit off; do
    given_annotations "$2"
    given_only "$1" fix "{annotations: \"$mode\"}"
    run_mantlet create
    assert_ok
    assert_spec ".annotations | (has(\"$2\") | not) and .note == \"1\" and .last == \"1\""
    assert_journal ".control == \"$1\" and .op == \"remove\" and .enforced
      and .path == \"/annotations/${2//\//~1}\""
  done
}

@test "annotations: what undoes a control goes while that holds, and annotations only watches" {
  each goes
}

is_refused() {
  [ "$2" = run.oci.mount_context_type ] && return # podman's own: nobody asked
  given_annotations "$2"
  given_only "$1" deny
  run_mantlet create
  assert_refused "annotation '$2' "
  [[ $stderr =~ \[[^]]*"$1"[^]]*\]$ ]]
  assert_runtime_not_called
}

@test "annotations: under deny that is refused, by the control whose work it undoes" {
  each is_refused
}

stays_beside() {
  given_annotations "$2"
  given_only "$1" audit
  stays "$2"
  [ "$1" = sysctl ] && return # whatever holds drops these
  given_annotations "$2"
  given_only rlimits fix
  stays "$2"
}

@test "annotations: where neither holds, or another control does, they stay" {
  each stays_beside
}

is_told() {
  given_annotations "$2"
  given_only "$1" audit '{annotations: "off"}'
  stays "$2"
  assert_journal ".control == \"$1\" and .path == \"/annotations/${2//\//~1}\" and .enforced == false"
  given_annotations "$2"
  given_only "$1" audit
  stays "$2"
  [ "$(jq -s "[.[1].journal[] | select(.path == \"/annotations/${2//\//~1}\") | .control]
    == [\"annotations\"]" "$RECORDS/$ID.json")" = true ]
}

@test "annotations: a control that watches tells what it would drop, and nothing is told twice" {
  each is_told
}

@test "annotations: where annotations holds, it drops them itself" {
  local name=org.systemd.property.MemoryMax
  given_annotations "$name"
  given_only memory deny '{annotations: "fix"}'
  run_mantlet create
  assert_ok
  assert_journal ".control == \"annotations\" and .path == \"/annotations/$name\""
}

@test "annotations: what root keeps by name stays, in every mode" {
  local mode
  for mode in off audit fix; do
    given_annotations org.systemd.property.CPUWeight org.systemd.property.MemoryMax
    given_only cpu fix "{memory: \"fix\", cgroup: \"fix\",
      annotations: {mode: \"$mode\", keep: [\"org.systemd.property.CPU*\"]}}"
    stays org.systemd.property.CPUWeight
    assert_spec '.annotations | has("org.systemd.property.MemoryMax") | not'
  done
}

@test "annotations: what engines tell systemd by themselves stays, where only cgroup holds too" {
  given_spec '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 10000000",
    "org.systemd.property.CollectMode": "'"'inactive-or-failed'"'",
    "org.systemd.property.KillSignal": "99", "note": "1"}'
  given_only cgroup deny
  run_mantlet create
  assert_refused "annotation 'org.systemd.property.KillSignal' "
  given_spec '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 10000000",
    "org.systemd.property.CollectMode": "'"'inactive-or-failed'"'",
    "org.systemd.property.KillSignal": "9", "note": "1"}'
  run_mantlet create
  assert_ok
  assert_spec '.annotations | length == 4'
}
