#!/usr/bin/env bats
# The record of a container: one for each container and runtime root, from create to delete.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # each test is a subshell, and meant to be

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

records_left() {
  find "$RECORDS" -mindepth 1 2>/dev/null | wc -l
}

@test "records: two lines, the first for machines, the second with request and journal" {
  given_container
  [ "$(wc -l <"$RECORD")" -eq 2 ]
  head -n 1 "$RECORD" | jq -e --arg id "$ID" --arg bundle "$BUNDLE" --arg runtime "$STUB" '
    .v == 2 and (.mantlet | test("^[0-9.]+ [0-9a-f]{12}$")) and .id == $id and .bundle == $bundle and .runtime == $runtime and .engine == "plain" and
    .created.uid == 0 and .created.final_uid == 65532 and .created.final_gid == 65532 and
    .policy.profile == "default" and .policy.controls.capabilities == {"mode": "deny", "allow": []}'
  tail -n 1 "$RECORD" | jq -e 'has("request") and has("journal") and has("refusals") and has("notes")
    and .request.process.user.uid == 0 and (.journal | length) > 5'
}

@test "records: directories and file are root's and private, whatever the umask" {
  local umask
  for umask in 0000 0777 0022; do
    rm -rf "$RECORDS"
    run --separate-stderr -- sh -c "umask $umask; exec \"\$@\"" sh "$MANTLET" --mantlet-policy "$POLICY" \
      --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
    assert_ok
    [ "$(stat -c '%a %u' /run/mantlet)" = "700 0" ]
    [ "$(stat -c '%a %u' "$RECORDS")" = "700 0" ]
    [ "$(stat -c '%a %u' "$RECORDS/$ID.json")" = "600 0" ]
  done
}

@test "records: no environment value, neither the process's nor a hook's" {
  given_policy '.controls.hooks = "audit"'
  given_container '.process.env += ["TOKEN=ENVSECRET", "X=a=ENVSECRET"] |
    .hooks.prestart = [{"path": "/bin/true", "env": ["H=HOOKSECRET"]}]'
  refute grep -q SECRET "$RECORD"
  tail -n 1 "$RECORD" | jq -e '.request.process.env | index("TOKEN=") != null and index("X=") != null'
  tail -n 1 "$RECORD" | jq -e '.request.hooks.prestart[0].env == ["H="]'
  # The container has them all the same.
  jq -e '.process.env | index("TOKEN=ENVSECRET") != null' "$BUNDLE/config.json"
}

@test "records: the request is the document as it came, but for those values" {
  given_spec '.process.env = ["A="] | .annotations = {"k": "ä\"\\ "}'
  cp "$BUNDLE/config.json" "$WORK/before.json"
  run_mantlet create
  assert_ok
  cmp <(jq -S . "$WORK/before.json") <(tail -n 1 "$RECORDS/$ID.json" | jq -S .request)
}

@test "records: the same id under two runtime roots has two" {
  given_container '.process.user.uid = 1000'
  given_spec '.process.user.uid = 2000'
  mantlet --root "$WORK/other" create -b "$BUNDLE" "$ID"
  assert_ok
  [ "$(head -n 1 "$RECORD" | jq .created.uid)" = 1000 ]
  [ "$(head -n 1 "/run/mantlet/${WORK//\//%2F}%2Fother/$ID.json" | jq .created.uid)" = 2000 ]
  rm -rf "/run/mantlet/${WORK//\//%2F}%2Fother"
}

@test "records: a root has one name, however it is written and whether it exists yet" {
  local root
  mkdir -p "$WORK/real"
  ln -s real "$WORK/link"
  cd "$WORK"
  for root in "$WORK/real/r" "$WORK/link/r" "$WORK//real/./r/" real/r "$WORK/real/../real/r"; do
    mantlet --root "$root" create -b "$BUNDLE" "$ID"
    assert_ok
    [ -f "/run/mantlet/${WORK//\//%2F}%2Freal%2Fr/$ID.json" ] || { ls -R /run/mantlet >&2; false; }
    # Now that it exists, as the runtime makes it:
    mkdir "$WORK/real/r"
    mantlet --root "$root" delete "$ID"
    assert_ok
    [ ! -e "/run/mantlet/${WORK//\//%2F}%2Freal%2Fr/$ID.json" ]
    rmdir "$WORK/real/r"
  done
  rmdir "/run/mantlet/${WORK//\//%2F}%2Freal%2Fr"
}

@test "records: a percent sign in the root is none of an escape" {
  mantlet --root "$WORK/a%2Fb" create -b "$BUNDLE" "$ID"
  assert_ok
  [ -f "/run/mantlet/${WORK//\//%2F}%2Fa%252Fb/$ID.json" ]
  rm -r "/run/mantlet/${WORK//\//%2F}%2Fa%252Fb"
}

@test "records: a root that cannot have one name is refused" {
  mantlet --root "$WORK/gone/../x" create -b "$BUNDLE" "$ID"
  assert_refused "cannot be used for a record"
  mantlet --root "$WORK/$(printf 'x%.0s' {1..240})" create -b "$BUNDLE" "$ID"
  assert_refused "cannot be used for a record"
}

@test "records: ids with dots, plus and underscore have theirs, and too long ones are refused" {
  local id
  for id in .hidden a.json a..b +x _ "$(printf 'i%.0s' {1..200})"; do
    mantlet --root "$RUNTIME_ROOT" create -b "$BUNDLE" -- "$id"
    assert_ok
    [ -f "$RECORDS/$id.json" ]
    mantlet --root "$RUNTIME_ROOT" delete "$id"
    assert_ok
  done
  [ "$(records_left)" -eq 0 ]
  rm -f "$STUB_DIR/calls"
  mantlet --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$(printf 'i%.0s' {1..201})"
  assert_refused "more than 200 characters"
  for id in . .. a/b ../x; do
    mantlet --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$id"
    assert_refused "no container id"
  done
  [ "$(records_left)" -eq 0 ]
}

@test "records: gone after delete and after delete --force" {
  local flag
  for flag in '' --force -f; do
    given_container
    # shellcheck disable=SC2086 # no word when empty
    mantlet --root "$RUNTIME_ROOT" delete $flag "$ID"
    assert_ok
    [ ! -e "$RECORD" ]
  done
  [ "$(records_left)" -eq 0 ]
}

# A container directory as runc (state.json) or crun (status) keeps it, of the process PID.
given_state() {
  local start
  start=$(sed 's/.*) //' "/proc/$2/stat" | cut -d' ' -f20)
  mkdir -p "$RUNTIME_ROOT/$ID"
  case $1 in
    runc) echo "{\"init_process_pid\":$2,\"init_process_start\":$((start + ${3:-0}))}" >"$RUNTIME_ROOT/$ID/state.json" ;;
    crun) echo "{ \"pid\": $2, \"process-start-time\": $((start + ${3:-0})) }" >"$RUNTIME_ROOT/$ID/status" ;;
  esac
}

@test "records: a delete that the runtime will refuse keeps it, --force does not" {
  local kind
  for kind in runc crun; do
    given_container
    given_state "$kind" $$
    mantlet --root "$RUNTIME_ROOT" delete "$ID"
    [ -e "$RECORD" ]
    mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
    [ ! -e "$RECORD" ]
    rm -rf "$RUNTIME_ROOT"
  done
}

@test "records: a process that has the pid by chance is not the container's" {
  local kind
  for kind in runc crun; do
    given_container
    given_state "$kind" $$ 1
    mantlet --root "$RUNTIME_ROOT" delete "$ID"
    [ ! -e "$RECORD" ]
    rm -rf "$RUNTIME_ROOT"
  done
}

@test "records: a created container keeps it while its process lives, and a broken state keeps nothing" {
  given_container
  given_state runc $$
  mkfifo "$RUNTIME_ROOT/$ID/exec.fifo"
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ -e "$RECORD" ]
  mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
  [ ! -e "$RECORD" ]
  rm -rf "$RUNTIME_ROOT"
  # A start that failed: the fifo is still there, the process is not.
  given_container
  given_state runc $$ 1
  mkfifo "$RUNTIME_ROOT/$ID/exec.fifo"
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ ! -e "$RECORD" ]
  rm -rf "$RUNTIME_ROOT"
  given_container
  mkdir -p "$RUNTIME_ROOT/$ID"
  echo '{"init_process_pid":' >"$RUNTIME_ROOT/$ID/state.json"
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ ! -e "$RECORD" ]
}

@test "records: a second create of an id that is taken changes nothing" {
  given_container '.process.user.uid = 1000'
  sha256sum "$RECORD" >"$WORK/sum"
  mkdir -p "$RUNTIME_ROOT/$ID"
  given_spec '.process.user.uid = 2000'
  sha256sum "$BUNDLE/config.json" >>"$WORK/sum"
  run_mantlet create
  assert_refused "there is a container '$ID' under this runtime root already"
  assert_log
  sha256sum -c "$WORK/sum"
}

@test "records: what a failed create or an ended run left is replaced by the next" {
  given_container '.process.user.uid = 1000'
  given_container '.process.user.uid = 2000'
  [ "$(head -n 1 "$RECORD" | jq .created.uid)" = 2000 ]
  [ "$(records_left)" -eq 2 ] # one, and the plan of its firewall
}

@test "records: ten creates at once each leave one, and no other file" {
  local i
  for i in {1..10}; do
    mkdir "$WORK/b$i"
    cp "$BUNDLE/config.json" "$WORK/b$i/"
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$WORK/b$i" "c$i" 3>&- &
  done
  wait
  [ "$(records_left)" -eq 20 ] && [ "$(find "$RECORDS" -name "*.json" | wc -l)" -eq 10 ] || { ls -la "$RECORDS" >&2; false; }
  [ "$(wc -l <"$AUDIT")" -eq 10 ]
  jq -es 'length == 10 and ([.[].id] | unique | length) == 10' "$AUDIT"
}

@test "records: ten creates of one id leave one whole record" {
  local i
  for i in {1..10}; do
    mkdir "$WORK/b$i"
    cp "$BUNDLE/config.json" "$WORK/b$i/"
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$WORK/b$i" "$ID" 3>&- &
  done
  wait
  [ "$(ls "$RECORDS"/*.json)" = "$RECORDS/$ID.json" ]
  [ "$(find "$RECORDS" -mindepth 1 | wc -l)" -eq 2 ] # with the plan of its firewall
  jq -es 'length == 2' "$RECORDS/$ID.json"
}

@test "records: a refused start leaves none, and no other file" {
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  run_mantlet create
  assert_refused "SYS_ADMIN"
  [ "$(records_left)" -eq 0 ]
}

@test "records: a document that cannot be written back leaves none" {
  run_in_mounts "mount --bind $BUNDLE $BUNDLE; mount -o remount,bind,ro $BUNDLE" \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  [ "$status" -eq 1 ]
  assert_runtime_not_called
  [ "$(records_left)" -eq 0 ]
}

@test "records: a required audit log that cannot be written leaves none" {
  given_policy '.audit.required = true | .audit.sinks = ["file:/nowhere/audit.jsonl"]'
  run_mantlet create
  assert_failed "'file:/nowhere/audit.jsonl', which the policy requires, cannot be written"
  [ "$(records_left)" -eq 0 ]
}

@test "records: a runtime that cannot be executed leaves none" {
  printf 'not a program' >"$WORK/noexec"
  chmod 0755 "$WORK/noexec"
  given_policy ".runtime = \"$WORK/noexec\""
  run_mantlet create
  assert_failed "cannot execute the runtime"
  assert_log
  [ "$(records_left)" -eq 0 ]
  jq -es '[.[].outcome] == ["allowed", "error"] and .[0].id != .[1].id' "$AUDIT"
}

@test "records: a full file system leaves none, and the document as it was" {
  local before
  before=$(bundle_state)
  run_in_mounts "mount -t tmpfs -o size=4k,mode=0700 tmpfs /run/mantlet" \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_failed "cannot write the record of the container to /run/mantlet: No space left on device"
  [[ $stderr != *unchanged* ]]
  [ "$(bundle_state)" = "$before" ]
}

# not_ours SCRIPT: with /run/mantlet as the script makes it, nothing starts.
not_ours() {
  mkdir -p /run/mantlet
  run_in_mounts "mount -t tmpfs -o mode=0755 tmpfs /run && $1" \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_failed "/run/mantlet, is not root's alone: remove it, it is made anew; containers that run then have no record"
}

@test "records: a directory that somebody else made is not used" {
  not_ours "mkdir /run/mantlet /run/x && rmdir /run/mantlet && ln -s x /run/mantlet"
  not_ours "mkdir -m 0777 /run/mantlet"
  not_ours "mkdir /run/mantlet && chown 65534 /run/mantlet"
  not_ours "touch /run/mantlet"
}

@test "records: the policy's group may read them, and nobody else; taken back with the next start" {
  cp "$POLICY" "$WORK/private.json"
  given_policy '.records_group = "daemon"'
  cat >"$WORK/steps" <<'SCRIPT'
create() { "$MANTLET" --mantlet-policy "$1" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"; }
modes() { stat -c '%a %U %G' /run/mantlet "$RECORDS" "$RECORDS/$ID.json"; }
create "$POLICY" && modes
setpriv --reuid=65534 --regid=daemon --clear-groups cat "$RECORDS/$ID.json" | wc -l
setpriv --reuid=65534 --regid=65534 --clear-groups cat "$RECORDS/$ID.json" 2>/dev/null | wc -l
create "$WORK/private.json" && modes | cut -d' ' -f1,2
SCRIPT
  export MANTLET POLICY RUNTIME_ROOT RECORDS ID BUNDLE WORK
  mkdir -p /run/mantlet
  run_in_mounts "mount -t tmpfs -o mode=0700 tmpfs /run/mantlet" bash "$WORK/steps"
  diff <(echo "$output") - <<'WANT' || { show; false; }
710 root daemon
750 root daemon
640 root daemon
2
0
700 root
700 root
600 root
WANT
}

@test "records: a group that does not exist leaves them to root" {
  given_policy '.records_group = "no-such-group"'
  given_container
  [ "$(stat -c '%a' "$RECORD")" = 600 ]
}

# A container of a real runtime, in a mount namespace where crun starts on a hybrid host and has a
# /dev/null of its own (it gives its standard streams to the container's user).
real_life() {
  command -v "$1" >/dev/null || skip "$1 is not installed"
  cp "$(command -v busybox)" "$BUNDLE/rootfs/bin/sleep"
  cp "$(command -v busybox)" "$BUNDLE/rootfs/bin/cat"
  given_policy ".runtime = \"$(command -v "$1")\""
  given_spec '.process.args = ["/bin/sleep", "60"] | .process.terminal = false'
  jq -n '{args: ["/bin/cat", "/proc/self/status"], cwd: "/", user: {uid: 0, gid: 0}, env: [],
    capabilities: {bounding: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"]}}' >"$WORK/p.json"
  cat >"$WORK/life" <<'SCRIPT'
m() { "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" "$@"; }
step() { echo "$1: $([ -e "$RECORDS/$ID.json" ] && echo record || echo none)"; }
m run -d -b "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
step run
m exec -p "$WORK/p.json" "$ID" </dev/null | grep -E '^(Uid|Gid|Cap|NoNewPrivs|Seccomp:)' | tr -s '\t' ' '
m run -d -b "$BUNDLE" "$ID" </dev/null 2>&1 | grep -c 'under this runtime root already'
m delete "$ID" >/dev/null 2>&1
step refused
m kill "$ID" KILL
for _ in 1 2 3 4 5 6 7 8 9 10; do [ "$(m state "$ID" | jq -r .status)" != stopped ] || break; sleep 0.1; done
m delete "$ID"
step deleted
m run -d -b "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
m delete --force "$ID"
step forced
SCRIPT
  export MANTLET POLICY RUNTIME_ROOT RECORDS ID BUNDLE WORK
  run_in_mounts "umount /sys/fs/cgroup/unified 2>/dev/null; mount -t tmpfs tmpfs /mnt && mknod -m 0666 /mnt/null c 1 3 && mount --bind /mnt/null /dev/null" \
    bash "$WORK/life"
  diff <(echo "$output") - <<'WANT' || { show; false; }
run: record
Uid: 65532 65532 65532 65532
Gid: 65532 65532 65532 65532
CapInh: 0000000000000000
CapPrm: 0000000000000000
CapEff: 0000000000000000
CapBnd: 0000000000000000
CapAmb: 0000000000000000
NoNewPrivs: 1
Seccomp: 2
1
refused: record
deleted: none
forced: none
WANT
}

@test "records: the life of one with runc, and what exec gets" { real_life runc; }
@test "records: the life of one with crun, and what exec gets" { real_life crun; }

@test "records: later commands use the runtime of the record" {
  local command
  cp "$STUB" "$WORK/other-runtime"
  given_policy '.controls.metadata = "off"' # no process of the stub's has a firewall
  given_container
  given_policy ".runtime = \"$WORK/gone\""
  for command in "start $ID" "state $ID" "kill --all $ID KILL" "pause $ID" "ps --format json $ID" "delete $ID"; do
    rm -f "$STUB_DIR/calls"
    # shellcheck disable=SC2086 # words
    mantlet --root "$RUNTIME_ROOT" $command
    assert_ok
    [[ $(cat "$STUB_DIR/calls") == *"${command// /$'\t'}" ]] || { show; false; }
  done
}

@test "records: a record that is not whole keeps nobody from deleting, and goes" {
  given_container
  printf '{"v":1' >"$RECORD"
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  assert_ok
  [ ! -e "$RECORD" ]
}

@test "records: of a document of 15 MiB it is whole, and mantlet stays within 64 MiB" {
  local peak
  is_static || return 0
  jq -c --arg value "$(printf 'x%.0s' {1..100})" \
    '.process.env += [range(100000) | "VARIABLE_NUMBER_\(.)=\($value)"] | .process.args += [range(60000) | "an argument"]' \
    "$BUNDLE/config.json" >"$WORK/large" && cat "$WORK/large" >"$BUNDLE/config.json"
  [ "$(stat -c %s "$BUNDLE/config.json")" -gt 13000000 ]
  run --separate-stderr -- bash -c 'ulimit -v 200000; exec "$@"' sh "$MANTLET" --mantlet-policy "$POLICY" \
    --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_ok
  tail -n 1 "$RECORDS/$ID.json" | jq -e '(.request.process.env | length) > 100000 and (.request.process.args | length) > 60000 and has("journal")'
  [ "$(head -n 1 "$RECORDS/$ID.json" | jq .created.final_uid)" = 65532 ]
  cat "$WORK/large" >"$BUNDLE/config.json"
  peak=$("$MANTLET_TOOLS/pairs" 4 "$WORK/large" "$BUNDLE/config.json" "$STUB" -- "$MANTLET" \
    --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID" | sed -n 's/.*at most \([0-9]*\) KiB/\1/p')
  [ "$peak" -lt 65536 ] || { echo "$peak KiB" >&2; false; }
}

@test "records: 16 MiB that nobody knows are dropped and journalled within 64 MiB" {
  local peak
  is_static || return 0
  jq -c '.later = [range(240000) | "\("x" * 60)"]' "$BUNDLE/config.json" >"$WORK/large"
  [ "$(stat -c %s "$WORK/large")" -gt 15000000 ]
  peak=$("$MANTLET_TOOLS/pairs" 4 "$WORK/large" "$BUNDLE/config.json" "$STUB" -- "$MANTLET" \
    --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID" | sed -n 's/.*at most \([0-9]*\) KiB/\1/p')
  [ "$peak" -lt 65536 ] || { echo "$peak KiB" >&2; false; }
  jq -es '.[1].journal | any(.[]; .path == "/later" and (.from | length) == 240000)' "$RECORDS/$ID.json" >/dev/null
}

@test "records: an engine's default document of 64 KiB needs less than 4 MiB" {
  local peak
  is_static || return 0
  jq -c '.process.env += [range(650) | "VARIABLE_NUMBER_\(.)=\("x" * 60)"]' "$BUNDLE/config.json" >"$WORK/large"
  [ "$(stat -c %s "$WORK/large")" -gt 60000 ]
  peak=$("$MANTLET_TOOLS/pairs" 4 "$WORK/large" "$BUNDLE/config.json" "$STUB" -- "$MANTLET" \
    --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID" | sed -n 's/.*at most \([0-9]*\) KiB/\1/p')
  [ "$peak" -lt 4096 ] || { echo "$peak KiB" >&2; false; }
}
