# shellcheck shell=bash
#
# The program under test between a test and a stub runtime that records what reaches it. Each test
# has a directory of its own with a bundle (Docker's default document, without what only exists on
# the machine where it was captured), a policy that names the stub, a runtime root and a log.
# MANTLET and STUB name the programs (default: build/mantlet and what make built beside it).

MANTLET=$(realpath -m "${MANTLET:-build/mantlet}")
STUB=$(realpath -m "${STUB:-${MANTLET_TOOLS:-$(dirname "$MANTLET")/tests/tools}/stub-runtime}")
FIXTURES=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../data/fixtures")

mantlet_setup() {
  local program

  for program in "$MANTLET" "$STUB"; do
    [ -x "$program" ] || { echo "$program is missing: run make first" >&2; return 1; }
  done
  WORK=$BATS_TEST_TMPDIR
  BUNDLE=$WORK/bundle POLICY=$WORK/policy.json RUNTIME_ROOT=$WORK/root LOG=$WORK/log.json
  AUDIT=$WORK/audit.jsonl ID=test-$BATS_TEST_NUMBER-$$
  RECORDS=/run/mantlet/${RUNTIME_ROOT//\//%2F}
  export STUB_DIR=$WORK/stub
  mkdir -p "$BUNDLE/rootfs" "$STUB_DIR"
  chmod 0755 "$WORK" "$BUNDLE"
  for program in bin dev etc proc run sys tmp var/tmp; do mkdir -p "$BUNDLE/rootfs/$program"; done
  given_policy '.'
  given_spec '.'
  cd "$WORK" || return
}

# Records of this test go, and the directory when it was ours alone.
mantlet_teardown() {
  local pin

  if [ -n "${RECORDS:-}" ] && [ -d "$RECORDS" ]; then
    # Where a firewall was really loaded its namespace is held there (net_files.h).
    for pin in "$RECORDS"/*.ns; do
      [ ! -e "$pin" ] || umount "$pin" 2>/dev/null || true
    done
    rm -rf "$RECORDS"
    rmdir /run/mantlet 2>/dev/null || true
  fi
}

# given_spec FILTER [FIXTURE]: the bundle's document is the fixture (default: docker run), changed
# by the jq filter.
given_spec() {
  jq --arg root "$BUNDLE/rootfs" '.root.path = $root | del(.hooks, .linux.cgroupsPath)
    | .mounts |= map(select(.type != "bind"))' \
    "$FIXTURES/${2:-docker-20.10/config/default.json}" | jq "$1" >"$WORK/new.json" || return
  rm -rf "$BUNDLE/config.json"
  mv "$WORK/new.json" "$BUNDLE/config.json"
  chmod 0644 "$BUNDLE/config.json"
}

# given_policy FILTER: the policy that names the stub, changed by the jq filter, and before it by
# POLICY_ALSO: what the stub starts has no process, so no firewall that "start" could look at.
given_policy() {
  jq -n --arg runtime "$STUB" --arg sink "file:$AUDIT" \
    '{version: 1, runtime: $runtime, audit: {sinks: [$sink]}}' | jq "${POLICY_ALSO:-.}" |
    jq "$1" >"$POLICY"
  chmod 0644 "$POLICY"
}

# mantlet WORD...: call the program as it is; $status, $output and $stderr as after "run".
mantlet() {
  run --separate-stderr -- "$MANTLET" --mantlet-policy "$POLICY" "$@"
}

# run_mantlet COMMAND [FLAG...]: as an engine calls it.
run_mantlet() {
  local command=$1
  shift
  mantlet --root "$RUNTIME_ROOT" --log "$LOG" --log-format json "$command" --bundle "$BUNDLE" \
    "$@" "$ID"
}

# run_in_mounts SCRIPT COMMAND...: the command in a mount namespace that the script has changed.
run_in_mounts() {
  local script=$1
  shift
  # shellcheck disable=SC2016 # the inner shell expands them
  run --separate-stderr -- unshare --mount --propagation private sh -c \
    'eval "$1" && shift && exec "$@"' sh "$script" "$@"
}

show() {
  printf 'status %s\nstdout: %s\nstderr: %s\n' "${status:-}" "${output:-}" "${stderr:-}" >&2
  [ ! -e "$LOG" ] || sed 's/^/log: /' "$LOG" >&2
  [ ! -e "$STUB_DIR/calls" ] || sed 's/^/called: /' "$STUB_DIR/calls" >&2
}

assert_ok() {
  # shellcheck disable=SC2154 # set by run
  [ "$status" -eq 0 ] || { show; return 1; }
}

# assert_spec FILTER: true of the document that the runtime read.
assert_spec() {
  jq -e "$1" "$STUB_DIR/config.json" >/dev/null || { show; jq . "$STUB_DIR/config.json" >&2; return 1; }
}

# assert_journal FILTER: true of one entry of the journal in the container's record.
assert_journal() {
  jq -se "any(.[1].journal[]; $1)" "$RECORDS/$ID.json" >/dev/null || {
    show
    jq -sc '.[1].journal[]' "$RECORDS/$ID.json" >&2
    return 1
  }
}

assert_runtime_not_called() {
  [ ! -e "$STUB_DIR/calls" ] || { show; return 1; }
}

# assert_called WORD...: the runtime was called once, with exactly these arguments.
assert_called() {
  local IFS=$'\t'
  [ "$(cat "$STUB_DIR/calls")" = "$*" ] || { show; return 1; }
}

# assert_refused TEXT: nothing was started; one sentence with TEXT, on stderr and nowhere else.
assert_refused() {
  _assert_sentence 'mantlet: refused: ' "$1"
}

# The same for a failure that is nobody's doing, such as a disk that is full.
assert_failed() {
  _assert_sentence 'mantlet: ' "$1"
  [[ $stderr != 'mantlet: refused: '* ]] || { show; return 1; }
}

_assert_sentence() {
  # shellcheck disable=SC2154 # set by run
  if [ "$status" -ne 1 ] || [ -n "$output" ] || [[ $stderr != "$1"*"$2"* ]] ||
    [ "$(grep -c . <<<"$stderr")" -ne 1 ]; then
    show
    return 1
  fi
  assert_no_engine_words
  assert_runtime_not_called
}

# Engines search a message for these and make an error of their own of it.
assert_no_engine_words() {
  ! grep -Eiq 'permission denied|operation not permitted|no such file or directory|executable file not found|not a directory' <<<"$stderr" ||
    { show; return 1; }
}

# The log has one record, and it says what stderr says.
assert_log() {
  [ "$(wc -l <"$LOG")" -eq 1 ] || { show; return 1; }
  jq -e --arg msg "$stderr" '.level == "error" and .msg == $msg and (.time | fromdate > 0)' \
    "$LOG" >/dev/null || { show; return 1; }
}

# The bundle as it is, to be compared with what it was.
bundle_state() {
  (cd "$BUNDLE" && find . -printf '%p %y %m %U %G %s %n %i\n' | sort && { sha256sum config.json || true; }) 2>&1
}
