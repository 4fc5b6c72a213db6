#!/bin/sh
# The processes of a tree share one GPU's memory: it adds up, all views agree on it, and the dead have none.
. "$(dirname "$0")/../lib/check.sh"
hold=$GUESTS/hold_memory

# In the tree: hold MIB starts a holder in the background; its number is in $held.
words='
  hold() {
    rm -f "$DIR/ready"
    "$HOLD" "$1" "$DIR/ready" >"$DIR/holder" &
    held=$!
    until [ -e "$DIR/ready" ]; do sleep 0.02; done
    cat "$DIR/holder"
  }
  used() { nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits "$@"; }
  used_soon() { until [ "$(used)" = "$1" ]; do sleep 0.02; done; }
'
# tree LINES OF SHELL...
in_tree() {
  run env DIR="$scratch" HOLD="$hold" "$VGPU_RUN" --gpu vgpu75:memory=100MiB sh -c "$words $1"
}
expect() {
  printf '%s\n' "$1" >"$scratch/want"
  diff -u "$scratch/want" "$scratch/out" >"$scratch/diff" || fail 'other output than wanted' "$(cat "$scratch/diff" "$scratch/err")"
}

law 'memory of several processes adds up, for CUDA, NVML and nvidia-smi alike'
in_tree 'hold 20; first=$held; hold 30; "$HOLD" 0; used; kill -9 $first $held'
expect 'result 0, 80 MiB of 100 are free
result 0, 50 MiB of 100 are free
result 0, 50 MiB of 100 are free
50'

law 'what the tree has not left is OUT_OF_MEMORY, though the process has used nothing'
in_tree 'hold 60; "$HOLD" 50; "$HOLD" 40; kill -9 $held'
expect 'result 0, 40 MiB of 100 are free
result 2, 40 MiB of 100 are free
result 0, 0 MiB of 100 are free'

law 'a killed process has given back its memory when it is gone, and is in no list'
in_tree 'hold 90; kill -9 $held; wait $held 2>/dev/null; used; "$HOLD" 100
  nvidia-smi --query-compute-apps=pid --format=csv,noheader'
expect 'result 0, 10 MiB of 100 are free
0
result 0, 0 MiB of 100 are free'

law 'a process that executes another program has given back its memory'
cat >"$scratch/execute.py" <<'END'
import ctypes, os
cuda = ctypes.CDLL("libcuda.so.1")
device, context, at = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_uint64()
cuda.cuInit(0); cuda.cuDeviceGet(ctypes.byref(device), 0); cuda.cuCtxCreate_v2(ctypes.byref(context), 0, device)
print(cuda.cuMemAlloc_v2(ctypes.byref(at), ctypes.c_size_t(60 << 20)), flush=True)
os.execlp("nvidia-smi", "nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader")
END
if command -v python3 >/dev/null; then
  in_tree 'python3 "$DIR/execute.py"'
  expect '0
0 MiB'
else
  skip 'python3 is not here'
fi

law 'the list of processes has number, name and memory of each that computes, and no others'
in_tree 'hold 20; sleep 1000 & other=$!
  nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv,noheader | sed "s/^$held,/HOLDER,/"
  nvidia-smi | grep -c " $held  *C  *.*hold_memory  *20MiB |"
  nvidia-smi -q -d PIDS | grep -A 3 "Process ID  *: $held" | sed -n "s/^ *\(Used GPU Memory\) *:/\1:/p"
  kill -9 $held $other'
expect "result 0, 80 MiB of 100 are free
HOLDER, $hold, 20 MiB
1
Used GPU Memory: 20 MiB"

law 'each GPU has its own memory'
run env CUDA_DEVICE_ORDER=PCI_BUS_ID DIR="$scratch" HOLD="$hold" "$VGPU_RUN" --gpu vgpu75:memory=100MiB --gpu t4 sh -c "$words
  hold 20; used; kill -9 \$held"
expect 'result 0, 80 MiB of 100 are free
20
0'

law 'in a PID namespace of its own a process counts, and sees the others memory but not their numbers'
if unshare -rpf --mount-proc true 2>/dev/null; then
  in_tree 'hold 20; unshare -rpf --mount-proc "$HOLD" 30
    unshare -rpf --mount-proc nvidia-smi --query-compute-apps=pid --format=csv,noheader; kill -9 $held'
  expect 'result 0, 80 MiB of 100 are free
result 0, 50 MiB of 100 are free'
else
  skip 'no PID namespace can be made'
fi

law 'another user counts as well'
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && chmod -R a+rX "$scratch" && setpriv --reuid 65534 --clear-groups "$hold" >/dev/null 2>&1; [ $? -eq 3 ]; then
  in_tree 'hold 20; setpriv --reuid 65534 --clear-groups "$HOLD" 30; kill -9 $held'
  expect 'result 0, 80 MiB of 100 are free
result 0, 50 MiB of 100 are free'
else
  skip 'cannot become another user here, or that user cannot run the guest'
fi

law 'utilisation is the share of time in which kernels run, whoever asks; and none when they have ended'
run env BUSY="$GUESTS/busy" "$VGPU_RUN" sh -c '
  utilisation() { nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits; }
  utilisation
  "$BUSY" & busy=$!
  until [ "$(utilisation)" -gt 50 ]; do sleep 0.02; done
  kill -9 $busy
  until [ "$(utilisation)" -eq 0 ]; do sleep 0.02; done
  echo ended'
expect '0
ended'

law 'two trees have two GPUs'
run env DIR="$scratch" HOLD="$hold" VGPU="$VGPU_RUN" sh -c "$words
  export DIR HOLD
  \"\$VGPU\" --gpu vgpu75:memory=100MiB sh -c 'exec \"\$HOLD\" 60 \"\$DIR/ready\"' >/dev/null & tree=\$!
  until [ -e \"\$DIR/ready\" ]; do sleep 0.02; done
  \"\$VGPU\" --gpu vgpu75:memory=100MiB \"\$HOLD\" 100
  kill \$tree; wait \$tree"
rm -f "$scratch/ready"
grep -q '^result 0, 0 MiB of 100 are free' "$scratch/out" || fail 'the trees share memory' "$(cat "$scratch/out")"

finish
