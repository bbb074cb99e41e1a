#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# Mounts of the host that a person can ask of Docker: the engine's socket, the root, directories that
# hold either, detours by symlinks, hard links and volumes, and shared propagation. Each is refused
# when the control mounts says deny, left out when it says fix, and only journalled when it says
# audit; volumes and the allowed directories pass in all three.

setup_file() {
  load ../lib/engines
  engines_start && docker_start
  # A hard link needs no path of the original, a symlink no name of it.
  ln "$ROOM/run/docker.sock" "$ROOM/srv/harmless"
  ln -s /etc "$ROOM/srv/link"
  mkdir -p "$ROOM/srv/allowed" "$ROOM/srv/tree"
  chown 65532:65532 "$ROOM/srv/allowed"
  room mount -t tmpfs tmpfs /srv/tree
  room mount --make-shared /srv/tree
  docker volume create -o type=none -o o=bind -o device=/ whole >/dev/null
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/inside
  load ../lib/asks
}

# Refused with these words, absent when neutralised, present as with runc when audited.
judged() {
  local dest=$1

  shift
  asks mounts "$@"
  refused
  neutralised_without_trace
  refute_mount "$dest"
  journalled
  [ -n "$(fact "mount $dest")" ]
}

@test "docker: -v /var/run/docker.sock is refused, left out or journalled" {
  judged /run/docker.sock '-v /var/run/docker.sock' -v /var/run/docker.sock:/var/run/docker.sock
}

@test "docker: the Docker socket under another name is refused, left out or journalled" {
  judged /sock '/srv/harmless' -v /srv/harmless:/sock
}

@test "docker: the Docker socket, mounted read-only, is refused as well" {
  asks mounts '/run/docker.sock' -v /run/docker.sock:/sock:ro
  refused
  neutralised_without_trace
}

@test "docker: -v /:/host is refused, left out or journalled" {
  judged /host '-v /:/host' -v /:/host
}

@test "docker: -v /:/host:ro is refused as well" {
  asks mounts '-v /:/host' -v /:/host:ro
  refused
  neutralised_without_trace
}

@test "docker: -v /run:/x, a directory that holds sockets, is refused, left out or journalled" {
  judged /x '-v /run:/x' -v /run:/x
}

@test "docker: a symlink to /etc is judged where it leads" {
  judged /x '/etc' -v /srv/link:/x
}

@test "docker: a named volume that is a bind of / is judged by what is mounted there" {
  judged /x 'whole' -v whole:/x
}

@test "docker: --mount of a host directory is judged like -v" {
  judged /x '/etc' --mount type=bind,src=/etc,dst=/x,readonly
}

@test "docker: --volumes-from brings no host mount along" {
  docker create --name donor -v /etc:/x --runtime runc bb true >/dev/null
  judged /x '/etc' --volumes-from donor
  docker rm donor
}

@test "docker: /proc, /sys and /dev of the host are refused" {
  local dir

  for dir in /proc /sys /dev; do
    asks mounts "-v $dir:/x" -v "$dir:/x"
    refused
  done
}

@test "docker: shared propagation is refused, made private or journalled" {
  asks mounts 'shared' -v /srv/tree:/x:rshared
  refused
  neutralised
  [[ $(fact "mount /x") != *shared:* ]]
  journalled
  [[ $(fact "mount /x") == *shared:* ]]
}

@test "docker: volumes and allowed directories pass in every mode" {
  local mode

  for mode in deny fix; do
    facts docker run --rm --runtime "mantlet-$mode" -v "named-$mode:/data" -v /srv/allowed:/scratch \
      -v /etc/localtime:/etc/localtime:ro bb facts
    assert_writable /data
    assert_writable /scratch
    [ -n "$(fact "mount /etc/localtime")" ]
  done
  facts docker run --rm --runtime mantlet-audit -v named-audit:/data -v /srv/allowed:/scratch bb facts
  assert_writable /data
  assert_writable /scratch
}
