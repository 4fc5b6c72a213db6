#!/bin/sh
# What a trace says of the calls, launches and copies of programs.
. "$(dirname "$0")/../lib/check.sh"
need "$GUESTS/vector_add" 'the guest vector_add'
command -v jq >/dev/null || { echo 'SKIP: calls.sh: jq is not here'; exit 77; }
trace=$scratch/trace.jsonl
cuda_libraries=$(dirname "$(dirname "$("$lib/find-nvcc")")")/lib64

# traced STATUS COMMAND...: runs it with all of its calls in $trace.
traced() {
  _status=$1
  shift
  ends_with "$_status" "$VGPU_RUN" --trace="$trace" --trace-format=jsonl --trace-filter="${filter:-cuda}" "$@"
}

# events FILTER: what jq's FILTER makes of all events together.
events() { jq -rs "$1" "$trace" 2>&1; }

# shows WANTED FILTER: the same, compared.
shows() {
  _got=$(events "$2")
  [ "$_got" = "$1" ] || fail "wanted: $1" "got: $_got" "filter: $2"
}

law 'calls stand in their order, with arguments and results by their names'
traced 0 "$GUESTS/vector_add"
shows 'cuInit cuDeviceGet cuCtxCreate_v2 cuModuleLoadData cuModuleGetFunction' \
  '[.[] | select(.event == "api") | .call][:5] | join(" ")'
shows 'CUDA_SUCCESS' '[.[] | select(.event == "api") | .answer] | unique | join(" ")'
shows 'flags=0' '[.[] | select(.call == "cuInit")][0].args'
shows 'device=[0], ordinal=0' '[.[] | select(.call == "cuDeviceGet")][0].args'
shows 'true' '[.[] | select(.call == "cuModuleGetFunction")][0].args | test("^function=\\[0x[0-9a-f]+\\], module=0x[0-9a-f]+, name=\"[a-z_]+\"$")'
shows 'true' '[.[] | select(.event == "api")] | all(.duration >= 0 and .pid > 0 and .tid == .pid and .api == "cuda")'
shows 'true' '[.[] | select(.event == "api") | .t] | . == sort'

law 'a module, the compilation of its kernel, the launch and the copies are told as they were made'
shows 'ptx CUDA_SUCCESS 0' '.[] | select(.event == "load") | "\(.kind) \(.answer) \(.device)"'
shows '0' '[.[] | select(.event == "compile")] | map(.cached) | join(" ")'
shows 'CUDA_SUCCESS 0' '[.[] | select(.event == "launch") | "\(.answer) \(.stream)"] | unique | join(";")'
shows 'true' '[.[] | select(.event == "launch")][0] | (.grid | test("^[0-9]+,1,1$")) and (.block | test("^[0-9]+,1,1$")) and .shared == 0'
shows 'HtoD HtoD DtoH' '[.[] | select(.event == "copy") | .kind] | join(" ")'
shows 'true' '([.[] | select(.event == "launch")][0] | .t + .duration) <= ([.[] | select(.kind == "DtoH")][0].t)'
shows 'true' '[.[] | select(.event == "memory")] | length == 1 and .[0].bytes > 0 and .[0].device == 0'
traced 0 "$GUESTS/vector_add"
shows '1' '[.[] | select(.event == "compile")] | map(.cached) | join(" ")'

law 'NVML is told of too'
traced 0 "$GUESTS/hold_memory" 64
shows 'nvmlInit_v2 nvmlDeviceGetHandleByIndex_v2 nvmlDeviceGetMemoryInfo' \
  '[.[] | select(.api == "nvml") | .call] | join(" ")'
shows 'true' '[.[] | select(.call == "nvmlDeviceGetMemoryInfo")][0] | .device == 0 and (.args | test("memory=\\[total=[0-9]+, free=[0-9]+, used=[0-9]+\\]"))'
shows "$((64 << 20))" '[.[] | select(.event == "memory")][0].bytes'

law 'a failure has its name, and what is not there is told of as it is asked for'
traced 1 env CUDA_VISIBLE_DEVICES= "$GUESTS/hold_memory" 0
shows 'CUDA_ERROR_NO_DEVICE' '[.[] | select(.call == "cuInit")][0].answer'

law 'a process that is killed in the middle has told of all that it did, and of what it was in'
"$VGPU_RUN" --trace="$trace" --trace-format=jsonl "$GUESTS/hold_memory" 8 "$scratch/held" >"$scratch/out" &
runner=$!
appears "$scratch/held"
guest=$(pgrep -P "$(pgrep -P "$(pgrep -P $runner)")" | head -n 1)
kill -KILL "$guest"
wait $runner
shows 'nvmlDeviceGetMemoryInfo' '[.[] | select(.event == "api")][-1].call'
shows "$((8 << 20))" '[.[] | select(.event == "memory")][0].bytes'

law 'a forked child has a ring of its own, and what it starts has another'
traced 0 "$GUESTS/fork_after_init" "$GUESTS/vector_add"
shows 'true' '[.[] | select(.call == "cuDeviceGet" and .answer == "CUDA_ERROR_NOT_INITIALIZED")] | length == 1'
shows '2' '[.[] | select(.event == "api") | .pid] | unique | length'
shows '2' '[.[] | select(.call == "cuInit") | .pid] | unique | length'

law 'a program that closes all descriptors is traced to its end'
traced 0 "$GUESTS/many_calls" 1 3 close
shows 'cuInit cuDeviceGetCount cuDeviceGetCount cuDeviceGetCount cuDriverGetVersion' \
  '[.[] | select(.event == "api") | .call] | join(" ")'

law 'threads, and more calls than the ring holds: none is missing'
traced 0 "$GUESTS/many_calls" 8 5000
shows '40000 0' '"\([.[] | select(.call == "cuDeviceGetCount")] | length) \([.[] | select(.event == "lost")] | length)"'
shows '8' '[.[] | select(.call == "cuDeviceGetCount") | .tid] | unique | length'

law 'without a trace there is no ring, and with one no other program sees it'
says '^ENOENT$' "$VGPU_RUN" sh -c '[ -e /proc/driver/vgpu-run/trace ] && echo there || echo ENOENT'
traced 0 sh -c 'exec 5<>/proc/driver/vgpu-run/trace'

law 'a guest that writes anything over its ring harms nobody'
traced 0 sh -c 'head -c 1100000 /dev/urandom 1<>/proc/driver/vgpu-run/trace >&1; "$0"' "$GUESTS/vector_add"
shows 'true' '[.[] | select(.event == "api")] | length > 5'
shows '1' '[.[] | select(.event == "blind")] | length'

law 'each function that a program looks up is told of, by dlsym and by the loader, and the program does not feel it'
filter=nvidia
traced 0 "$GUESTS/hold_memory" 1
shows 'cuInit libcuda.so.1' '[.[] | select(.event == "symbol")][0] | "\(.name) \(.library)"'
shows 'libcuda.so.1 libnvidia-ml.so.1' '[.[] | select(.event == "symbol") | .library] | unique | join(" ")'
for guest in vector_add_linked:cuInit nv_vector_add-shared:cuGetProcAddress; do
  looked_up=${guest#*:} guest=${guest%:*}
  [ -x "$GUESTS/$guest" ] || { skip "$guest is not built here"; continue; }
  for now in '' 1; do
    LD_LIBRARY_PATH=$cuda_libraries traced 0 env LD_BIND_NOW=$now "$GUESTS/$guest"
    grep -q '^PASS$' "$scratch/out" || fail "$guest" "$(shown "$guest")"
    shows 'true' 'any(.[]; .event == "symbol" and (.name | startswith("'$looked_up'")))'
    shows '0' '[.[] | select(.event == "lost" or .event == "blind")] | length'
  done
done

law 'a library that is loaded, and of which only symbols are looked up, is seen at that'
traced 0 python3 -c 'import ctypes; ctypes.CDLL("libcuda.so.1").cuInit; ctypes.CDLL("libnvidia-ml.so.1").nvmlInit_v2'
shows 'cuInit nvmlInit_v2' '[.[] | select(.event == "symbol") | .name] | unique | join(" ")'
shows '0' '[.[] | select(.event == "api")] | length'
filter=

if [ -x "$GUESTS/nv_streams-static" ]; then
  law 'what streams do carries the number of the stream, and it is that of the calls'
  traced 0 "$GUESTS/nv_streams-static"
  shows 'true' '[.[] | select(.event == "launch") | .stream] | unique | length > 1'
  shows 'true' '([.[] | select(.event == "launch") | .stream] | unique) - ([.[] | select(.event == "api" and .stream) | .stream] | unique) == []'
  shows 'true' '[.[] | select(.event == "launch" or .event == "copy")] | group_by(.stream) | all(sort_by(.t) | [range(1; length) as $i | (.[$i - 1].t + .[$i - 1].duration) <= .[$i].t] | all)'
fi

finish
