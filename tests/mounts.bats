#!/usr/bin/env bats
#
# Bind sources that somebody else could exchange for a link while the container starts: a container's
# user owns a directory after a first mount, and mounts what is in it a second time.

bats_require_minimum_version 1.5.0
load lib/mantlet

setup() {
  mantlet_setup
  mkdir -p "$WORK/data/users/dir" "$WORK/data/roots/dir"
  chown 65532:65532 "$WORK/data/users" "$WORK/data/users/dir" "$WORK/data/roots/dir"
  given_policy ".controls.mounts = {\"allow\": [\"$WORK/data/**\"]}"
}

teardown() {
  mantlet_teardown
}

binds() {
  given_spec ".mounts += [{destination: \"/z\", type: \"bind\", source: \"$1\", options: [\"rbind\", \"rprivate\"]}]"
  run_mantlet create
}

@test "mounts: a source below a directory that others can write is refused" {
  binds "$WORK/data/users/dir"
  assert_refused "lies in a directory that others than root can change"
}

@test "mounts: one that others own, below root's directories, is let in" {
  binds "$WORK/data/roots/dir"
  assert_ok
  binds "$WORK/data/users"
  assert_ok
}

@test "mounts: under fix the first is left out" {
  given_policy ".controls.mounts = {\"mode\": \"fix\", \"allow\": [\"$WORK/data/**\"]}"
  binds "$WORK/data/users/dir"
  assert_ok
  assert_spec 'all(.mounts[]; .destination != "/z")'
}

@test "mounts: a policy can let it in, and the record says so" {
  given_policy ".controls.mounts = {\"allow\": [\"$WORK/data/**\"], \"parents\": \"any\"}"
  binds "$WORK/data/users/dir"
  assert_ok
  tail -n 1 "$RECORDS/$ID.json" | jq -e 'any(.notes[]; .text | contains("can be changed by others than root"))'
}
