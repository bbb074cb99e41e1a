#!/usr/bin/env bats
# shellcheck disable=SC2153,SC2154 # set by lib/fixtures and by the tests
#
# What must always be true (design, section 4), over every captured document, whatever the engine,
# and over documents made by mixing what people ask for. Nothing here knows how a control works:
# patchcheck (C, its own tree) compares the journal with the difference, looser.jq and strict.jq
# judge the result. Each test goes through all documents and lists those that fail.

load lib/fixtures

setup_file() {
  fixtures_start
  export FIX
  fixtures_policy restricted '{"version": 1}'
  fixtures_policy fix "$(every_control fix)"
  fixtures_policy audit "$(every_control audit)"
  fixtures_policy baseline '{"version": 1, "extends": "baseline"}'
  fixtures_policy observe '{"version": 1, "extends": "observe"}'
  fixtures_policy ambient "$(every_control fix | jq '.controls.capabilities =
    {"mode": "fix", "allow": ["NET_BIND_SERVICE", "CHOWN"]}')"
}

teardown_file() {
  fixtures_stop
}

# The built-in restricted with one mode for all controls.
every_control() {
  jq --arg mode "$1" '{version: 1, controls: (.controls | map_values({mode: $mode}))}' \
    "$BATS_TEST_DIRNAME/../policy/restricted@1.json"
}

fail() {
  failures+=("$*")
}

finish() {
  [ "$checked" -gt 0 ] || fail "nothing was checked"
  printf '%s\n' "${failures[@]}"
  [ ${#failures[@]} -eq 0 ]
}

# through POLICY CHECK: hardens every document and calls CHECK with the name of each that passed.
# A refused one must be left as it was, without a record and without a call of the runtime.
through() {
  local name failures=() checked=0

  while read -r name; do
    fixture_bundle "$name"
    harden "$1"
    if [ "$STATUS" -ne 0 ]; then
      cmp -s "$BEFORE" "$AFTER" || fail "$name: refused, but the document was changed"
      [ ! -e "$RECORD" ] || fail "$name: refused, but there is a record"
      [ ! -e "$FIX/stub/calls" ] || fail "$name: refused, but the runtime was called"
      grep -q '^mantlet: refused: ' "$FIX/stderr" || fail "$name: $(cat "$FIX/stderr")"
      continue
    fi
    checked=$((checked + 1))
    "$2" "$name"
  done < <(documents_list)
  finish
}

journal_is_difference() {
  local said

  said=$("$MANTLET_TOOLS/patchcheck" "$BEFORE" "$AFTER" "$RECORD") || fail "$1: $said"
}

is_not_looser() {
  local said

  said=$(jq -nr --slurpfile before "$BEFORE" --slurpfile after "$AFTER" \
    --argjson ambient "${AMBIENT:-false}" -f "$BATS_TEST_DIRNAME/lib/looser.jq")
  [ -z "$said" ] || fail "$1: $said"
}

is_strict() {
  local said

  said=$(jq -r -f "$BATS_TEST_DIRNAME/lib/strict.jq" "$AFTER")
  [ -z "$said" ] || fail "$1: $said"
}

# What the hardened document is hardened to.
is_stable() {
  cp "$AFTER" "$FIX/once.json"
  harden "$policy"
  if [ "$STATUS" -ne 0 ]; then
    fail "$1: refused the second time: $(cat "$FIX/stderr")"
  elif ! cmp -s "$FIX/once.json" "$AFTER"; then
    fail "$1: changed again: $(sed -n 2p "$RECORD" | jq -c '.journal[] | select(.enforced)')"
  elif sed -n 2p "$RECORD" | jq -e 'any(.journal[]; .enforced)' >/dev/null; then
    fail "$1: the journal of the second time is not empty"
  fi
}

# Equal but for the spelling of strings: engines write "<" as an escape, we write it as it is.
# Under audit the firewall counts: its hook, which the container cannot notice, is the one change.
is_unchanged() {
  if [ "$(jq -c '[.hooks.createRuntime[]? | select(.path | endswith("/mantlet-net"))] | length' "$AFTER")" = 1 ]; then
    [ "$("$MANTLET_TOOLS/patchcheck" "$BEFORE" "$AFTER" "$RECORD")" = 1 ] || fail "$1: changed"
    return
  fi
  [ "$("$MANTLET_TOOLS/patchcheck" "$BEFORE" "$AFTER" "$RECORD")" = 0 ] || fail "$1: changed"
}

has_no_environment_value() {
  local value

  # Captured values that cannot stand anywhere else in a record.
  while read -r value; do
    if grep -qF -e "$value" "$RECORD" || tail -n 1 "$FIX/audit.jsonl" | grep -qF -e "$value"; then
      fail "$1: '$value' was written"
    fi
  done < <(jq -r '.process.env[] | select(test("SECRET|PASSWORD|^X=|PLAIN")) | sub("^[^=]*="; "") | select(length > 2)' "$BEFORE")
}

@test "invariants: every document is a case that the controls can handle under fix" {
  local name failures=() checked=0

  while read -r name; do
    fixture_bundle "$name"
    harden fix
    checked=$((checked + 1))
    [ "$STATUS" -eq 0 ] || fail "$name: $(cat "$FIX/stderr")"
  done < <(fixtures_list)
  finish
}

@test "invariants: the journal is the difference, under fix" { through fix journal_is_difference; }
@test "invariants: the journal is the difference, in restricted" { through restricted journal_is_difference; }
@test "invariants: the journal is the difference, in baseline" { through baseline journal_is_difference; }
@test "invariants: the journal is the difference, with capabilities allowed" { through ambient journal_is_difference; }

@test "invariants: nothing becomes looser, under fix" { through fix is_not_looser; }
@test "invariants: nothing becomes looser, in restricted" { through restricted is_not_looser; }
@test "invariants: nothing becomes looser, in baseline" { through baseline is_not_looser; }
@test "invariants: only the ambient set grows where root with allowed capabilities became a user" {
  AMBIENT=true through ambient is_not_looser
}

@test "invariants: under fix every result is as strict as restricted promises" { through fix is_strict; }
@test "invariants: in restricted what starts is as strict as it promises" { through restricted is_strict; }

@test "invariants: hardening twice is hardening once, under fix" { policy=fix through fix is_stable; }
@test "invariants: hardening twice is hardening once, in restricted" { policy=restricted through restricted is_stable; }
@test "invariants: hardening twice is hardening once, in baseline" { policy=baseline through baseline is_stable; }
@test "invariants: hardening twice is hardening once, with capabilities allowed" { policy=ambient through ambient is_stable; }

@test "invariants: audit changes no byte" { through audit is_unchanged; }
@test "invariants: observe changes no byte" { through observe is_unchanged; }

@test "invariants: no environment value is in a record or an event" { through fix has_no_environment_value; }

@test "invariants: a plain container of every engine passes in restricted" {
  local name failures=() checked=0

  for name in docker-20.10/default docker-20.10/tty-interactive docker-20.10/user-1000 \
    docker-20.10/limits docker-20.10/init docker-20.10/read-only docker-20.10/tmpfs \
    docker-20.10-cgroupv2/default ctr-1.6.20/default podman-4.3.1/run podman-4.3.1/tty \
    docker-20.10/cap-drop-all docker-20.10/no-new-privileges docker-20.10/hostname-dns \
    docker-20.10/cgroupns-private docker-20.10/group-add docker-20.10/shm-size; do
    fixture_bundle "$name"
    harden restricted
    checked=$((checked + 1))
    [ "$STATUS" -eq 0 ] || fail "$name: $(cat "$FIX/stderr")"
  done
  finish
}
