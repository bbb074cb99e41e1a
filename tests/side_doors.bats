#!/usr/bin/env bats
# What is common to the commands behind create: a flag says no more than the field of a document that
# it stands for, nothing is left on the file system, and nothing is left of what was refused.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  PROGRAM=()
}

teardown() {
  mantlet_teardown
}

# Flags of exec, and what they do to the container's own process document.
flags_and_fields() {
  cat <<'EOT'
|.
--user 0|.user.uid = 0
--user 0:0|.user.uid = 0 | .user.gid = 0
--user 1234|.user.uid = 1234
--user 1234:6|.user.uid = 1234 | .user.gid = 6
--user 4294967294|.user.uid = 4294967294
--additional-gids 0 -g 6|.user.additionalGids += [0, 6]
--cap CAP_SYS_ADMIN|.capabilities[] += ["CAP_SYS_ADMIN"]
-c CAP_CHOWN --cap CAP_KILL|.capabilities[] += ["CAP_CHOWN", "CAP_KILL"]
--cap ALL|.capabilities[] += ["ALL"]
--env A=1 -e _LIBCONTAINER_INITPIPE=3 --env LISTEN_FDS=5|.env += ["A=1", "_LIBCONTAINER_INITPIPE=3", "LISTEN_FDS=5"]
--env novalue|.env += ["novalue"]
--cwd /tmp|.cwd = "/tmp"
--cwd /proc/self/fd/7|.cwd = "/proc/self/fd/7"
--cwd /tmp/../proc/self/fd/7|.cwd = "/tmp/../proc/self/fd/7"
--cwd tmp|.cwd = "tmp"
--apparmor unconfined|.apparmorProfile = "unconfined"
--process-label system_u:system_r:spc_t:s0|.selinuxLabel = "system_u:system_r:spc_t:s0"
--no-new-privs|.noNewPrivileges = true
--tty|.terminal = true
--user 0 --cap CAP_SYS_ADMIN --apparmor unconfined --cwd /dev|.user.uid = 0 | .capabilities[] += ["CAP_SYS_ADMIN"] | .apparmorProfile = "unconfined" | .cwd = "/dev"
EOT
}

# With AppArmor and SELinux that are on, or off as here.
on_host() {
  local lsm=

  [ "$1" = plain ] || lsm='mount -t tmpfs tmpfs /sys/module && mkdir -p /sys/module/apparmor/parameters &&
    echo Y >/sys/module/apparmor/parameters/enabled'
  shift
  run_in_mounts "${lsm:-:}" "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" "$@"
}

# Status, sentence and document of the last call.
outcome() {
  echo "$status $stderr"
  [ ! -e "$STUB_DIR/process.json" ] || jq -S . "$STUB_DIR/process.json"
}

@test "side doors: a flag of exec gets what the same field of a document gets, or is refused with it" {
  local host flags filter passed=0 refused=0
  for host in plain apparmor; do
    rm -f "$RECORDS/$ID.json"
    given_container '.process.args = ["first"] | .process.cwd = "/"'
    while IFS='|' read -r flags filter <&5; do
      echo "$host: $flags"
      forget_calls
      # Of a container without capabilities all five sets are there, and empty.
      jq ".process | .args = [\"id\"] | .terminal = false | $filter" "$BUNDLE/config.json" >"$WORK/p.json"
      on_host "$host" exec --process "$WORK/p.json" "$ID"
      outcome >"$WORK/want"
      forget_calls
      # shellcheck disable=SC2086 # words
      on_host "$host" exec $flags "$ID" id
      outcome >"$WORK/got"
      diff "$WORK/want" "$WORK/got" || { show; false; }
      if [ "$status" -eq 0 ]; then
        assert_process '.noNewPrivileges == true and ([.capabilities[] | length] == [0, 0, 0, 0, 0]) and .user.uid != 0
          and .user.gid != 0 and ((.user.additionalGids // []) | index(0) == null)'
        assert_process 'all(.env[]; startswith("_LIBCONTAINER_") | not)'
        [ "$host" = plain ] || assert_process '.apparmorProfile != "unconfined"'
        passed=$((passed + 1))
      else
        assert_runtime_not_called
        refused=$((refused + 1))
      fi
    done 5< <(flags_and_fields)
  done
  echo "$passed passed, $refused refused"
  [ "$passed" -ge 16 ]
  [ "$refused" -ge 12 ]
}

@test "side doors: --no-new-privs cannot be taken back, in no form" {
  local flag
  given_container
  PROGRAM=(id)
  for flag in --no-new-privs=false --no-new-privs=0 --no-new-privs=; do
    forget_calls
    engine exec "$flag"
    assert_refused "takes no value"
    assert_log
  done
}

@test "side doors: exec and update, by document and by flags, leave no file but their event" {
  local call
  command -v strace >/dev/null || skip "strace is not installed"
  given_container
  given_document p .
  given_document r . docker-20.10/resources/update-pids.json
  for call in "exec --process $WORK/p.json $ID" "exec --user 0 $ID id" "update --resources $WORK/r.json $ID" \
    "update --pids-limit 10 $ID"; do
    forget_calls
    # shellcheck disable=SC2086 # words
    run --separate-stderr -- strace -f -e trace=open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,execve,bind \
      -o "$WORK/trace" "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" $call
    assert_ok
    # Until the runtime takes over.
    awk '/ execve\(/ && ++count == 2 { exit } { print }' "$WORK/trace" >"$WORK/ours"
    [ "$(grep -cE 'O_CREAT|O_TMPFILE' "$WORK/ours")" -eq 1 ] || { cat "$WORK/ours" >&2; false; }
    grep -E 'O_CREAT|O_TMPFILE' "$WORK/ours" | grep -qF audit.jsonl
    refute grep -E ' (creat|mkdir|mkdirat|mknod|mknodat|link|linkat|symlink|symlinkat|rename|renameat|renameat2|bind)\(' "$WORK/ours"
  done
}

@test "side doors: of what was refused nothing is left to delete, start, execute in or change" {
  local command
  given_document p .
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  run_mantlet create
  assert_refused "SYS_ADMIN"
  [ ! -e "$RECORDS/$ID.json" ]
  # The engine's cleanup behind a failed create reaches the runtime, which knows what is there.
  for command in "delete --force" delete "kill --all" state; do
    forget_calls
    # shellcheck disable=SC2086 # words
    engine $command
    assert_ok
    [ -s "$STUB_DIR/calls" ]
  done
  forget_calls
  engine start
  assert_refused "there is no record"
  rm -f "$LOG"
  PROGRAM=(id)
  engine exec --user 0
  assert_refused "needs the record"
  PROGRAM=()
  rm -f "$LOG"
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
  [ ! -e "$RECORDS/$ID.json" ]
}
