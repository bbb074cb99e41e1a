# shellcheck shell=bash
#
# A container that mantlet knows of, and the calls that engines make for it. The stub runtime starts
# nothing; what reaches it lies in $STUB_DIR (see tests/tools/stub-runtime.c).

# given_container [FILTER]: created through mantlet from Docker's default document, changed by the
# jq filter; then everything is as if the runtime had never been called.
given_container() {
  given_spec "${1:-.}"
  run_mantlet create
  assert_ok
  # shellcheck disable=SC2153 # set by mantlet_setup
  RECORD=$RECORDS/$ID.json
  [ -f "$RECORD" ] || { show; return 1; }
  forget_calls
}

# change_record FILTER: its first line, changed by the jq filter.
change_record() {
  jq -c "$1" <(head -n 1 "$RECORD") >"$WORK/head" || return
  { cat "$WORK/head" && tail -n +2 "$RECORD"; } >"$WORK/record"
  cat "$WORK/record" >"$RECORD"
}

forget_calls() {
  rm -rf "$STUB_DIR" "$LOG" "$AUDIT"
  mkdir "$STUB_DIR"
}

# given_document NAME FILTER [FIXTURE]: $WORK/NAME.json from a captured document.
given_document() {
  jq "$2" "$FIXTURES/${3:-docker-20.10/process/exec-default.json}" >"$WORK/$1.json"
  chmod 0600 "$WORK/$1.json"
}

# engine COMMAND [FLAG...]: as the containerd shim calls it; the id comes last, then $PROGRAM.
engine() {
  mantlet --root "$RUNTIME_ROOT" --log "$LOG" --log-format json "$@" "$ID" "${PROGRAM[@]}"
}

assert_process() {
  jq -e "$1" "$STUB_DIR/process.json" >/dev/null || { show; jq -c . "$STUB_DIR/process.json" >&2; return 1; }
}

assert_resources() {
  jq -e "$1" "$STUB_DIR/resources.json" >/dev/null || { show; jq -c . "$STUB_DIR/resources.json" >&2; return 1; }
}

# What every process that is added gets in restricted, whoever asks.
assert_process_confined() {
  assert_process '.user.uid == 65532 and .user.gid == 65532 and (.user.additionalGids // [] | index(0)) == null'
  assert_process '.noNewPrivileges == true'
  assert_process '[.capabilities[] | length] == [0, 0, 0, 0, 0]'
}

# assert_event FILTER: true of the newest event, which is one line of at most 8 KiB.
assert_event() {
  tail -n 1 "$AUDIT" >"$WORK/event"
  [ "$(wc -c <"$WORK/event")" -le 8192 ] || { wc -c "$WORK/event" >&2; return 1; }
  jq -e "$1" "$WORK/event" >/dev/null || { show; jq . "$WORK/event" >&2; return 1; }
}

events() {
  [ -e "$AUDIT" ] || { echo 0; return; }
  wc -l <"$AUDIT"
}

# refute COMMAND...: it fails. (A "!" in front of a command does not fail a test of bats.)
refute() {
  if "$@" >&2; then
    echo "unexpected: $*" >&2
    return 1
  fi
}

# A build with STATIC=0 has a loader, one with SAN=1 needs memory for itself; neither is what is
# installed.
is_static() {
  [[ $(readelf -dW "$MANTLET") != *NEEDED* ]]
}
