#!/usr/bin/env bats
#
# config.json is what an "exec" without --process starts from: it must be what mantlet wrote.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows
load lib/runtimes

setup() {
  mantlet_setup
  PROGRAM=()
}

teardown() {
  mantlet_teardown
}

# exec_flags: as people type it.
exec_flags() {
  rm -f "$STUB_DIR/calls"
  mantlet --root "$RUNTIME_ROOT" --log "$LOG" --log-format json exec "$ID" sh
}

assert_tampered() {
  assert_refused "exec without --process starts from '$BUNDLE/config.json', which is not the document that this container was started with: somebody has changed it; find out who, and start the container again"
  [[ $stderr == *" [exec, policy site, rule default, $ID]" ]]
  assert_log
  assert_event '.event == "exec" and .outcome == "refused" and .severity == 8 and .container.record == "present"'
}

@test "exec config: config.json as it was written, also as a copy, is what exec starts from" {
  given_container '.process.env += ["FROM=document"]'
  exec_flags
  assert_ok
  assert_process '(.env | index("FROM=document")) and .args == ["sh"]'
  cp "$BUNDLE/config.json" "$WORK/copy"
  rm "$BUNDLE/config.json"
  cp "$WORK/copy" "$BUNDLE/config.json"
  exec_flags
  assert_ok
}

@test "exec config: one byte more or another one in config.json, and exec is refused" {
  given_container
  cp -p "$BUNDLE/config.json" "$WORK/config.json"
  echo >>"$BUNDLE/config.json"
  exec_flags
  assert_tampered
  rm "$LOG"
  sed 's/"TERM=xterm"/"TERM=xtern"/;s/PATH=/PATh=/' "$WORK/config.json" >"$BUNDLE/config.json"
  [ "$(stat -c %s "$BUNDLE/config.json")" -eq "$(stat -c %s "$WORK/config.json")" ]
  exec_flags
  assert_tampered
  # Equal for a JSON parser is not equal.
  rm "$LOG"
  jq . "$WORK/config.json" >"$BUNDLE/config.json"
  exec_flags
  assert_tampered
  rm "$LOG"
  cat "$WORK/config.json" >"$BUNDLE/config.json"
  exec_flags
  assert_ok
}

@test "exec config: another container's hardened config.json is not this one's" {
  local second=$WORK/second
  given_container
  mkdir "$second"
  jq '.process.env += ["OF=another"]' "$BUNDLE/config.json" >"$second/config.json"
  mantlet --root "$RUNTIME_ROOT" create -b "$second" another
  assert_ok
  cat "$second/config.json" >"$BUNDLE/config.json"
  exec_flags
  assert_tampered
}

@test "exec config: with --process the document of the bundle is not looked at" {
  given_container
  given_document p .
  echo >>"$BUNDLE/config.json"
  engine exec --process "$WORK/p.json"
  assert_ok
}

@test "exec config: real runc executes from a document that nobody changed, and not from another" {
  given_real runc
  in_real_life <<'SCRIPT'
document .
m run -d -b "$BUNDLE" "$ID" >/dev/null 2>&1
m exec "$ID" /bin/cat /proc/self/status | grep -E '^(Uid|CapEff|NoNewPrivs)' | tr -s '\t' ' '
sed -i 's/65532/1/' "$BUNDLE/config.json"
m exec "$ID" /bin/true 2>&1 | grep -c 'somebody has changed it'
m delete --force "$ID"
step deleted
SCRIPT
  diff <(echo "$output") - <<'WANT' || { show; false; }
Uid: 65532 65532 65532 65532
CapEff: 0000000000000000
NoNewPrivs: 1
1
deleted: none
WANT
}
