#!/bin/sh
# A server on the virtual GPU answers, ends cleanly on SIGTERM, and leaves nothing.
. "$(dirname "$0")/find.sh"
need_llama
make_model model llama q8_0

law 'a hundred requests, four at a time, are answered, each prompt always with the same tokens'
"$VGPU_RUN" "$node" "$here/node/server.mjs" "$models/model.gguf" >"$scratch/server.out" 2>"$scratch/server.err" &
server=$!
polls=$((limit * 10))
until grep -q '^port' "$scratch/server.out" || [ $polls -eq 0 ]; do
  kill -0 $server 2>/dev/null || break
  polls=$((polls - 1))
  sleep 0.1
done
port=$(sed -n 's/^port //p' "$scratch/server.out")
run "$node" "$here/node/requests.mjs" "${port:-0}" 100 4
[ "$status" -eq 0 ] || fail "$(shown requests)" "$(tail -n 20 "$scratch/server.err")"

law 'SIGTERM to vgpu-run ends the server cleanly'
kill -TERM $server
wait $server
status=$?
[ $status -eq 0 ] || fail "status $status" "$(tail -n 20 "$scratch/server.err")"
grep -qx ended "$scratch/server.out" || fail 'the server did not come to its end'

finish
