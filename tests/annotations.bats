#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # dollars are for jq; set by run
#
# Annotations that undo what a control does, while the control annotations does not hold: each such
# control drops its own. That annotations drops all of them is in unit/test_control_annotations.c.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() { mantlet_setup; }
teardown() { mantlet_teardown; }

# What undoes what, one a line: control, annotation.
undoing() {
  cat <<'EOT'
user run.oci.keep_original_groups
devices run.oci.handler
hooks run.oci.hooks.stdout
cgroup run.oci.systemd.subgroup
cgroup run.oci.delegate-cgroup
restore org.criu.config
memory org.systemd.property.MemoryMax
memory org.systemd.property.StartupMemoryMax
memory org.systemd.property.ManagedOOMPreference
pids org.systemd.property.TasksMax
cpu org.systemd.property.CPUQuotaPerSecUSec
cpu org.systemd.property.AllowedCPUs
io org.systemd.property.IOWeight
io org.systemd.property.BlockIOWeight
devices org.systemd.property.DeviceAllow
devices org.systemd.property.DevicePolicy
cgroup org.systemd.property.Slice
cgroup org.systemd.property.Delegate
EOT
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

@test "annotations: what undoes a control goes while that holds, and annotations only watches" {
  local control name mode
  while read -r control name; do
    for mode in audit off; do
      echo "$control $name, annotations $mode"
      given_annotations "$name"
      given_only "$control" fix "{annotations: \"$mode\"}"
      run_mantlet create
      assert_ok
      assert_spec ".annotations | (has(\"$name\") | not) and .note == \"1\" and .last == \"1\""
      assert_journal ".control == \"$control\" and .op == \"remove\" and .enforced
        and .path == \"/annotations/$name\""
    done
  done < <(undoing)
}

@test "annotations: under deny that is refused, by the control whose work it undoes" {
  local control name
  while read -r control name; do
    given_annotations "$name"
    given_only "$control" deny
    run_mantlet create
    assert_refused "annotation '$name' "
    [[ $stderr =~ \[[^]]*"$control"[^]]*\]$ ]]
    assert_runtime_not_called
  done < <(undoing)
}

@test "annotations: where neither holds, or another control does, they stay" {
  local control name
  while read -r control name; do
    given_annotations "$name"
    given_only "$control" audit
    run_mantlet create
    assert_ok
    assert_spec ".annotations[\"$name\"] == \"1\""
    given_annotations "$name"
    given_only rlimits fix
    run_mantlet create
    assert_ok
    assert_spec ".annotations[\"$name\"] == \"1\""
  done < <(undoing)
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
  for mode in audit fix; do
    given_annotations org.systemd.property.CPUWeight org.systemd.property.MemoryMax
    given_only cpu fix "{memory: \"fix\", annotations: {mode: \"$mode\", keep: [\"org.systemd.property.CPU*\"]}}"
    run_mantlet create
    assert_ok
    assert_spec '.annotations | has("org.systemd.property.CPUWeight")
      and (has("org.systemd.property.MemoryMax") | not)'
  done
}

@test "annotations: what engines tell systemd by themselves stays" {
  given_spec '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 10000000",
    "org.systemd.property.CollectMode": "'"'inactive-or-failed'"'", "note": "1"}'
  given_policy '.controls.annotations = "audit"'
  run_mantlet create
  assert_ok
  assert_spec '.annotations | del(.["run.oci.seccomp_bpf_data"]) | length == 3'
}
