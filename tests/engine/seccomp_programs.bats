#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for shells in containers
#
# Real programs under both seccomp profiles and everything else of `restricted`: each is started by
# dockerd with what a user would give it (a tmpfs for its data), serves one request to a
# client in the same container (an exec), and is stopped by its signal. Its log must not show
# that a system call was missed.

setup_file() {
  load ../lib/engines
  load ../lib/programs

  PROGRAMS_TAR=${PROGRAMS_TAR:-$BATS_TEST_DIRNAME/../../build/tests/programs.tar}
  if ! PROGRAMS_MISSING=$(programs_archive "$PROGRAMS_TAR" 2>&1); then
    export PROGRAMS_MISSING="the programs are not to be had: ${PROGRAMS_MISSING##*$'\n'}"
    return
  fi
  engines_start || return
  engines_policy strict '{"version": 1, "controls": {"seccomp": {"profile": "strict"}}}'
  docker_start || return
  docker import "$PROGRAMS_TAR" programs:latest >/dev/null
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  [ -z "${PROGRAMS_MISSING:-}" ] || skip "$PROGRAMS_MISSING"
}

teardown() {
  [ -n "${PROGRAMS_MISSING:-}" ] || docker_clear
}

# given_programs ARGUMENT...: one container under each profile, "default" and "strict".
given_programs() {
  docker run -d --name default "$@" >/dev/null
  docker run -d --name strict --runtime mantlet-strict "$@" >/dev/null
}

# In both containers, until it succeeds. A server that lost a call may accept and never answer.
both_do() {
  local profile end

  for profile in default strict; do
    end=$((SECONDS + ${PATIENCE:-20}))
    until docker exec "$profile" timeout 10 "$@" >"$BATS_TEST_TMPDIR/out" 2>&1; do
      [ "$SECONDS" -lt "$end" ] || {
        echo "$profile: $*"
        cat "$BATS_TEST_TMPDIR/out"
        docker logs "$profile" 2>&1 | tail -n 20
        return 1
      }
      sleep 0.1
    done
  done
}

# A page of the server in each.
both_serve() {
  both_do busybox sh -c '[ "$(wget -q -O - http://127.0.0.1:8080/index.html)" = served ]'
}

# both_end SIGNAL STATUS: they end by it, and their logs complain about nothing.
both_end() {
  local profile

  for profile in default strict; do
    docker kill -s "$1" "$profile" >/dev/null
    [ "$(docker wait "$profile")" -eq "$2" ]
    docker logs "$profile" >"$BATS_TEST_TMPDIR/log" 2>&1
    if grep -iE 'not implemented|not permitted|emerg|bad system call' "$BATS_TEST_TMPDIR/log"; then
      return 1
    fi
  done
}

@test "programs: they run as nobody, without capabilities, under filters that differ" {
  local lines

  lines='^(Uid|CapBnd|NoNewPrivs|Seccomp):'
  given_programs programs sleep 60
  docker exec default grep -E "$lines" /proc/self/status >"$BATS_TEST_TMPDIR/default"
  docker exec strict grep -E "$lines" /proc/self/status | diff "$BATS_TEST_TMPDIR/default" -
  grep -qE '^Uid:.65532.65532' "$BATS_TEST_TMPDIR/default"
  grep -qE '^Seccomp:.2' "$BATS_TEST_TMPDIR/default"
  # memfd_create: a file in memory
  docker exec default python3 -c 'import os; os.memfd_create("x")'
  run docker exec strict python3 -c 'import os; os.memfd_create("x")'
  [[ $output == *"Function not implemented"* ]]
}

@test "programs: busybox serves a page" {
  given_programs programs busybox httpd -f -p 8080 -h /srv
  both_do busybox sh -c 'cd /tmp; echo b >a; cp a b; tar c a b | gzip >t; gunzip <t | tar t; rm t;
    find . -name a | xargs cat; mkfifo f; ls -la; mkdir -p d/e; mv a d/e; rm -r d; date; df'
  both_serve
  both_end KILL 137
}

@test "programs: bash runs scripts" {
  given_programs programs bash -c 'trap "exit 0" TERM; while :; do sleep 0.2 & wait; done'
  both_do bash -ec 'cd /tmp; diff <(seq 9) <(seq 9); x=$(echo a | cat); [ "$x" = a ]; (ulimit -n 64);
    coproc cat; echo y >&"${COPROC[1]}"; read -r y <&"${COPROC[0]}"; [ "$y" = y ]; kill %1; wait || :'
  both_end TERM 0
}

@test "programs: python3 serves a page, with threads, processes, asyncio and sqlite" {
  given_programs programs python3 /srv/server.py
  both_serve
  both_end TERM 0
}

@test "programs: node serves a page, with a worker thread and a child" {
  given_programs programs node /srv/server.js
  both_serve
  both_end TERM 0
}

@test "programs: perl serves a page, with children" {
  given_programs programs perl /srv/server.pl
  both_serve
  both_end TERM 0
}

@test "programs: java serves a registry, and makes a key" {
  given_programs programs rmiregistry -J-XX:+UseG1GC 1099
  # Magic word, version and protocol; the answer begins with "N", acknowledged.
  both_do bash -c 'exec 3<>/dev/tcp/127.0.0.1/1099; printf "JRMI\0\002K" >&3; read -r -N 1 -u 3 x;
    [ "$x" = N ]'
  both_do keytool -genkeypair -alias a -keyalg EC -dname CN=a -storepass served -keystore /tmp/keys
  both_end TERM 143
}

@test "programs: nginx serves a page" {
  given_programs --tmpfs /var/lib/nginx programs nginx -e stderr
  both_serve
  both_end QUIT 0
}

@test "programs: redis-server keeps a value and writes it to disk" {
  given_programs --tmpfs /data programs redis-server --dir /data --appendonly yes
  both_do redis-cli set word served
  both_do bash -c 'redis-cli bgsave; until [ -s /data/dump.rdb ]; do sleep 0.1; done'
  both_do bash -c '[ "$(redis-cli get word)" = served ]'
  both_end TERM 0
}

@test "programs: postgresql makes a database, answers with parallel workers, stops" {
  given_programs --tmpfs /data programs bash -c 'initdb -D /data/db -A trust >/dev/null &&
    exec postgres -D /data/db -k /tmp -c max_parallel_workers_per_gather=2'
  both_do psql -h /tmp -d postgres -Atc 'create table if not exists t as select generate_series(1, 200000) a'
  both_do bash -c '[ "$(psql -h /tmp -d postgres -At -c "set parallel_setup_cost = 0" \
    -c "set parallel_tuple_cost = 0" -c "select sum(a) from t" | tail -n 1)" = 20000100000 ]'
  both_do psql -h /tmp -d postgres -Atc checkpoint
  both_end INT 0
}
