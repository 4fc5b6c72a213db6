#!/bin/sh
. "$(dirname "$0")/../lib/check.sh"

law "the exit status is the program's own, whichever it is"
for code in 0 1 2 42 77 124 125 126 127 128 129 200 254 255; do
  ends_with $code "$VGPU_RUN" sh -c "exit $code"
done

law 'a program that signal N ended gives 128+N'
for signal in HUP:1 INT:2 QUIT:3 ABRT:6 KILL:9 SEGV:11 PIPE:13 ALRM:14 TERM:15 USR1:10; do
  ends_with $((128 + ${signal#*:})) "$VGPU_RUN" sh -c "ulimit -c 0; kill -${signal%:*} \$\$"
done

law 'a program that is not found is 127, and the message names it'
complains 'no-such-program' 127 "$VGPU_RUN" no-such-program
complains '/no/such/program' 127 "$VGPU_RUN" /no/such/program
complains 'no-such-program' 127 "$VGPU_RUN" -- no-such-program --gpu t4

law 'a program that cannot be executed is 126, and the message names it'
complains '/etc/passwd' 126 "$VGPU_RUN" /etc/passwd
complains "$scratch" 126 "$VGPU_RUN" "$scratch"
printf 'no program\n' >"$scratch/text"
chmod 644 "$scratch/text"
complains "$scratch/text" 126 "$VGPU_RUN" "$scratch/text"

law 'a script with a #! line is executed; one whose interpreter is missing is not found'
printf '#!/bin/sh\nexit 9\n' >"$scratch/script"
printf '#!/no/such/interpreter\n' >"$scratch/orphan"
chmod 755 "$scratch/script" "$scratch/orphan"
ends_with 9 "$VGPU_RUN" "$scratch/script"
ends_with 127 "$VGPU_RUN" "$scratch/orphan"

law 'the program is searched in PATH as a shell would, and an empty PATH element is the current folder'
mkdir -p "$scratch/bin"
cp "$scratch/script" "$scratch/bin/only-here"
ends_with 9 env PATH="$scratch/bin:$PATH" "$VGPU_RUN" only-here
ends_with 127 env PATH=/nonexistent "$VGPU_RUN" only-here

law 'the status of the program counts, not that of a descendant that outlives it'
ends_with 3 "$VGPU_RUN" sh -c '(sleep 0.2; exit 5) & exit 3'

law 'a wrong use is 125, and the message names what is wrong'
complains 'no-such-option' 125 "$VGPU_RUN" --no-such-option true
complains 'no-such-gpu' 125 "$VGPU_RUN" --gpu no-such-gpu true
complains 'memory' 125 "$VGPU_RUN" --gpu t4:memory=much true
complains 'colour' 125 "$VGPU_RUN" --gpu t4:colour=red true
complains 'abacus' 125 "$VGPU_RUN" --device abacus true
complains '[Pp]rogram' 125 "$VGPU_RUN"
complains 'no-such-file' 125 "$VGPU_RUN" --config /no-such-file true

law 'what is not built yet says so instead of being ignored'
complains 'not yet' 125 "$VGPU_RUN" --device native true
complains 'not yet' 125 "$VGPU_RUN" --device tcp://127.0.0.1:1 true

finish
