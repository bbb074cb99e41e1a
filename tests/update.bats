#!/usr/bin/env bats
# update: limits of a running container stay within the profile that it was started with.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  PROGRAM=()
}

teardown() {
  mantlet_teardown
}

# update_document FILTER [FIXTURE]: through standard input, as Docker does it.
update_document() {
  given_document r "$1" "${2:-docker-20.10/resources/update-restart.json}"
  run --separate-stderr -- sh -c 'exec "$@" <"$0"' "$WORK/r.json" "$MANTLET" --mantlet-policy "$POLICY" \
    --root "$RUNTIME_ROOT" --log "$LOG" --log-format json update --resources - "$ID"
}

@test "update: zeros mean unchanged, and stay zero" {
  given_container
  update_document .
  assert_ok
  [ -z "$output$stderr" ]
  assert_resources '. == {"memory":{"limit":0,"reservation":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0},"blockIO":{"weight":0}}'
  assert_event '.event == "update" and .outcome == "allowed" and .changes == [] and .container.record == "present"'
}

@test "update: absent fields stay absent, and an empty document is one" {
  given_container
  update_document '{}'
  assert_ok
  assert_resources '. == {}'
}

@test "update: the document arrives rewound on standard input, from a private copy" {
  given_container
  update_document .
  assert_ok
  [[ $(cat "$STUB_DIR/calls") == *$'\tupdate\t--resources=-\t'"$ID" ]] || { show; false; }
  grep -qx '0 /memfd:mantlet-resources (deleted)' "$STUB_DIR/fds"
  [ "$(grep -c memfd "$STUB_DIR/fds")" -eq 1 ]
}

@test "update: --resources=- and -r - are the same" {
  local form
  given_container
  for form in --resources=- "--resources -" "-r -"; do
    forget_calls
    # shellcheck disable=SC2086 # words
    run --separate-stderr -- "$MANTLET" --root "$RUNTIME_ROOT" update $form "$ID" <<<'{"pids":{"limit":7}}'
    assert_ok
    assert_resources '. == {"pids":{"limit":7}}'
  done
}

@test "update: a file is read and left as it is" {
  given_container
  given_document r '.pids.limit = 99999' docker-20.10/resources/update-pids.json
  sha256sum "$WORK/r.json" >"$WORK/sum"
  engine update --resources "$WORK/r.json"
  assert_ok
  assert_resources '.pids.limit == 16384'
  sha256sum -c "$WORK/sum"
}

@test "update: more than the policy's maximum is clamped under fix, and the event is the witness" {
  given_container
  update_document '.pids.limit = 99999'
  assert_ok
  assert_resources '.pids.limit == 16384'
  assert_event '.outcome == "clamped" and .severity == 4 and .counts.ask == 1'
  assert_event 'any(.changes[]; .control == "pids" and .path == "/pids/limit" and .from == "99999" and .to == "16384" and .class == "ask")'
}

@test "update: -1 never means without limit" {
  given_container
  update_document . docker-20.10/resources/update-unlimited.json
  assert_ok
  assert_resources '.pids.limit == 16384 and .memory.limit == 134217728'
}

@test "update: under deny it is refused with the limit named" {
  given_policy '.controls.pids = "deny"'
  given_container
  update_document . docker-20.10/resources/update-unlimited.json
  assert_refused "16384"
  assert_log
  assert_event '.event == "update" and .outcome == "refused"'
}

@test "update: a tightening arrives" {
  given_container
  update_document . docker-20.10/resources/update-mem.json
  assert_ok
  assert_resources '.memory.limit == 67108864'
  update_document . docker-20.10/resources/update-cpu.json
  assert_ok
  assert_resources '.cpu.quota == 25000 and .cpu.shares == 256'
}

@test "update: every captured document passes or is refused, and is never looser" {
  local document
  given_container
  for document in "$FIXTURES"/*/resources/*.json; do
    forget_calls
    given_document r . "${document#"$FIXTURES"/}"
    engine update --resources "$WORK/r.json"
    [ "$status" -eq 0 ] || { assert_refused ""; continue; }
    assert_resources '(.pids.limit // 0) >= 0 and (.memory.limit // 0) >= 0 and (.memory.swap // 0) >= 0'
  done
}

@test "update: flags become the same document" {
  given_container
  engine update --memory 64m --memory-swap 64m --pids-limit 99999 --cpu-quota 5000 --cpu-period 10000 \
    --cpu-share 3 --cpuset-cpus 0 --blkio-weight 10 --memory-reservation 1024
  assert_ok
  assert_resources '. == {"blockIO":{"weight":10},"cpu":{"period":10000,"quota":5000,"shares":3,"cpus":"0"},"memory":{"limit":67108864,"reservation":1024,"swap":67108864},"pids":{"limit":16384}}'
  [[ $(cat "$STUB_DIR/calls") == *$'\tupdate\t--resources=-\t'"$ID" ]] || { show; false; }
}

@test "update: --pids-limit -1 is the policy's maximum" {
  given_container
  engine update --pids-limit=-1
  assert_ok
  assert_resources '.pids.limit == 16384'
}

@test "update: sizes with a unit are read as runc reads them" {
  local row
  given_container
  for row in 8388608:8388608 16384k:16777216 16M:16777216 1g:1073741824 1048576b:1048576; do
    engine update --memory-reservation "${row%:*}"
    assert_ok
    assert_resources ".memory.reservation == ${row#*:}"
  done
}

@test "update: what is no number is refused" {
  local value
  given_container
  for value in 1.5g 64mb 0x10 ' 1' 1e3 99999999999999999999 9999999999999t ''; do
    rm -f "$LOG"
    engine update --memory="$value"
    assert_refused ""
  done
}

@test "update: flags beside --resources are refused" {
  given_container
  given_document r . docker-20.10/resources/update-pids.json
  engine update --resources "$WORK/r.json" --pids-limit 5
  assert_refused "beside --resources says two things at once"
  assert_log
}

@test "update: unified is no way round the named fields" {
  given_container
  update_document '.unified = {"memory.max": "max", "pids.max": "max"}'
  if [ "$status" -eq 0 ]; then
    assert_resources '(.unified // {}) | has("memory.max") or has("pids.max") | not'
  else
    assert_refused "unified"
  fi
}

@test "update: a document that is no JSON, empty, of wrong types or in other spelling is refused" {
  local text
  given_container
  for text in '[]' 'null' '' '{' '{"pids":{"limit":"5"}}' '{"Pids":{"limit":-1}}' '{"pids":{"limit":5},"pids":{"limit":-1}}' '{"pids":null}' '{"pids":{"limit":1e9}}'; do
    rm -f "$LOG"
    run --separate-stderr -- "$MANTLET" --root "$RUNTIME_ROOT" --log "$LOG" --log-format json update -r - "$ID" <<<"$text"
    assert_refused ""
    assert_log
  done
}

@test "update: closed standard input is a failure" {
  given_container
  run --separate-stderr -- sh -c 'exec "$@" <&-' sh "$MANTLET" --root "$RUNTIME_ROOT" update -r - "$ID"
  assert_failed "the resources document"
}

@test "update: without a record the policy of today holds" {
  update_document '.pids.limit = -1'
  assert_ok
  assert_resources '.pids.limit == 16384'
  assert_event '.container.record == "missing"'
}

@test "update: a record that is not whole is not believed" {
  given_container
  echo '{' >"$RECORD"
  update_document .
  assert_failed "not whole"
}

@test "update: the profile is the one of the start" {
  given_policy '.controls.pids.max = 100'
  given_container
  given_policy '.controls.pids.max = 1000'
  update_document '.pids.limit = 500'
  assert_ok
  assert_resources '.pids.limit == 100'
}
