#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq
#
# The last step: which file the runtime is executed from. crun starts a second time unless it is a
# read-only mount (runtime_become.c); the stub says of which kind its own was.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() {
  mantlet_setup
  cp "$STUB" "$WORK/crun"
  given_policy '.runtime = $ENV.WORK + "/crun"'
}
teardown() { mantlet_teardown; }

export WORK

# from KIND: of mount the runtime was executed, "read-only" or "writable".
from() {
  assert_ok
  [ "$(cat "$STUB_DIR/exe")" = "$1" ] || { cat "$STUB_DIR/exe"; return 1; }
}

@test "become: crun runs from a read-only mount, whatever it is called for" {
  run_mantlet create
  from read-only
  [ "$(tail -n 1 "$STUB_DIR/argv")" = "$ID" ]
  mkdir -p "$RUNTIME_ROOT/$ID" # as a real one does; delete goes by way of mantlet-net then
  for command in state kill delete; do
    rm "$STUB_DIR/exe"
    mantlet --root "$RUNTIME_ROOT" "$command" "$ID"
    from read-only
    printf '%s\n' --root "$RUNTIME_ROOT" "$command" "$ID" | cmp - "$STUB_DIR/argv"
  done
}

@test "become: nothing of the mount is left, nor inherited" {
  without_others
  from read-only
  [ "$(cut -d' ' -f1 "$STUB_DIR/fds" | tr '\n' ' ')" = '0 1 2 ' ]
  run ! grep -F "$WORK" /proc/self/mountinfo
  [ -s "$STUB_DIR/env" ]
  run ! grep _LIBCONTAINER "$STUB_DIR/env"
}

# Whatever bats has open is closed: a number that is left is ours.
without_others() {
  run --separate-stderr -- bash -c 'for i in {3..255}; do eval "exec $i>&-"; done; exec "$@"' sh \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create --bundle "$BUNDLE" "$ID"
}

@test "become: start goes by way of mantlet-net where a firewall is only watched" {
  given_policy '.runtime = $ENV.WORK + "/crun" | .controls.metadata = "audit"'
  run_mantlet create
  from read-only
  mkdir -p "$RUNTIME_ROOT/$ID"
  rm "$STUB_DIR/exe"
  mantlet --root "$RUNTIME_ROOT" start "$ID"
  from read-only
  # The stub has no process to look at, and that is told by mantlet-net.
  jq -se 'any(.[]; .event == "firewall" and .outcome == "would-refuse")' "$AUDIT"
}

@test "become: crun.distrib is crun too; runc, and crun-vm, are executed by their path" {
  local name
  for name in crun.distrib=read-only runc=writable crun-vm=writable; do
    cp "$STUB" "$WORK/${name%=*}"
    NAME=${name%=*} given_policy '.runtime = $ENV.WORK + "/" + $ENV.NAME'
    run_mantlet create
    from "${name#*=}"
    rm -rf "$RECORDS" "$STUB_DIR/exe"
  done
}

@test "become: a crun that lies on a read-only mount is executed by its path" {
  mkdir "$WORK/ro"
  cp "$STUB" "$WORK/ro/crun"
  given_policy '.runtime = $ENV.WORK + "/ro/crun"'
  run_in_mounts "mount --bind $WORK/ro $WORK/ro && mount -o remount,bind,ro $WORK/ro" \
    strace -o "$WORK/trace" -e trace=open_tree,execveat "$MANTLET" --mantlet-policy "$POLICY" \
    --root "$RUNTIME_ROOT" create --bundle "$BUNDLE" "$ID"
  from read-only
  run ! grep -E 'open_tree|execveat' "$WORK/trace"
}

@test "become: a crun that is a script is executed by its path" {
  printf '#!/bin/sh\nexec %s "$@"\n' "$STUB" >"$WORK/crun"
  run_mantlet create
  from writable
}

@test "become: who may not mount executes crun by its path" {
  run --separate-stderr -- setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create --bundle "$BUNDLE" "$ID"
  from writable
}
