#!/bin/sh
# Every operator of ggml-cuda gives what ggml's CPU backend gives. GPU: the profile.
. "$(dirname "$0")/find.sh"
need_llama
limit=3000

law "on $GPU every operator that ggml-cuda offers is right"
run "$VGPU_RUN" --gpu "$GPU" "$CLIENT_PROGRAMS/ggml_ops" -j "${JOBS:-2}" ${OPS:+-r "$OPS"} "$ggml"
grep -a '^FAILED' "$scratch/out"
[ "$status" -eq 0 ] || fail "status $status" "$(tail -n 8 "$scratch/out")"
tail -n 4 "$scratch/out"

finish
