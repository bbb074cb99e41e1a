# shellcheck shell=bash
#
# Real engines in a room of their own (room.bash): dockerd, containerd for ctr, podman, buildah and
# plain runc. The runtimes they know are the files in $ROOM/bin: a copy of the program under test and
# small scripts that give it a policy. The images are made from busybox. A suite calls engines_start,
# then the start of its engine, and engines_stop at the end. MANTLET names the program under test.

ENGINES_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lib/room.bash
. "$ENGINES_LIB/room.bash"

# What a person can ask for. The policies deny and fix set all of these controls alike.
ENGINES_CONTROLS=(privileged namespaces user capabilities mounts masked-paths devices memory pids
  rlimits seccomp sysctl cgroup hooks)

engines_start() {
  room_start || return
  install -m 0755 "${MANTLET:-$ENGINES_LIB/../../build/mantlet}" "$ROOM/bin/mantlet" || return
  install -D -m 0755 "${MANTLET_NET:-$ENGINES_LIB/../../build/mantlet-net}" \
    "$ROOM/libexec/mantlet/mantlet-net" || return
  engines_image "$ROOM/image.tar"
  engines_policy deny "$(_engines_all deny)"
  engines_policy fix "$(_engines_all fix)"
  engines_policy audit '{"version": 1, "extends": "observe"}'
}

engines_stop() {
  room_stop
}

# engines_policy NAME JSON: the runtime mantlet-NAME, which has this policy.
engines_policy() {
  printf '%s\n' "$2" >"$ROOM/policy/$1.json"
  printf '#!/bin/sh\nexec %s --mantlet-policy %s "$@"\n' "$ROOM/bin/mantlet" \
    "$ROOM/policy/$1.json" >"$ROOM/bin/mantlet-$1"
  chmod 0755 "$ROOM/bin/mantlet-$1"
}

# A policy with every control that a person can ask something of in the same mode.
_engines_all() {
  printf '%s\n' "${ENGINES_CONTROLS[@]}" |
    jq -nR --arg mode "$1" '{version: 1, name: $mode, controls: [inputs | {(.): $mode}] | add}'
}

# A file system of busybox and our report, as a tar archive. /data belongs to the user that mantlet
# gives to a process which would have been root, so that new volumes there are writable for it.
engines_image() {
  local tar=$1 tree=$ROOM/image

  mkdir -p "$tree"/{bin,data,dev,etc,proc,root,run,srv,sys,tmp,var/tmp}
  cp /bin/busybox "$tree/bin/busybox"
  busybox --list | while read -r applet; do
    [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
  done
  install -m 0755 "$ENGINES_LIB/facts.sh" "$tree/bin/facts"
  printf 'root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/data:/bin/sh\n' >"$tree/etc/passwd"
  printf 'root:x:0:\napp:x:1000:\n' >"$tree/etc/group"
  ln -s /run "$tree/var/run"
  chmod 0700 "$tree/root"
  chmod 1777 "$tree/tmp" "$tree/var/tmp"
  chown 65532:65532 "$tree/data"
  tar -C "$tree" --numeric-owner -cf "$tar" .
}

# Starts a dockerd with a containerd of its own, default runtime mantlet, and exports DOCKER_HOST.
docker_start() {
  DOCKER_HOST=unix://$ROOM/run/docker.sock
  export DOCKER_HOST
  _docker_config >"$ROOM/etc/daemon.json"
  room_spawn dockerd dockerd --config-file "$ROOM/etc/daemon.json"
  wait_for 30 dockerd _docker_find_client || { tail -n 30 "$ROOM/log/dockerd.log" >&2; return 1; }
  docker import --change 'CMD ["facts"]' "$ROOM/image.tar" bb:latest >/dev/null
  docker import --change 'USER 1000:1000' --change 'CMD ["facts"]' "$ROOM/image.tar" bb:user >/dev/null
}

docker() {
  command "$DOCKER" "$@"
}

# Removes all containers of the private daemon, so that no test meets those of another.
docker_clear() {
  local ids

  ids=$(docker ps -aq)
  # shellcheck disable=SC2086 # ids are words
  [ -z "$ids" ] || docker rm -fv $ids >/dev/null
}

# A newer client than the daemon may be first in PATH and refuse to talk to it.
_docker_find_client() {
  local client

  for client in $(type -ap docker); do
    DOCKER=$client
    export DOCKER
    "$client" version && return
  done
  return 1
}

_docker_config() {
  local file

  for file in "$ROOM"/bin/*; do
    jq -n --arg name "${file##*/}" --arg path "$file" '{($name): {path: $path}}'
  done | jq -s '{
    debug: true,
    runtimes: add,
    "default-runtime": "mantlet",
    bip: "172.30.0.1/24",
    "default-address-pools": [{base: "172.31.0.0/16", size: 24}],
    "shutdown-timeout": 1
  }'
}
