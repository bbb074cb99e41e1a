#!/usr/bin/env bats
# restore: refused, unless the policy permits it; then the bundle is hardened as for create, and what
# is restored must be root's alone.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  PROGRAM=()
  SRV=$WORK/srv IMAGE=$WORK/srv/image
  mkdir -m 0755 "$SRV" "$IMAGE"
  touch "$IMAGE/inventory.img" "$IMAGE/core-1.img" "$IMAGE/descriptors.json"
  chmod 0600 "$IMAGE"/*
  given_restore true
}

teardown() {
  mantlet_teardown
}

# given_restore BOOL [MODE]
given_restore() {
  given_policy ".controls.restore = {mode: \"${2:-deny}\", allow_restore: $1, paths: [\"$SRV/**\"]}
    | .controls.metadata = \"off\""
}

# restore [FLAG...]: as the containerd shim calls it.
restore() {
  engine restore --image-path "$IMAGE" "$@" --detach --pid-file "$WORK/pid" -no-subreaper --bundle "$BUNDLE"
}

restore_refused() {
  local text=$1
  shift
  restore "$@"
  assert_refused "$text"
  assert_log
  assert_event '.event == "restore" and .outcome == "refused"'
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "restore: refused by default, under fix and under deny, and the bundle is as it was" {
  local mode before
  for mode in deny fix; do
    given_restore false "$mode"
    forget_calls
    before=$(bundle_state)
    restore_refused "restore brings its own credentials and system call filter, which no policy can change; start the container afresh"
    [ "$(bundle_state)" = "$before" ]
  done
  given_policy .
  forget_calls
  restore_refused "restore brings its own credentials"
}

@test "restore: where the policy permits it, it passes as containerd calls it" {
  restore --work-path "$SRV/work"
  assert_ok
  [ -z "$output$stderr" ]
  assert_called --log "$LOG" --log-format json --root "$RUNTIME_ROOT" restore --bundle "$BUNDLE" \
    --image-path "$IMAGE" --work-path "$SRV/work" --detach --pid-file "$WORK/pid" --no-subreaper "$ID"
  assert_event '.event == "restore" and .outcome == "allowed"'
}

@test "restore: the document that the runtime reads is the one that create would have made" {
  run_mantlet create
  assert_ok
  cp "$STUB_DIR/config.json" "$WORK/created.json"
  given_spec .
  ID=$ID-2
  forget_calls
  restore
  assert_ok
  cmp "$STUB_DIR/config.json" "$WORK/created.json"
  cmp "$BUNDLE/config.json" "$WORK/created.json"
}

@test "restore: what create refuses is refused" {
  local filter
  for filter in '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]' \
    '.linux.namespaces |= map(select(.type != "pid"))' '.linux.namespaces |= map(select(.type != "network"))' \
    '.mounts += [{"destination": "/host", "type": "bind", "source": "/", "options": ["rbind"]}]' \
    '.hooks.prestart = [{"path": "/bin/sh"}]' '.linux.sysctl = {"kernel.core_pattern": "|/x"}' \
    '.linux.cgroupsPath = "/"' '.process.user.uid = "0"' '.Process = .process'; do
    given_spec "$filter"
    forget_calls
    restore
    assert_refused ""
    forget_calls
    run_mantlet create
    assert_refused ""
  done
}

@test "restore: the annotation that names a file of criu's options is dropped" {
  given_spec '.annotations = {"org.criu.config": "/tmp/evil.conf", "org.criu.else": "x", "note": "stays"}'
  restore
  assert_ok
  assert_spec '.annotations == {"note": "stays"}'
  assert_journal '.control == "annotations" and .path == "/annotations/org.criu.config"'
  given_spec '.annotations = {"org.criu.config": "/tmp/evil.conf"}'
  ID=$ID-2
  run_mantlet create
  assert_ok
  assert_spec '.annotations["org.criu.config"] == null'
  given_policy '.controls.annotations = "deny"'
  given_spec '.annotations = {"org.criu.config": "/tmp/evil.conf"}'
  ID=$ID-3
  forget_calls
  run_mantlet create
  assert_refused "org.criu.config"
}

@test "restore: the record is a create's, and later commands know the container" {
  restore
  assert_ok
  jq -es '.[0].id == "'"$ID"'" and .[0].policy.controls.restore.mode == "deny" and (.[1].journal | length) > 5' "$RECORDS/$ID.json" >/dev/null
  forget_calls
  mantlet --root "$RUNTIME_ROOT" start "$ID"
  assert_ok
  assert_called --root "$RUNTIME_ROOT" start "$ID"
  forget_calls
  given_document p '.user = {"uid": 0, "gid": 0}'
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process_confined
  assert_event '.container.record == "present"'
  mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
  assert_ok
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "restore: an id that is taken is refused, and its record stays" {
  given_container
  mkdir -p "$RUNTIME_ROOT/$ID"
  cp "$RECORD" "$WORK/before"
  given_spec .
  restore
  assert_refused "there is a container '$ID' under this runtime root already"
  cmp "$RECORD" "$WORK/before"
}

@test "restore: a runtime that cannot be executed leaves no record" {
  printf 'not a program\n' >"$WORK/runtime"
  chmod 0755 "$WORK/runtime"
  given_restore true
  jq ".runtime = \"$WORK/runtime\"" "$POLICY" >"$WORK/p" && mv "$WORK/p" "$POLICY"
  restore
  [ "$status" -eq 1 ]
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "restore: audit hardens the bundle, and says what it would have refused" {
  given_restore false audit
  chmod 0777 "$IMAGE"
  restore --manage-cgroups-mode ignore
  assert_ok
  assert_spec '.process.noNewPrivileges == true and .process.user.uid == 65532'
  assert_event '.outcome == "would-refuse"'
  assert_event '[.refusals[].reason] == ["checkpoint", "checkpoint-directory", "cgroups-mode"] and all(.refusals[]; .enforced == false)'
}

@test "restore: off hardens the bundle in silence" {
  given_restore false off
  restore
  assert_ok
  assert_spec '.process.noNewPrivileges == true'
  assert_event '.outcome == "allowed" and (has("refusals") | not)'
}

@test "restore: images that others than root can change are refused, all the way up and inside" {
  chmod 0777 "$IMAGE"
  restore_refused "--image-path '$IMAGE' can be changed by others than root"
  chmod 0755 "$IMAGE"
  chown 1000 "$SRV"
  forget_calls
  restore_refused "can be changed by others than root"
  chown 0 "$SRV"
  chown 1000 "$IMAGE/core-1.img"
  forget_calls
  restore_refused "has files in it that others than root can change"
  chown 0 "$IMAGE/core-1.img"
  chmod 0622 "$IMAGE/core-1.img"
  forget_calls
  restore_refused "has files in it that others than root can change"
  chmod 0600 "$IMAGE/core-1.img"
  ln -s /tmp/x "$IMAGE/pages-1.img"
  forget_calls
  restore_refused "no part of a checkpoint"
  rm "$IMAGE/pages-1.img"
  mkfifo "$IMAGE/pages-1.img"
  forget_calls
  restore_refused "no part of a checkpoint"
}

@test "restore: images below are looked at as well" {
  mkdir -m 0700 "$SRV/previous"
  ln -s ../previous "$IMAGE/parent"
  restore
  assert_ok
  ID=$ID-2
  touch "$SRV/previous/pages-1.img"
  chown 1000 "$SRV/previous/pages-1.img"
  forget_calls
  restore_refused "made on top of a checkpoint that is not root's alone"
  rm "$SRV/previous/pages-1.img"
  ln -s ../image "$SRV/previous/parent"
  forget_calls
  restore_refused "on top of too many others"
  rm "$SRV/previous/parent"
  chmod 0777 "$SRV/previous"
  forget_calls
  restore_refused "made on top of a checkpoint that is not root's alone"
}

@test "restore: images that are not there, or in a container's own files, are refused" {
  IMAGE=$SRV/gone
  restore_refused "--image-path '$SRV/gone' cannot be looked into"
  IMAGE=$BUNDLE/rootfs/tmp
  forget_calls
  restore_refused "is no place where this container's engine keeps checkpoints"
}

@test "restore: a relative image is that of the current directory, also once the runtime is in the bundle" {
  cd "$SRV"
  IMAGE=image
  restore
  assert_ok
  grep -q -- "	--image-path	$SRV/image	" "$STUB_DIR/calls"
}

@test "restore: the work directory is judged as for checkpoint" {
  restore_refused "--work-path '/etc/x' is no place" --work-path /etc/x
}

@test "restore: only the cgroup mode that keeps the document's limits passes" {
  local mode
  for mode in ignore full strict props none SOFT; do
    forget_calls
    restore_refused "--manage-cgroups-mode $mode restores the container outside of the limits" --manage-cgroups-mode "$mode"
  done
  forget_calls
  restore --manage-cgroups-mode soft
  assert_ok
}

@test "restore: LSM labels pass when they are the document's" {
  given_spec '.process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2" | .linux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2" | .process.apparmorProfile = "docker-default"'
  restore_refused "--lsm-profile 'apparmor:unconfined' is another profile than the document's" --lsm-profile apparmor:unconfined
  forget_calls
  restore_refused "--lsm-profile 'selinux:system_u:system_r:spc_t:s0'" --lsm-profile selinux:system_u:system_r:spc_t:s0
  forget_calls
  restore_refused "--lsm-mount-context 'x' is another label" --lsm-mount-context x
  forget_calls
  restore --lsm-profile selinux:system_u:system_r:container_t:s0:c1,c2 --lsm-mount-context system_u:object_r:container_file_t:s0:c1,c2
  assert_ok
}

@test "restore: a label where the document has none is refused" {
  given_spec 'del(.process.apparmorProfile, .process.selinuxLabel, .linux.mountLabel)'
  restore_refused "--lsm-profile 'apparmor:docker-default'" --lsm-profile apparmor:docker-default
}

@test "restore: --shell-job is refused, options that stay inside pass" {
  restore_refused "--shell-job puts the container into the session of its caller" --shell-job
  forget_calls
  restore --tcp-established --ext-unix-sk --file-locks --empty-ns network --auto-dedup --lazy-pages
  assert_ok
}

@test "restore: --criu is judged as for checkpoint" {
  printf '#!/bin/sh\n' >"$SRV/criu"
  chmod 0777 "$SRV/criu"
  mantlet --root "$RUNTIME_ROOT" --criu "$SRV/criu" restore --image-path "$IMAGE" --bundle "$BUNDLE" "$ID"
  assert_refused "criu, '$SRV/criu', runs as root and cannot be trusted"
  chmod 0755 "$SRV/criu"
  mantlet --root "$RUNTIME_ROOT" --criu "$SRV/criu" restore --image-path "$IMAGE" --bundle "$BUNDLE" "$ID"
  assert_ok
}

@test "restore: one dash is understood for go-runc's -no-subreaper and for nothing else" {
  engine restore -image-path "$IMAGE" --bundle "$BUNDLE"
  assert_refused "write --image-path"
  forget_calls
  engine restore -no-subreaper=true --image-path "$IMAGE" --bundle "$BUNDLE"
  assert_refused "write --no-subreaper"
  forget_calls
  engine run -no-subreaper --bundle "$BUNDLE"
  assert_refused "write --no-subreaper"
}
