#!/usr/bin/env bats
# exec: whatever document or flags an engine sends, the process that is added gets no more than the
# container has.

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

# exec_refused TEXT FLAG...
exec_refused() {
  local text=$1
  shift
  engine exec "$@"
  assert_refused "$text"
  assert_log
}

@test "exec: what Docker sends for exec is forced to the container's user, without capabilities" {
  given_container
  given_document p .
  engine exec --process "$WORK/p.json" --detach --pid-file "$WORK/pid"
  assert_ok
  [ -z "$output$stderr" ]
  assert_process_confined
  assert_process '.args == ["id"] and .cwd == "/"'
  [ ! -e "$LOG" ]
}

@test "exec: exec -u 0 and nothing are the same document, and neither is root" {
  given_container
  given_document p '.user = {"uid": 0, "gid": 0}'
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
  assert_event '.outcome == "allowed" and .severity == 2'
}

@test "exec: exec --privileged is refused, with its reason" {
  given_container
  given_document p . docker-20.10/process/exec-privileged-root.json
  exec_refused "capabilities that this container does not have" --process "$WORK/p.json"
  [[ $stderr == *"[capabilities, policy "*", rule default, $ID]" ]] || { show; false; }
  assert_event '.event == "exec" and .outcome == "refused" and .severity == 6 and .exit == 1'
}

@test "exec: exec --privileged under fix loses everything" {
  given_policy '.controls.capabilities = "fix"'
  given_container
  given_document p . docker-20.10/process/exec-privileged-root.json
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
  assert_event '.counts.ask > 0 and .severity == 4'
}

@test "exec: every captured document of every engine ends confined or refused" {
  local document
  given_container
  for document in "$FIXTURES"/*/process/*.json; do
    forget_calls
    cp "$document" "$WORK/p.json"
    engine exec --process "$WORK/p.json"
    if [ "$status" -ne 0 ]; then
      assert_refused ""
      continue
    fi
    assert_process '.user.uid > 0 and .user.gid > 0 and .noNewPrivileges == true and ([.capabilities[][]] | length) == 0'
  done
}

@test "exec: without a capabilities key none are taken from the container's state" {
  given_container
  given_document p 'del(.capabilities)'
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
}

@test "exec: a user that was chosen stays" {
  given_container
  given_document p . docker-20.10/process/exec-user1000.json
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process '.user.uid == 1000 and .noNewPrivileges == true and ([.capabilities[][]] | length) == 0'
}

@test "exec: in a container of user 1000 root becomes user 1000, and that was an ask" {
  given_policy '.controls.user = "fix"'
  given_container '.process.user = {"uid": 1000, "gid": 1001}'
  given_document p '.user = {"uid": 0, "gid": 0}'
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process '.user.uid == 1000 and .user.gid == 1001'
  assert_event 'any(.changes[]; .control == "user" and .class == "ask" and .path == "/user/uid" and .from == "0" and .to == "1000")'
}

@test "exec: on a host with AppArmor, unconfined is refused and the container's profile is forced" {
  local apparmor='mount -t tmpfs tmpfs /sys/module && mkdir -p /sys/module/apparmor/parameters && echo Y >/sys/module/apparmor/parameters/enabled'
  given_container
  given_document p '.apparmorProfile = "unconfined"'
  run_in_mounts "$apparmor" "$MANTLET" --root "$RUNTIME_ROOT" exec --process "$WORK/p.json" "$ID"
  if [ "$status" -eq 0 ]; then
    assert_process '.apparmorProfile != "unconfined"'
  else
    assert_refused "lsm, policy"
  fi
}

@test "exec: a FIFO is read to its end" {
  given_container
  given_document p .
  mkfifo "$WORK/fifo"
  (cat "$WORK/p.json" >"$WORK/fifo") 3>&- &
  engine exec --process "$WORK/fifo"
  assert_ok
  assert_process_confined
}

@test "exec: /dev/stdin is read to its end" {
  given_container
  given_document p .
  run --separate-stderr -- sh -c 'cat "$0" | exec "$@"' "$WORK/p.json" "$MANTLET" \
    --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" exec --process /dev/stdin "$ID"
  assert_ok
  assert_process_confined
}

@test "exec: the flag form gives the process that the document form gives" {
  given_container '.process.args = ["first"] | .process.env = ["A=1"]'
  PROGRAM=(id -p --user)
  engine exec --user 0:0 --cap CAP_CHOWN --cwd /tmp --env B=2 --tty
  assert_ok
  assert_process_confined
  assert_process '.args == ["id", "-p", "--user"] and .cwd == "/tmp" and .terminal == true'
  assert_process '.env | index("A=1") != null and index("B=2") != null'
  # Nothing of it is left on the runtime's command line.
  [[ $(cat "$STUB_DIR/calls") == *$'\texec\t--process\t/proc/self/fd/'*$'\t'"$ID" ]] || { show; false; }
}

@test "exec: an argument or a flag that is not UTF-8 is refused, not changed" {
  local flag
  given_container
  PROGRAM=(rm $'a\xff')
  engine exec
  assert_refused "exec argument 'a?' is not UTF-8 text"
  PROGRAM=($'\xc3')
  engine exec
  assert_refused "is not UTF-8 text"
  PROGRAM=(id)
  for flag in env cwd apparmor process-label cap; do
    engine exec "--$flag" $'/A=\xed\xa0\x80'
    assert_refused "exec --$flag '/A=???' is not UTF-8 text"
  done
  PROGRAM=(echo 'Grüße')
  engine exec --env 'A=ü'
  assert_ok
  assert_process '.args == ["echo", "Grüße"] and (.env | index("A=ü")) != null'
}

@test "exec: --cap beyond the container is refused as in a document" {
  given_container
  PROGRAM=(id)
  exec_refused "capability that this container does not have" --cap CAP_SYS_ADMIN
}

@test "exec: the flag form without a command is refused" {
  given_container
  exec_refused "names no command"
}

@test "exec: --user and --additional-gids take numbers" {
  given_container
  PROGRAM=(id)
  exec_refused "--user 'root' is no number" --user root
  rm -f "$LOG"
  exec_refused "--user '-1' is no number" --user=-1
  rm -f "$LOG"
  exec_refused "'wheel' is no number" --additional-gids wheel
}

@test "exec: the flag form needs a record" {
  PROGRAM=(id)
  exec_refused "needs the record of a container that was started through mantlet"
}

@test "exec: flags beside --process are refused" {
  local flag
  given_container
  given_document p .
  for flag in --user=0 --cap=CAP_SYS_ADMIN --env=A=1 --cwd=/ --tty --no-new-privs \
    --apparmor=unconfined --process-label=x --additional-gids=0; do
    rm -f "$LOG"
    exec_refused "beside --process says two things at once" --process "$WORK/p.json" "$flag"
  done
}

@test "exec: --tty beside a document with a terminal is what podman sends, and is left to the document" {
  given_container
  given_document p '.terminal = true'
  engine exec --pid-file "$WORK/pid" --process "$WORK/p.json" --detach --tty --console-socket "$WORK/tty"
  assert_ok
  assert_process_confined
  assert_process '.terminal == true'
  [[ $(cat "$STUB_DIR/calls") != *--tty* ]] || { show; false; }

  forget_calls
  given_document p '.terminal = "yes"'
  engine exec --process "$WORK/p.json" --tty
  assert_refused ""
}

@test "exec: the runtime gets a sealed memfd above every descriptor that it could pass on" {
  local number
  given_container
  given_document p .
  engine exec --process "$WORK/p.json"
  assert_ok
  number=$(sed -n 's|.*--process\t/proc/self/fd/\([0-9]*\)\t.*|\1|p' "$STUB_DIR/calls")
  [ "$number" -ge 64 ]
  grep -qx "$number /memfd:mantlet-process (deleted)" "$STUB_DIR/fds" || { cat "$STUB_DIR/fds" >&2; false; }
  [ "$(awk '$1 > 2' "$STUB_DIR/fds" | grep -c mantlet)" -eq 1 ]
}

@test "exec: few descriptors are enough" {
  given_container
  given_document p .
  run --separate-stderr -- prlimit --nofile=20:20 "$MANTLET" --mantlet-policy "$POLICY" \
    --root "$RUNTIME_ROOT" exec --process "$WORK/p.json" "$ID"
  assert_ok
  assert_process_confined
}

@test "exec: the engine's file is neither changed nor removed" {
  given_container
  given_document p .
  sha256sum "$WORK/p.json" >"$WORK/sum"
  engine exec --process "$WORK/p.json"
  assert_ok
  sha256sum -c "$WORK/sum"
}

@test "exec: without a record the policy is read, and the event says that there was none" {
  given_document p .
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
  assert_event '.container.record == "missing" and .policy.source == "current" and (.container | has("create_id") | not)'
}

@test "exec: with a record no policy is read, not even a broken one" {
  local create
  given_container
  create=$(head -n 1 "$RECORD" | jq -r .event)
  echo 'not a policy' >"$POLICY"
  given_document p .
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
  AUDIT=$WORK/audit.jsonl
  assert_event ".container.record == \"present\" and .policy.source == \"record\" and .container.create_id == \"$create\""
}

@test "exec: the policy of today does not loosen a container of yesterday" {
  given_container
  given_policy '.extends = "observe"'
  given_document p .
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
}

@test "exec: a runtime that has moved since is found again, and never mantlet itself" {
  given_container
  cp "$MANTLET" "$WORK/other"
  # As after a divert: what the record names is mantlet now.
  for AS in "$MANTLET" "$WORK/gone"; do
    jq -c --arg runtime "$AS" '.runtime = $runtime' <(head -n 1 "$RECORD") >"$WORK/head"
    { cat "$WORK/head" && tail -n +2 "$RECORD"; } >"$WORK/record"
    cat "$WORK/record" >"$RECORD"
    given_document p .
    run --separate-stderr -- timeout 20 "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" \
      exec --process "$WORK/p.json" "$ID"
    # The host's runc knows no such container.
    [ "$status" -ne 0 ] && [ "$status" -ne 124 ] || { show; false; }
    [[ $stderr == *"does not exist"* ]] || { show; false; }
    run --separate-stderr -- timeout 20 "$MANTLET" --root "$RUNTIME_ROOT" state "$ID"
    [ "$status" -ne 124 ] && [[ $stderr == *"does not exist"* ]] || { show; false; }
  done
}

@test "exec: a runtime of the record that cannot be trusted or used is refused, and no other is looked for" {
  local spoil
  cp "$STUB" "$WORK/own-runtime"
  given_policy ".runtime = \"$WORK/own-runtime\""
  given_container
  given_policy .
  given_document p .
  for spoil in "chmod 0777 $WORK/own-runtime" "chmod 0644 $WORK/own-runtime" "chown 65534 $WORK/own-runtime" \
    "mkdir $WORK/own-runtime.distrib" distrib; do
    forget_calls
    case $spoil in
      distrib) rm -r "$WORK/own-runtime.distrib" && cp "$STUB" "$WORK/own-runtime.distrib" && chmod 0777 "$WORK/own-runtime.distrib" ;;
      *) $spoil ;;
    esac
    for command in "exec --process $WORK/p.json" "state" "delete" "start"; do
      # shellcheck disable=SC2086 # words
      engine $command
      assert_refused "the runtime of the container's record: the runtime '$WORK/own-runtime"
      rm -f "$LOG"
    done
    chmod 0755 "$WORK/own-runtime"
    chown 0 "$WORK/own-runtime"
  done
  rm "$WORK/own-runtime.distrib"
  change_record '.runtime = "runc"'
  engine exec --process "$WORK/p.json"
  assert_refused "the container's record names the runtime 'runc', which is no absolute path"
}

# broken TEXT: the record is one that cannot be believed, so nothing runs.
broken() {
  forget_calls
  engine exec --process "$WORK/p.json"
  assert_failed "$1"
}

@test "exec: a record that is not root's own file is not believed" {
  given_container
  given_document p .
  chown 65534 "$RECORD"
  broken "not root's own file"
  chown 0 "$RECORD"
  chmod 0666 "$RECORD"
  broken "not root's own file"
  chmod 0600 "$RECORD"
  ln "$RECORD" "$WORK/second-name"
  broken "not root's own file"
  rm "$WORK/second-name"
  mv "$RECORD" "$WORK/record"
  ln -s "$WORK/record" "$RECORD"
  broken "cannot open the container's record"
  rm "$RECORD"
  mkfifo "$RECORD"
  broken "not root's own file"
}

@test "exec: a record that is cut, emptied or of no version is not believed" {
  local whole cut
  given_container
  given_document p .
  whole=$(head -n 1 "$RECORD")
  for cut in 0 1 100 $((${#whole} / 2)) $((${#whole} - 1)) ${#whole}; do
    printf '%s' "${whole:0:cut}" >"$RECORD"
    broken "not whole"
    printf '%s\n' "${whole:0:cut}" >"$RECORD"
    [ "$cut" -eq ${#whole} ] || broken "not whole"
  done
  jq -c 'del(.v)' <<<"$whole" >"$RECORD"
  broken "not whole"
}

@test "exec: a record that lacks anything is not believed" {
  local whole filter
  given_container
  given_document p .
  whole=$(head -n 1 "$RECORD")
  for filter in 'del(.created)' 'del(.created.uid)' 'del(.created.final_uid)' \
    'del(.created.final_gid)' 'del(.created.capabilities)' '.created.final_uid = "0"' \
    'del(.mantlet) | del(.policy)' '.v = 1 | .id = "other"' \
    'del(.policy)' 'del(.policy.controls)' 'del(.policy.controls.exec)' '.policy.controls = []' 'del(.runtime)' 'del(.engine)' \
    '.engine = "x"' '.id = "other"' 'del(.policy.rule)' \
    'del(.policy.controls.user.mode)' '.policy.controls.user.mode = "yes"' \
    '.policy.controls.capabilities.allow = ["EVERYTHING"]' '.policy.controls.nonsense = {"mode": "fix"}' \
    '.policy.controls.user.root = "0:0"'; do
    jq -c "$filter" <<<"$whole" >"$RECORD"
    broken "not whole"
  done
}

# other_version FILTER: today's policy holds, not what the record says.
other_version() {
  forget_calls
  rm -f "$RECORD"
  given_container
  change_record "$1"
  given_document p "${2:-.}"
  engine exec --process "$WORK/p.json"
}

@test "exec: a record of another version is as none, and the policy of today holds" {
  local filter
  given_container
  for filter in '.v = 1' '.v = 3' '.v = 1 | del(.mantlet, .policy, .created)' \
    '.mantlet = "0.2.0 0" | del(.policy.controls.exec)' '.mantlet = "0.2.0 0" | del(.created.final_uid)' \
    '.mantlet = "0.0.9 0" | .policy.controls.nonsense = {"mode": "fix"}' \
    '.v = 3 | .policy.controls[].mode = "off"' '.v = 3 | .engine = "later"'; do
    other_version "$filter"
    assert_ok
    assert_process_confined
    assert_event '.outcome == "allowed" and .container.record == "other-version" and .policy.source == "current"'
    assert_event ".container.create_id == $(head -n 1 "$RECORD" | jq .event)"
  done
  echo 'not a policy' >"$POLICY"
  forget_calls
  engine exec --process "$WORK/p.json"
  assert_refused "the policy is broken"
}

@test "exec: whose record says that a firewall is in force gets no capability to undo it, whatever policy says today" {
  given_container
  change_record '.v = 3'
  given_policy '.controls = {metadata: "off", capabilities: {mode: "fix", allow: ["NET_ADMIN", "NET_RAW", "CHOWN"]}}'
  given_document p '.capabilities = {bounding: ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_CHOWN"]}'
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process '.capabilities.bounding == ["CAP_CHOWN"]'
  assert_event 'any(.changes[]; .control == "metadata")'
}

@test "exec: a record of another version with all that is needed keeps its policy" {
  other_version '.mantlet = "0.1.1 0"'
  given_policy '.controls.exec = {mode: "deny", shells: "block"}'
  given_document p '.args = ["sh"]'
  forget_calls
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_event '.container.record == "present"'
  change_record '.v = 1'
  forget_calls
  engine exec --process "$WORK/p.json"
  assert_refused "starts a shell"
}

@test "exec: without --process a record of another version is not enough" {
  other_version '.v = 1'
  PROGRAM=(id)
  forget_calls
  engine exec
  assert_refused "started through this version of mantlet"
}

@test "exec: a record directory that is not root's alone is not believed" {
  given_container
  given_document p .
  chmod 0777 "$RECORDS"
  broken "$(cut -c 1-80 <<<"the directory of records, $RECORDS")"
  broken "not root's alone"
  chmod 0700 "$RECORDS"
  chown 65534 "$RECORDS"
  broken "not root's alone"
  chown 0 "$RECORDS"
  mv "$RECORDS" "$WORK/records"
  ln -s "$WORK/records" "$RECORDS"
  broken "not root's alone"
  rm "$RECORDS"
  mv "$WORK/records" "$RECORDS"
  engine exec --process "$WORK/p.json"
  assert_ok
}

@test "exec: a document that is no object, no JSON, empty or too large is refused" {
  given_container
  for text in '[]' '"x"' 'null' '{"args":["a"]' '' '{} {}' '{"user":{"uid":0},"User":{"uid":0},"args":["a"],"cwd":"/"}'; do
    rm -f "$LOG"
    printf '%s' "$text" >"$WORK/p.json"
    exec_refused "" --process "$WORK/p.json"
  done
  rm -f "$LOG"
  head -c 17000000 /dev/zero | tr '\0' ' ' >"$WORK/p.json"
  exec_refused "larger than the limit of 16777216 bytes" --process "$WORK/p.json"
  rm -f "$LOG"
  exec_refused "larger than the limit" --process /dev/zero
  rm -f "$LOG"
  jq -nc '{args: ["a"], cwd: "/", deep: (reduce range(80) as $i (1; [.]))}' >"$WORK/p.json"
  exec_refused "deep" --process "$WORK/p.json"
}

@test "exec: a missing document and a directory are failures" {
  given_container
  engine exec --process "$WORK/gone"
  assert_failed "it is not there"
  engine exec --process "$WORK"
  assert_failed "cannot read the process document"
}

@test "exec: a document that others can write is refused" {
  given_container
  given_document p .
  chmod 0666 "$WORK/p.json"
  exec_refused "can be written by others than root" --process "$WORK/p.json"
}

@test "exec: unknown fields do not reach the runtime" {
  given_container
  given_document p '.later = {"a": 1} | .user.umask = 0'
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process 'has("later") | not'
  assert_event 'any(.changes[]; .control == "unknown-fields" and .path == "/later")'
}

@test "exec: the journal is in the event, with paths as in the document, and says nothing of values" {
  given_container
  given_document p '.args = ["mysql", "-pARGSECRET"] | .env += ["PASSWORD=ENVSECRET"] | .terminal = true'
  engine exec --process "$WORK/p.json" --console-socket /x
  assert_ok
  assert_event '.exec == {"program": "mysql", "argc": 2, "tty": true, "shell": false, "healthcheck": false, "form": "document", "asked_user": "0:0", "asked_privileged": false} and .severity == 4'
  assert_event 'any(.changes[]; .control == "user" and .path == "/user/uid" and .from == "0" and .to == "65532" and .class == "trim")'
  assert_event 'any(.changes[]; .control == "capabilities") and any(.changes[]; .control == "no-new-privileges")'
  refute grep -rq SECRET "$AUDIT" "$RECORD"
}

@test "exec: argument values are in the event only when the policy says full" {
  given_policy '.audit.exec_args = "full"'
  given_container
  given_document p '.args = ["mysql", "-pARGSECRET"]'
  engine exec --process "$WORK/p.json"
  assert_event '.exec.args == ["mysql", "-pARGSECRET"]'
  given_policy '.audit.exec_args = "none"'
  rm -f "$RECORD"
  given_container
  engine exec --process "$WORK/p.json"
  assert_event '.exec.program == null and .exec.argc == 2 and (.exec | has("args") | not)'
}

@test "exec: a required audit log that cannot be written stops the exec" {
  given_container
  given_policy '.audit.required = true'
  rm -f "$RECORD"
  given_container
  mkdir "$AUDIT"
  given_document p .
  engine exec --process "$WORK/p.json"
  assert_failed "which the policy requires, cannot be written"
}
