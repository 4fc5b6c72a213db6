# The words of the client tests, beside those of tests/lib/check.sh. Clients are fetched by name (`tests/clients/fetch`)
# and are found in VGPU_CLIENTS; a test that misses one says so and is skipped.
. "$(dirname "$0")/../lib/check.sh"
: "${VGPU_CLIENTS:?}" "${CLIENT_PROGRAMS:?}"
limit=${LIMIT:-600}
NODE_LLAMA_CPP=$VGPU_CLIENTS/node_modules/node-llama-cpp
ggml=$VGPU_CLIENTS/node_modules/@node-llama-cpp/linux-x64-cuda/bins/linux-x64-cuda
export NODE_LLAMA_CPP
# Hundreds of kernels are compiled once for all client tests, and again when they or the compiler change.
XDG_CACHE_HOME=${CLIENT_CACHE:-$VGPU_CLIENTS/cache}
export XDG_CACHE_HOME
export GGML_NO_BACKTRACE=1  # else ggml starts a debugger when it gives up

# need_llama: node-llama-cpp, and the CUDA libraries that it does not bring.
need_llama() {
  need "$ggml/libggml-cuda.so" 'node-llama-cpp (run tests/clients/fetch)'
  nvcc=$(readlink -f "$("$lib/find-nvcc")")
  for cuda in "${nvcc%/bin/nvcc}/lib64" /usr/local/cuda/lib64 /usr/local/cuda-*/lib64 none; do
    [ ! -e "$cuda/libcublasLt.so.13" ] || break
  done
  need "$cuda/libcublasLt.so.13" 'libcublas 13 (a CUDA 13 toolkit)'
  LD_LIBRARY_PATH=$cuda${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
  node=$(command -v node) || { echo "SKIP: $(basename "$0"): node is not here"; exit 77; }
}

# make_model NAME LAYOUT TYPE [key=value...]: a model with random weights, $models/NAME.gguf.
models=$scratch
make_model() {
  _name=$1
  shift
  "$CLIENT_PROGRAMS/ggml_model" "$ggml" "$models/$_name.gguf" "$@" || fail "no model $_name"
}
