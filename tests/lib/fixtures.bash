# shellcheck shell=bash
# shellcheck disable=SC2034 # what functions set is for their callers
#
# The captured documents as bundles that mantlet can be pointed at: each in a directory of the shape
# that its engine uses, so that the engine is recognised, with a root directory that exists. Only
# root.path is changed, in the text: everything else stays byte for byte what the engine wrote.

FIXTURES=$(cd "$(dirname "${BASH_SOURCE[0]}")/../data/fixtures" && pwd)
: "${MANTLET:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../build" && pwd)/mantlet}"
: "${MANTLET_TOOLS:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../build/tests/tools" && pwd)}"

# shellcheck source=tests/lib/mixes.bash
. "$(dirname "${BASH_SOURCE[0]}")/mixes.bash"
FIXTURES_MIXES=${FIXTURES_MIXES:-40}

# Every captured config.json, as ENGINE/NAME.
fixtures_list() {
  (cd "$FIXTURES" && for file in */config/*.json; do echo "${file%%/*}/$(basename "$file" .json)"; done)
}

# The captured ones and the mixes of what people ask for.
documents_list() {
  fixtures_list
  seq -f 'mix/%.0f' "$FIXTURES_MIXES"
}

# A directory for everything, root's and nobody else's.
fixtures_start() {
  FIX=$(mktemp -d /var/tmp/mantlet-fixtures.XXXXXX)
  touch "$FIX.started"
  mkdir -p "$FIX"/{rootfs,stub}
  mkdir -p "$FIX"/rootfs/{bin,dev,etc,proc,run,sys,tmp,var/tmp}
  ln -s /run "$FIX/rootfs/var/run"
  cp "$MANTLET_TOOLS/stub-runtime" "$FIX/stub-runtime"
}

# The command that takes away records below $FIX, and the networks that are pinned there.
fixtures_forget() {
  local records=/run/mantlet/${FIX//\//%2F}

  echo "for i in $records*/*.ns; do [ ! -e \$i ] || umount \$i || true; done; rm -rf $records*"
}

fixtures_stop() {
  eval "$(fixtures_forget)"
  rm -rf "$FIX"
  # Records under the default root, which podman and buildah leave unsaid.
  find /run/mantlet/%2Frun%2Frunc -newer "$FIX.started" -type f -delete 2>/dev/null || true
  rm -f "$FIX.started"
}

# fixtures_policy NAME JSON: a policy whose runtime is the stub.
fixtures_policy() {
  jq --arg stub "$FIX/stub-runtime" --arg log "$FIX/audit.jsonl" \
    '.runtime = $stub | .audit.sinks = ["file:" + $log]' <<<"$2" >"$FIX/$1.policy.json"
}

# The id a captured container had.
fixture_id() {
  case $1 in
    docker*) jq -r '[.mounts[].source | capture("/containers/(?<id>[0-9a-f]{64})/").id][0]' "$2" ;;
    podman*) jq -r '.linux.cgroupsPath | split("libpod-")[-1]' "$2" ;;
    ctr*) jq -r '.linux.cgroupsPath | split("/")[-1]' "$2" ;;
    *) echo c1 ;;
  esac
}

# fixture_bundle ENGINE/NAME, or mix/N: sets BUNDLE, ID, BEFORE (the document as it will be read).
fixture_bundle() {
  local engine=${1%%/*} file

  if [ "$engine" = mix ]; then
    fixture_bundle "$(mix_base "${1#mix/}")"
    jq -c "$(mix_filter "${1#mix/}")" "$BEFORE" >"$BUNDLE/config.json"
    cp "$BUNDLE/config.json" "$BEFORE"
    return
  fi

  file=$FIXTURES/$engine/config/${1#*/}.json
  ID=$(fixture_id "$engine" "$file")
  case $engine in
    docker*) BUNDLE=$FIX/io.containerd.runtime.v2.task/moby/$ID ;;
    ctr*) BUNDLE=$FIX/io.containerd.runtime.v2.task/default/$ID ;;
    podman*) BUNDLE=$FIX/vfs-containers/$ID/userdata ;;
    buildah) BUNDLE=$FIX/buildah12345 ;;
  esac
  rm -rf "$BUNDLE"
  mkdir -p "$BUNDLE"
  # The only "path" directly behind "root":{ is root.path.
  sed -E "s|(\"root\":\\{\"path\":\")[^\"]*\"|\\1$FIX/rootfs\"|" "$file" >"$BUNDLE/config.json"
  BEFORE=$FIX/before.json
  cp "$BUNDLE/config.json" "$BEFORE"
}

# harden POLICY [COMMAND]: runs mantlet on BUNDLE. Sets STATUS, AFTER, RECORD; stderr in $FIX/stderr.
harden() {
  local root=(--root "$FIX/root")

  AFTER=$BUNDLE/config.json
  RECORD=/run/mantlet/${FIX//\//%2F}%2Froot/$ID.json
  # Podman and buildah say no --root; with one, a bundle of podman's shape is CRI-O's.
  case $BUNDLE in
    */userdata | */buildah*) root=() RECORD=/run/mantlet/%2Frun%2Frunc/$ID.json ;;
  esac
  rm -f "$RECORD" "$FIX"/stub/*
  STATUS=0
  STUB_DIR=$FIX/stub "$MANTLET" --mantlet-policy "$FIX/$1.policy.json" "${root[@]}" \
    "${2:-create}" --bundle "$BUNDLE" "$ID" >"$FIX/stdout" 2>"$FIX/stderr" || STATUS=$?
}
