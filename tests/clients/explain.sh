#!/bin/sh
# Why is my GPU not used? Asked of node-llama-cpp's own detection, which starts a child that tries the GPU.
. "$(dirname "$0")/find.sh"
need_llama
VGPU_EXPLAIN=1
export VGPU_EXPLAIN

# explains GPU ID REGEX [SCRIPT ARGUMENT...]: the verdict on `inspect gpu`, or on a script that fails, and a line of the report.
explains() {
  _gpu=$1
  _id=$2
  _line=$3
  _status=1
  shift 3
  [ $# -ne 0 ] || { _status=0; set -- "$NODE_LLAMA_CPP/dist/cli/cli.js" inspect gpu; }
  run "$VGPU_RUN" --gpu "$_gpu" "$node" "$@"
  if [ "$_status" -eq 0 ]; then
    [ "$status" -eq 0 ] || fail "status $status" "$(shown inspect)"
  else
    [ "$status" -ne 0 ] || fail 'it does not fail' "$(shown "$1")"
  fi
  sed -n '/^vgpu-run --explain: /,$p' "$scratch/err" >"$scratch/report"
  head -n 1 "$scratch/report" | grep -qF "[$_id]" || fail "not the verdict $_id" "$(cat "$scratch/report")"
  grep -qE -- "$_line" "$scratch/report" || fail "no line like: $_line" "$(cat "$scratch/report")"
  [ "$(grep -c "" "$scratch/report")" -le 50 ] || fail 'more than a screenful' "$(cat "$scratch/report")"
}

law 'without a driver: the library is not found, and the stub of a toolkit is none'
if [ -e /dev/nvidiactl ]; then skip 'there is a driver here'; else
  explains none library-not-found '^  step +did not: find it'
fi

law 'with a GPU: it is seen, in the process and in its child, and nothing is computed yet'
explains vgpu75 seen-not-used 'testBindingBinary.js .*pid'
explains vgpu75 seen-not-used 'last done: make a context'

grep -E '^  file |failed: (/|lib).*:' "$scratch/report" | grep -qv cuda && fail 'what is for other devices is named' "$(cat "$scratch/report")"

law 'how much memory it was told of, and which capability the GPU has'
explains vgpu75:memory=64MiB seen-not-used 'total=\[67108864\]'
explains gtx1080ti seen-not-used 'compute capability 6.1'

make_model f16 llama f16
law 'a model on a GPU whose compute capability its images do not have: which ones they are for'
explains gtx1080ti capability-too-low 'the device is sm_61|capability 7\.5 or more' "$here/node/scenarios.mjs" cuda "$models/f16.gguf" "$scratch/o.json" - short

law 'a model that is larger than the memory: how much was asked for, and by whom'
explains vgpu75:memory=2MiB out-of-memory 'asked for 2[0-9]{6} bytes' "$here/node/load.mjs" "$models/f16.gguf"
grep -qE '^  process +.*node.*load\.mjs' "$scratch/report" || fail 'not by whom' "$(cat "$scratch/report")"

law 'a model without a driver: which process looked for the library, and for whom'
if [ -e /dev/nvidiactl ]; then skip 'there is a driver here'; else
  explains none library-not-found 'testBindingBinary' "$here/node/load.mjs" "$models/f16.gguf"
fi

finish
