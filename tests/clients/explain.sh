#!/bin/sh
# Why is my GPU not used? Asked of node-llama-cpp's own detection, which starts a child that tries the GPU.
. "$(dirname "$0")/find.sh"
need_llama
VGPU_EXPLAIN=1
export VGPU_EXPLAIN

# explains GPU ID REGEX: the verdict on `inspect gpu`, and a line of the report.
explains() {
  run "$VGPU_RUN" --gpu "$1" "$node" "$NODE_LLAMA_CPP/dist/cli/cli.js" inspect gpu
  [ "$status" -eq 0 ] || fail "status $status" "$(shown inspect)"
  sed -n '/^vgpu-run --explain: /,$p' "$scratch/err" >"$scratch/report"
  head -n 1 "$scratch/report" | grep -qF "[$2]" || fail "not the verdict $2" "$(cat "$scratch/report")"
  grep -qE -- "$3" "$scratch/report" || fail "no line like: $3" "$(cat "$scratch/report")"
}

law 'without a driver: the library is not found, and the stub of a toolkit is none'
if [ -e /dev/nvidiactl ]; then skip 'there is a driver here'; else
  explains none library-not-found '^  step +did not: find it'
fi

law 'with a GPU: it is seen, in the process and in its child, and nothing is computed yet'
explains vgpu75 seen-not-used 'testBindingBinary.js .*pid'
explains vgpu75 seen-not-used 'last done: make a context'

law 'how much memory it was told of, and which capability the GPU has'
explains vgpu75:memory=64MiB seen-not-used 'total=\[67108864\]'
explains gtx1080ti seen-not-used 'compute capability 6.1'

finish
