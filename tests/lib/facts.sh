#!/bin/sh
#
# Runs inside a container, as /bin/facts of the test images, and prints what the process there
# really has: one fact a line, "NAME VALUE". Needs nothing but busybox.

while IFS=' :	' read -r key value; do
  case $key in
  Uid | Gid | Groups | Cap* | NoNewPrivs | Seccomp) echo "$key $value" | tr '\t' ' ' ;;
  esac
done </proc/self/status

for ns in pid net ipc uts mnt cgroup user; do
  echo "ns.$ns $(readlink "/proc/self/ns/$ns")"
done

# mount DESTINATION TYPE OPTIONS SUPER-OPTIONS OPTIONAL-FIELDS
while read -r _ _ _ _ dest options rest; do
  # shellcheck disable=SC2086 # the words behind the dash are three fields
  set -- ${rest#*- }
  echo "mount $dest $1 $options $3 ${rest%%- *}"
done </proc/self/mountinfo

while read -r limit; do
  case $limit in
  'Max open files'* | 'Max core file size'*)
    echo "$limit" | sed -E 's/^Max open files/limit.nofile/; s/^Max core file size/limit.core/; s/ +/ /g'
    ;;
  esac
done </proc/self/limits

cgroup=/sys/fs/cgroup
for file in pids/pids.max memory/memory.limit_in_bytes pids.max memory.max; do
  [ ! -r "$cgroup/$file" ] || echo "cgroup.${file##*/} $(cat "$cgroup/$file")"
done
sed -n 's/^[0-9]*:pids:/cgroup.path /p; s/^0::/cgroup.unified /p' /proc/self/cgroup

for dir in / /tmp /run /var/tmp /data /scratch; do
  if (: >"$dir/.facts") 2>/dev/null; then
    echo "writable $dir"
    rm -f "$dir/.facts"
  fi
done

echo "sysctl.somaxconn $(cat /proc/sys/net/core/somaxconn)"
[ ! -r $cgroup/devices/devices.list ] || sed 's/^/cgroup.device /' $cgroup/devices/devices.list
echo "umask $(umask)"
echo "home ${HOME:-}"
echo "cwd $(pwd)"
echo "hostname $(hostname)"
echo "devices $(cd /dev && echo *) "
