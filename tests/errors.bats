#!/usr/bin/env bats
# Everything that can be wrong with a bundle, a policy or a runtime: one sentence, nothing started,
# the original intact, nothing left over.

# shellcheck disable=SC2030,SC2031 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() {
  mantlet_setup
}

teardown() {
  mantlet_teardown
}

# The bundle is refused with TEXT and is afterwards what it was before.
assert_bundle() {
  local before
  before=$(bundle_state)
  run_mantlet create
  "${2:-assert_refused}" "$1"
  assert_log
  [ "$(bundle_state)" = "$before" ]
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "bundle: a missing directory" {
  mantlet --log "$LOG" --log-format json create --bundle "$WORK/gone" "$ID"
  assert_failed "it is not there"
  assert_log
}

@test "bundle: a missing document" {
  rm "$BUNDLE/config.json"
  assert_bundle "it is not there" assert_failed
}

@test "bundle: a document that cannot be read" {
  chmod 0000 "$BUNDLE/config.json"
  run --separate-stderr -- setpriv --bounding-set=-dac_override,-dac_read_search -- \
    "$MANTLET" --mantlet-policy "$POLICY" --log "$LOG" --log-format json create -b "$BUNDLE" "$ID"
  assert_failed "refused access"
  assert_log
}

@test "bundle: an empty document" {
  : >"$BUNDLE/config.json"
  assert_bundle "is empty"
}

@test "bundle: a truncated document" {
  truncate -s 700 "$BUNDLE/config.json"
  assert_bundle "config.json"
}

@test "bundle: text behind the document" {
  echo '{}' >>"$BUNDLE/config.json"
  assert_bundle "config.json"
}

@test "bundle: a FIFO does not hold us" {
  rm "$BUNDLE/config.json"
  mkfifo "$BUNDLE/config.json"
  run --separate-stderr -- timeout 10 "$MANTLET" --mantlet-policy "$POLICY" create -b "$BUNDLE" "$ID"
  assert_refused "FIFO"
}

@test "bundle: a directory" {
  rm "$BUNDLE/config.json"
  mkdir "$BUNDLE/config.json"
  assert_bundle "a directory"
}

@test "bundle: a symlink, even to a good document" {
  mv "$BUNDLE/config.json" "$BUNDLE/real.json"
  ln -s real.json "$BUNDLE/config.json"
  assert_bundle "symlink"
}

@test "bundle: a second name of the document" {
  ln "$BUNDLE/config.json" "$WORK/second.json"
  assert_bundle "hard links"
}

@test "bundle: a document of another owner" {
  chown 65534 "$BUNDLE/config.json"
  assert_bundle "65534"
}

@test "bundle: a document that all may write" {
  chmod 0666 "$BUNDLE/config.json"
  assert_bundle "0666"
}

@test "bundle: a directory that all may write" {
  chmod 0777 "$BUNDLE"
  assert_bundle "0777"
}

@test "bundle: a directory above of another owner" {
  chown 65534 "$WORK"
  run_mantlet create
  chown 0 "$WORK"
  assert_refused "65534"
}

@test "bundle: a document over the limit" {
  truncate -s $((16 * 1024 * 1024 + 1)) "$BUNDLE/config.json"
  assert_bundle "16777216"
}

@test "bundle: a disk that is full" {
  cp -a "$BUNDLE" "$WORK/copy"
  # shellcheck disable=SC2016 # the inner shell expands it
  run_in_mounts "mount -t tmpfs -o size=64k,mode=0755 none '$BUNDLE' &&
      cp -a '$WORK/copy/.' '$BUNDLE' && { cat /dev/zero >'$BUNDLE/fill' 2>/dev/null || true; }
      (cd '$BUNDLE' && ls -A && cat config.json) >'$WORK/before'" \
    sh -c '"$@"; status=$?; cd "$0"; (ls -A && cat config.json) >../after; exit $status' "$BUNDLE" \
    "$MANTLET" --mantlet-policy "$POLICY" --log "$LOG" --log-format json --root "$RUNTIME_ROOT" \
    create -b "$BUNDLE" "$ID"
  assert_failed "No space left"
  assert_log
  cmp "$WORK/before" "$WORK/after"
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "bundle: a read-only file system" {
  local before
  before=$(bundle_state)
  run_in_mounts "mount --bind '$BUNDLE' '$BUNDLE' && mount -o remount,bind,ro '$BUNDLE'" \
    "$MANTLET" --mantlet-policy "$POLICY" --log "$LOG" --log-format json --root "$RUNTIME_ROOT" \
    create -b "$BUNDLE" "$ID"
  assert_failed "Read-only"
  assert_log
  [ "$(bundle_state)" = "$before" ]
  [ ! -e "$RECORDS/$ID.json" ]
}

# The policy is refused with TEXT, and the bundle stays as it was.
assert_policy() {
  assert_bundle "$1" "${2:-assert_refused}"
  # shellcheck disable=SC2154 # set by run
  [[ $stderr == *policy.json* ]]
}

@test "policy: one that is named and missing" {
  rm "$POLICY"
  assert_policy "it is not there"
}

@test "policy: one that cannot be read" {
  chmod 0000 "$POLICY"
  run --separate-stderr -- setpriv --bounding-set=-dac_override,-dac_read_search -- \
    "$MANTLET" --mantlet-policy "$POLICY" --log "$LOG" --log-format json create -b "$BUNDLE" "$ID"
  assert_refused "refused access"
}

@test "policy: an empty one" {
  : >"$POLICY"
  assert_policy ""
}

@test "policy: a truncated one" {
  truncate -s 30 "$POLICY"
  assert_policy ""
}

@test "policy: a FIFO does not hold us" {
  rm "$POLICY"
  mkfifo "$POLICY"
  run --separate-stderr -- timeout 10 "$MANTLET" --mantlet-policy "$POLICY" create -b "$BUNDLE" "$ID"
  assert_refused "not a regular file"
}

@test "policy: a directory" {
  rm "$POLICY"
  mkdir "$POLICY"
  assert_policy "not a regular file"
}

@test "policy: a symlink" {
  mv "$POLICY" "$WORK/real.json"
  ln -s real.json "$POLICY"
  assert_policy "symbolic link"
}

@test "policy: one of another owner" {
  chown 65534 "$POLICY"
  assert_policy "65534"
}

@test "policy: one that all may write" {
  chmod 0666 "$POLICY"
  assert_policy "0666"
}

@test "policy: a directory above that all may write" {
  mkdir -m 0777 "$WORK/open"
  mv "$POLICY" "$WORK/open/policy.json"
  chmod 0777 "$WORK/open"
  POLICY=$WORK/open/policy.json
  assert_policy "0777"
}

@test "policy: one over the limit" {
  truncate -s $((1024 * 1024 + 1)) "$POLICY"
  assert_policy "1048576"
}

@test "policy: a fragment that cannot be trusted" {
  mkdir -m 0755 "$WORK/policy.d"
  echo '{}' >"$WORK/policy.d/10-x.json"
  chmod 0666 "$WORK/policy.d/10-x.json"
  assert_bundle "10-x.json"
}

@test "policy: an unknown key names the nearest one" {
  given_policy '.controls.pid = "fix"'
  assert_policy "pids"
}

@test "runtime: one that is named and missing" {
  given_policy '.runtime = "/gone/runc"'
  assert_bundle "/gone/runc"
}

@test "runtime: one of another owner" {
  install -m 0755 -o 65534 "$STUB" "$WORK/runc"
  given_policy ".runtime = \"$WORK/runc\""
  assert_bundle "65534"
}

@test "runtime: one that all may write" {
  install -m 0777 "$STUB" "$WORK/runc"
  given_policy ".runtime = \"$WORK/runc\""
  assert_bundle "0777"
}

@test "runtime: mantlet itself" {
  given_policy ".runtime = \"$MANTLET\""
  assert_bundle "mantlet itself"
}

@test "runtime: a copy of mantlet does not run for ever" {
  install -m 0755 "$MANTLET" "$WORK/runc"
  given_policy ".runtime = \"$WORK/runc\""
  run --separate-stderr -- timeout 10 "$MANTLET" --mantlet-policy "$POLICY" state "$ID"
  assert_refused "copy of mantlet"
}

@test "runtime: none installed" {
  given_policy 'del(.runtime)'
  run_in_mounts "for dir in /usr/local/sbin /usr/local/bin; do
        mount -t tmpfs none \$dir || exit; done
      for file in /usr/sbin/runc /usr/bin/runc /usr/bin/crun /usr/sbin/runc.distrib; do
        [ ! -e \$file ] || mount --bind '$MANTLET' \$file || exit; done" \
    "$MANTLET" --mantlet-policy "$POLICY" state "$ID"
  assert_failed "install runc"
}

@test "log: the text form" {
  : >"$BUNDLE/config.json"
  mantlet --log "$LOG" create -b "$BUNDLE" "$ID"
  assert_refused "is empty"
  grep -Eqx 'time="[-0-9T:]+Z" level=error msg="mantlet: refused: .*"' "$LOG"
}

@test "log: one that cannot be written does not keep the sentence from stderr" {
  : >"$BUNDLE/config.json"
  mantlet --log /gone/log --log-format json create -b "$BUNDLE" "$ID"
  assert_refused "is empty"
}

@test "log: a symlink is not followed" {
  : >"$BUNDLE/config.json"
  ln -s target "$LOG"
  mantlet --log "$LOG" --log-format json create -b "$BUNDLE" "$ID"
  assert_refused "is empty"
  [ ! -e "$WORK/target" ]
}

@test "log: words in the document that engines reinterpret are defused" {
  given_spec '.linux.sysctl["kernel.permission denied"] = "1"'
  run_mantlet create
  [ "$status" -eq 1 ]
  assert_no_engine_words
  assert_log
  run ! grep -iq 'permission denied' "$LOG"
}
