#!/bin/sh
# Programs that look closely at what is under them: each is run with and without vgpu-run, and must say the same and end the same.
. "$(dirname "$0")/../lib/check.sh"
traced=${VGPU_ENGINE:-auto}
cd "$scratch" || exit 1

# tool NAME LAW: states the law; false, with a SKIP line, where the tool is missing.
tool() {
  law "$2"
  command -v "$1" >/dev/null && return
  skip "no $1 here"
  return 1
}

# same_normal COMMAND...: the same, for commands whose output varies from run to run: it is put through $normal.
same_normal() {
  run "$@"
  sed -E "$normal" "$scratch/out" >"$scratch/bare.out"
  bare=$status
  run "$VGPU_RUN" "$@"
  [ "$status" -eq "$bare" ] || fail "status $status, bare $bare" "$(shown "$*")"
  sed -E "$normal" "$scratch/out" | diff -u "$scratch/bare.out" - >"$scratch/diff" || fail 'output differs from bare' "$(cat "$scratch/diff")" "$(shown "$*")"
}

cat >inner.c <<'C'
#include <stdio.h>
int twice(int x) { return 2 * x; }
int main(void) { printf("%d\n", twice(21)); return 5; }
C
cat >core.c <<'C'
#include <signal.h>
int main(void) { raise(SIGQUIT); return 1; }
C
have_cc=false
! command -v gcc >/dev/null || { gcc -g -O0 inner.c -o inner && gcc core.c -o core-dumper && have_cc=true; }

law 'pipelines of a shell: a thousand times, none hangs and none loses an end'
same_as_bare sh -c 'i=0; while [ $i -lt 1000 ]; do echo $i | cat | cat; i=$((i + 1)); done | sort -n | md5sum'

law 'job control of a shell'
same_as_bare bash -c 'set -m; sleep 30 & kill -STOP %1; wait -n %1 2>/dev/null; jobs -s | grep -c Stopped; kill -CONT %1; kill %1; wait %1; echo $?'
same_as_bare sh -c 'trap "echo caught" USR1; (kill -USR1 $$) ; wait; exit 4'
same_as_bare bash -c 'trap "n=\$((n+1))" CHLD; set -m; for i in 1 2 3 4 5 6 7 8; do (exit $i) & wait $!; echo $?; done'

if $have_cc; then
  law 'a program that is ended by a signal dumps its core as without us'
  same_as_bare sh -c 'ulimit -c unlimited; ./core-dumper; echo $?'
  if [ "$traced" = ptrace ]; then
    law 'gdb and strace in the tree'
    skip 'a thread has one tracer, and with this engine it is us (docs/LIMITS.md)'
  else
    tool gdb 'gdb: run, break, bt' && normal='s/0x[0-9a-f]+/ADDR/g; s/process [0-9]+/process N/; /debuginfod|libthread_db|warning: /d' &&
      same_normal gdb -nx -batch -ex 'break twice' -ex run -ex bt -ex continue ./inner
    if tool strace 'strace: -f, and --seccomp-bpf'; then
      normal=''
      same_normal sh -c 'strace -f -qq -e trace=execve,exit_group,write -o log sh -c "./inner; exit 3"; s=$?; sed "s/^[0-9]* *//" log | grep -c exit_group; exit $s'
      same_normal sh -c 'strace -f -qq --seccomp-bpf -e trace=write -o log ./inner; s=$?; grep -c write log; exit $s'
    fi
  fi
else
  law 'a program that is ended by a signal dumps its core as without us'
  skip 'no gcc here'
fi

tool python3 "filters of a program's own, of each kind, and PR_SET_DUMPABLE 0" && cat >filter.py <<'P' && same_as_bare python3 filter.py
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
def program(action, number):
    code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, action), (0x06, 0, 0, 0x7fff0000)]
    lines = b''.join(struct.pack('HBBI', *line) for line in code)
    buffer = ctypes.create_string_buffer(lines, len(lines))
    return ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(code), ctypes.addressof(buffer)), 16), buffer
def inside(name, work):
    pid = os.fork()
    if pid == 0:
        os._exit(work())
    status = os.waitpid(pid, 0)[1]
    print(name, os.waitstatus_to_exitcode(status))
def filtered(action, number, then):
    def work():
        libc.prctl(38, 1, 0, 0, 0)
        fprog, keep = program(action, number)
        if libc.prctl(22, 2, ctypes.byref(fprog)) != 0:
            return 99
        return then()
    return work
def uname_errno():
    return ctypes.get_errno() if libc.uname(ctypes.create_string_buffer(400)) else 0
inside('errno on uname', filtered(0x00050000 | 77, 63, uname_errno))
inside('kill on uname', filtered(0x80000000, 63, uname_errno))
inside('trap on uname', filtered(0x00030000, 63, uname_errno))
inside('log of openat', filtered(0x7ffc0000, 257, lambda: len(open('/proc/self/comm').read()) > 0))
def undumpable():
    libc.prctl(4, 0, 0, 0, 0)
    return 7 if open('/etc/hostname').read() is not None and os.path.exists('/etc/passwd') else 8
inside('undumpable', undumpable)
P

tool go "Go, which sends itself SIGURG to change between its threads" && [ -x "$GUESTS/starter" ] &&
  normal='/nvidia|^gpus/d' && same_normal env GODEBUG=asyncpreemptoff=0 "$GUESTS/starter" sh -c 'for i in 1 2 3 4 5 6 7 8 9; do cat /etc/passwd; done | md5sum'

tool git 'git: a repository from nothing to a log' && same_as_bare sh -c 'rm -rf repository; git init -q repository && cd repository && git config user.email a@b && git config user.name a &&
  for i in 1 2 3 4 5; do echo $i >file$i; git add . && GIT_AUTHOR_DATE=@1 GIT_COMMITTER_DATE=@1 git commit -qm $i; done; git gc -q; git fsck; git log --oneline | md5sum; git status --short'

if tool make 'make -j with many short processes'; then
  { printf 'all:'; seq -s ' ' -f ' t%g' 200; echo; seq 200 | sed 's/.*/t&: ; @cat \/etc\/passwd >\/dev\/null; echo &/'; } >Makefile
  normal=''
  same_as_bare sh -c 'make -sj8 2>&1 | sort -n | md5sum'
fi

tool unshare 'unshare: user, mount and pid namespaces' && same_as_bare unshare -Urmpf --mount-proc sh -c 'id -u; list=$(ls /proc); echo "$list" | grep -c "^[0-9]"; mount -t tmpfs none /tmp && ls -A /tmp; chroot / id -u'
tool bwrap 'bubblewrap' && same_as_bare bwrap --dev-bind / / --unshare-pid --proc /proc sh -c 'echo $$; ls /usr | md5sum'
tool su 'su to another user' && if [ "$(id -u)" -eq 0 ]; then same_as_bare su -s /bin/sh nobody -c 'id -un; cat /etc/shadow 2>&1; exit 6'; else skip 'not root'; fi
tool setpriv 'an ordinary user' && if [ "$(id -u)" -eq 0 ]; then same_as_bare setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'id -u; cat /etc/shadow; ls -ld /root; grep NoNewPrivs /proc/self/status'; else skip 'not root'; fi
tool apt-get 'apt-get: the simulation of an installation' && same_as_bare apt-get -s -q install coreutils
tool dpkg 'dpkg: the list of packages' && same_as_bare sh -c 'dpkg -l | md5sum; dpkg -S /bin/sh'
tool python3 'a Python virtual environment' && same_as_bare sh -c 'rm -rf venv; python3 -m venv --without-pip venv && venv/bin/python -c "import sys, json, ssl, sqlite3; print(sys.prefix != sys.base_prefix)"'
tool npm 'npm' && same_as_bare sh -c 'rm -rf package; mkdir package && cd package && npm init -y --silent >/dev/null && npm pkg get name && npm ls --silent; node -e "require(\"fs\").statSync(\"/\"); console.log(process.argv.length)"'
tool sudo 'sudo' && if [ "$(id -u)" -eq 0 ]; then same_as_bare sudo -n -u nobody sh -c 'id -un; exit 4'; else skip 'not root'; fi
tool qemu-x86_64-static 'qemu-user' && same_as_bare qemu-x86_64-static /bin/ls /usr
tool perf 'perf' && same_as_bare sh -c 'perf stat -o counts true; s=$?; grep -c elapsed counts; exit $s'
if [ "$traced" = ptrace ]; then
  law rr
  skip 'a thread has one tracer, and with this engine it is us (docs/LIMITS.md)'
elif tool rr rr; then
  # It needs the processor's counters and says so; then there is nothing to compare.
  if rr record -n -o recording true >/dev/null 2>rr_says; then
    same_as_bare sh -c 'rm -rf recording; rr record -n -o recording true; echo $?'
  else
    skip "rr does not run here without us: $(head -n 1 rr_says)"
  fi
fi
if tool squashfuse 'a file system that a program of the tree serves (FUSE): nobody waits for ever' && tool mksquashfs 'a file system that a program of the tree serves (FUSE): nobody waits for ever'; then
  mkdir served mounted && cp /etc/passwd served && ln -s passwd served/link && mksquashfs served image -quiet -no-progress >/dev/null
  end='fusermount3 -u mounted || umount mounted'
  if squashfuse image mounted 2>fuse_says && sh -c "$end"; then
    # The server is asked by several at once, over links and for what is not there, while it makes calls of its own.
    same_as_bare sh -c "squashfuse image mounted && for i in 1 2 3 4; do { ls mounted; cat mounted/link; stat -c %F mounted/link; realpath mounted/link; cat mounted/none; } >part\$i 2>&1 & done; wait
      cat part1 part2 part3 part4; $end"
  else
    skip "not without us either: $(head -n 1 fuse_says)"
  fi
fi
page='<p id=p></p><script>p.textContent=[6*7,typeof WebAssembly,navigator.hardwareConcurrency>0].join()</script>'
# browses COMMAND...: a browser shows the page as it does without us, where it does that.
browses() {
  run env "HOME=$scratch/browser" "$@" "file://$scratch/page.html"
  if ! grep -q '42,object,true' "$scratch/out"; then
    skip "Chromium does not run here without us: $(tail -n 1 "$scratch/err")"
    return
  fi
  same_normal env "HOME=$scratch/browser" "$@" "file://$scratch/page.html"
  grep -q '42,object,true' "$scratch/out" || fail 'the page did not run' "$(shown "$*")"
}
if tool chromium 'Chromium, headless, without its sandbox and with it'; then
  normal='' limit=120
  printf '%s\n' "$page" >page.html
  mkdir -m 777 browser
  browses chromium --headless --no-sandbox --disable-gpu "--user-data-dir=$scratch/chromium" --dump-dom
  other=
  [ "$(id -u)" -ne 0 ] || other='setpriv --reuid 65534 --regid 65534 --clear-groups'
  browses $other chromium --headless --disable-gpu "--user-data-dir=$scratch/browser/data" --dump-dom
  limit=${LIMIT:-60}
fi

law 'PostgreSQL: a cluster from nothing to a query'
server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
if [ -z "$server" ]; then
  skip 'no PostgreSQL here'
elif [ "$(id -u)" -ne 0 ]; then
  skip 'not root'
else
  mkdir -m 777 cluster
  same_as_bare setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'cd "$1" && rm -rf data && "$0/initdb" -D data -U me -A trust >/dev/null && "$0/pg_ctl" -D data -w -l log -o "-k $1 -c listen_addresses=" start >/dev/null &&
    "$0/psql" -h "$1" -U me -d postgres -Atc "select sum(g) from generate_series(1, 1000) g"; s=$?; "$0/pg_ctl" -D data -w -m fast stop; exit $s' "$server" "$scratch/cluster"
fi
tool find 'find and tar over a large tree' && same_as_bare sh -c 'find /usr/share/doc -printf "%p %s %m\n" | sort | md5sum; tar -C /usr/share -cf - common-licenses | md5sum'
finish
