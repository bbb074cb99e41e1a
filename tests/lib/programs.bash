# shellcheck shell=bash
#
# An image of real programs: bash, busybox, java, nginx, node, perl, postgresql, python3 and
# redis-server, as Debian packages them. apt says which packages they need; a package that is
# installed here is copied from its files, every other one is downloaded and unpacked, never
# installed: a test must not start a web server on somebody's machine. The archive is kept in
# $PROGRAMS_TAR, because unpacking takes longer than the tests.

PROGRAMS=(bash busybox-static default-jre-headless nginx nodejs perl-base postgresql python3 redis-server)

# Needed by installers only, or large and not loaded by what the tests do (libllvm: PostgreSQL's JIT).
PROGRAMS_SKIP='^(adduser|apt|base-files|debconf|dpkg|fontconfig.*|fonts-.*|iproute2|libllvm.*|libperl.*'
PROGRAMS_SKIP+='|libz3.*|locales|libc-l10n|perl|perl-modules.*|passwd|sysvinit-utils|ucf|usrmerge|util-linux.*)$'

# Makes the archive at the path, unless it is there. Says why when it cannot.
programs_archive() {
  local tree

  [ ! -s "$1" ] || return 0
  command -v apt-get >/dev/null || { echo 'this is no Debian system'; return 1; }
  mkdir -p "$(dirname "$1")" || return
  tree=$(mktemp -d "$1.XXXXXX") || return
  if _programs_tree "$tree" && tar -C "$tree" --numeric-owner -cf "$1.part" .; then
    mv "$1.part" "$1"
  fi
  rm -rf "$tree" "$1.part"
  [ -s "$1" ]
}

_programs_tree() {
  local tree=$1 dir package packages files

  mkdir -p "$tree"/{data,dev,etc/nginx,proc,root,run,srv,sys,tmp,usr/bin,usr/sbin,usr/lib,usr/lib64} \
    "$tree"/var/{lib/nginx,log,tmp} || return
  for dir in bin sbin lib lib64; do
    ln -s "usr/$dir" "$tree/$dir"
  done
  packages=$(_programs_packages) || return
  for package in $packages; do
    if files=$(dpkg -L "$package" 2>/dev/null); then
      _programs_copy "$tree" <<<"$files"
    else
      _programs_download "$tree" "$package"
    fi || { echo "no package $package"; return 1; }
  done
  _programs_settle "$tree"
}

# What apt would install on an empty system.
_programs_packages() {
  local all

  all=$(apt-get -s -qq -o Dir::State::status=/dev/null --no-install-recommends \
    install "${PROGRAMS[@]}" 2>&1) || { tail -n 5 <<<"$all"; return 1; }
  awk '/^Inst/ {print $2}' <<<"$all" | grep -vE "$PROGRAMS_SKIP"
}

PROGRAMS_LEAVE=(--exclude '*/share/doc/*' --exclude '*/share/man/*' --exclude '*/share/locale/*'
  --exclude '*/include/*' --exclude '*/node_modules/npm/*' --exclude '*/bitcode/*' --exclude '*.a')

_programs_copy() {
  local tree=$1

  while read -r path; do
    [ -d "$path" ] && [ ! -L "$path" ] || [ ! -e "$path" ] || printf '%s\n' "$path"
  done | tar -cf - --no-recursion "${PROGRAMS_LEAVE[@]}" -T - 2>/dev/null |
    tar -C "$tree" -xf - --keep-directory-symlink
}

_programs_download() {
  local tree=$1 dir deb

  dir=$(mktemp -d "$tree.deb.XXXXXX") || return
  if (cd "$dir" && apt-get -qq -o APT::Sandbox::User=root download "$2" >/dev/null); then
    deb=$(find "$dir" -name '*.deb')
    dpkg-deb --fsys-tarfile "$deb" |
      tar -C "$tree" -xf - --keep-directory-symlink "${PROGRAMS_LEAVE[@]}"
  fi
  rm -r "$dir"
  [ -n "$deb" ]
}

# Names that maintainer scripts would have made, a user with mantlet's number, and what is served.
_programs_settle() {
  local tree=$1 program

  for program in "$tree"/usr/lib/jvm/*/bin/{java,keytool,rmiregistry} "$tree"/usr/lib/postgresql/*/bin/*; do
    [ ! -e "$program" ] || ln -sf "${program#"$tree"}" "$tree/usr/bin/${program##*/}"
  done
  "$tree/usr/bin/busybox" --list | while read -r program; do
    [ -e "$tree/usr/bin/$program" ] || ln -sf busybox "$tree/usr/bin/$program"
  done
  ln -sf python3 "$tree/usr/bin/python"
  printf 'root:x:0:0::/root:/bin/sh\napp:x:65532:65532::/tmp:/bin/sh\n' >"$tree/etc/passwd"
  printf 'root:x:0:\napp:x:65532:\n' >"$tree/etc/group"
  echo 'served' >"$tree/srv/index.html"
  cat >"$tree/etc/nginx/nginx.conf" <<'CONF'
daemon off;
pid /run/nginx.pid;
error_log stderr info;
worker_processes 2;
events {}
http {
  access_log /dev/stdout;
  sendfile on;
  server { listen 8080; root /srv; }
}
CONF
  cat >"$tree/srv/server.js" <<'CONF'
const fs = require('fs'), http = require('http'), run = require('child_process').exec;
const { Worker } = require('worker_threads');
const server = http.createServer((request, response) =>
  new Worker('1', { eval: true }).on('exit', () => run('echo served', (error, text) =>
    fs.readFile('/srv/index.html', (fault, page) => response.end(error || fault || page)))));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
server.listen(8080);
CONF
  cat >"$tree/srv/server.pl" <<'CONF'
use IO::Socket::INET;
$SIG{TERM} = sub { exit 0 };
my $server = IO::Socket::INET->new(Listen => 5, LocalPort => 8080, ReuseAddr => 1) or die $!;
while (my $client = $server->accept) {
  if (!fork) {
    scalar <$client>;
    print $client "HTTP/1.0 200 OK\r\n\r\n", `echo served`;
    exit 0;
  }
  close $client;
  wait;
}
CONF
  cat >"$tree/srv/server.py" <<'CONF'
import asyncio, http.server, multiprocessing, signal, sqlite3, subprocess, sys, tempfile

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with tempfile.TemporaryDirectory() as directory:
            with sqlite3.connect(directory + '/db') as db:
                db.execute('create table words (word)')
                db.execute('insert into words values (?)', ('served',))
                word, = db.execute('select word from words').fetchone()
        async def child():
            process = await asyncio.create_subprocess_exec('true')
            return await process.wait()
        status = asyncio.run(child()) or subprocess.run(['true']).returncode
        with multiprocessing.get_context('fork').Pool(2) as pool:
            status += sum(pool.map(abs, [0, 0]))
        self.send_response(500 if status else 200)
        self.end_headers()
        self.wfile.write(word.encode())

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(('', 8080), Handler).serve_forever()
CONF
  chmod -R go+rX "$tree/etc" "$tree/srv"
  chmod 0700 "$tree/root"
  chmod 1777 "$tree/tmp" "$tree/var/tmp"
}
