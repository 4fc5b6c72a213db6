#!/bin/sh
# A program cannot tell by its surroundings that vgpu-run started it.
. "$(dirname "$0")/../lib/check.sh"

law 'ordinary commands behave as without vgpu-run'
same_as_bare true
same_as_bare ls -l /etc/apt /usr/share
same_as_bare stat -c '%n %F %a %u %g %s %t:%T' / /etc/passwd /dev/null /dev/zero /tmp /proc/self/exe
same_as_bare cat /etc/os-release
same_as_bare find /usr/share/doc -maxdepth 1 -newer /etc/passwd
same_as_bare readlink -f /proc/self/cwd /bin/sh
same_as_bare sh -c 'echo out; echo err >&2; exit 3'
same_as_bare ls /no/such/folder
same_as_bare cat /proc/self/comm /proc/filesystems
same_as_bare sh -c 'cd /usr/../usr/./lib && pwd && cd - && ls ..'
same_as_bare sh -c 'umask; ulimit -a; pwd; env | sort'
same_as_bare sh -c 'ls -l /proc/self/fd | wc -l'
same_as_bare grep -E '^(Sig[PBIC]|Shd|Cap|Uid|Gid|Groups|Umask)' /proc/self/status

law 'standard input is the program'\''s own'
prints 'through the pipe' sh -c 'echo through the pipe | "$0" cat' "$VGPU_RUN"
prints 5 sh -c 'seq 5 | "$0" tail -n 1' "$VGPU_RUN"

law 'closed standard descriptors stay closed, inherited ones stay open'
prints closed sh -c '"$0" sh -c "if [ -e /proc/self/fd/0 ]; then echo open; else echo closed; fi" <&-' "$VGPU_RUN"
prints inherited sh -c '"$0" sh -c "cat <&7" 7<"$1"' "$VGPU_RUN" "$(echo inherited >"$scratch/seven"; echo "$scratch/seven")"

law 'umask, working directory and arguments are unchanged'
prints 0027 sh -c 'umask 027; exec "$0" sh -c umask' "$VGPU_RUN"
prints /usr/share sh -c 'cd /usr/share; exec "$0" pwd' "$VGPU_RUN"
prints "$(printf '<a b>\n<>\n<*>')" "$VGPU_RUN" printf '<%s>\n' 'a b' '' '*'

law 'the environment is neither added to nor taken from'
prints "$(printf 'A=1\nB=two words')" env -i A=1 'B=two words' "$VGPU_RUN" /usr/bin/env

law 'an ignored signal stays ignored (nohup), a default one stays default'
prints ignored sh -c 'trap "" HUP; exec "$0" sh -c "kill -HUP \$\$; echo ignored"' "$VGPU_RUN"
ends_with 129 "$VGPU_RUN" sh -c 'kill -HUP $$; echo survived'

law 'a signal to vgpu-run reaches the program, whose handler decides the status'
for signal in TERM INT HUP USR1 WINCH; do
  mkfifo "$scratch/ready.$signal"
  # A job of its own: what a shell starts in the background without job control ignores SIGINT.
  ends_with 33 bash -c '
    set -m
    "$0" sh -c "trap \"exit 33\" '$signal'; echo >\"\$0\"; while :; do sleep 0.05; done" "$1" &
    read -r line <"$1"
    kill -'$signal' $!
    wait $!' "$VGPU_RUN" "$scratch/ready.$signal"
done

law 'when the program stops, vgpu-run is seen to stop; continued, both go on'
ends_with 5 bash -c '
  set -m
  "$0" sh -c "kill -STOP \$\$; exit 5" &
  until [ "$(jobs -sp)" ]; do sleep 0.05; done
  fg >/dev/null' "$VGPU_RUN"

law 'the terminal is the program'\''s own: it is in the foreground, and Ctrl-C ends it'
if command -v script >/dev/null; then
  says 'a terminal' script -qec "$VGPU_RUN sh -c 'test -t 0 && test -t 1 && echo a terminal'" /dev/null
  says 'foreground' script -qec "$VGPU_RUN sh -c 'set -- \$(cat /proc/self/stat); [ \$8 = \$5 ] && echo foreground'" /dev/null
else
  skip 'no script(1)'
fi

law 'the process group and session are those that the caller has'
prints same sh -c 'set -- "$0" $(cut -d" " -f5,6 /proc/$$/stat); got=$("$1" cut -d" " -f5,6 /proc/self/stat); [ "$got" = "$2 $3" ] && echo same || echo "$got, not $2 $3"' "$VGPU_RUN"

law 'vgpu-run can run inside vgpu-run, or says why not'
run "$VGPU_RUN" "$VGPU_RUN" echo inner
if [ "$status" -eq 125 ] && [ -s "$scratch/err" ]; then
  skip "$(head -1 "$scratch/err")"
else
  [ "$(cat "$scratch/out")" = inner ] || fail "$(shown 'vgpu-run vgpu-run echo inner')"
fi

law 'vgpu-run ends with the program, and what outlives the program stays supervised'
mkfifo "$scratch/go"
ends_with 4 "$VGPU_RUN" sh -c '(read -r line <"$1"; ls /dev/nvidia0 >"$2.part"; mv "$2.part" "$2") >/dev/null 2>&1 & exit 4' \
  sh "$scratch/go" "$scratch/late"
timeout "$limit" sh -c 'echo >"$1"' sh "$scratch/go"
appears "$scratch/late"
[ "$(cat "$scratch/late")" = /dev/nvidia0 ] || fail "the survivor found: $(cat "$scratch/late")"

finish
