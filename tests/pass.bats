#!/usr/bin/env bats
# Commands that are passed on: nothing of them is changed, and they start nothing.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  given_container
}

teardown() {
  mantlet_teardown
}

# passes WORD...: the runtime gets exactly these words, standard input, and the rest of what it
# would have; bundle and record are as they were, and there is no event.
passes() {
  local before digest
  before=$(bundle_state) digest=$(sha256sum "$RECORD")
  forget_calls
  STUB_OUT='{"a": 1}' STUB_EXIT=7 mantlet "$@"
  if [ "$status" -ne 7 ] || [ "$output" != '{"a": 1}' ] || [ -n "$stderr" ] ||
    [ "$(bundle_state)" != "$before" ] || [ "$(sha256sum "$RECORD")" != "$digest" ] ||
    [ "$(events)" -ne 0 ]; then
    show
    return 1
  fi
  printf '%s\n' "$@" | cmp - "$STUB_DIR/argv" || { show; return 1; }
}

@test "pass: pause and resume" {
  passes pause "$ID"
  passes --root "$RUNTIME_ROOT" --log "$LOG" --log-format json pause "$ID"
  passes --root="$RUNTIME_ROOT" resume "$ID"
}

@test "pass: kill, with numbers, names and no signal" {
  passes kill "$ID"
  passes --root "$RUNTIME_ROOT" kill "$ID" 15
  passes kill "$ID" KILL
  passes kill --all "$ID" 9
  passes kill -a "$ID" SIGUSR1
}

@test "pass: events" {
  passes events "$ID"
  passes --root "$RUNTIME_ROOT" events --stats "$ID"
  passes events --interval 1s "$ID"
}

@test "pass: ps, and what it hands to ps(1) behind the id" {
  passes ps "$ID"
  passes --root "$RUNTIME_ROOT" ps --format json "$ID"
  passes ps -f table "$ID" -o 'pid,user args' --sort=-pid -e
  passes ps "$ID" -- -ef '' 'a b'
}

@test "pass: list, also when the runtime root is /" {
  passes list
  passes --root "$RUNTIME_ROOT" list --format json
  passes list -q
  passes --root / list
}

@test "pass: state" {
  passes state "$ID"
  passes --root "$RUNTIME_ROOT" --log "$LOG" --log-format json state "$ID"
  passes state no-such-container
}

@test "pass: spec, which writes a template that create will read as any other" {
  passes spec
  passes spec --bundle "$WORK" --rootless
  passes spec -b "$WORK" -f other.json
}

@test "pass: features and help" {
  passes features
  passes --root "$RUNTIME_ROOT" features
  passes help
  passes help run
  passes h
}

@test "pass: words of another command behind one that is passed on start nothing of ours" {
  local command
  for command in pause resume kill events ps list state spec features; do
    passes "$command" run --bundle "$BUNDLE" x
    passes --log run "$command" create --bundle "$BUNDLE" x
  done
}

@test "pass: every captured call of these commands arrives as it was" {
  local line words count=0
  while IFS= read -r line; do
    mapfile -t words < <(jq -r '.[1:][]' <<<"$line")
    # A log that lies somewhere else here.
    passes "${words[@]}"
    count=$((count + 1))
  done < <(jq -c '.. | objects | .argv? // empty
    | select(type == "array" and (index("create", "run", "exec", "update", "restore", "checkpoint", "delete", "start") | not))
    | select(any(.[]; IN("pause", "resume", "kill", "events", "ps", "list", "state", "spec", "features")))' \
    "$FIXTURES"/*/calls.json | sort -u)
  [ "$count" -ge 5 ] || { echo "only $count calls" >&2; false; }
}

@test "pass: standard input is the runtime's, and its descriptors are as they came" {
  local command
  for command in pause resume kill events ps list state spec features; do
    forget_calls
    "$STUB" "$command" "$ID" <"$BUNDLE/config.json" >"$WORK/out" 2>"$WORK/err" 3>&- 4>"$WORK/four"
    mv "$STUB_DIR/fds" "$WORK/want"
    "$MANTLET" --mantlet-policy "$POLICY" "$command" "$ID" <"$BUNDLE/config.json" >"$WORK/out" 2>"$WORK/err" 3>&- 4>"$WORK/four"
    diff "$WORK/want" "$STUB_DIR/fds"
    grep -qx "0 $BUNDLE/config.json" "$STUB_DIR/fds"
  done
}

@test "pass: a broken policy, and a record that is not root's, keep nobody from looking" {
  local command
  echo '{' >"$POLICY"
  chown 1000 "$RECORD"
  for command in pause resume kill events ps list state spec features; do
    STUB_EXIT=0 run --separate-stderr -- "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" "$command" --of-tomorrow x
    [[ $stderr != *refused* ]] || { show; false; }
  done
}

@test "pass: real runc is asked, and says what it says without us" {
  local words
  command -v runc >/dev/null || skip "runc is not installed"
  given_policy ".runtime = \"$(command -v runc)\""
  for words in "state none" "pause none" "resume none" "kill none 9" "ps none" "events --stats none" "list -q" "features"; do
    # shellcheck disable=SC2086 # words
    run --separate-stderr -- runc --root "$RUNTIME_ROOT" $words
    local want="$status $output"
    # shellcheck disable=SC2086 # words
    run --separate-stderr -- "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" $words
    [ "$status $output" = "$want" ] || { show; echo "want: $want" >&2; false; }
  done
  mkdir "$WORK/template"
  mantlet spec --bundle "$WORK/template"
  assert_ok
  [ "$(ls "$WORK/template")" = config.json ]
}
