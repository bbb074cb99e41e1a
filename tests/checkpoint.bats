#!/usr/bin/env bats
# checkpoint: root writes a container's memory to disk, so where it goes is judged, and which program
# does it.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  PROGRAM=()
  SRV=$WORK/srv
  mkdir -m 0755 "$SRV"
  given_policy ".controls.restore.paths = [\"$SRV/**\"]"
}

teardown() {
  mantlet_teardown
}

checkpoint_refused() {
  local text=$1
  shift
  engine checkpoint "$@"
  assert_refused "$text"
  assert_log
  assert_event '.event == "checkpoint" and .outcome == "refused" and .severity == 6'
}

# called WORD...: the runtime was called with these behind the global flags.
called() {
  assert_called --log "$LOG" --log-format json --root "$RUNTIME_ROOT" "$@"
}

@test "checkpoint: what containerd sends passes, in our order, and is an event" {
  local image task_dir=$BUNDLE/work # containerd's link to its own directory of the task
  given_container
  image=$(mktemp -d /tmp/ctd-checkpointXXXXXXXXXX)
  mkdir "$WORK/state"
  ln -s "$WORK/state" "$task_dir"
  engine checkpoint --leave-running --image-path "$image" --work-path "$task_dir/criu-work"
  rmdir "$image"
  assert_ok
  [ -z "$output$stderr" ]
  called checkpoint --image-path "$image" --work-path "$WORK/state/criu-work" --leave-running "$ID"
  assert_event '.event == "checkpoint" and .outcome == "allowed" and .container.record == "present" and .changes == []'
}

@test "checkpoint: every captured call passes" {
  local line words dir found=0
  given_container
  while IFS= read -r line; do
    found=1
    mapfile -t words < <(jq -r --arg id "$ID" '. as $argv | .[($argv | index("checkpoint")):-1][], $id' <<<"$line")
    dir=${words[2]}
    mkdir -m 0700 "$dir"
    # The bundle is another one here.
    words[4]=$BUNDLE/criu-work
    forget_calls
    mantlet --root "$RUNTIME_ROOT" "${words[@]}"
    rmdir "$dir"
    assert_ok
    assert_called --root "$RUNTIME_ROOT" "${words[@]}"
  done < <(jq -c '.. | objects | .argv? // empty | select(index("checkpoint"))' "$FIXTURES"/*/calls.json)
  [ "$found" -eq 1 ]
}

@test "checkpoint: the default, ./checkpoint, is written out" {
  given_container
  cd "$BUNDLE"
  engine checkpoint
  assert_ok
  called checkpoint --image-path "$BUNDLE/checkpoint" "$ID"
  cd "$SRV/.."
  forget_calls
  checkpoint_refused "--image-path 'checkpoint', which is '$WORK/checkpoint', is no place"
}

@test "checkpoint: podman's directories in its bundle pass" {
  given_container
  mkdir "$BUNDLE/pre-checkpoint"
  engine checkpoint --image-path "$BUNDLE/checkpoint" --work-path "$BUNDLE" --parent-path ../pre-checkpoint
  assert_ok
  called checkpoint --image-path "$BUNDLE/checkpoint" --work-path "$BUNDLE" --parent-path ../pre-checkpoint "$ID"
}

@test "checkpoint: all flags of runc and crun arrive, in one order" {
  given_container
  mkdir "$SRV/old"
  engine checkpoint --auto-dedup --empty-ns network --manage-cgroups-mode ignore --pre-dump --file-locks \
    --status-fd 2 --shell-job --ext-unix-sk --link-remap --tcp-skip-in-flight --tcp-established \
    --leave-running --parent-path=../old --work-path="$SRV/work" --image-path "$SRV/new"
  assert_ok
  called checkpoint --image-path "$SRV/new" --work-path "$SRV/work" --parent-path ../old --leave-running \
    --tcp-established --tcp-skip-in-flight --link-remap --ext-unix-sk --shell-job --status-fd 2 \
    --file-locks --pre-dump --manage-cgroups-mode ignore --empty-ns network --auto-dedup "$ID"
}

@test "checkpoint: flags that are not known, abbreviated or crun's --network-lock are refused" {
  local flag
  given_container
  for flag in --new-flag --image -image-path --network-lock; do
    forget_calls
    engine checkpoint "$flag" /x
    assert_refused "checkpoint '$flag'"
  done
}

@test "checkpoint: places of the system are refused" {
  local place
  given_policy '.controls.restore.paths = ["/**"]'
  given_container
  for place in /etc/cron.d /etc/new /usr/lib/systemd/system /boot /root/.ssh /var/spool/cron /run/systemd/system /dev/shm /var/lib/docker/volumes; do
    forget_calls
    engine checkpoint --image-path "$place"
    assert_refused "--image-path '$place'"
    forget_calls
    engine checkpoint --image-path "$SRV/x" --work-path "$place"
    assert_refused "--work-path '$place'"
  done
}

@test "checkpoint: a system directory that the policy names is meant" {
  given_policy '.controls.restore.paths = ["/etc/mantlet-test-checkpoints/*"]'
  given_container
  engine checkpoint --image-path /etc/mantlet-test-checkpoints/a
  assert_ok
}

@test "checkpoint: without the policy's word only the engine's own places are left" {
  given_policy .
  given_container
  checkpoint_refused "--image-path '$SRV/x' is no place where this container's engine keeps checkpoints" --image-path "$SRV/x"
}

@test "checkpoint: another container's places are refused" {
  given_container
  checkpoint_refused "is no place" --image-path /var/lib/docker/containers/someone-else/checkpoints/c
}

@test "checkpoint: what others than root can change is refused, wherever on the way" {
  given_container
  mkdir "$SRV/theirs" "$SRV/open" "$SRV/sticky" "$SRV/open/mine" "$SRV/theirs/mine" "$SRV/sticky/mine"
  chown 1000 "$SRV/theirs"
  chmod 0777 "$SRV/open"
  chmod 1777 "$SRV/sticky"
  for dir in theirs open theirs/mine open/mine sticky theirs/new open/new/er; do
    forget_calls
    checkpoint_refused "--image-path '$SRV/$dir' can be changed by others than root" --image-path "$SRV/$dir"
  done
  forget_calls
  checkpoint_refused "everybody may make it first" --image-path "$SRV/sticky/new"
  forget_calls
  engine checkpoint --image-path "$SRV/sticky/mine"
  assert_ok
}

@test "checkpoint: a symlink is followed, and where it leads is judged and handed on" {
  given_container
  mkdir "$SRV/real"
  ln -s real "$SRV/good"
  ln -s /etc "$SRV/bad"
  ln -s "$SRV/nowhere" "$SRV/dangling"
  ln -s loop "$SRV/loop"
  ln -s /proc/self/root/etc "$SRV/magic"
  engine checkpoint --image-path "$SRV/good/image"
  assert_ok
  called checkpoint --image-path "$SRV/real/image" "$ID"
  forget_calls
  checkpoint_refused "which is '/etc/x', is no place" --image-path "$SRV/bad/x"
  forget_calls
  checkpoint_refused "is not there" --image-path "$SRV/dangling"
  forget_calls
  checkpoint_refused "no end" --image-path "$SRV/loop/x"
  forget_calls
  checkpoint_refused "/proc" --image-path "$SRV/magic/x"
  forget_calls
  checkpoint_refused "is not there" --image-path "$SRV/new/../../../etc"
  touch "$SRV/file"
  forget_calls
  checkpoint_refused "something else than a directory" --image-path "$SRV/file"
}

@test "checkpoint: the parent must be relative, and is judged where it leads" {
  given_container
  mkdir -p "$SRV/a/image" "$SRV/b/previous"
  ln -s ../../etc "$SRV/a/etc"
  ln -s "$SRV/b/previous" "$SRV/a/link"
  engine checkpoint --image-path "$SRV/a/image" --parent-path ../link
  assert_ok
  called checkpoint --image-path "$SRV/a/image" --parent-path ../../b/previous "$ID"
  forget_calls
  checkpoint_refused "--parent-path '../../../../../../../../../etc'" --image-path "$SRV/a/image" --parent-path ../../../../../../../../../etc
  forget_calls
  checkpoint_refused "is not relative" --image-path "$SRV/a/image" --parent-path "$SRV/b/previous"
}

@test "checkpoint: over the network only when the policy says so" {
  given_container
  checkpoint_refused "--page-server 10.0.0.1:27 sends the container's memory over the network" --image-path "$SRV/x" --page-server 10.0.0.1:27
  forget_calls
  checkpoint_refused "--lazy-pages offers the container's memory to the network" --image-path "$SRV/x" --lazy-pages
  given_policy ".controls.restore = {paths: [\"$SRV/**\"], page_server: true}"
  ID=$ID-2
  given_container
  engine checkpoint --image-path "$SRV/x" --page-server 10.0.0.1:27 --lazy-pages
  assert_ok
  called checkpoint --image-path "$SRV/x" --lazy-pages --page-server 10.0.0.1:27 "$ID"
}

@test "checkpoint: all reasons are said at once" {
  given_container
  checkpoint_refused "2 reasons" --image-path /etc/x --page-server 10.0.0.1:27
  assert_event '[.refusals[].reason] == ["checkpoint-place", "page-server"]'
}

@test "checkpoint: a container that was not started through mantlet is refused" {
  mantlet --root "$RUNTIME_ROOT" checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "was not started through mantlet"
  assert_event '.container.record == "missing"'
}

@test "checkpoint: audit lets everything pass and says what it would have refused" {
  given_policy '.controls.restore = "audit"'
  given_container
  engine checkpoint --image-path /etc/x --page-server 10.0.0.1:27
  assert_ok
  called checkpoint --image-path /etc/x --page-server 10.0.0.1:27 "$ID"
  assert_event '.outcome == "would-refuse" and [.refusals[].enforced] == [false, false]'
}

@test "checkpoint: off lets it pass in silence" {
  given_policy '.controls.restore = "off"'
  given_container
  engine checkpoint --image-path /etc/x
  assert_ok
  assert_event '.outcome == "allowed" and (has("refusals") | not)'
}

@test "checkpoint: the policy is the record's; a broken one on disk changes nothing" {
  given_container
  echo '{' >"$POLICY"
  engine checkpoint --image-path "$SRV/x"
  assert_ok
  assert_event '.policy.source == "record"'
}

@test "checkpoint: standard streams, exit status and the record stay as they are" {
  given_container
  cp "$RECORD" "$WORK/before"
  STUB_EXIT=42 STUB_OUT=dumped engine checkpoint --image-path "$SRV/x"
  [ "$status" -eq 42 ]
  [ "$output" = dumped ]
  cmp "$RECORD" "$WORK/before"
  [ ! -e "$SRV/x" ]
}

# given_criu PATH: a program.
given_criu() {
  printf '#!/bin/sh\n' >"$1"
  chmod 0755 "$1"
}

@test "checkpoint: --criu must be an absolute path of root's, and is handed on resolved" {
  given_container
  given_criu "$SRV/criu-4"
  ln -s criu-4 "$SRV/criu"
  mantlet --root "$RUNTIME_ROOT" --criu "$SRV/criu" checkpoint --image-path "$SRV/x" "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" --criu "$SRV/criu-4" checkpoint --image-path "$SRV/x" "$ID"
  forget_calls
  cd "$SRV"
  mantlet --root "$RUNTIME_ROOT" --criu ./criu checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "absolute path"
  mantlet --root "$RUNTIME_ROOT" --criu /nowhere/criu checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "where no program is"
  mantlet --root "$RUNTIME_ROOT" --criu "$SRV" checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "where no program is"
  chown 1000 "$SRV/criu-4"
  mantlet --root "$RUNTIME_ROOT" --criu "$SRV/criu" checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "cannot be trusted"
  chown 0 "$SRV/criu-4"
  chmod 0777 "$SRV"
  mantlet --root "$RUNTIME_ROOT" --criu "$SRV/criu" checkpoint --image-path "$BUNDLE/checkpoint" "$ID"
  assert_refused "cannot be trusted"
}

@test "checkpoint: a link to criu in a directory that others can change is refused" {
  given_container
  given_criu "$SRV/criu"
  mkdir -m 0777 "$WORK/open"
  chmod 0777 "$WORK/open"
  ln -s "$SRV/criu" "$WORK/open/criu"
  mantlet --root "$RUNTIME_ROOT" --criu "$WORK/open/criu" checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "cannot be trusted"
}

@test "checkpoint: a bare name is what PATH leads to first, and is judged the same way" {
  given_container
  mkdir "$SRV/bin" "$WORK/open"
  given_criu "$SRV/bin/criu"
  given_criu "$SRV/bin/my-criu"
  PATH=$SRV/bin:$PATH mantlet --root "$RUNTIME_ROOT" --criu my-criu checkpoint --image-path "$SRV/x" "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" --criu "$SRV/bin/my-criu" checkpoint --image-path "$SRV/x" "$ID"
  forget_calls
  PATH=$SRV/bin:$PATH mantlet --root "$RUNTIME_ROOT" checkpoint --image-path "$SRV/x" "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" checkpoint --image-path "$SRV/x" "$ID"
  forget_calls
  mantlet --root "$RUNTIME_ROOT" --criu no-such-criu checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "no directory of PATH"
  chmod 0777 "$WORK/open"
  given_criu "$WORK/open/criu"
  PATH=$WORK/open:$PATH mantlet --root "$RUNTIME_ROOT" checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "cannot be trusted"
  cd "$SRV/bin"
  PATH=:$PATH mantlet --root "$RUNTIME_ROOT" checkpoint --image-path "$SRV/x" "$ID"
  assert_refused "absolute path"
}

@test "checkpoint: for other commands --criu goes as it came" {
  mantlet --criu whatever state "$ID"
  assert_ok
  assert_called --criu whatever state "$ID"
  forget_calls
  mantlet --root "$RUNTIME_ROOT" --criu whatever run --bundle "$BUNDLE" "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" --criu whatever run --bundle "$BUNDLE" "$ID"
}

@test "checkpoint: a wrong path in the policy is said when it is read" {
  given_policy '.controls.restore.paths = ["srv/*"]'
  run_mantlet create
  assert_refused "'restore.paths' has 'srv/*': an absolute path of the host"
}
