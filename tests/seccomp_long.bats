#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # dollars are for jq; set by run
#
# Profiles of containers with very many rules: what mantlet writes it must be able to read again, at
# an exec, at a second start and in mantletctl.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() {
  mantlet_setup
  CTL=$(dirname "$MANTLET")/mantletctl
  # Calls that our profile allows without conditions.
  NAMES=$("$CTL" seccomp show default --json |
    jq -c '[.calls[] | select(.allowed and (.rules | length) == 1 and (.rules[0].args | length) == 0) | .name]')
  export NAMES
}
teardown() { mantlet_teardown; }

# given_rules FILTER: the rules of the container's profile, of $names.
given_rules() {
  given_spec "(\$ENV.NAMES | fromjson) as \$names | .linux.seccomp = {
    defaultAction: \"SCMP_ACT_ERRNO\", architectures: [\"SCMP_ARCH_X86_64\"], syscalls: ($1)}"
}

ALLOW='{action: "SCMP_ACT_ALLOW", args: [{index: $index, value: $value, op: "SCMP_CMP_EQ"}], names: $names}'

@test "seccomp long: conditions that many calls share stay one rule each" {
  given_rules "[range(32) as \$value | 3 as \$index | $ALLOW]"
  run_mantlet create
  assert_ok
  assert_spec '[.linux.seccomp.syscalls[] | select(.args)] | length == 32
    and all(.[]; .names | length == ($ENV.NAMES | fromjson | length))'
  cp "$BUNDLE/config.json" "$WORK/once"
  run "$CTL" seccomp show "$BUNDLE/config.json"
  assert_ok
  rm -rf "$RECORDS"
  run_mantlet create
  assert_ok
  cmp "$WORK/once" "$BUNDLE/config.json"
}

# Sixty-three calls, each with 32 conditions of its own; then two that ours allows under two
# conditions each, so that each of theirs becomes two.
MANY='[($names[:63] | to_entries[]) as $e | range(32) as $i | (1000 * $e.key + $i) as $value |
  [$e.value] as $names | 3 as $index | '$ALLOW']'
DOUBLED='[("clone", "personality") as $name | range(16) as $value | [$name] as $names |
  3 as $index | '$ALLOW']'

@test "seccomp long: what becomes too long when it is combined is refused" {
  given_rules "$MANY"
  run_mantlet create
  assert_ok
  [ "$(jq '.linux.seccomp.syscalls | map(select(.args)) | length' "$STUB_DIR/config.json")" -eq 2016 ]
  rm -rf "$RECORDS" "${STUB_DIR:?}"/*
  given_rules "$MANY + $DOUBLED"
  cp "$BUNDLE/config.json" "$WORK/before"
  run_mantlet create
  assert_refused 'the seccomp profile, combined with ours, has more than 2048 rules; use one with fewer conditions [seccomp'
  assert_runtime_not_called
  cmp "$WORK/before" "$BUNDLE/config.json"
}

# given_blocked CALL COUNT: everything is allowed but the call with so many values, every third one.
given_blocked() {
  given_spec ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"SCMP_ARCH_X86_64\"],
    syscalls: [range($2) | {names: [\"$1\"], action: \"SCMP_ACT_ERRNO\",
      args: [{index: 1, value: (21504 + 3 * .), op: \"SCMP_CMP_EQ\"}]}]}"
}

# noted TEXT: by the control seccomp; nothing: none.
noted() {
  jq -se --arg text "$1" '.[1].notes | map(select(.control == "seccomp") | .text)
    | . == (if $text == "" then [] else [$text] end)' "$RECORDS/$ID.json"
}

NARROWED="some of what both the request's profile and ours allow is blocked, for it has no form that runtimes and libseccomp read as it is meant: "

@test "seccomp long: of very many conditions the larger part is kept, and the rest is told" {
  given_blocked ioctl 10
  run_mantlet create
  assert_ok
  noted ''
  given_blocked ioctl 20
  rm -rf "$RECORDS"
  run_mantlet create
  assert_ok
  noted "${NARROWED}ioctl"
  # All that is above the last value, and below the first.
  assert_spec '[.linux.seccomp.syscalls[] | select(.names == ["ioctl"] and .action == "SCMP_ACT_ALLOW")
    | .args[] | [.op, .value]] | index([["SCMP_CMP_GT", 21561]]) and index([["SCMP_CMP_LE", 21503]])'
  given_blocked ioctl 65
  rm -rf "$RECORDS"
  run_mantlet create
  assert_ok
  noted "${NARROWED}ioctl"
  assert_spec '[.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW").names[]]
    | index("ioctl") == null and index("write")'
}

@test "seccomp long: where something is lost of a call that a start needs, it is refused" {
  local count
  given_blocked write 10
  run_mantlet create
  assert_ok
  for count in 20 65; do
    given_blocked write "$count"
    needs_write
  done
  # A permission before 64 blocks; forty permissions.
  given_spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: ([{names: ["write"],
      action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 1000, op: "SCMP_CMP_LE"}]}] +
    [range(64) | {names: ["write"], action: "SCMP_ACT_ERRNO", errnoRet: 13,
      args: [{index: 0, value: (2000 + .), op: "SCMP_CMP_EQ"}]}])}'
  needs_write
  given_spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: [range(40) |
    {names: ["write"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: ., op: "SCMP_CMP_EQ"}]}]}'
  needs_write
}

needs_write() {
  rm -rf "$RECORDS" "${STUB_DIR:?}"/*
  run_mantlet create
  assert_refused "the seccomp profile has conditions for 'write' that cannot be combined with ours, and without that call no container starts; use one with fewer or plainer conditions for it [seccomp"
  assert_runtime_not_called
}

@test "seccomp long: what is said twice, or in doubt beside a plain rule, is no loss" {
  given_spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: [range(32), range(8) |
    {names: ["ioctl"], action: "SCMP_ACT_ALLOW", args: [{index: 1, value: ., op: "SCMP_CMP_EQ"}]}]}'
  run_mantlet create
  assert_ok
  noted ''
  rm -rf "$RECORDS"
  given_spec '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: [{names: ["ioctl"],
      action: "SCMP_ACT_ALLOW"}, {names: ["ioctl"], action: "SCMP_ACT_ALLOW",
      args: [range(2) | {index: 1, value: ., op: "SCMP_CMP_EQ"}]}]}'
  run_mantlet create
  assert_ok
  noted ''
}

@test "seccomp long: of engines' profiles only the sockets of containers-common are narrowed" {
  local file
  for file in "$BATS_TEST_DIRNAME"/data/seccomp/*.json; do
    echo "$file"
    given_spec '.'
    jq --slurpfile filter "$file" '.linux.seccomp = $filter[0]' "$BUNDLE/config.json" >"$WORK/new.json"
    cp "$WORK/new.json" "$BUNDLE/config.json"
    rm -rf "$RECORDS"
    run_mantlet create
    assert_ok
    jq -se --arg file "$file" '.[1].notes | map(.text | select(startswith("some of what"))) |
      if $file | test("containers-common") then length == 1 and (.[0] | endswith(": socket"))
      else length == 0 end' "$RECORDS/$ID.json"
  done
}
