#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # dollars are for jq, and "run" sets stderr
#
# A seccomp profile of the site: a mistake in it is a mistake in the policy, found when that is read,
# with file and line.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() {
  mantlet_setup
  SITE=$WORK/site.json
  export SITE
  cp "$BATS_TEST_DIRNAME/../policy/seccomp/strict.json" "$SITE"
  given_policy '.controls.seccomp = {profile: $ENV.SITE}'
}
teardown() { mantlet_teardown; }

# without NAME...: the site's profile without these calls.
without() {
  jq '.syscalls |= map(.names -= $ARGS.positional | select(.names | length > 0))' \
    "$BATS_TEST_DIRNAME/../policy/seccomp/strict.json" --args "$@" >"$SITE"
}

@test "seccomp site: a profile of the site is used" {
  run_mantlet create
  assert_ok
  assert_spec '[.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW").names[]]
    | index("memfd_create") == null and index("read")'
}

@test "seccomp site: a mistake in it is told with file and line, in every mode but off" {
  local mode
  sed -i '0,/"read"/s//"raed"/' "$SITE"
  for mode in deny fix audit; do
    given_policy ".controls.seccomp = {mode: \"$mode\", profile: \$ENV.SITE}"
    run_mantlet create
    assert_refused "the policy is broken: control 'seccomp': $SITE line "
    [[ $stderr == *"unknown system call 'raed'"* ]]
  done
  given_policy '.controls.seccomp = {mode: "off", profile: $ENV.SITE}'
  run_mantlet create
  assert_ok
}

@test "seccomp site: one that is not there, or that others can write, is told too" {
  rm "$SITE"
  run_mantlet create
  assert_refused "control 'seccomp': cannot open the seccomp profile '$SITE'"
  without
  chmod 0666 "$SITE"
  run_mantlet create
  assert_refused "can be changed by others than root"
}

@test "seccomp site: what a start needs depends on no-new-privileges" {
  without setgid
  run_mantlet create
  assert_ok
  rm -rf "$RECORDS" "${STUB_DIR:?}"/*
  given_spec '.'
  given_policy '.controls.seccomp = {profile: $ENV.SITE} | .controls["no-new-privileges"] = "audit"'
  run_mantlet create
  assert_refused "the profile blocks 'setgid', without which no container starts while no-new-privileges is not in force"
  without
  run_mantlet create
  assert_ok
}

@test "seccomp site: exec reads no profile, only the record" {
  run_mantlet create
  assert_ok
  echo broken >"$SITE"
  mantlet --root "$RUNTIME_ROOT" exec --process "$FIXTURES/docker-20.10/process/exec-default.json" "$ID"
  assert_ok
}

@test "seccomp site: one that no document could hold is told when the policy is read" {
  local own='.syscalls += [(.syscalls[0].names[:80] | to_entries[]) as $e | range(30) | {names: [$e.value],
    action: "SCMP_ACT_ALLOW", args: [{index: 3, value: (1000 * $e.key + .), op: "SCMP_CMP_EQ"}]}]'
  jq "$own" "$BATS_TEST_DIRNAME/../policy/seccomp/strict.json" >"$SITE"
  run_mantlet create
  assert_refused "control 'seccomp': $SITE: more than 2048 rules with conditions of their own"
  run "$(dirname "$MANTLET")/mantletctl" seccomp show "$SITE"
  [ "$status" -eq 1 ]
  [[ $output == *"as a profile of the policy it is refused: $SITE: more than 2048 rules"* ]]
  # As many rules, and few conditions.
  jq "${own/1000 \* \$e.key + ./.}" "$BATS_TEST_DIRNAME/../policy/seccomp/strict.json" >"$SITE"
  run_mantlet create
  assert_ok
}
