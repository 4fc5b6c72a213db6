#!/bin/sh
# A server on the virtual GPU answers, ends cleanly on SIGTERM, and leaves nothing.
. "$(dirname "$0")/find.sh"
need_llama
# Weights in full: with rounded ones a token is now and then a matter of what else is in the batch.
make_model model llama f32

law 'a hundred requests, four at a time, are answered, each prompt always with the same tokens'
TMPDIR=$scratch
export TMPDIR
run "$VGPU_RUN" "$here/node/tree.sh" "$node" "$models/model.gguf" 100
grep -qx '100 requests, 10 prompts, 0 failures' "$scratch/out" || fail "$(shown 'a hundred requests')"

law 'SIGTERM ends the server cleanly'
grep -qx 'server: 0' "$scratch/out" && grep -qx ended "$scratch/out" || fail "$(shown 'a hundred requests')"

law 'the memory that it had is seen by others while it runs, and is back when it has ended'
set -- $(sed -n 's/^free: //p' "$scratch/out")
[ $# -eq 3 ] && [ "$1" -eq "$3" ] && [ "$2" -lt "$1" ] || fail "free before, during and after: $*"

law 'SIGTERM to vgpu-run does the same, and nothing of the tree is left'
"$VGPU_RUN" "$node" "$here/node/server.mjs" "$models/model.gguf" >"$scratch/server.out" 2>"$scratch/server.err" &
server=$!
until grep -q '^port' "$scratch/server.out"; do
  kill -0 $server 2>/dev/null || break
  sleep 0.1
done
run "$node" "$here/node/requests.mjs" "$(sed -n 's/^port //p' "$scratch/server.out")" 8 4
[ "$status" -eq 0 ] || fail "$(shown requests)" "$(tail -n 20 "$scratch/server.err")"
kill -TERM $server
wait $server
status=$?
[ $status -eq 0 ] && grep -qx ended "$scratch/server.out" || fail "status $status" "$(tail -n 20 "$scratch/server.err")"
left=$(grep -lz "$models/[m]odel.gguf" /proc/[0-9]*/cmdline 2>/dev/null)
[ -z "$left" ] || fail "left: $left"

finish
