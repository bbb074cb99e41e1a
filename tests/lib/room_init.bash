#!/bin/bash
#
# Process 1 of a room (room.bash): shapes the mounts and the network of its new namespaces, then
# only collects orphans. Called with the room's directory.

set -eu
room=$1
name=${room##*/}
cgroups=/sys/fs/cgroup

# Each hierarchy's root becomes the room's own group, as its cgroup namespace sees it.
furnish_cgroup_v1() {
  local dir stage=$room/cgroup

  for dir in "$cgroups"/*/"$name"; do
    dir=${dir%/*}
    mkdir "$stage/${dir##*/}"
    mount --bind "$dir/$name" "$stage/${dir##*/}"
  done
  umount --recursive --lazy "$cgroups"
  mount -t tmpfs -o mode=755 tmpfs "$cgroups"
  for dir in "$stage"/*; do
    mkdir "$cgroups/${dir##*/}"
    mount --move "$dir" "$cgroups/${dir##*/}"
  done
}

# Here a group that hands out controllers must not hold processes: they live in a leaf.
furnish_cgroup_v2() {
  local controller own=$cgroups/$name stage=$room/cgroup

  mkdir "$own/leaf"
  echo 1 >"$own/leaf/cgroup.procs"
  for controller in $(<"$own/cgroup.controllers"); do
    echo "+$controller" >"$own/cgroup.subtree_control"
  done
  mount --bind "$own" "$stage"
  umount --recursive --lazy "$cgroups"
  mount --move "$stage" "$cgroups"
}

if [ -e "$cgroups/cgroup.controllers" ]; then
  furnish_cgroup_v2
else
  furnish_cgroup_v1
fi
mount --bind "$room/lib" /var/lib
mount --bind "$room/log" /var/log
mount --bind "$room/tmp" /var/tmp
mount --bind "$room/tmp" /tmp
mount --bind "$room/srv" /srv
mount --bind "$room/null" /dev/null
mount --bind "$room/run" /run
# The site's policy is not the tests' business: they start without a policy file.
[ ! -d /etc/mantlet ] || mount -t tmpfs tmpfs /etc/mantlet
ip link set lo up
touch /run/room.ready

set +e
while :; do
  sleep 3600 &
  wait
done
