#!/bin/sh
# llama.cpp, as node-llama-cpp ships it, generates on the virtual GPU what it generates on the processor; see
# node/compare.mjs for what counts as equal. GPU: the profile.
. "$(dirname "$0")/find.sh"
need_llama
VGPU_GPU=${GPU:?}
export VGPU_GPU

# same_on_both MODEL TOLERANCE SCENARIO...: logits and tokens.
same_on_both() {
  _model=$1
  _tolerance=$2
  shift 2
  run "$node" "$here/node/scenarios.mjs" cpu "$models/$_model.gguf" "$scratch/cpu.json" - "$@"
  [ "$status" -eq 0 ] || { fail "the CPU backend fails" "$(shown "$_model $*")"; return; }
  run "$VGPU_RUN" "$node" "$here/node/scenarios.mjs" cuda "$models/$_model.gguf" "$scratch/cuda.json" "$scratch/cpu.json" "$@"
  [ "$status" -eq 0 ] || { fail "the virtual GPU fails" "$(shown "$_model $*")"; return; }
  run "$node" "$here/node/compare.mjs" "$scratch/cpu.json" "$scratch/cuda.json" "$_tolerance"
  [ "$status" -eq 0 ] || fail "$_model: other results" "$(shown "compare")"
  echo "$VGPU_GPU, $_model: $(tail -n 1 "$scratch/out")"
}

law 'without vgpu-run there is no CUDA (else this test proves nothing)'
make_model f16 llama f16
run "$node" "$here/node/scenarios.mjs" cuda "$models/f16.gguf" "$scratch/none.json" - short
[ "$status" -ne 0 ] || fail 'it works without vgpu-run'

law "node-llama-cpp's own inspection finds the GPU"
says 'CUDA: .*available' "$VGPU_RUN" "$node" "$NODE_LLAMA_CPP/dist/cli/cli.js" inspect gpu
says 'CUDA device: .*' "$VGPU_RUN" "$node" "$NODE_LLAMA_CPP/dist/cli/cli.js" inspect gpu

law 'prompts short and long, with flash attention and without, batches, embeddings, two models, a reload, an abort'
same_on_both f16 0.02 short flash long long-flash batch embedding two reload abort

law 'a second start of a model compiles nothing'
run "$VGPU_RUN" -v "$node" "$here/node/scenarios.mjs" cuda "$models/f16.gguf" "$scratch/again.json" - short long
grep -qE 'kernels: 0 compiled in 0\.0 s, [1-9][0-9]* from the cache' "$scratch/err" || fail "$(shown 'again')"

# What q4_0 and q4_1 differ by, up to 0.046, is CUDA's way of computing them and not the device's: both backends round the
# activations of a block, y to d * q, and take the weights' offset times a sum over the block; the CPU's is the sum of d * q,
# which has the same errors as the products, CUDA's that of y, which has not. Against the same model with these very weights in
# F32, the CPU backend's worst error is 0.014 to 0.018 and the device's 0.033 to 0.040, for q8_0, which has no offset, 0.018 and 0.016;
# both formulas by hand, over random numbers, have errors of 0.0054 and 0.0105 a product, the same ratio.
law 'every type of weights, with a short and a long prompt'
for type in f32 bf16 q8_0 q4_0 q4_1 q5_0 q5_1 q4_K q5_K q6_K q2_K q3_K iq4_nl iq4_xs iq3_s iq2_xs mxfp4; do
  make_model $type llama $type
  same_on_both $type 0.05 short long
done

law 'every layout'
for layout in qwen2 qwen2tied qwen3 qwen3moe; do
  make_model $layout $layout q8_0
  same_on_both $layout 0.05 short flash
done

law 'two GPUs share the layers of a model'
make_model deep llama f16 layers=5
VGPU_GPU="$GPU;$GPU"
same_on_both deep 0.02 short flash two

finish
