#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# Build steps that buildah runs through an OCI runtime (--isolation oci) go through mantlet: hardened
# like any container without a policy file, still able to build under a policy that keeps root, and
# refused when a step asks for the host. buildah gives its runtime no --log, so it shows stderr.

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  engines_start
  engines_policy baseline '{"version": 1, "extends": "baseline"}'
  buildah_start
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/inside
}

# build_with RUNTIME INSTRUCTION...: an image of these steps upon bb.
build_with() {
  local runtime=$1

  shift
  mkdir -p "$ROOM/tmp/context"
  printf '%s\n' "FROM bb" "$@" >"$ROOM/tmp/context/Dockerfile"
  buildah bud -q --no-cache --isolation oci --runtime "$(runtime_path "$runtime")" \
    -t built "$ROOM/tmp/context"
}

# run_with RUNTIME FLAGS: one command in a working container.
run_with() {
  local runtime

  runtime=$(runtime_path "$1")
  [ -n "${WORKING:-}" ] || WORKING=$(buildah from bb)
  # shellcheck disable=SC2086 # flags are words
  buildah run --isolation oci --runtime "$runtime" $2 "$WORKING" facts
}

@test "buildah: a build step is hardened without a policy file" {
  facts run_with mantlet
  assert_user 65532 65532
  assert_confined
  refute_writable /
  assert_own_namespaces
}

@test "buildah: a build works under a policy that keeps root" {
  build_with mantlet-baseline 'RUN id -u >/made && mkdir /opt' 'USER 1000' \
    'RUN test "$(id -u)" = 1000'
  facts run_with mantlet-baseline
  assert_user 0 0
  [ "$(buildah run --isolation oci --runtime "$(runtime_path mantlet-baseline)" \
    "$(buildah from built)" cat /made)" = 0 ]
}

@test "buildah: a failing step fails the build with its own status" {
  run build_with mantlet-baseline 'RUN exit 7'
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == *"exit status 7"* ]]
}

@test "buildah: a plain step passes in every mode" {
  facts run_with mantlet-deny
  assert_confined
  facts run_with mantlet-fix
  assert_confined
  facts run_with runc
  comparable_facts >"$BATS_TEST_TMPDIR/plain"
  facts run_with mantlet-audit
  comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
}

@test "buildah: what a step asks is refused under deny" {
  local control flags

  while IFS='|' read -r control flags <&4; do
    events_mark
    run run_with mantlet-deny "$flags"
    echo "$flags: $status: ${output:0:600}"
    [ "$status" -ne 0 ]
    [[ $output == *"mantlet: refused: "* && $output != *CapEff* ]]
    assert_event '.outcome == "refused" and .engine.name == "buildah"
      and any(.refusals[]; .control == $c)' --arg c "$control"
  done 4<<EOT
capabilities|--cap-add CAP_NET_ADMIN
mounts|-v /:/x
mounts|-v /run:/x
namespaces|--network host
EOT
}

@test "buildah: what a step asks is neutralised under fix" {
  facts run_with mantlet-fix "--cap-add CAP_NET_ADMIN -v /:/x --network host"
  assert_user 65532 65532
  assert_confined
  assert_own_namespaces
  refute_mount /x
}

@test "buildah: steps leave no record" {
  run_with mantlet
  [ -z "$(find "$ROOM/run/mantlet" -type f -name '*buildah*')" ]
}
