#!/bin/sh
. "$(dirname "$0")/../lib/check.sh"
LIMIT=120 limit=120
unset VGPU_ENGINE

# calls FILE: a line for each call of a trace or of strace: name, first path, result; and how processes end. Without what
# has no path: it is not traced.
calls() {
  sed -nE -e 's/^(\[pid +)?[0-9]+\]? +//' -e 's/ \[[^]]*\] </ </' \
    -e 's/^(\+\+\+ (exited with [0-9]+|killed by SIG[A-Z0-9]+)).*/\1/p' \
    -e '/^(getcwd|newfstatat\([0-9]+, "",)/d' \
    -e 's/^([a-z0-9_]+)\([^"]*("([^"\\]|\\.)*").* = (-?[0-9]+( [A-Z]+)?|\?)( .*)?$/\1 \2 \4/p' "$1"
}

law 'what is traced is what strace shows: calls, paths and outcomes, line by line'
cat >"$scratch/steps" <<'STEPS'
cd "$1"
ls /nonexistent /dev/null >/dev/null 2>&1
mkdir -p a/b; ln -s b a/link; cat a/link/none a/b/../b 2>/dev/null
echo text >file; chmod 600 file; mv file other; readlink a/link >/dev/null; rm other
(cd a && stat -L link b >/dev/null)
find . -name 'l*' >/dev/null
env -i /bin/cat /etc/hostname >/dev/null
no-such-program 2>/dev/null
rm -r a
sh -c 'kill -9 $$'
exit 5
STEPS
if command -v strace >/dev/null; then
  mkdir "$scratch/one"
  run strace -f -e trace=file -o "$scratch/strace" /bin/sh "$scratch/steps" "$scratch/one"
  run "$VGPU_RUN" --gpu none --trace="$scratch/trace" --trace-filter files /bin/sh "$scratch/steps" "$scratch/one"
  [ $status -eq 5 ] || fail "status $status, not 5" "$(cat "$scratch/err")"
  calls "$scratch/strace" >"$scratch/strace.calls"
  calls "$scratch/trace" >"$scratch/trace.calls"
  [ "$(wc -l <"$scratch/trace.calls")" -gt 100 ] || fail 'too few calls to compare' "$(head -5 "$scratch/trace")"
  diff -u "$scratch/strace.calls" "$scratch/trace.calls" >"$scratch/diff" || fail 'other calls than strace shows' "$(head -40 "$scratch/diff")"
else
  skip 'strace is not here'
fi

law 'a recorded trace shows the same events as a direct one'
run "$VGPU_RUN" --trace="$scratch/jsonl" --trace-format jsonl --trace-filter files /bin/cat /proc/driver/nvidia/version
run "$VGPU_RUN" trace show "$scratch/jsonl"
[ $status -eq 0 ] || fail "$(cat "$scratch/err")"
mv "$scratch/out" "$scratch/shown"
run "$VGPU_RUN" --trace="$scratch/text" --trace-filter files /bin/cat /proc/driver/nvidia/version
calls "$scratch/text" >"$scratch/text.calls"
calls "$scratch/shown" | diff -u - "$scratch/text.calls" >"$scratch/diff" || fail 'they differ' "$(cat "$scratch/diff")"
grep -q -E '^openat "/proc/driver/nvidia/version" [0-9]+$' "$scratch/text.calls" || fail 'the virtual file is not in it' "$(cat "$scratch/text")"

law 'where a path leads that starts in a directory, though it looks absolute, is said of that directory'
mkdir -p "$scratch/jail/etc"
echo jail >"$scratch/jail/etc/passwd"
# openat2(directory, "/etc/passwd", RESOLVE_IN_ROOT). Source: linux/openat2.h.
in_root='opendir my $d, $ARGV[0] or exit 2; my $how = pack "QQQ", 0, 0, 16; my $path = "/etc/passwd"; exit(syscall(437, fileno $d, $path, $how, 24) < 0)'
run "$VGPU_RUN" --gpu none --trace="$scratch/jsonl" --trace-format jsonl --trace-filter files perl -e "$in_root" "$scratch/jail"
[ $status -eq 0 ] || fail "status $status, not 0" "$(cat "$scratch/err")"
grep '"openat2"' "$scratch/jsonl" | grep -qF "\"resolved\":\"$scratch/jail/etc/passwd\"" || fail 'it leads elsewhere' "$(grep '"openat2"' "$scratch/jsonl")"

law 'it says who made a process, how it ended, and who ended it'
run "$VGPU_RUN" --trace --trace-filter exec /bin/sh -c '/bin/true; sleep 100 & kill -9 $!; wait $!; exit 0'
grep -qE '\+\+\+ began by v?fork of [0-9]+ \+\+\+' "$scratch/err" || fail 'no birth' "$(cat "$scratch/err")"
grep -qE '\+\+\+ killed by SIGKILL of [0-9]+ \+\+\+' "$scratch/err" || fail 'no killer' "$(cat "$scratch/err")"
run "$VGPU_RUN" --trace --trace-filter exec timeout 0.1 sleep 100
grep -qE '\+\+\+ killed by SIGTERM of [0-9]+ \+\+\+' "$scratch/err" || fail 'no time limit' "$(cat "$scratch/err")"

law 'what an exec changes in the environment is said'
run env GONE=1 "$VGPU_RUN" --trace --trace-filter exec env -u GONE CUDA_VISIBLE_DEVICES= /bin/true
grep -q 'execve("/bin/true".*+"CUDA_VISIBLE_DEVICES=".*-"GONE"' "$scratch/err" || fail 'it is not' "$(cat "$scratch/err")"

law 'of the files that concern a GPU, only those are shown'
run "$VGPU_RUN" --gpu none --trace sh -c 'cat /etc/hostname /dev/nvidia0; cd /dev && cat nvidiactl' 
grep -q 'openat("/dev/nvidia0", O_RDONLY) = -1 ENOENT' "$scratch/err" || fail 'nvidia0 is missing' "$(cat "$scratch/err")"
grep -q 'openat(</dev>, "nvidiactl", O_RDONLY) = -1 ENOENT' "$scratch/err" || fail 'the relative path is missing' "$(cat "$scratch/err")"
grep -q 'openat.*hostname' "$scratch/err" && fail 'another file is there' "$(cat "$scratch/err")"

law 'with --gpu none the programs see the machine as it is'
for path in /dev /proc/driver /sys/bus/pci/devices /usr/lib/x86_64-linux-gnu; do
  VGPU_GPU=none same_as_bare ls "$path"
done

law 'the engine that does not know the outcomes says so'
run "$VGPU_RUN" --engine notify --trace cat /proc/driver/nvidia/version
[ $status -eq 0 ] || fail "status $status"
grep -q 'blind.*what the kernel answers is not known' "$scratch/err" || fail 'it does not' "$(cat "$scratch/err")"
grep -qE 'openat\("/proc/driver/nvidia/version", O_RDONLY\) = [0-9]+' "$scratch/err" || fail 'a virtual answer is missing' "$(cat "$scratch/err")"

law 'a guest with a seccomp filter of its own is marked'
if command -v bwrap >/dev/null && [ -x "$GUESTS/many_probes" ]; then
  printf '\006\000\000\000\000\000\377\177' >"$scratch/allow_all"
  run "$VGPU_RUN" --trace --trace-filter exec sh -c 'exec bwrap --bind / / --seccomp 9 /bin/true 9<"$1"' - "$scratch/allow_all"
  if [ $status -eq 0 ]; then
    grep -q 'blind.*seccomp filter of its own' "$scratch/err" || fail 'it is not' "$(cat "$scratch/err")"
  else
    skip 'bwrap does not work here'
  fi
else
  skip 'bwrap is not here'
fi

law 'a full disk stops nobody: the program goes on, and what is missing is counted'
run "$VGPU_RUN" --trace=/dev/full --trace-filter all sh -c 'ls / >/dev/null; exit 6'
[ $status -eq 6 ] || fail "status $status, not 6"
grep -qE '^vgpu-run: trace: [0-9]+ events are missing: No space left on device$' "$scratch/err" || fail 'nothing is said' "$(cat "$scratch/err")"
cat >"$scratch/on_tmpfs" <<'STEPS'
mount -t tmpfs -o size=64k none "$1" || exit 77
"$2" --trace="$1/trace" --trace-format jsonl --trace-filter all "$3" 5000 || exit 1
"$2" trace show "$1/trace" >/dev/null
STEPS
mkdir "$scratch/disk"
own='unshare -m'
[ "$(id -u)" -eq 0 ] || own='unshare -Urm'
if $own true 2>/dev/null; then
  run $own sh "$scratch/on_tmpfs" "$scratch/disk" "$VGPU_RUN" "$GUESTS/many_probes"
  case $status in
    0) grep -q 'events are missing: No space left' "$scratch/err" || fail 'nothing is missing' "$(cat "$scratch/err")" ;;
    77) skip 'no tmpfs of our own' ;;
    *) fail 'the program or the rest of the trace was harmed' "$(cat "$scratch/err")" ;;
  esac
else
  skip 'no mounts of our own'
fi

law 'a vgpu-run inside another: each traces its own, and what cannot be is said'
run "$VGPU_RUN" --gpu none --trace="$scratch/outer" --trace-filter all "$VGPU_RUN" --trace="$scratch/inner" --trace-filter cuda "$GUESTS/vector_add"
[ $status -eq 0 ] && grep -qx PASS "$scratch/out" || fail 'the program inside two of them is harmed' "$(shown nested)"
grep -q '^.*cuLaunchKernel(' "$scratch/inner" || fail 'the inner one saw no call' "$(cat "$scratch/inner")"
grep -q '/proc/driver/vgpu-run/config' "$scratch/outer" || fail 'the outer one saw no file' "$(tail -n 5 "$scratch/outer")"
complains 'give that one --engine=ptrace' 125 "$VGPU_RUN" --gpu none --engine notify "$VGPU_RUN" --trace="$scratch/inner" true

law 'a reader that is gone, or never reads, stops nobody'
{ "$VGPU_RUN" --trace --trace-filter all "$GUESTS/many_probes" 20000 3>&-; echo $? >"$scratch/status"; } 2>&1 | head -1 >/dev/null
[ "$(cat "$scratch/status")" -eq 0 ] || fail "status $(cat "$scratch/status")"

mkfifo "$scratch/fifo"
exec 7<>"$scratch/fifo" # a reader that reads nothing
run "$VGPU_RUN" --trace="$scratch/fifo" --trace-filter all "$GUESTS/many_probes" 20000
exec 7>&-
[ $status -eq 0 ] || fail "status $status with a reader that reads nothing"
grep -qE '^vgpu-run: trace: [0-9]+ events are missing: the reader did not take it$' "$scratch/err" || fail 'nothing is said' "$(cat "$scratch/err")"

law 'a process that cannot be read is marked'
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  cp "$VGPU_RUN" "$GUESTS/undumpable" "$scratch"
  chmod 755 "$scratch/undumpable" "$scratch"/vgpu-run
  run setpriv --reuid=65534 --regid=65534 --clear-groups "$scratch/vgpu-run" --gpu none --trace "$scratch/undumpable"
  [ $status -eq 0 ] || fail "status $status" "$(cat "$scratch/err")"
  grep -q 'blind.*memory cannot be read' "$scratch/err" || fail 'it is not' "$(cat "$scratch/err")"
else
  skip 'not root, so nobody else can be tried'
fi

law 'events are not lost: as many as there were calls'
count=${EVENTS:-20000}
run "$VGPU_RUN" --gpu none --trace="$scratch/many" --trace-format jsonl "$GUESTS/many_probes" "$count"
[ $status -eq 0 ] || fail "status $status"
found=$(grep -c '"path":"/dev/nvidia-none"' "$scratch/many")
[ "$found" -eq "$count" ] || fail "$found events, not $count" "$(cat "$scratch/err")"
written=$(sed -n 's/.*"event":"end","events":\([0-9]*\).*/\1/p' "$scratch/many")
[ "$written" -eq "$(wc -l <"$scratch/many")" ] || fail "the last line says $written" "$(wc -l <"$scratch/many")"

law 'each process can have a file of its own'
run "$VGPU_RUN" --trace="$scratch/per" --trace-per-process --trace-filter exec /bin/sh -c '/bin/true; /bin/false; exit 0'
[ "$(ls "$scratch"/per.* | wc -l)" -eq 3 ] || fail 'not three' "$(ls "$scratch"/per*)"
for file in "$scratch"/per.*; do
  [ "$(grep -c '^+++ exited' "$file")" -eq 1 ] || fail "$file" "$(cat "$file")"
done

law 'a summary counts'
run "$VGPU_RUN" --gpu none --trace --trace-summary "$GUESTS/many_probes" 1000
grep -qE ' 1000 +1000 access$' "$scratch/err" || fail 'not 1000' "$(cat "$scratch/err")"

law 'a program named trace is run, and a hostile file is refused with its line'
mkdir "$scratch/bin"
printf '#!/bin/sh\necho "$@"\n' >"$scratch/bin/trace"
chmod 755 "$scratch/bin/trace"
prints 'show x' env PATH="$scratch/bin:$PATH" "$VGPU_RUN" -- trace show x
prints 'me' env PATH="$scratch/bin:$PATH" "$VGPU_RUN" trace me
printf '{"event":"trace"}\n{"event":"file","path":3}\n' >"$scratch/hostile"
complains 'hostile: line 2: column 24' 125 "$VGPU_RUN" trace show "$scratch/hostile"

law 'what cannot be opened is said before anything runs'
complains '/no/such/folder/trace' 125 "$VGPU_RUN" --trace=/no/such/folder/trace touch "$scratch/touched"
[ ! -e "$scratch/touched" ] || fail 'the program ran'

finish
