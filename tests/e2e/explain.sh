#!/bin/sh
# Why is my GPU not used? Each situation that the diagnosis knows, and its verdict. Those of hand-made events, for what
# this machine cannot show (a driver of NVIDIA's that fails), are in tests/unit/launcher/explain/situations_test.cpp.
. "$(dirname "$0")/../lib/check.sh"
steps=$GUESTS/gpu_steps
unset VGPU_ENGINE CUDA_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES NVIDIA_DRIVER_CAPABILITIES LD_LIBRARY_PATH
none=$VGPU_RUN\ --gpu\ none

# explains ID REGEX COMMAND...: the report is of this check, and a line of its first ten matches.
explains() {
  _id=$1
  _want=$2
  shift 2
  run "$@"
  report "$_id" "$_want" "$*"
}

report() {
  # The supervisor writes it when the last guest has ended, which may be after the program has.
  polls=200
  until grep -q '^  seen' "$scratch/err" || [ $((polls -= 1)) -eq 0 ]; do sleep 0.05; done
  sed -n '/^vgpu-run --explain: /,$p' "$scratch/err" >"$scratch/report"
  head -n 1 "$scratch/report" | grep -qF "[$1]" || fail "not the verdict $1" "$(shown "$3")" "$(cat "$scratch/report")"
  head -n 10 "$scratch/report" | awk '/^            / { sub(/^ +/, " "); printf "%s", $0; next } { printf "\n%s", $0 } END { print "" }' |
    grep -qE -- "$2" || fail "not in its first ten lines: $2" "$(cat "$scratch/report")"
}

VGPU_EXPLAIN=1
export VGPU_EXPLAIN

law 'the first case: a runner with a replaced LD_LIBRARY_PATH loads the driver, misses a file, and falls back silently'
run "$VGPU_RUN" "$GUESTS/fallback" /opt/server/gpu.json
[ $status -eq 0 ] && grep -qx 'computed on the processor' "$scratch/out" || fail 'it did not fall back' "$(shown fallback)"
report prerequisite-failed 'process +fallback runner /opt/server/gpu.json \(pid [0-9]+, [^ ]*/fallback\), started by fallback' fallback
report prerequisite-failed 'file +/opt/server/gpu.json: ENOENT' fallback
report prerequisite-failed 'step +did not: initialise the driver \(cuInit\); last done: resolve its symbols' fallback
grep -q 'LD_LIBRARY_PATH=/opt/server/lib, set by' "$scratch/report" || fail 'nothing of the replaced path' "$(cat "$scratch/report")"

law 'the exit status, the output and the errors of the program are its own'
run "$VGPU_RUN" sh -c 'echo out; echo err >&2; exit 7'
[ $status -eq 7 ] && [ "$(cat "$scratch/out")" = out ] && [ "$(head -n 1 "$scratch/err")" = err ] || fail "$(shown 'exit 7')"

law 'a recorded trace has the same diagnosis, and names its lines'
run "$VGPU_RUN" --trace="$scratch/trace.jsonl" --trace-format jsonl --trace-filter all "$GUESTS/fallback" /opt/server/gpu.json
cp "$scratch/err" "$scratch/live"
line=$(sed -nE 's/.*line ([0-9]+) \(.*failed: .opt.server.gpu.json: ENOENT.*/\1/p' "$scratch/live")
sed -n "${line:-1}p" "$scratch/trace.jsonl" | grep -q '"path":"/opt/server/gpu.json"' || fail "line '$line' is another" "$(cat "$scratch/live")"
VGPU_EXPLAIN=0 run "$VGPU_RUN" trace show "$scratch/trace.jsonl" --explain
grep -v '^  seen' "$scratch/live" >"$scratch/want"
grep -v '^  seen' "$scratch/out" | diff "$scratch/want" - >"$scratch/diff" || fail 'another diagnosis' "$(cat "$scratch/diff")"

law 'a page has the diagnosis in it, made at once or of a recorded trace; a redacted one has not'
run "$VGPU_RUN" --trace="$scratch/page.html" --trace-format html "$GUESTS/fallback" /opt/server/gpu.json
grep -q 'id="diagnosis-json">.*prerequisite-failed' "$scratch/page.html" || fail 'not in the page' "$(tail -c 2000 "$scratch/page.html")"
VGPU_EXPLAIN=0 run "$VGPU_RUN" trace show "$scratch/trace.jsonl" --format html
grep -q 'id="diagnosis-json">.*prerequisite-failed' "$scratch/out" || fail 'not in the shown page' "$(tail -c 2000 "$scratch/out")"
VGPU_EXPLAIN=0 run "$VGPU_RUN" trace show "$scratch/trace.jsonl" --format html --redact
grep -q 'id="diagnosis-json">' "$scratch/out" && fail 'in the redacted page' "$(tail -c 2000 "$scratch/out")"

law 'SIGUSR1: the diagnosis so far, while the program goes on'
mkfifo "$scratch/go"
timeout "$limit" "$VGPU_RUN" sh -c "echo ready >'$scratch/ready'; read word <'$scratch/go'; exit 4" 2>"$scratch/asked" &
asked=$!
appears "$scratch/ready"
kill -USR1 "$(pgrep -P "$asked" | head -n 1)"
polls=200
until grep -q '^  seen' "$scratch/asked" || [ $((polls -= 1)) -eq 0 ]; do sleep 0.05; done
grep -q 'no-probe' "$scratch/asked" || fail 'no diagnosis' "$(cat "$scratch/asked")"
echo on >"$scratch/go"
wait "$asked"
[ $? -eq 4 ] || fail 'the program did not go on'

law 'used, and only watched'
explains gpu-used 'OK' "$VGPU_RUN" "$GUESTS/vector_add"
grep -qE 'what +the GPU was used: 1 launches in .* 3 copies of 12000 bytes' "$scratch/report" || fail 'other numbers' "$(cat "$scratch/report")"
if [ -e /usr/bin/nvidia-smi ]; then skip 'a real nvidia-smi'; else
  explains only-watched 'OK' "$VGPU_RUN" nvidia-smi -L
  explains only-watched 'OK' "$VGPU_RUN" nvidia-smi
fi
if command -v hashcat >/dev/null && HOME=$scratch hashcat -I --force >"$scratch/bare" 2>&1; then
  law "hashcat, which lists what NVML and the driver say: with a virtual GPU, and without any"
  explains seen-not-used 'last done: make a context' "$VGPU_RUN" --gpu t4 env HOME="$scratch" hashcat -I --force
  [ -e /dev/nvidiactl ] || explains library-not-found 'libcuda.so.1 was looked for' $none env HOME="$scratch" hashcat -I --force
else
  skip 'hashcat is not here, or does not run without vgpu-run either'
fi

law 'nobody looks for a GPU: not at all, by a static program, as told by a variable, or it cannot be seen'
explains no-probe 'none looked for' "$VGPU_RUN" true
explains static-program 'file +.*/probe' "$VGPU_RUN" "$GUESTS/probe" /etc/passwd
explains switched-off 'OLLAMA_LLM_LIBRARY="cpu"' "$VGPU_RUN" env OLLAMA_LLM_LIBRARY=cpu true
explains trace-blind 'with the engine notify' "$VGPU_RUN" --engine=notify true

law 'a part of the program is missing'
explains backend-missing 'libggml-cuda.so' "$VGPU_RUN" "$steps" load=libggml-cuda.so
explains program-not-run 'runner: ENOENT' "$VGPU_RUN" sh -c '/opt/nowhere/runner; exit 3'
explains smi-missing 'nvidia-smi' $none env PATH=/opt/nowhere:/opt/none nvidia-smi

law 'the library is not found'
explains library-not-found 'file +libcuda.so.1' $none "$steps" load
explains container-without-runtime 'NVIDIA_VISIBLE_DEVICES=all' $none env NVIDIA_VISIBLE_DEVICES=all "$steps" load
explains found-not-loaded 'libcuda.so' "$VGPU_RUN" ls /usr/lib/x86_64-linux-gnu/libcuda.so.1

law 'the library is loaded and never called'
explains never-called 'called nothing' "$VGPU_RUN" "$steps" load

law 'the driver does not start'
explains devices-hidden 'CUDA_VISIBLE_DEVICES=""; *set by env|set by env' "$VGPU_RUN" env CUDA_VISIBLE_DEVICES= "$steps" load init count
explains init-failed 'cuInit ended in CUDA_ERROR_INVALID_VALUE' "$VGPU_RUN" "$steps" load init=1
explains context-failed 'cuCtxCreate_v2 ended in CUDA_ERROR_INVALID_DEVICE' "$VGPU_RUN" "$steps" load init count context=99
explains seen-not-used 'last done: count the GPUs' "$VGPU_RUN" "$steps" load init count
explains seen-not-used 'file +/no/such/kernels.ptx: ENOENT' "$VGPU_RUN" "$steps" load init context launch=/no/such/kernels.ptx

law 'out of memory: how much was asked for'
explains out-of-memory '107374182400 bytes' "$VGPU_RUN" "$steps" load init context alloc=107374182400

law 'a function that is not implemented'
explains unsupported-call 'cuArrayCreate_v2|cuTexObjectCreate' "$VGPU_RUN" "$steps" load init context call=cuTexObjectCreate

law 'a process that is ended while it starts: by a time-out of its parent, or by its own fault'
explains killed-while-starting 'sent by its parent timeout' "$VGPU_RUN" timeout -s KILL 1 "$steps" load init call=pause
explains crashed-while-starting 'SIGABRT' "$VGPU_RUN" "$steps" load init call=abort

# ptx TARGET BODY: a file with the kernel k.
ptx() {
  printf '.version 8.0\n.target %s\n.address_size 64\n.visible .entry k()\n{\n.reg .b64 %%a; .reg .b32 %%r;\n%s\nret;\n}\n' "$1" "$2" >"$scratch/k.ptx"
}

law 'kernels: not to be understood, not to be compiled, and failing'
ptx sm_75 'nonsense.b32 %r;'
explains image-refused 'CUDA_ERROR_INVALID_PTX' "$VGPU_RUN" "$steps" load init context launch="$scratch/k.ptx"
ptx sm_75 'mov.u64 %a, 8; st.global.u32 [%a], %r;'
explains kernel-failed 'CUDA_ERROR_ILLEGAL_ADDRESS' "$VGPU_RUN" "$steps" load init context launch="$scratch/k.ptx"
ptx sm_90 ''
explains capability-too-low '9\.0 or more' "$VGPU_RUN" --gpu t4 "$steps" load init context launch="$scratch/k.ptx"
ptx sm_90a 'wgmma.fence.sync.aligned;'
explains kernel-not-compiled 'wgmma' "$VGPU_RUN" --gpu h100 "$steps" load init context launch="$scratch/k.ptx"

law 'code that is for newer GPUs only: one line says so also without --explain, but not with --quiet'
ptx sm_90 ''
does_not_fit='^vgpu-run: [0-9]+ gpu_steps: its code does not fit the virtual GPU: .*\(sm_90, and the device is sm_75\)'
VGPU_EXPLAIN=0 run "$VGPU_RUN" --gpu t4 "$steps" load init context refused="$scratch/k.ptx" refused="$scratch/k.ptx"
[ $status -eq 0 ] && [ "$(grep -cE "$does_not_fit" "$scratch/err")" -eq 1 ] || fail "$(shown 'gpu_steps, sm_90')"
VGPU_EXPLAIN=0 run "$VGPU_RUN" -q --gpu t4 "$steps" load init context launch="$scratch/k.ptx"
[ $status -eq 3 ] && [ ! -s "$scratch/err" ] || fail "$(shown 'gpu_steps, sm_90, quiet')"
VGPU_EXPLAIN=0 run "$VGPU_RUN" --gpu h100 "$steps" load init context launch="$scratch/k.ptx"
[ $status -eq 0 ] && ! grep -q 'does not fit' "$scratch/err" || fail "$(shown 'gpu_steps, sm_90 on a GPU that has it')"

if ! command -v cc >/dev/null; then
  law 'libraries that cannot be loaded'
  skip 'cc is not here'
  finish
fi
# library FILE [FLAG...]: of standard input.
library() {
  _file=$1
  shift
  mkdir -p "$(dirname "$_file")"
  cc -shared -fPIC -x c -o "$_file" - -x none "$@"
}
driver='#include <fcntl.h>
int cuInit(unsigned flags) { return open("/dev/nvidiactl", 2) < 0 ? 999 : (int)flags; }'
echo "$driver" | library "$scratch/driver/libcuda.so.1" -Wl,-soname,libcuda.so.1
path=LD_LIBRARY_PATH=$scratch/driver

law 'a driver that is not ours: what it calls cannot be seen, and the report says so'
explains calls-unseen 'UNKNOWN' $none env "$path" "$steps" load

law 'its kernel module is not loaded'
if [ -e /dev/nvidiactl ]; then skip 'it is loaded here'; else
  explains module-not-loaded 'file +/dev/nvidiactl' $none env "$path" "$steps" load init
fi

law "the toolkit's stub is no driver"
echo 'int cuInit(unsigned flags) { return 34; }' | library "$scratch/stubs/libcuda.so.1"
explains stub-library 'file +.*/stubs/libcuda.so.1' $none env LD_LIBRARY_PATH="$scratch/stubs" "$steps" load

law 'libraries of two drivers'
mkdir -p "$scratch/mixed"
cp "$scratch/driver/libcuda.so.1" "$scratch/mixed/libcuda.so.550.54.15"
cp "$scratch/driver/libcuda.so.1" "$scratch/mixed/libnvidia-ml.so.580.95.05"
ln -s libcuda.so.550.54.15 "$scratch/mixed/libcuda.so.1"
ln -s libnvidia-ml.so.580.95.05 "$scratch/mixed/libnvidia-ml.so.1"
explains version-mismatch '550.54.15.*580.95.05' $none env LD_LIBRARY_PATH="$scratch/mixed" "$steps" load load=libnvidia-ml.so.1

law 'a runtime that needs a newer driver'
echo 'int x;' | library "$scratch/new/libcudart.so.14"
explains driver-too-old 'libcudart.so.14 needs CUDA 14.0' "$VGPU_RUN" env LD_LIBRARY_PATH="$scratch/new" "$steps" load=libcudart.so.14 load version

law 'a parent takes the folder of the library away'
explains lost-environment 'LD_LIBRARY_PATH had .*/driver' env "$path" $none sh -c "env -u LD_LIBRARY_PATH '$steps' load; exit 3"

law 'a process that looks before the driver is there'
explains looked-too-early 'not there yet' $none sh -c "'$steps' load='$scratch/late/libcuda.so.1'; mkdir '$scratch/late'; cp '$scratch/driver/libcuda.so.1' '$scratch/late'; '$steps' load='$scratch/late/libcuda.so.1'" 2>/dev/null

law 'a library that lacks one that it needs, or a version of its symbols'
echo 'int needed;' | library "$scratch/part/libneeded.so.7" -Wl,-soname,libneeded.so.7
echo 'extern int needed; int *user = &needed;' | library "$scratch/part/libuser-cuda.so" "$scratch/part/libneeded.so.7"
rm "$scratch/part/libneeded.so.7"
explains dependency-missing 'file +libneeded.so.7' "$VGPU_RUN" env LD_LIBRARY_PATH="$scratch/part" "$steps" load=libuser-cuda.so
echo 'OLD_1 { global: needed; local: *; };' >"$scratch/old"
echo 'OLD_1 { global: needed; local: *; }; NEW_2 { global: more; } OLD_1;' >"$scratch/new.map"
echo 'int needed, more;' | library "$scratch/ver/libver.so.1" -Wl,-soname,libver.so.1 "-Wl,--version-script=$scratch/new.map"
echo 'extern int more; int *user = &more;' | library "$scratch/ver/libver-cuda.so" "$scratch/ver/libver.so.1"
echo 'int needed, more;' | library "$scratch/ver/libver.so.1" -Wl,-soname,libver.so.1 "-Wl,--version-script=$scratch/old"
explains symbol-version 'version NEW_2 of libver.so.1' "$VGPU_RUN" env LD_LIBRARY_PATH="$scratch/ver" "$steps" load=libver-cuda.so

law 'a library of another architecture'
mkdir "$scratch/arm"
cp "$scratch/driver/libcuda.so.1" "$scratch/arm/libcuda.so.1"
printf '\267\000' | dd of="$scratch/arm/libcuda.so.1" bs=1 seek=18 conv=notrunc 2>/dev/null
explains wrong-architecture 'aarch64' $none env LD_LIBRARY_PATH="$scratch/arm" "$steps" load
printf '\002' | dd of="$scratch/arm/libcuda.so.1" bs=1 seek=5 conv=notrunc 2>/dev/null
printf '\000\026' | dd of="$scratch/arm/libcuda.so.1" bs=1 seek=18 conv=notrunc 2>/dev/null
explains wrong-architecture 's390x' $none env LD_LIBRARY_PATH="$scratch/arm" "$steps" load

law 'a musl program'
if command -v musl-gcc >/dev/null; then
  musl-gcc -w -o "$scratch/musl" "$here/../guests/gpu_steps.c"
  explains musl-program 'ld-musl' "$VGPU_RUN" "$scratch/musl" load
else
  skip 'musl-gcc is not here'
fi

law 'nodes of the driver that may not be opened, and the module for memory that is not loaded'
cat >"$scratch/nodes" <<'NODES'
mount -t tmpfs none /dev || exit 77
mknod /dev/null c 1 3 && chmod 666 /dev/null
setup=$1
shift
eval "$setup"
exec "$@"
NODES
run unshare -m sh "$scratch/nodes" : true
if [ "$status" -ne 0 ]; then
  skip 'no /dev of its own to be had'
else
  echo '#include <fcntl.h>
int cuInit(unsigned flags) { open("/dev/nvidiactl", 2); return open("/dev/nvidia-uvm", 2) < 0; }' |
    library "$scratch/uvm/libcuda.so.1"
  explains uvm-missing 'file +/dev/nvidia-uvm' unshare -m sh "$scratch/nodes" ':>/dev/nvidiactl' \
    $none env LD_LIBRARY_PATH="$scratch/uvm" "$steps" load init
  explains node-permission 'open[a-z]* of /dev/nvidiactl failed: EACCES' unshare -m sh "$scratch/nodes" ':>/dev/nvidiactl; chmod 0 /dev/nvidiactl' \
    setpriv --reuid=65534 --regid=65534 --clear-groups $none env LD_LIBRARY_PATH="$scratch/uvm" "$steps" load init
fi

law "images with machine code for other GPUs only"
nvcc=$("$lib/find-nvcc")
if [ -z "$nvcc" ]; then skip 'nvcc is not here'; else
  echo 'extern "C" __global__ void k() {} int main() { k<<<1, 1>>>(); return cudaDeviceSynchronize() != 0; }' >"$scratch/sass.cu"
  "$nvcc" -gencode arch=compute_90,code=sm_90 -o "$scratch/sass" "$scratch/sass.cu"
  explains machine-code-only 'sm_90' "$VGPU_RUN" "$scratch/sass"
  law "PTX for newer GPUs only, in the fatbin of a runtime program"
  "$nvcc" -gencode arch=compute_90,code=compute_90 -o "$scratch/newer" "$scratch/sass.cu"
  explains capability-too-low 'compute_90 .ptx.*9\.0 or more' "$VGPU_RUN" "$scratch/newer"
  explains gpu-used '1 launches' "$VGPU_RUN" --gpu h100 "$scratch/newer"
  law 'a program of nvcc that computes, and one whose last kernel fails'
  explains gpu-used '[1-9][0-9]* launches' "$VGPU_RUN" "$GUESTS/nv_matmul-static"
  explains kernel-failed 'CUDA_ERROR_ILLEGAL_ADDRESS' "$VGPU_RUN" "$GUESTS/nv_out_of_bounds-static" far
fi

finish
