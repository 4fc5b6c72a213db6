#!/bin/sh
# A program finds its GPU however it was started, and computes on it.
. "$(dirname "$0")/../lib/check.sh"
vector_add=$GUESTS/vector_add

law 'without vgpu-run there is no driver (else these tests prove nothing)'
says 'no driver' sh -c '"$0"; [ $? -eq 3 ]' "$vector_add"

law 'the driver is found by its name, by its other name, by an absolute path and by the linker'
prints PASS "$VGPU_RUN" "$vector_add"
prints PASS "$VGPU_RUN" "$vector_add" libcuda.so
prints PASS "$VGPU_RUN" "$vector_add" /usr/lib/x86_64-linux-gnu/libcuda.so.1
prints PASS "$VGPU_RUN" "$vector_add" /usr/lib64/libcuda.so.1
prints PASS "$VGPU_RUN" "$GUESTS/vector_add_linked"

law 'LD_LIBRARY_PATH with folders that do not have it changes nothing'
prints PASS "$VGPU_RUN" env LD_LIBRARY_PATH=/usr/share:/nonexistent "$vector_add"
prints PASS "$VGPU_RUN" env LD_LIBRARY_PATH="$scratch" "$GUESTS/vector_add_linked"

law 'a grandchild with an empty environment has the GPU'
prints PASS "$VGPU_RUN" sh -c "env -i '$vector_add'"
prints PASS "$VGPU_RUN" sh -c "sh -c \"env -i '$GUESTS/vector_add_linked'\""

law 'a static program sees the same files by raw system calls'
run "$VGPU_RUN" "$GUESTS/probe" /dev/nvidia0 /proc/driver/nvidia/version /proc/driver/nvidia /dev/nvidia7
cat >"$scratch/want" <<'END'
/dev/nvidia0: mode 20666 device 195:0 access 0 open ok
/proc/driver/nvidia/version: mode 100444 access 0 open ok with content
/proc/driver/nvidia: mode 40555 access 0 open ok with content
/dev/nvidia7: No such file or directory
END
diff -u "$scratch/want" "$scratch/out" || fail "the probe differs" "$(shown probe)"

law 'a 32-bit program sees the same files'
if [ -x "$GUESTS/probe32" ]; then
  run "$VGPU_RUN" "$GUESTS/probe32" /dev/nvidia0 /proc/driver/nvidia/version /proc/driver/nvidia /dev/nvidia7
  diff -u "$scratch/want" "$scratch/out" || fail "the probe differs" "$(shown probe32)"
else
  skip 'no compiler for 32-bit programs (gcc-multilib)'
fi

law 'a static Go program has it too, and so has what it starts with an empty environment'
if [ -x "$GUESTS/starter" ]; then
  prints "$(printf '%s\n' '/dev/nvidia0: character device true, open <nil>' '/dev/nvidiactl: character device true, open <nil>' \
    '/dev/nvidia-uvm: character device true, open <nil>' 'gpus: 1, <nil>' PASS)" "$VGPU_RUN" "$GUESTS/starter" "$vector_add"
else
  skip 'no Go compiler'
fi

law 'a daemon has it, and so has what it starts, after the program that vgpu-run started has ended'
ends_with 0 "$VGPU_RUN" "$GUESTS/daemon" "$scratch/daemon" "$vector_add"
appears "$scratch/daemon"
[ "$(cat "$scratch/daemon")" = "$(printf 'PASS\nstatus 0')" ] || fail "the daemon said: $(cat "$scratch/daemon" 2>&1)"

law 'both sides of a pipeline have it'
prints 2 "$VGPU_RUN" sh -c '{ "$0"; } | { cat; "$0"; } | grep -c PASS' "$vector_add"

law 'setsid, nohup, nice and timeout change nothing'
prints PASS "$VGPU_RUN" setsid -w "$vector_add"
prints PASS "$VGPU_RUN" sh -c 'nohup "$0" 2>/dev/null' "$vector_add"
prints PASS "$VGPU_RUN" nice "$vector_add"
prints PASS "$VGPU_RUN" timeout 50 "$vector_add"

law 'a chain of execs, by path and by descriptor, changes nothing'
prints PASS "$VGPU_RUN" "$GUESTS/exec_chain" 7 "$vector_add"

law 'another user has it'
if [ "$(id -u)" -eq 0 ]; then
  chmod o+x "$scratch"
  cp "$vector_add" "$scratch/vector_add"
  chmod 755 "$scratch/vector_add"
  prints PASS "$VGPU_RUN" setpriv --reuid 65534 --regid 65534 --clear-groups "$scratch/vector_add"
  prints PASS "$VGPU_RUN" setpriv --reuid 65534 --regid 65534 --clear-groups env -i "$scratch/vector_add"
else
  skip 'only root can become another user'
fi

law 'after a fork the parent goes on, the child is told, and what the child starts works'
prints "$(printf 'PASS\nPASS')" "$VGPU_RUN" "$GUESTS/fork_after_init" "$vector_add"

law 'threads probe and compute side by side'
prints PASS "$VGPU_RUN" "$GUESTS/threads"

law 'many processes at once'
run "$VGPU_RUN" sh -c 'for i in 1 2 3 4 5 6 7 8; do { "$0"; "$0"; "$0"; } & done; wait' "$vector_add"
[ "$(grep -cx PASS "$scratch/out")" -eq 24 ] || fail "$(shown 'eight times three')"

law "GCC's OpenMP offload runs on the device, and on the host without vgpu-run"
if [ -x "$GUESTS/openmp_offload" ]; then
  says '^ran on: the host' "$GUESTS/openmp_offload"
  says '^ran on: the GPU' "$VGPU_RUN" "$GUESTS/openmp_offload"
  says 'as expected$' "$VGPU_RUN" "$GUESTS/openmp_offload"
else
  skip 'no gcc-12-offload-nvptx'
fi

finish
