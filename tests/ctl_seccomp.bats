#!/usr/bin/env bats
# mantletctl, and its seccomp show and diff: tables, JSON, errors, exit statuses, containers.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  CTL=$(dirname "$MANTLET")/mantletctl
  DATA=$BATS_TEST_DIRNAME/data/ctl
  cp "$DATA"/*.json "$WORK"
  unset COLUMNS NO_COLOR
}

teardown() {
  mantlet_teardown
}

ctl() {
  run --separate-stderr -- "$CTL" "$@"
}

# assert_says STATUS TEXT: one line on standard error with TEXT, nothing on standard output.
assert_says() {
  if [ "$status" -ne "$1" ] || [ -n "$output" ] || [ "$stderr" != "mantletctl: $2" ]; then
    show
    return 1
  fi
}

@test "mantletctl: --version, --help and help" {
  ctl --version
  assert_ok
  [ "$output" = "mantletctl $(sed -n 's/.*MANTLET_VERSION "\(.*\)".*/\1/p' "$BATS_TEST_DIRNAME/../include/common.h")" ]
  for words in --help -h help; do
    ctl "$words"
    assert_ok
    [[ $output == *"seccomp"*"Exit status: 0"* ]]
  done
  ctl seccomp --help
  assert_ok
  [[ $output == "mantletctl seccomp show [PROFILE]"* ]]
  [ "$output" = "$("$CTL" help seccomp)" ]
  ctl help help
  assert_ok
  [[ $output == *"seccomp"*"Exit status: 0"* ]]
}

@test "mantletctl: without a command it says what there is, status 2" {
  ctl
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [[ $stderr == "mantletctl COMMAND"* ]]
}

@test "mantletctl: unknown words name the nearest, status 2" {
  ctl secomp
  assert_says 2 "unknown command 'secomp', did you mean 'seccomp'?"
  ctl --versoin
  assert_says 2 "unknown option '--versoin', did you mean '--version'?"
  ctl help secomp
  assert_says 2 "unknown command 'secomp', did you mean 'seccomp'?"
  ctl $'x\e[2J'
  assert_says 2 "unknown command 'x?[2J'"
  ctl seccomp
  assert_says 2 "seccomp needs a word: show or diff"
  ctl seccomp shw
  assert_says 2 "unknown word behind seccomp 'shw', did you mean 'show'?"
  ctl seccomp show defualt
  assert_says 2 "unknown profile (and no file of that name) 'defualt', did you mean 'default'?"
  ctl seccomp show --cap SYS_PTRAC
  assert_says 2 "unknown capability 'SYS_PTRAC', did you mean 'SYS_PTRACE'?"
  ctl seccomp show --arch arm46
  assert_says 2 "unknown architecture 'arm46', did you mean 'arm64'?"
  ctl seccomp show --josn
  assert_says 2 "unknown option '--josn', did you mean '--json'?"
}

@test "mantletctl: what cannot be asked is said, status 2" {
  ctl seccomp show default strict
  assert_says 2 "seccomp show takes one profile, or one --container"
  ctl seccomp show default --container x
  assert_says 2 "seccomp show takes one profile, or one --container"
  ctl seccomp diff default
  assert_says 2 "seccomp diff takes two profiles: mantletctl seccomp diff A B"
  ctl seccomp diff default strict --container x
  assert_says 2 "--container goes with seccomp show; here write container:ID"
  ctl seccomp show --container x --cap ALL
  assert_says 2 "--cap goes with a profile: a container's filter is what it is"
  ctl seccomp show --container x --compat
  assert_says 2 "--compat goes with a profile: a container's filter is what it is"
  ctl seccomp show --root /x
  assert_says 2 "--root goes with a container only"
  ctl seccomp show --container ../x
  assert_says 2 "this is no container id: '../x'"
  for version in 6 6. .1 6.x x.1 70000.1 '' ' 6.1'; do
    ctl seccomp show "--kernel=$version"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
  done
}

@test "mantletctl: a full disk is status 3, and a closed pipe no trouble" {
  run --separate-stderr -- sh -c '"$1" seccomp show >/dev/full' sh "$CTL"
  [ "$status" -eq 3 ]
  [[ $stderr == "mantletctl: cannot write the output"* ]]
  "$CTL" seccomp show | head -n 1 | grep -q default
}

@test "seccomp show: the table, at 40, 80 and 200 columns" {
  local width
  for width in 40 80 200; do
    COLUMNS=$width ctl seccomp show site.json --arch amd64 --kernel 6.1
    assert_ok
    diff -u "$DATA/show-$width.txt" <(printf '%s\n' "$output")
    [ -z "$(printf '%s\n' "$output" | awk -v w="$width" 'length($0) > w')" ]
  done
  ctl seccomp show site.json --arch amd64 --kernel 6.1
  diff -u "$DATA/show-80.txt" <(printf '%s\n' "$output")
}

@test "seccomp show: capabilities, kernel and architectures decide about rules" {
  ctl seccomp show site.json --arch arm64 --compat --kernel 6.2 --cap SYS_PTRACE
  assert_ok
  diff -u "$DATA/show-more.txt" <(printf '%s\n' "$output")
  for cap in CAP_SYS_PTRACE CHOWN,SYS_PTRACE ALL; do
    ctl seccomp show site.json --json --kernel 6.1 --cap "$cap"
    jq -e '.calls | map(.name) | contains(["ptrace"]) and (contains(["quotactl"]) | not)' <<<"$output"
  done
}

@test "seccomp show: on a terminal as wide as that, and plain with NO_COLOR" {
  run script -qec "stty cols 60; '$CTL' seccomp show site.json" /dev/null
  [[ $output == *$'\e[1m'* ]]
  [ -z "$(sed 's/\x1b\[[01]m//g; s/\r//' <<<"$output" | awk 'length($0) > 60')" ]
  [ -n "$(sed 's/\x1b\[[01]m//g; s/\r//' <<<"$output" | awk 'length($0) > 50')" ]
  NO_COLOR=1 run script -qec "'$CTL' seccomp show site.json" /dev/null
  [[ $output != *$'\e'* ]]
  run "$CTL" seccomp show site.json
  [[ $output != *$'\e'* ]]
}

@test "seccomp show: JSON, for the built-in profiles and files" {
  local profile
  for profile in default strict site.json; do
    ctl seccomp show "$profile" --json
    assert_ok
    jq -e '.v == 1 and .finding == null and .filtered and .default.action == "SCMP_ACT_ERRNO" and
      (.calls | length > 5) and all(.calls[]; (.rules | length > 0) and .words != "" and .class != "")' <<<"$output"
    [ "$(wc -l <<<"$output")" -eq 1 ]
  done
  ctl seccomp show site.json --json --arch amd64
  jq -e '.calls[] | select(.name == "clone") | .rules[0].args ==
    [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]' <<<"$output"
}

@test "seccomp show: a mistake in a file is said with file and line, status 3" {
  jq '.syscalls[0].action = "SCMP_ACT_ALOW"' site.json >bad.json
  ctl seccomp show bad.json
  assert_says 3 "bad.json line $(grep -n ALOW bad.json | cut -d: -f1): unknown action 'SCMP_ACT_ALOW', did you mean 'SCMP_ACT_ALLOW'?"
  echo '{' >bad.json
  ctl seccomp show bad.json
  [ "$status" -eq 3 ]
  [[ $stderr == "mantletctl: bad.json"* ]]
  ctl seccomp diff default bad.json
  [ "$status" -eq 3 ]
  [ -z "$output" ]
  ctl seccomp show ./none.json
  assert_says 3 "cannot open the seccomp profile './none.json': it is not there"
  ctl seccomp show "$WORK"
  [ "$status" -eq 3 ]
}

@test "seccomp show: what only a container may bring is shown, with a finding, status 1" {
  jq '.defaultAction = "SCMP_ACT_ALLOW" | del(.defaultErrnoRet)' site.json >loose.json
  ctl seccomp show loose.json
  [ "$status" -eq 1 ]
  [[ $stderr == "mantletctl: as a profile of the policy it is refused: loose.json line "*"'defaultAction' must block"* ]]
  [[ $output == *"all others     allowed"* ]]
  jq '.syscalls[0].names += ["no_such_call"]' site.json >new.json
  ctl seccomp show new.json --json
  [ "$status" -eq 1 ]
  jq -e '.finding | contains("unknown system call '\''no_such_call'\''")' <<<"$output"
  chmod 0666 site.json
  ctl seccomp show site.json
  [ "$status" -eq 1 ]
  [[ $stderr == *"as a profile of the policy it is refused: "*"site.json"* ]]
}

@test "seccomp show: a text of a file cannot move the cursor" {
  jq '.syscalls[0].comment = "a\u001b[2Jb: x"' site.json >$'x\e[0m.json'
  ctl seccomp show $'x\e[0m.json'
  [ "$status" -eq 0 ]
  [[ $output$stderr != *$'\e'* ]]
  [[ $output == *'a?[2Jb'* ]]
}

@test "seccomp diff: in words, status 1" {
  ctl seccomp diff site.json other.json --arch amd64 --kernel 6.1
  [ "$status" -eq 1 ]
  diff -u "$DATA/diff-80.txt" <(printf '%s\n' "$output")
  ctl seccomp diff site.json other.json --json
  [ "$status" -eq 1 ]
  jq -e '.equal == false and .filter["all other calls"] == {"a": "ENOSYS", "b": "EPERM"} and
    ([.calls[].kind] | unique == ["answers", "conditions", "only-a", "only-b"])' <<<"$output"
}

@test "seccomp diff: listener and architectures of a container's profile are differences" {
  local rule='"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]'
  echo "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"listenerPath\": \"/run/one\",
    \"architectures\": [\"SCMP_ARCH_S390X\"], $rule}" >one.json
  echo "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"listenerPath\": \"/run/two\", $rule}" >two.json
  ctl seccomp diff one.json two.json --json
  [ "$status" -eq 1 ]
  jq -e '.equal == false and .filter.listener == {"a": "/run/one", "b": "/run/two"} and
    .filter.architectures.a == "none of this machine'"'"'s"' <<<"$output"
}

@test "seccomp diff: equal profiles say nothing, status 0" {
  local profile
  for profile in default strict site.json "$BATS_TEST_DIRNAME"/../policy/seccomp/*.json "$BATS_TEST_DIRNAME"/data/seccomp/*.json; do
    run --separate-stderr -- "$CTL" seccomp diff "$profile" "$profile" --compat
    [ "$status" -eq 0 ]
    [ -z "$output" ]
  done
  # The built-in ones are the very files.
  for profile in default strict; do
    cp "$BATS_TEST_DIRNAME/../policy/seccomp/$profile.json" copy.json
    ctl seccomp diff "$profile" copy.json --cap ALL
    assert_ok
    [ -z "$output$stderr" ]
  done
  ctl seccomp diff default default --json
  assert_ok
  jq -e '.equal and .calls == [] and .filter == {}' <<<"$output"
}

@test "seccomp: a container's filter, by its id or the beginning of it" {
  given_container
  ctl seccomp show --container "$ID"
  assert_ok
  [[ $(tr -s ' \n' ' ' <<<"$output") == "seccomp container:$ID (plain container $ID, profile default) calls "* ]]
  ctl seccomp show --container "${ID%?}" --root "$RUNTIME_ROOT" --json
  assert_ok
  # Docker's profile and ours: nothing that ours does not allow.
  ctl seccomp diff default "container:$ID" --json
  [ "$status" -le 1 ]
  jq -e '[.calls[] | select(.kind == "only-b")] == []' <<<"$output"
  # The names are those of the document that was written.
  ctl seccomp show "container:$ID" --json
  assert_ok
  diff <(jq -r '.calls[] | select(.allowed) | .name' <<<"$output" | sort) \
    <(jq -r '[.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW") | .names[]] | unique[]' "$BUNDLE/config.json" | sort)
}

@test "seccomp: a container with none, status 1" {
  given_policy '.controls.seccomp = "off"'
  given_container 'del(.linux.seccomp)'
  ctl seccomp show --container "$ID"
  [ "$status" -eq 1 ]
  [ "$stderr" = "mantletctl: this container has no system call filter" ]
  [[ $output == *"every system call is allowed"* ]]
  ctl seccomp show --container "$ID" --json
  jq -e '.filtered == false' <<<"$output"
  ctl seccomp diff "container:$ID" default
  [ "$status" -eq 1 ]
  [[ $output == *"allowed: there is no filter"* ]]
}

@test "seccomp: a container whose filter is decoration, status 1" {
  given_policy '.controls.seccomp = "off"'
  given_container '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"]}'
  ctl seccomp show --container "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == *"lets everything through that it does not name"* ]]
  rm -rf "$RECORDS"
  given_policy '.controls.seccomp = "audit" | .controls.annotations = "audit"'
  given_container '.annotations = {"run.oci.seccomp_bpf_data": "BgAAAAAA/38="}'
  ctl seccomp show --container "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == *"has a filter of its own, which crun takes instead"* ]]
}

@test "seccomp: a container that is not there, or not one" {
  ctl seccomp show --container no-such-container
  assert_says 3 "no container 'no-such-container' was started through mantlet"
  given_container
  ctl seccomp show --container "$ID" --root "$WORK/other"
  assert_says 3 "no container '$ID' was started through mantlet under the root $WORK/other"
  mantlet --root "$WORK/other" create -b "$BUNDLE" "$ID"
  assert_ok
  ctl seccomp show --container "$ID"
  rm -rf "/run/mantlet/${WORK//\//%2F}%2Fother"
  [ "$status" -eq 2 ]
  [[ $stderr == "mantletctl: '$ID' is not one container: "*"give more of the id, or --root" ]]
  # A record that somebody else could have written is not believed.
  chmod 0666 "$RECORD"
  ctl seccomp show --container "$ID"
  [ "$status" -eq 3 ]
  [[ $stderr == *"is not root's own file"* ]]
}

@test "seccomp: the config.json of a bundle is the filter of that container" {
  given_spec '.'
  ctl seccomp show "$BUNDLE/config.json"
  assert_ok
  [[ $output == "seccomp $BUNDLE/config.json (document)"* || ${lines[1]} == *"(document)" ]]
  run_mantlet create
  assert_ok
  ctl seccomp diff "$BUNDLE/config.json" default
  assert_ok
  [ -z "$output" ]
  ctl seccomp show "$BUNDLE/config.json" --cap ALL
  assert_says 2 "--cap goes with a profile: a container's filter is what it is"
  given_spec 'del(.linux.seccomp)'
  ctl seccomp show "$BUNDLE/config.json"
  [ "$status" -eq 1 ]
  [ "$stderr" = "mantletctl: this container has no system call filter" ]
  given_spec '.linux.seccomp.defaultAction = 7'
  ctl seccomp show "$BUNDLE/config.json"
  [ "$status" -eq 3 ]
  [[ $stderr == "mantletctl: '$BUNDLE/config.json': "*defaultAction* ]]
}

@test "seccomp show: as many rules for a name as a container may bring are a finding" {
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", syscalls: [range(64) | {names: ["close"],
    action: "SCMP_ACT_ALLOW", args: [{index: 0, value: ., op: "SCMP_CMP_EQ"}]}]}' >"$WORK/many.json"
  ctl seccomp show "$WORK/many.json"
  [ "$status" -eq 1 ]
  [[ $stderr == *"many.json line "*": 'close' has more than 32 rules" ]]
  [[ $output == *close* ]]
  jq '.syscalls += .syscalls[:1]' "$WORK/many.json" >"$WORK/more.json"
  ctl seccomp show "$WORK/more.json"
  [ "$status" -eq 3 ]
  [[ $stderr == *"'close' has more than 64 rules" ]]
}
