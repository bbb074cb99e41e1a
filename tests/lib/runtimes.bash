# shellcheck shell=bash disable=SC2034 # what functions set is for their callers
#
# Runtimes that keep containers: the real ones, and one called runc that keeps nothing but the
# directory. Whether a record is stale is judged only of runtimes whose directory is known.

# given_keeper: the policy's runtime is a stub called runc. It makes and removes the directory of a
# container as runc does; "create" writes its pid into it. What it does before that and after that is
# in the files $WORK/before and $WORK/after, shell commands.
given_keeper() {
  KEEPER=$WORK/keeper/runc
  mkdir -p "$WORK/keeper"
  : >"$WORK/before"
  : >"$WORK/after"
  cat >"$KEEPER" <<SCRIPT
#!/bin/sh
while :; do
  case \$1 in
    --root) root=\$2 && shift 2 ;;
    --log | --log-format) shift 2 ;;
    *) break ;;
  esac
done
command=\$1 force=
for id; do [ "\$id" != --force ] || force=1; done
case \$command in
  create | run)
    . "$WORK/before"
    mkdir -p "\$root"
    mkdir "\$root/\$id" 2>/dev/null || { echo "container with id exists: \$id" >&2 && exit 1; }
    echo \$\$ >"\$root/\$id/winner"
    echo '{}' >"\$root/\$id/state.json"
    . "$WORK/after"
    ;;
  delete)
    [ -d "\$root/\$id" ] || { [ -n "\$force" ] && exit 0; } || { echo "container does not exist" >&2 && exit 1; }
    rm -rf "\$root/\$id"
    ;;
  state)
    [ -d "\$root/\$id" ] || { echo "container does not exist" >&2 && exit 1; }
    ;;
esac
SCRIPT
  chmod 0755 "$KEEPER"
  given_policy ".runtime = \"$KEEPER\""
}

# m WORD...: mantlet with the test's policy and root, no more.
m() {
  "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" "$@" 3>&-
}

# until_there FILE: at most five seconds.
until_there() {
  local tries=250

  until [ -e "$1" ]; do
    ((tries-- > 0)) || { echo "$1 does not come" >&2; return 1; }
    sleep 0.02
  done
}

# given_real NAME: the policy's runtime is the real one of that name, and the bundle can be started.
given_real() {
  REAL=$(command -v "$1") || skip "$1 is not installed"
  cp "$(command -v busybox)" "$BUNDLE/rootfs/bin/busybox"
  ln -sf busybox "$BUNDLE/rootfs/bin/sleep"
  ln -sf busybox "$BUNDLE/rootfs/bin/true"
  ln -sf busybox "$BUNDLE/rootfs/bin/cat"
  given_policy ".runtime = \"$REAL\""
  given_spec '.process.args = ["/bin/sleep", "60"] | .process.terminal = false'
  jq . "$BUNDLE/config.json" >"$WORK/plain.json"
  jq -n '{args: ["/bin/true"], cwd: "/", user: {uid: 0, gid: 0}, env: []}' >"$WORK/p.json"
  export MANTLET POLICY RUNTIME_ROOT RECORDS ID BUNDLE WORK REAL
}

# in_real_life <SCRIPT: bash commands in a mount namespace where crun starts on a hybrid host and has
# a /dev/null of its own (it gives its standard streams to the container's user). The functions: m as
# above, document FILTER, step NAME (is there a record?), ended (waits until it is).
in_real_life() {
  {
    # shellcheck disable=SC2016 # for the script
    echo 'm() { "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" "$@" </dev/null; }
      document() { jq "$1" "$WORK/plain.json" >"$BUNDLE/config.json"; }
      step() { echo "$1: $([ -e "$RECORDS/$ID.json" ] && echo record || echo none)"; }
      ended() { for _ in {1..50}; do [ "$("$REAL" --root "$RUNTIME_ROOT" state "$ID" | jq -r .status)" != stopped ] || break; sleep 0.1; done; }'
    cat
  } >"$WORK/life"
  run_in_mounts "umount /sys/fs/cgroup/unified 2>/dev/null; mount -t tmpfs tmpfs /mnt && mknod -m 0666 /mnt/null c 1 3 && mount --bind /mnt/null /dev/null" \
    bash "$WORK/life"
}
