#!/usr/bin/env bats
# The command line: every form that runc and crun read differently, and what reaches the runtime.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() {
  mantlet_setup
}

teardown() {
  mantlet_teardown
}

@test "cli: create as containerd calls it reaches the runtime in our order" {
  mantlet --root "$RUNTIME_ROOT" --log "$LOG" --log-format json create --bundle "$BUNDLE" --pid-file "$WORK/pid" "$ID"
  assert_ok
  [ -z "$output$stderr" ] || { show; false; }
  assert_called --log "$LOG" --log-format json --root "$RUNTIME_ROOT" create \
    --bundle "$BUNDLE" --pid-file "$WORK/pid" "$ID"
  [ ! -e "$LOG" ]
  assert_spec '.process.noNewPrivileges == true'
}

@test "cli: --bundle X, --bundle=X and -b X are the same" {
  local form
  for form in "--bundle $BUNDLE" "--bundle=$BUNDLE" "-b $BUNDLE"; do
    rm -f "$STUB_DIR/calls"
    # shellcheck disable=SC2086 # words
    mantlet --root "$RUNTIME_ROOT" run $form "$ID"
    assert_ok
    assert_called --root "$RUNTIME_ROOT" run --bundle "$BUNDLE" "$ID"
  done
}

@test "cli: without --bundle the current directory is the bundle" {
  cd "$BUNDLE"
  mantlet --root "$RUNTIME_ROOT" run "$ID"
  assert_ok
  assert_spec '.process.noNewPrivileges == true'
}

@test "cli: a relative bundle is hardened" {
  mantlet --root "$RUNTIME_ROOT" run -b bundle "$ID"
  assert_ok
  jq -e '.process.noNewPrivileges == true' "$BUNDLE/config.json"
}

# refused WORDS TEXT: called with WORDS, split at blanks, nothing starts, and TEXT says why.
refused() {
  local line=$1 text=$2
  # shellcheck disable=SC2086 # words
  mantlet --root "$RUNTIME_ROOT" --log "$LOG" --log-format json $line
  assert_refused "$text"
  assert_log
}

@test "cli: one dash with a long name is refused" { refused "run -bundle $BUNDLE $ID" "write --bundle"; }
@test "cli: --b X is refused" { refused "run --b $BUNDLE $ID" "write --bundle"; }
@test "cli: -b=X is refused" { refused "run -b=$BUNDLE $ID" "write --bundle"; }
@test "cli: an attached value, -bX, is refused" { refused "run -b$BUNDLE $ID" "write --bundle"; }
@test "cli: bundled letters, -db X, are refused" { refused "run -db $BUNDLE $ID" "write --detach"; }
@test "cli: an abbreviation, --bun X, is refused" { refused "run --bun $BUNDLE $ID" "write --bundle"; }
@test "cli: a flag twice is refused" { refused "run -b /a -b $BUNDLE $ID" "given twice"; }
@test "cli: both forms of one flag are refused" { refused "run -b /a --bundle $BUNDLE $ID" "given twice"; }
@test "cli: a flag behind the id is refused" { refused "run $ID --bundle $BUNDLE" "behind the container id"; }
@test "cli: --bundle= is refused" { refused "run --bundle= $ID" "empty"; }
@test "cli: --keep=false is refused" { refused "run --keep=false $ID" "takes no value"; }
@test "cli: --keep false is refused" { refused "run --keep false $ID" "behind the container id"; }
@test "cli: an unknown flag is refused" { refused "run --sandbox $ID" "does not know"; }
@test "cli: an unknown command is refused" { refused "launch $ID" "is no command"; }
@test "cli: crun's mounts is refused" { refused "mounts add $ID" "is no command"; }
@test "cli: init is refused" { refused "init" "is no command"; }
@test "cli: crun's --config is refused" { refused "create --config /x.json $ID" "config.json"; }
@test "cli: crun's -f is refused" { refused "run -f /x.json $ID" "config.json"; }
@test "cli: --preserve-fds with what is no plain number is refused" { refused "create --preserve-fds 010 $ID" "no number"; }
@test "cli: --preserve-fds beyond any need is refused" { refused "run --preserve-fds 1025 $ID" "1024 at most"; }
@test "cli: .. as an id is refused" { refused "run .." "no container id"; }
@test "cli: an id with a slash is refused" { refused "run a/b" "no container id"; }
@test "cli: delete --regex is refused" { refused "delete --regex .*" "--regex"; }
@test "cli: kill -r is refused" { refused "kill -r .* KILL" "--regex"; }

@test "cli: the empty command is refused" {
  mantlet --log "$LOG" --log-format json '' "$ID"
  assert_refused "is no command"
  assert_log
}

@test "cli: -- in front of the command ends the global flags" {
  mantlet --root "$RUNTIME_ROOT" -- run -b "$BUNDLE" "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" run --bundle "$BUNDLE" "$ID"
}

@test "cli: --log run run is a run, and it is hardened" {
  mantlet --root "$RUNTIME_ROOT" --log run run -b "$BUNDLE" "$ID"
  assert_ok
  assert_spec '.process.noNewPrivileges == true'
}

@test "cli: --log --version run is a run, and it is hardened" {
  mantlet --root "$RUNTIME_ROOT" --log --version run -b "$BUNDLE" "$ID"
  assert_ok
  assert_spec '.process.noNewPrivileges == true'
}

@test "cli: an unknown global flag is refused" {
  mantlet --log "$LOG" --log-format json --trace run -b "$BUNDLE" "$ID"
  assert_refused "does not know"
  assert_log
}

@test "cli: --root / is refused for whatever changes a container" {
  local command
  for command in "run -b $BUNDLE" start kill "delete --force" pause resume "update -r -" exec; do
    # shellcheck disable=SC2086 # words
    mantlet --root / $command "$ID"
    assert_refused "root directory"
  done
}

@test "cli: --version is the runtime's, and nothing behind it is handed over" {
  STUB_OUT="runc version 9.9" mantlet --version run -b "$BUNDLE" "$ID"
  assert_ok
  [ "$output" = "runc version 9.9" ]
  [ -z "$stderr" ]
  assert_called --version
}

@test "cli: --version taken back is refused" {
  mantlet --version --version=false run -b "$BUNDLE" "$ID"
  assert_refused "does not know"
}

@test "cli: no command at all is the runtime's affair" {
  mantlet
  assert_ok
  assert_called
}

@test "cli: commands that start nothing go unchanged, and at once" {
  local command
  for command in state "kill --all" pause resume "ps --format json" "list -q" events spec \
    features "state --of-tomorrow x"; do
    rm -f "$STUB_DIR/calls"
    # shellcheck disable=SC2086 # words
    mantlet --log="$LOG" --debug $command "$ID"
    assert_ok
    # shellcheck disable=SC2086 # words
    assert_called "--log=$LOG" --debug $command "$ID"
  done
}

@test "cli: exit status and output of a command that is passed on are the runtime's" {
  STUB_EXIT=42 STUB_OUT='{"id":"x"}' mantlet state "$ID"
  [ "$status" -eq 42 ]
  [ "$output" = '{"id":"x"}' ]
}

@test "cli: the runtime is the same process, with our descriptors closed" {
  local pid
  "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID" \
    </dev/null >"$WORK/out" 2>"$WORK/err" 3>&- 4>"$WORK/four" &
  pid=$!
  wait "$pid"
  [ "$(cat "$STUB_DIR/pid")" = "$pid" ]
  grep -qx "0 /dev/null" "$STUB_DIR/fds"
  grep -qx "1 $WORK/out" "$STUB_DIR/fds"
  grep -qx "4 $WORK/four" "$STUB_DIR/fds"
  run ! grep -q -e "$BUNDLE" -e policy "$STUB_DIR/fds"
}

@test "cli: the runtime does not get LISTEN_FDS or a library path, and gets the rest" {
  LISTEN_FDS=1 LISTEN_PID=1 LISTEN_FDNAMES=x LD_LIBRARY_PATH=/x TTRPC_ADDRESS=/t \
    mantlet state "$ID"
  assert_ok
  run ! grep -E '^(LISTEN|LD)_' "$STUB_DIR/env"
  grep -qx TTRPC_ADDRESS=/t "$STUB_DIR/env"
}

@test "cli: called by the name runc it is the same program" {
  mkdir "$WORK/bin"
  ln -s "$MANTLET" "$WORK/bin/runc"
  MANTLET=$WORK/bin/runc mantlet --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID"
  assert_ok
  assert_spec '.process.noNewPrivileges == true'
}

@test "cli: the name mantlet-watch selects that profile" {
  given_policy '.profiles.watch = {"extends": "observe"}'
  ln -s "$MANTLET" "$WORK/mantlet-watch"
  MANTLET=$WORK/mantlet-watch mantlet --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID"
  assert_ok
  assert_spec '.process.noNewPrivileges != true'
}

@test "cli: a name that selects no profile is refused" {
  ln -s "$MANTLET" "$WORK/mantlet-nonsense"
  MANTLET=$WORK/mantlet-nonsense mantlet --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID"
  assert_refused nonsense
}

@test "cli: our own flags never reach the runtime" {
  mantlet --mantlet-profile=default --debug state "$ID"
  assert_ok
  assert_called --debug state "$ID"
}
