# shellcheck shell=bash
#
# The engines beside Docker (engines.bash), each in the room: podman and buildah without a registry
# and without systemd, ctr with a containerd, and bundles for runc.

# podman keeps its storage in the room's /var/lib and has its own /etc/containers. Its usual limits of
# open files and processes would need more than a test machine may have (CAP_SYS_RESOURCE), so lower
# ones are set here. The runtime mantlet-quiet is not among those that get --log: there stderr must
# carry the reason.
podman_start() {
  cp "$ROOM/bin/mantlet-deny" "$ROOM/bin/mantlet-quiet"
  cp -r /etc/containers "$ROOM/etc/containers"
  _podman_config >"$ROOM/etc/containers/containers.conf"
  room mount --bind "$ROOM/etc/containers" /etc/containers
  podman import --change 'CMD ["facts"]' "$ROOM/image.tar" bb >/dev/null
}

podman() {
  room podman --cgroup-manager cgroupfs "$@"
}

_podman_config() {
  local file

  cat <<EOT
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "mantlet"
runtime_supports_json = ["mantlet", "mantlet-deny", "mantlet-fix", "mantlet-audit", "runc"]
cgroup_manager = "cgroupfs"
events_logger = "file"
cni_config_dir = "$ROOM/etc/cni"
[network]
network_config_dir = "$ROOM/etc/cni"
cni_plugin_dirs = ["/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"]
[engine.runtimes]
EOT
  for file in "$ROOM"/bin/*; do
    echo "${file##*/} = [\"$file\"]"
  done
}

# buildah shares podman's storage; it works on the image under the name bb, too.
buildah_start() {
  podman_start
}

buildah() {
  room buildah "$@"
}

# A containerd without plugins that the tests do not use, and an image that ctr can unpack.
containerd_start() {
  cat >"$ROOM/etc/containerd.toml" <<EOT
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]
EOT
  room_spawn containerd containerd --config "$ROOM/etc/containerd.toml"
  wait_for 20 containerd ctr version || { tail -n 30 "$ROOM/log/containerd.log" >&2; return 1; }
  mkdir "$ROOM/rootfs"
  tar -C "$ROOM/rootfs" -xf "$ROOM/image.tar"
}

ctr() {
  room ctr "$@"
}

# ctr_run RUNTIME ID FLAG... -- COMMAND...: on the unpacked image.
ctr_run() {
  local runtime=$1 id=$2 flags=()

  shift 2
  while [ "$1" != -- ]; do
    flags+=("$1")
    shift
  done
  shift
  ctr run --rm --runc-binary "$(runtime_path "$runtime")" "${flags[@]}" --rootfs "$ROOM/rootfs" "$id" "$@"
}

runtime_path() {
  case $1 in
  runc) command -v runc ;;
  *) echo "$ROOM/bin/$1" ;;
  esac
}

# bundle NAME [JQ-FILTER]: what runc spec writes, but with the unpacked image as a writable root and
# the program facts.
bundle() {
  local dir=$ROOM/bundle/$1

  mkdir -p "$dir"
  [ -d "$ROOM/rootfs" ] || { mkdir "$ROOM/rootfs"; tar -C "$ROOM/rootfs" -xf "$ROOM/image.tar"; }
  rm -f "$dir/config.json"
  runc spec --bundle "$dir"
  jq --arg root "$ROOM/rootfs" ".root = {path: \$root, readonly: false} | .process.args = [\"facts\"]
    | .process.terminal = false | ${2:-.}" "$dir/config.json" >"$dir/new"
  mv "$dir/new" "$dir/config.json"
  echo "$dir"
}
