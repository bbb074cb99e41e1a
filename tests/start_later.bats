#!/usr/bin/env bats
# The wrapper's own start (see start.bats) for exec and update: whatever the caller's environment,
# descriptors, limits and directory are, the runtime gets the same document.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell; inner shells expand

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  PROGRAM=()
  export WORK
  given_container
  given_document p .
  given_document r '.pids.limit = 99999' docker-20.10/resources/update-pids.json
  forget_calls
}

teardown() {
  mantlet_teardown
}

# in_shell KIND SCRIPT: an exec or update behind what the script does to the process.
in_shell() {
  local kind=$1 script=$2
  local -A words=([exec]="exec --process $WORK/p.json" [update]="update --resources $WORK/r.json")

  forget_calls
  # shellcheck disable=SC2086 # words
  run --separate-stderr -- bash -c "$script"'; exec "$@"' bash "$MANTLET" --mantlet-policy "$POLICY" \
    --root "$RUNTIME_ROOT" --log "$LOG" --log-format json ${words[$kind]} "$ID"
}

# assert_same KIND: allowed, and with the document of the first time.
assert_same() {
  local -A name=([exec]=process.json [update]=resources.json)

  assert_ok
  [ -s "$STUB_DIR/${name[$1]}" ] || { show; return 1; }
  [ -e "$WORK/want.$1" ] || cp "$STUB_DIR/${name[$1]}" "$WORK/want.$1"
  cmp "$STUB_DIR/${name[$1]}" "$WORK/want.$1"
}

# always SCRIPT...: after each script both are as they are without.
always() {
  local kind script

  for kind in exec update; do
    in_shell "$kind" :
    assert_same "$kind"
    for script; do
      echo "$kind: $script"
      in_shell "$kind" "$script"
      assert_same "$kind"
      [ -z "$output$stderr" ] || { show; return 1; }
    done
  done
}

@test "start: of exec and update, no variable changes anything" {
  local variable scripts=()
  for variable in LD_PRELOAD=/nowhere/x.so LD_LIBRARY_PATH=/nowhere LD_AUDIT=/nowhere/x.so PATH=/nowhere PATH= \
    LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 TZ=:/etc/shadow GLIBC_TUNABLES=glibc.malloc.check=3 GCONV_PATH=/nowhere \
    MANTLET_POLICY=/nowhere MANTLET_PROFILE=observe MANTLET_PID=1 XDG_RUNTIME_DIR=/nowhere LISTEN_FDS=3 \
    _LIBCONTAINER_INITPIPE=3 NOTIFY_SOCKET=/nowhere; do
    [[ $variable != LD_* ]] || is_static || continue
    scripts+=("exec env $variable \"\$@\"")
  done
  always "${scripts[@]}" 'exec env -i STUB_DIR="$STUB_DIR" "$@"'
}

@test "start: of exec and update, loaders and service managers leave no variable to the runtime" {
  local kind
  is_static || return 0
  for kind in exec update; do
    in_shell "$kind" 'exec env LD_PRELOAD=/nowhere LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=x _LIBCONTAINER_X=1 GCONV_PATH=/x KEPT=1 "$@"'
    assert_same "$kind"
    refute grep -qE '^(LD_|LISTEN_|_LIBCONTAINER_|GCONV_PATH)' "$STUB_DIR/env"
    grep -qx KEPT=1 "$STUB_DIR/env"
  done
}

@test "start: of exec and update, closed standard descriptors stay closed, and nothing lands in them" {
  local kind closed fd
  for kind in exec update; do
    for closed in 0 1 2 "0 1" "1 2" "0 1 2"; do
      # shellcheck disable=SC2086 # words
      in_shell "$kind" "exec $(printf '%s>&- ' $closed)"
      assert_same "$kind"
      for fd in $closed; do
        # An update is handed over as standard input.
        [ "$kind$fd" = update0 ] || refute grep -q "^$fd " "$STUB_DIR/fds"
      done
      refute grep -qE 'config\.json|[pr]\.json|audit\.jsonl|/run/mantlet|/$' "$STUB_DIR/fds"
      jq -es 'length == 1' "$AUDIT"
    done
  done
}

@test "start: of create, exec and update, inherited descriptors are passed on and none of ours beside them" {
  local kind open='ulimit -n 4096; for fd in 5 63 64 65 1005 1500; do eval "exec $fd<$WORK/inherited"; done'
  echo x >"$WORK/inherited"
  always "$open"
  for kind in exec update; do
    in_shell "$kind" "$open"
    have_inherited
    [ "$(grep -c memfd "$STUB_DIR/fds")" -eq 1 ]
  done
  rm -f "$RECORD"
  forget_calls
  given_spec .
  run --separate-stderr -- bash -c "$open"'; exec "$@"' bash "$MANTLET" --mantlet-policy "$POLICY" \
    --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_ok
  have_inherited
  refute grep -qE 'memfd|config\.json|audit\.jsonl|/run/mantlet|policy' "$STUB_DIR/fds"
}

# The runtime has the caller's descriptors, and nothing else got one of their numbers.
have_inherited() {
  [ "$(grep " $WORK/inherited$" "$STUB_DIR/fds")" = "$(printf "%s $WORK/inherited\n" 5 63 64 65 1005 1500)" ] ||
    { cat "$STUB_DIR/fds" >&2; return 1; }
}

@test "start: of exec, a descriptor that is closed on exec is a hole for --preserve-fds" {
  command -v perl >/dev/null || skip "perl is not installed"
  run --separate-stderr -- perl -e 'use Fcntl; open(my $f, "<", "/etc/hostname"); print fileno($f), "\n"; exec { $ARGV[0] } @ARGV' \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" exec --process "$WORK/p.json" --preserve-fds 1 "$ID" 3>&-
  [ "$status" -eq 1 ]
  [[ $stderr == "mantlet: refused: --preserve-fds 1 names the descriptors 3 to 3, and 3 is not open"* ]] || { show; false; }
  assert_runtime_not_called
}

@test "start: of exec and update, the umask and limits change nothing" {
  is_static || return 0
  always "umask 0000" "umask 0777" "umask 0077" "ulimit -n 20" "ulimit -s 256" "ulimit -c 0" "ulimit -l 0" \
    "ulimit -q 0" "ulimit -t 5" "trap '' XFSZ PIPE HUP"
}

@test "start: of exec and update, a current directory that was removed does not matter" {
  always 'mkdir "$WORK/d"; cd "$WORK/d"; rmdir "$WORK/d"' 'cd /' 'cd /proc/self/fd'
}

@test "start: of exec, a file size limit ends in a sentence" {
  given_document p ".env += [\"A=$(printf 'x%.0s' {1..5000})\"]"
  in_shell exec 'ulimit -f 1'
  assert_failed "cannot fill the private copy of the document"
}
