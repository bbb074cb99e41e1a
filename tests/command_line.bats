#!/usr/bin/env bats
# What a command line asks beside the document: refused by the control "command-line" unless the
# policy names it, unchanged under observe; and what no policy can make right.

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

# What can be asked, one a line: word of the policy, what the sentence says, global flags, command
# and flags. BUNDLE, PROCESS and RESOURCES stand for files.
asks() {
  cat <<'EOT'
no-pivot|ramdisk||create --bundle BUNDLE --no-pivot
no-pivot|ramdisk||run --bundle BUNDLE --no-pivot
no-new-keyring|session keyring||create --bundle BUNDLE --no-new-keyring
no-new-keyring|session keyring||run --bundle BUNDLE --no-new-keyring
preserve-fds|--preserve-fds 2 hands open files and sockets of the host||create --bundle BUNDLE --preserve-fds 2
preserve-fds|--preserve-fds 2 hands open files and sockets of the host||run --bundle BUNDLE --preserve-fds 2
preserve-fds|--preserve-fds 2 hands open files and sockets of the host||exec --process PROCESS --preserve-fds 2
cgroup|outside of the container's own limits||exec --process PROCESS --cgroup /x
l3-cache-schema|update --l3-cache-schema writes into the host's cache classes||update --resources RESOURCES --l3-cache-schema L3:0=f
mem-bw-schema|update --mem-bw-schema writes into the host's cache classes||update --resources RESOURCES --mem-bw-schema MB:0=10
rootless|--rootless true lets the runtime go on without limits|--rootless true|create --bundle BUNDLE
rootless|--rootless true lets the runtime go on without limits|--rootless true|exec --process PROCESS
cgroup-manager|--cgroup-manager disabled would start the container without limits|--cgroup-manager disabled|run --bundle BUNDLE
EOT
}

# call GLOBAL-FLAGS COMMAND-AND-FLAGS: with the descriptors 3 and 4 open, as --preserve-fds wants.
call() {
  local line=" $2 "

  line=${line/ BUNDLE / $BUNDLE }
  line=${line/ PROCESS / $WORK/p.json }
  line=${line/ RESOURCES / $WORK/r.json }
  # shellcheck disable=SC2086 # words
  mantlet --root "$RUNTIME_ROOT" --log "$LOG" --log-format json $1 $line "$ID" 3</dev/null 4</dev/null
}

# before COMMAND: what must be there for it, and nothing of what it is about to make.
before() {
  forget_calls
  rm -f "$RECORDS/$ID.json"
  given_document p .
  given_document r '{}' docker-20.10/resources/update-pids.json
  if [[ $1 == exec* || $1 == update* ]]; then
    given_container
  else
    given_spec .
  fi
}

@test "command-line: in restricted each is refused, with its reason and what to do" {
  local word text globals command
  while IFS='|' read -r word text globals command <&5; do
    echo "$word: $globals $command"
    before "$command"
    call "$globals" "$command"
    assert_refused "$text"
    [[ $stderr == *"[command-line, policy "* ]] || { show; false; }
    assert_log
    assert_event ".outcome == \"refused\" and .refusals == [{control: \"command-line\", reason: \"$word\", asked: .refusals[0].asked}]"
  done 5< <(asks)
}

@test "command-line: fix refuses as well, for no rewrite makes it comply" {
  local word text globals command
  given_policy '.controls["command-line"] = "fix"'
  while IFS='|' read -r word text globals command <&5; do
    before "$command"
    call "$globals" "$command"
    assert_refused "$text"
  done 5< <(asks)
}

# What the runtime is called with, but for a document that mantlet hands over.
called_with() {
  sed -E 's|\t|  |g; s|--process  /proc/self/fd/[0-9]+|--process PROCESS|; s|--resources=-|--resources RESOURCES|
    s|--root  [^ ]*  *||; s|--log  [^ ]*  *||; s|--log-format  json  *||; s|  | |g' "$STUB_DIR/calls" | sed "s|$BUNDLE|BUNDLE|"
}

@test "command-line: under observe each passes unchanged, and the event says would-refuse" {
  local word text globals command
  given_policy '.extends = "observe"'
  while IFS='|' read -r word text globals command <&5; do
    echo "$word: $globals $command"
    before "$command"
    call "$globals" "$command"
    assert_ok
    [ -z "$output$stderr" ] || { show; false; }
    [ "$(called_with)" = "${globals:+$globals }$command $ID" ] || { called_with; false; }
    assert_event ".outcome == \"would-refuse\" and any(.refusals[]; .control == \"command-line\" and .reason == \"$word\" and .enforced == false)"
  done 5< <(asks)
}

@test "command-line: a policy can allow each by its name, and no other with it" {
  local word text globals command
  while IFS='|' read -r word text globals command <&5; do
    echo "$word: $globals $command"
    given_policy ".controls[\"command-line\"].allow = [\"$word\"]"
    before "$command"
    call "$globals" "$command"
    assert_ok
    [ "$(called_with)" = "${globals:+$globals }$command $ID" ] || { called_with; false; }
    assert_event '.outcome == "allowed" and (has("refusals") | not)'
    given_policy ".controls[\"command-line\"].allow = ([\"preserve-fds\", \"no-pivot\", \"no-new-keyring\", \"cgroup\", \"l3-cache-schema\", \"mem-bw-schema\", \"rootless\", \"cgroup-manager\"] - [\"$word\"])"
    before "$command"
    call "$globals" "$command"
    assert_refused "$text"
  done 5< <(asks)
}

@test "command-line: an allowed --cgroup reaches the runtime in the flag form too" {
  given_policy '.controls["command-line"].allow = ["cgroup"]'
  given_container
  PROGRAM=(id)
  engine exec --cgroup cpu:a --cgroup b
  assert_ok
  [[ $(cat "$STUB_DIR/calls") == *$'\texec\t--process\t/proc/self/fd/'*$'\t--cgroup\tcpu:a\t--cgroup\tb\t'"$ID" ]] || { show; false; }
  assert_process_confined
}

@test "command-line: update with nothing but an allowed cache class hands over an empty document" {
  given_policy '.controls["command-line"].allow = ["l3-cache-schema"]'
  given_container
  engine update --l3-cache-schema L3:0=f
  assert_ok
  assert_resources '. == {}'
  [[ $(cat "$STUB_DIR/calls") == *$'\tupdate\t--resources=-\t--l3-cache-schema\tL3:0=f\t'"$ID" ]] || { show; false; }
}

@test "command-line: all reasons come at once, together with those of the document" {
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  run_mantlet create --no-pivot --no-new-keyring
  assert_refused "3 reasons: (1) --no-pivot"
  [[ $stderr == *"[command-line capabilities, policy "* ]] || { show; false; }
}

@test "command-line: the profile of the start decides about a later exec" {
  given_policy '.controls["command-line"].allow = ["cgroup"]'
  given_container
  given_policy .
  given_document p .
  engine exec --process "$WORK/p.json" --cgroup /x
  assert_ok
  rm -f "$RECORD"
  given_container
  engine exec --process "$WORK/p.json" --cgroup /x
  assert_refused "outside of the container's own limits"
}

@test "command-line: what no policy can make right is refused under observe too" {
  local line
  given_policy '.extends = "observe"'
  for line in "create --config /x.json" "run -f /x.json" "run --sandbox" "delete --regex" "kill --regex" \
    "run --bun $BUNDLE" "create --preserve-fds -1"; do
    # shellcheck disable=SC2086 # words
    mantlet --root "$RUNTIME_ROOT" $line "$ID"
    assert_refused ""
  done
  mantlet --root / run -b "$BUNDLE" "$ID"
  assert_refused "root directory"
}

@test "command-line: a word that is no flag of this control is an error of the policy" {
  given_policy '.controls["command-line"].allow = ["config"]'
  run_mantlet create
  assert_refused "'config'"
}

# memfd: the number of the descriptor that the runtime reads the process document from.
memfd() {
  sed -n 's|.*\t/proc/self/fd/\([0-9]*\)\t.*|\1|p' "$STUB_DIR/calls"
}

# exec_preserving N [PREFIX...]: an exec with N descriptors of the caller's, which are $WORK/given.
exec_preserving() {
  local count=$1
  shift
  forget_calls
  echo given >"$WORK/given"
  run --separate-stderr -- bash -c 'for ((fd = 3; fd < 3 + $0; fd++)); do eval "exec $fd<$WORK/given"; done; exec "$@"' "$count" \
    "$@" "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" exec --process "$WORK/p.json" --preserve-fds "$count" "$ID"
}

@test "command-line: the hand-over lies behind the preserved descriptors, which stay the caller's" {
  local count
  export WORK
  given_policy '.controls["command-line"].allow = ["preserve-fds"]'
  given_container
  given_document p .
  for count in 1 2 60 61 62 100 300; do
    exec_preserving "$count"
    assert_ok
    [ "$(memfd)" -ge 64 ]
    [ "$(memfd)" -ge $((count + 3)) ]
    [ "$(awk -v end=$((count + 3)) '$1 > 2 && $1 < end' "$STUB_DIR/fds" | grep -c " $WORK/given$")" -eq "$count" ]
    # Nothing of ours but the one that the runtime is told of.
    [ "$(grep -c memfd "$STUB_DIR/fds")" -eq 1 ]
    refute grep -qE 'config\.json|audit\.jsonl|/run/mantlet|policy' "$STUB_DIR/fds"
  done
}

@test "command-line: with too few descriptors the hand-over is refused before it is within reach" {
  export WORK
  given_policy '.controls["command-line"].allow = ["preserve-fds"]'
  given_container
  given_document p .
  # 3 to 52 are the caller's; some are left for our files, and none below is free.
  exec_preserving 50 prlimit --nofile=60:60
  assert_ok
  [ "$(memfd)" -ge 53 ]
  # A limit that fell after they were opened: what we open below it finds no place.
  exec_preserving 50 prlimit --nofile=53:53
  [ "$status" -eq 1 ]
  assert_runtime_not_called
}

# ---- paths that the engine chooses (contract, section 4): root's to say, kept as they are ----

@test "command-line: paths of the engine's arrive as they came" {
  local path flag
  given_container
  for path in /run/x.pid relative.pid ./a/../b.pid 'with blank' $'tab\tnewline\nand \x01' $'\xff\xfe' '*?[' '"quoted"' 'ünïcode' \
    -dash --bundle /dev/null "/$(printf 'x%.0s' {1..300})"; do
    for flag in --pid-file --console-socket; do
      forget_calls
      rm -f "$RECORDS/$ID.json"
      given_spec .
      mantlet --root "$RUNTIME_ROOT" create --bundle "$BUNDLE" "$flag" "$path" "$ID"
      assert_ok
      argument_is "$flag" "$path"
      given_document p .
      forget_calls
      mantlet --root "$RUNTIME_ROOT" exec --process "$WORK/p.json" --detach "$flag" "$path" "$ID"
      assert_ok
      argument_is "$flag" "$path"
    done
  done
}

# argument_is FLAG VALUE: among the arguments of the last call, as "--flag VALUE" or "--flag=VALUE".
argument_is() {
  local LC_ALL=C words want=$1$'\n'$2
  words=$'\n'$(cat "$STUB_DIR/argv")$'\n'
  [[ $2 != -* ]] || want=$1=$2
  [[ $words == *$'\n'"$want"$'\n'* ]] || { show; return 1; }
}

@test "command-line: --root and --log arrive as they came, relative ones too" {
  given_spec .
  mkdir -p "$WORK/rel"
  mantlet --root ./rel/../rel --log 'a log' --log-format text create --bundle "$BUNDLE" "$ID"
  assert_ok
  assert_called --log 'a log' --log-format text --root ./rel/../rel create --bundle "$BUNDLE" "$ID"
  [ ! -e "$WORK/a log" ]
  rm -rf /run/mantlet/*"%2F${WORK##*/}%2Frel"
}

@test "command-line: --rootless auto and false are harmless and arrive" {
  local value
  for value in auto false; do
    forget_calls
    rm -f "$RECORDS/$ID.json"
    given_spec .
    mantlet --root "$RUNTIME_ROOT" --rootless "$value" create --bundle "$BUNDLE" "$ID"
    assert_ok
    assert_called --root "$RUNTIME_ROOT" --rootless "$value" create --bundle "$BUNDLE" "$ID"
  done
}
