# shellcheck shell=bash
#
# The room: a place of its own for real container engines. It has its own mount, network, process
# and cgroup namespaces, and its own /run, /srv, /tmp, /var/lib, /var/log and /var/tmp, which are
# directories of $ROOM. So the engines use their usual paths (/run/docker.sock, /var/lib/docker, ...),
# meet no engine of the host, and can be cleared away by killing one process: with it go all daemons,
# containers, mounts, bridges and firewall rules. What then remains are files below $ROOM and empty
# cgroups of the same name, and room_stop removes them. No directory above $ROOM is writable for
# others, as mantlet demands of policy files. crun does not start on a "hybrid" cgroup mount, therefore the room has no "unified" one.

ROOM_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Makes the room and exports ROOM (its directory) and ROOM_PID (its process 1, seen from the host).
room_start() {
  ROOM=$(mktemp -d /var/cache/mantlet-room.XXXXXX)
  chmod 0755 "$ROOM"
  mkdir "$ROOM"/{bin,cgroup,etc,lib,log,policy,run,srv,tmp}
  chmod 1777 "$ROOM/tmp"
  mknod -m 0666 "$ROOM/null" c 1 3
  export ROOM

  _room_make_cgroups
  _room_init >"$ROOM/log/room.log" 2>&1 3>&- &
  ROOM_SETUP_PID=$!
  export ROOM_SETUP_PID
  wait_for 10 "the room" test -e "$ROOM/run/room.ready" || { cat "$ROOM/log/room.log" >&2; return 1; }
  ROOM_PID=$(pgrep -P "$ROOM_SETUP_PID")
  export ROOM_PID
  _room_watch $$ >/dev/null 2>&1 3>&- &
  ROOM_WATCH_PID=$!
  disown
  export ROOM_WATCH_PID
}

# Ends everything in the room and removes what it left. Says so when something cannot be removed.
room_stop() {
  local left=0

  [ -n "${ROOM:-}" ] || return 0
  [ -z "${ROOM_WATCH_PID:-}" ] || kill -KILL "$ROOM_WATCH_PID"
  if [ -n "${ROOM_PID:-}" ]; then
    _room_thaw
    kill -KILL "$ROOM_PID" 2>/dev/null || true
    wait_for 10 "the end of the room" _room_is_empty || left=1
  fi
  _room_remove_cgroups || left=1
  rm -rf --one-file-system "$ROOM" || left=1
  return "$left"
}

# Runs a command inside the room, as the host's root, in the cgroup of the room.
room() {
  (
    _room_join_cgroups
    exec nsenter --target "$ROOM_PID" --mount --net --pid --cgroup -- "$@"
  )
}

# Starts a daemon inside the room; its output goes to the log of the given name.
room_spawn() {
  local name=$1

  shift
  room "$@" >"$ROOM/log/$name.log" 2>&1 </dev/null 3>&- &
}

# wait_for SECONDS WHAT COMMAND...: polls the command until it succeeds.
wait_for() {
  local tries=$(($1 * 20)) what=$2

  shift 2
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || { echo "timed out waiting for $what" >&2; return 1; }
    sleep 0.05
  done
}

# The controllers' directories; on a pure cgroup v2 host there is one, the root itself.
_room_hierarchies() {
  local dir

  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
    return
  fi
  for dir in /sys/fs/cgroup/*; do
    [ -L "$dir" ] || [ ! -e "$dir/cgroup.procs" ] || [ "${dir##*/}" = unified ] || echo "$dir"
  done
}

_room_make_cgroups() {
  local dir own file

  for dir in $(_room_hierarchies); do
    own=$dir/${ROOM##*/}
    mkdir "$own"
    # A new cpuset is empty, and nothing may enter it before it has processors and memory.
    for file in cpuset.cpus cpuset.mems; do
      [ ! -e "$own/cpuset.cpu_exclusive" ] || cat "$dir/$file" >"$own/$file"
    done
  done
}

# Moves the calling (sub)shell. On v2 a group with controllers takes no processes: hence the leaf.
_room_join_cgroups() {
  local dir

  for dir in $(_room_hierarchies); do
    dir=$dir/${ROOM##*/}
    [ ! -d "$dir/leaf" ] || dir=$dir/leaf
    echo "$BASHPID" >"$dir/cgroup.procs"
  done
}

# A frozen process takes no signal: a container that a failed test left paused would keep the room.
_room_thaw() {
  local dir

  for dir in $(_room_hierarchies); do
    find "$dir/${ROOM##*/}" -name freezer.state -exec sh -c 'echo THAWED >"$1"' sh {} \; \
      -o -name cgroup.freeze -exec sh -c 'echo 0 >"$1"' sh {} \; 2>/dev/null || true
  done
}

_room_remove_cgroups() {
  local dir

  for dir in $(_room_hierarchies); do
    dir=$dir/${ROOM##*/}
    [ ! -d "$dir" ] || wait_for 5 "cgroup $dir to be free" _room_remove_tree "$dir" || return
  done
}

_room_remove_tree() {
  find "$1" -depth -type d -exec rmdir {} +
}

# A test run that is killed has no teardown: then the room ends with the shell that made it.
_room_watch() {
  trap '' INT TERM HUP
  while kill -0 "$1"; do
    sleep 1
  done
  ROOM_WATCH_PID=
  room_stop
}

_room_is_empty() {
  ! kill -0 "$ROOM_PID" && ! kill -0 "$ROOM_SETUP_PID"
}

_room_init() {
  _room_join_cgroups
  exec unshare --mount --net --pid --cgroup --fork --kill-child --mount-proc \
    bash "$ROOM_LIB/room_init.bash" "$ROOM"
}
