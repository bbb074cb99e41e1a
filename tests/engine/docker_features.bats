#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# What people do with Docker every day works through mantlet as it does with runc, in containers
# that are hardened: volumes, networks, terminals, exit codes, signals, health checks, and the
# commands that look into a container or copy from it. No policy file.

bats_require_minimum_version 1.5.0

setup_file() {
  load ../lib/engines
  engines_start && docker_start
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/inside
}

teardown() {
  docker_clear
}

given_web() {
  docker run -d --name web "$@" bb httpd -f -p 8080 -h /etc >/dev/null
}

assert_state() {
  [ "$(docker inspect --format "{{$1}}" "$2")" = "$3" ]
}

@test "docker: a volume keeps its files for the next container" {
  docker run --rm -v kept:/data bb sh -c 'echo word >/data/file'
  [ "$(docker run --rm -v kept:/data bb cat /data/file)" = word ]
  [ "$(docker run --rm -v kept:/data:ro bb sh -c 'cat /data/file; touch /data/x || echo no')" = $'word\nno' ]
  docker volume rm kept
}

@test "docker: a directory below /srv can be mounted, writable and read-only" {
  mkdir "$ROOM/srv/shared"
  chown 65532:65532 "$ROOM/srv/shared"
  docker run --rm -v /srv/shared:/mnt bb sh -c 'echo word >/mnt/file'
  [ "$(cat "$ROOM/srv/shared/file")" = word ]
  run docker run --rm -v /srv/shared:/mnt:ro bb sh -c 'cat /mnt/file; echo other >/mnt/file'
  [ "$status" -eq 1 ]
  # Two streams: docker shows them in either order.
  [[ $output == *word* && $output == *"Read-only file system"* ]]
}

@test "docker: an own tmpfs is writable and as large as asked" {
  facts docker run --rm --tmpfs /scratch:size=1m bb facts
  assert_mount /scratch tmpfs size=1024k
  assert_writable /scratch
}

@test "docker: a published port answers, by the proxy and by the firewall" {
  given_web -p 18080:8080
  wait_for 5 "the proxy" room busybox wget -qO- http://127.0.0.1:18080/passwd
  wait_for 5 "the firewall's port" room busybox wget -qO- http://172.30.0.1:18080/passwd
}

@test "docker: containers find each other by name on a network of their own" {
  docker network create town >/dev/null
  given_web --network town --network-alias www
  wait_for 5 "the name web" docker run --rm --network town bb wget -qO- http://web:8080/passwd
  docker run --rm --network town bb wget -qO- http://www:8080/passwd
  run docker run --rm bb wget -T 2 -qO- http://web:8080/passwd
  [ "$status" -ne 0 ]
  docker rm -f web
  docker network rm town
}

@test "docker: a port below 1024 needs no capability" {
  docker run -d --name web bb httpd -f -p 80 -h /etc >/dev/null
  wait_for 5 "port 80" docker exec web wget -qO- http://127.0.0.1/passwd
}

@test "docker: no network and another container's network are as asked" {
  [ "$(docker run --rm --network none bb ls /sys/class/net)" = lo ]
  given_web
  wait_for 5 "the server next door" docker run --rm --network container:web bb \
    wget -qO- http://127.0.0.1:8080/passwd
}

@test "docker: host name, resolver, hosts, environment, directory and entry point are as asked" {
  run docker run --rm -h box --dns 192.0.2.53 --add-host peer:192.0.2.7 -e WORD=as-asked -w /var \
    --entrypoint sh bb -c 'hostname; cat /etc/resolv.conf /etc/hosts; echo $WORD; pwd'
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == box*"nameserver 192.0.2.53"*192.0.2.7*peer*as-asked*/var ]]
}

@test "docker: --init puts a reaper in front" {
  run docker run --rm --init bb sh -c 'cat /proc/1/comm; readlink /proc/1/exe; (sleep 0.1 &); sleep 0.3; ps'
  echo "$output"
  [[ ${lines[0]} == *init* ]]
  [[ $output != *"[sleep]"* ]]
}

@test "docker: a terminal is one, with its size" {
  run script -qec "$DOCKER run --rm -t bb sh -c 'test -t 0 && test -t 1 && tty'" /dev/null
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == */dev/pts/0* ]]

  run script -qec "stty rows 33 cols 77; $DOCKER run --rm -it bb sh -c 'sleep 0.5; stty size'" /dev/null
  [[ $output == *"33 77"* ]]
}

@test "docker: exec can have a terminal, input, another directory and environment" {
  given_web
  run script -qec "$DOCKER exec -t web tty" /dev/null
  [[ $output == */dev/pts/* ]]
  [ "$(echo word | docker exec -i web cat)" = word ]
  [ "$(docker exec -w /var -e WORD=x web sh -c 'pwd; echo $WORD')" = $'/var\nx' ]
  run docker exec web sh -c 'exit 9'
  [ "$status" -eq 9 ]
  docker exec -d web sh -c 'echo done >/tmp/mark'
  wait_for 5 "the detached exec" docker exec web test -e /tmp/mark
}

@test "docker: input reaches the program whole, and output comes back apart from errors" {
  head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
  docker run --rm -i bb cat <"$BATS_TEST_TMPDIR/data" >"$BATS_TEST_TMPDIR/copy"
  cmp "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/copy"
  docker run --rm bb sh -c 'echo out; echo err >&2' >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
  [ "$(cat "$BATS_TEST_TMPDIR/out")" = out ]
  [ "$(cat "$BATS_TEST_TMPDIR/err")" = err ]
}

@test "docker: the standard streams can be opened again by name" {
  [ "$(docker run --rm bb sh -c 'echo one >/dev/stdout; echo two >/dev/stderr' 2>&1 | sort)" = $'one\ntwo' ]
}

@test "docker: exit codes are the program's, or say that there is none" {
  local code

  for code in 0 1 7 200; do
    run docker run --rm bb sh -c "exit $code"
    [ "$status" -eq "$code" ]
  done
  run -127 docker run --rm bb no-such-program
  run docker run --rm bb /etc/passwd
  [ "$status" -eq 126 ]
  run docker run --rm bb sh -c 'sh -c "kill -9 \$\$"; exit $?'
  [ "$status" -eq 137 ]
}

@test "docker: signals reach the program" {
  # shellcheck disable=SC2016 # for the shell inside
  docker run -d --name trap bb sh -c \
    'trap "echo got-usr1" USR1; trap "echo got-term; exit 5" TERM; echo ready; while :; do sleep 0.1; done'
  wait_for 5 "the trap" sh -c "$DOCKER logs trap | grep ready"
  docker kill -s USR1 trap
  wait_for 5 "USR1" sh -c "$DOCKER logs trap | grep got-usr1"
  docker stop -t 5 trap
  [ "$(docker wait trap)" = 5 ]
  [[ $(docker logs trap) == *got-term ]]
}

@test "docker: kill, pause and wait work" {
  docker run -d --name victim bb sleep 600
  docker pause victim
  assert_state .State.Status victim paused
  docker unpause victim
  docker kill victim
  [ "$(docker wait victim)" = 137 ]
  docker start victim
  assert_state .State.Status victim running
}

@test "docker: a restart policy starts a failing program again" {
  docker run -d --name failing --restart on-failure:2 bb false
  wait_for 10 "two restarts" sh -c "$DOCKER inspect --format '{{.RestartCount}} {{.State.Status}}' failing | grep '2 exited'"
  assert_state .State.ExitCode failing 1
}

@test "docker: a health check runs and finds out" {
  docker run -d --name web --health-cmd 'wget -qO- http://127.0.0.1:8080/passwd' \
    --health-interval 0.3s bb sh -c 'sleep 0.5; exec httpd -f -p 8080 -h /etc'
  wait_for 10 "a healthy server" sh -c "$DOCKER inspect --format '{{.State.Health.Status}}' web | grep -x healthy"

  docker run -d --name sick --health-cmd false --health-interval 0.2s --health-retries 2 bb sleep 600
  wait_for 10 "a sick one" sh -c "$DOCKER inspect --format '{{.State.Health.Status}}' sick | grep -x unhealthy"
}

@test "docker: cp takes files out and puts them in" {
  docker run -d --name victim bb sleep 600
  docker cp victim:/etc/passwd "$BATS_TEST_TMPDIR/passwd"
  grep -q ^app: "$BATS_TEST_TMPDIR/passwd"
  docker cp "$BATS_TEST_TMPDIR/passwd" victim:/etc/copied
  docker exec victim cmp /etc/passwd /etc/copied
}

@test "docker: logs, top, stats, diff and attach show the container" {
  docker run -d --name victim bb sh -c \
    'echo a line; while [ ! -e /tmp/end ]; do sleep 0.3; done; echo the end'
  wait_for 5 "the log" sh -c "$DOCKER logs victim | grep 'a line'"
  [[ $(docker top victim) == *"sleep 0.3"* ]]
  [[ $(docker stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' victim) == [1-9]*iB* ]]
  docker diff victim
  docker attach --no-stdin --sig-proxy=false victim >"$BATS_TEST_TMPDIR/attached" 3>&- &
  docker exec victim touch /tmp/end
  wait $!
  [[ $(cat "$BATS_TEST_TMPDIR/attached") == *"the end" ]]
}

@test "docker: restart gives a new start with the same settings" {
  given_web -p 18081:8080
  docker restart -t 1 web
  assert_state .State.Status web running
  assert_state .RestartCount web 0
  wait_for 5 "the port again" room busybox wget -qO- http://172.30.0.1:18081/passwd
}

@test "docker: rename, commit and export work on a hardened container" {
  docker run -d --name before -v kept:/data bb sleep 600
  docker rename before after
  docker commit after bb:committed
  docker run --rm bb:committed true
  docker export after | tar -t | grep -q bin/busybox
  docker rm -f after
  docker rmi bb:committed
}

@test "docker: a program that needs more memory than its limit is killed, and Docker says why" {
  run docker run --name hungry -m 16m --memory-swap 16m bb sh -c 'tail /dev/zero'
  [ "$status" -eq 137 ]
  assert_state .State.OOMKilled hungry true
}

@test "docker: eight containers can start at once" {
  local n pids=()

  for n in 1 2 3 4 5 6 7 8; do
    docker run --rm bb sh -c "exit $n" &
    pids+=($!)
  done
  for n in 1 2 3 4 5 6 7 8; do
    status=0
    wait "${pids[n - 1]}" || status=$?
    [ "$status" -eq "$n" ]
  done
}
