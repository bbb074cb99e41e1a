#!/usr/bin/env bats
# The environment of a container, from the engine's document to the runtime's.

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  # shellcheck disable=SC2034 # for lib/flows
  PROGRAM=()
}

teardown() {
  mantlet_teardown
}

ORDERS='["_LIBCONTAINER_INITPIPE=SECRET-3", "LISTEN_FDS=SECRET-3", "LISTEN_FDS=SECRET-4", "NOTIFY_SOCKET=SECRET-s", "LD_PRELOAD=SECRET-x", "NVIDIA_VISIBLE_DEVICES=SECRET-all", "A=1"]'

# env_is LIST: of the document, but for the HOME of a user that mantlet chose.
env_is() {
  jq -e "[.process.env[] | select(startswith(\"HOME=\") | not)] == $1" "$BUNDLE/config.json" >/dev/null ||
    { jq .process.env "$BUNDLE/config.json" >&2; return 1; }
}

@test "environment: orders to a runtime go, what is the container's own stays, in order" {
  given_container ".process.env = $ORDERS"
  env_is '["LD_PRELOAD=SECRET-x", "NVIDIA_VISIBLE_DEVICES=void", "A=1"]'
}

@test "environment: beside a hook that the policy names the loader's go as well" {
  given_policy '.controls.hooks.allow = ["/usr/bin/env"]'
  given_container ".process.env = $ORDERS | .hooks.createContainer = [{path: \"/usr/bin/env\"}]"
  env_is '["NVIDIA_VISIBLE_DEVICES=void", "A=1"]'
}

@test "environment: beside a hook that goes they stay" {
  given_policy '.controls.hooks = "fix"'
  given_container ".process.env = $ORDERS | .hooks.createContainer = [{path: \"/usr/bin/env\"}]"
  env_is '["LD_PRELOAD=SECRET-x", "NVIDIA_VISIBLE_DEVICES=void", "A=1"]'
}

@test "environment: at exec there is no hook, by document and by flags" {
  given_container
  given_document p ".env = $ORDERS"
  engine exec --process "$WORK/p.json"
  assert_ok
  assert_process '[.env[] | select(startswith("HOME=") | not)] == ["LD_PRELOAD=SECRET-x", "NVIDIA_VISIBLE_DEVICES=void", "A=1"]'
  assert_event 'any(.changes[]; .control == "environment" and .class == "trim" and .path == "/env/0" and .from == "_LIBCONTAINER_INITPIPE=")'
  # shellcheck disable=SC2034 # for lib/flows
  PROGRAM=(id)
  engine exec --env LD_PRELOAD=x --env LISTEN_FDS=3 --env _LIBCONTAINER_X=1 --env NVIDIA_VISIBLE_DEVICES=0
  assert_ok
  assert_process '(.env | index("LD_PRELOAD=x")) != null and (.env | index("NVIDIA_VISIBLE_DEVICES=void")) != null
    and (.env | any(startswith("LISTEN_") or startswith("_LIBCONTAINER_")) | not)'
}

@test "environment: no value is in the record or in an event" {
  given_container ".process.env = $ORDERS"
  given_document p ".env = $ORDERS"
  engine exec --process "$WORK/p.json"
  assert_ok
  refute grep -rq SECRET "$AUDIT" "$RECORDS"
}

@test "environment: what the policy keeps stays, but never the runtime's own" {
  given_policy '.controls.environment.keep = ["NVIDIA_*", "NOTIFY_SOCKET", "_LIB*"]'
  given_container ".process.env = $ORDERS"
  env_is '["NOTIFY_SOCKET=SECRET-s", "LD_PRELOAD=SECRET-x", "NVIDIA_VISIBLE_DEVICES=SECRET-all", "A=1"]'
}

@test "environment: a variable without a name or without = is a fault of the document" {
  local variable
  for variable in LD_PRELOAD =x ''; do
    given_spec ".process.env += [\"$variable\"]"
    run_mantlet create
    assert_refused "must be NAME=value"
  done
}

# The runtime would mount a directory of the host for it, and crun a writable one.
@test "environment: the caller's NOTIFY_SOCKET reaches the runtime only where the policy keeps it" {
  local call policy
  given_policy '.controls.metadata = "off"' # no process of the stub's has a firewall
  given_container
  for call in "create --bundle $BUNDLE" start; do
    forget_calls
    # shellcheck disable=SC2086 # words
    NOTIFY_SOCKET=/run/x KEPT=1 mantlet --root "$RUNTIME_ROOT" $call "$ID"
    assert_ok
    grep -qx KEPT=1 "$STUB_DIR/env"
    refute grep -q NOTIFY_SOCKET "$STUB_DIR/env"
  done
  jq -se '.[1].notes | any(.control == "environment")' "$RECORD"
  for policy in '.keep = ["NOTIFY_*"]' '.mode = "audit"' '.mode = "off"'; do
    given_policy ".controls = {metadata: \"off\", environment: ({} | $policy)}"
    for call in "create --bundle $BUNDLE" start; do
      forget_calls
      # shellcheck disable=SC2086 # words
      NOTIFY_SOCKET=/run/x mantlet --root "$RUNTIME_ROOT" $call "$ID"
      assert_ok
      grep -qx NOTIFY_SOCKET=/run/x "$STUB_DIR/env" || { echo "$policy $call" >&2; false; }
    done
  done
}
