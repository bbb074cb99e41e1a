#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq
#
# crun compiles the filter at every start unless it gets the program ready made. Which documents get
# one, and that nobody can put another one there.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() {
  mantlet_setup
  cp "$STUB" "$WORK/crun.distrib"
  given_policy '.runtime = $ENV.WORK + "/crun.distrib"'
}
teardown() { mantlet_teardown; }

export WORK
PROGRAM='.annotations["run.oci.seccomp_bpf_data"]'

@test "seccomp compiled: with crun below the program goes along, and the filter in words stays" {
  run_mantlet create
  assert_ok
  assert_spec "$PROGRAM | length > 2000 and test(\"^[A-Za-z0-9+/]+=*\$\")"
  assert_spec '[.linux.seccomp.syscalls[].names[]] | length > 200'
  assert_journal '.control == "seccomp" and .class == "fill"
    and .path == "/annotations" and (.to | has("run.oci.seccomp_bpf_data")) and .enforced'
}

@test "seccomp compiled: with runc below nothing is added" {
  given_policy '.'
  run_mantlet create
  assert_ok
  assert_spec "$PROGRAM == null"
}

@test "seccomp compiled: a filter that is not the profile's to the letter has none" {
  local filter
  for filter in '.linux.seccomp.syscalls |= map(.names -= ["getppid"])' \
    '.linux.seccomp.defaultAction = "SCMP_ACT_KILL"'; do
    given_spec "$filter"
    run_mantlet create
    assert_ok
    assert_spec "$PROGRAM == null"
    rm -rf "$RECORDS"
  done
  given_spec '.'
  given_policy '.runtime = $ENV.WORK + "/crun.distrib" | .controls.seccomp = "audit"'
  run_mantlet create
  assert_ok
  assert_spec "$PROGRAM == null"
}

@test "seccomp compiled: a second time nothing changes, and under strict it does not stay" {
  run_mantlet create
  cp "$BUNDLE/config.json" "$WORK/once"
  rm -rf "$RECORDS"
  run_mantlet create
  assert_ok
  cmp "$WORK/once" "$BUNDLE/config.json"
  rm -rf "$RECORDS"
  given_policy '.runtime = $ENV.WORK + "/crun.distrib" | .controls.seccomp = {profile: "strict"}'
  run_mantlet create
  assert_ok
  assert_spec "$PROGRAM == null"
  assert_spec '[.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW").names[]] | index("memfd_create") == null'
}

@test "seccomp compiled: an author's program goes, and so does ours beside another filter" {
  given_spec "$PROGRAM = \"BgAAAAAA/38=\"" # everything is allowed
  run_mantlet create
  assert_ok
  assert_spec "$PROGRAM | length > 2000"
  assert_journal '.control == "seccomp" and .class == "ask" and .op == "remove"'
  rm -rf "$RECORDS"
  given_spec '.'
  run_mantlet create
  jq -r "$PROGRAM" "$BUNDLE/config.json" >"$WORK/program"
  rm -rf "$RECORDS"
  # His own filter is stricter than ours; our program beside it would not be.
  given_spec ".linux.seccomp.syscalls |= map(.names -= [\"unlink\"])"
  jq --rawfile it "$WORK/program" "$PROGRAM = (\$it | rtrimstr(\"\\n\"))" "$BUNDLE/config.json" >"$WORK/new"
  cat "$WORK/new" >"$BUNDLE/config.json"
  run_mantlet create
  assert_ok
  assert_spec "$PROGRAM == null"
  assert_journal '.path == "/annotations/run.oci.seccomp_bpf_data" and .op == "remove"'
}

@test "seccomp compiled: no mode of the control annotations leaves an author's program to crun" {
  local annotations
  for annotations in '"audit"' '"off"' '{"keep": ["run.oci.*"]}'; do
    given_policy ".runtime = \$ENV.WORK + \"/crun.distrib\" | .controls.annotations = $annotations"
    given_spec "$PROGRAM = \"BgAAAAAA/38=\""
    run_mantlet create
    assert_ok
    assert_spec "$PROGRAM | length > 2000"
    rm -rf "$RECORDS" "${STUB_DIR:?}"/*
    given_spec "$PROGRAM = \"BgAAAAAA/38=\""
    given_policy ".runtime = \$ENV.WORK + \"/crun.distrib\" | .controls.annotations = $annotations
      | .controls.seccomp = \"deny\""
    run_mantlet create
    assert_refused "annotation 'run.oci.seccomp_bpf_data' replaces the system call filter"
  done
}
