# shellcheck shell=bash disable=SC2016,SC2154 # dollars for jq; bats sets output and status
#
# One thing that a person asks of Docker, under the three modes of the control that judges it. A
# test names it once with asks, then says what must hold when the control refuses, rewrites or only
# records. What a rewritten container has is compared with a container that never asked, and what an
# audited one has with plain runc, fact for fact.

# asks CONTROL WORDS FLAG...: WORDS is what the refusal must say of it.
asks() {
  ASK_CONTROL=$1
  ASK_WORDS=$2
  shift 2
  ASK_FLAGS=("$@")
}

asked_of() {
  docker run --rm --runtime "$1" --name asked "${ASK_FLAGS[@]}" bb facts
}

# What the client says of a failed start, without the names that differ each time.
failure() {
  grep '^docker: ' <<<"$output" | sed -E 's/[0-9a-f]{12,64}/ID/g'
}

# The person reads why, nothing has run, and the record of it is one event.
refused() {
  events_mark
  run docker run --runtime mantlet-deny --name asked "${ASK_FLAGS[@]}" bb facts
  docker inspect --format '{{.State.Status}} {{.State.Pid}}' asked >"$BATS_TEST_TMPDIR/state"
  docker rm -f asked >/dev/null
  head -n 5 <<<"$output"
  [ "$status" -eq 125 ]
  [[ $output == *"mantlet: refused: "*"$ASK_WORDS"* ]]
  [[ $output =~ \[[^]]*"$ASK_CONTROL"[^]]*\] ]]
  [[ $output != *"CapEff"* ]]
  [ "$(cat "$BATS_TEST_TMPDIR/state")" = "created 0" ]
  assert_event '.event == "create" and .outcome == "refused"
    and any(.refusals[]; .control == $c)' --arg c "$ASK_CONTROL"
}

# It runs, without what was asked for, and the event names the edit.
neutralised() {
  events_mark
  facts asked_of mantlet-fix
  assert_event '.event == "create" and any(.changes[]; .control == $c and .class == "ask")' \
    --arg c "$ASK_CONTROL"
}

# No fact tells it from a container that did not ask.
neutralised_without_trace() {
  neutralised
  comparable_facts >"$BATS_TEST_TMPDIR/asked"
  facts docker run --rm --runtime mantlet-fix bb facts
  comparable_facts | diff - "$BATS_TEST_TMPDIR/asked"
}

# It has what plain runc would have given, and the event says what a stricter mode would do.
journalled() {
  facts asked_of runc
  comparable_facts >"$BATS_TEST_TMPDIR/plain"
  events_mark
  facts asked_of mantlet-audit
  comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
  assert_event '.event == "create" and .outcome == "would-refuse"
    and any(.refusals[]; .control == $c and .enforced == false)' \
    --arg c "$ASK_CONTROL"
}
