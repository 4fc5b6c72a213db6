#!/bin/sh
# Programs that nvcc made, with the runtime library inside and beside them.
. "$(dirname "$0")/../lib/check.sh"
need "$GUESTS/nv_vector_add-static" 'a CUDA toolkit (nvcc)'
nvcc=$("$lib/find-nvcc")
LD_LIBRARY_PATH=$(dirname "$(dirname "$nvcc")")/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

for cudart in static shared; do
  for guest in nv_vector_add nv_matmul nv_reduction nv_divergence nv_streams nv_graphs nv_assert nv_out_of_bounds \
    nv_cooperative; do
    law "$guest with $cudart cudart passes its own check"
    says '^PASS$' "$VGPU_RUN" "$GUESTS/$guest-$cudart"
  done

  for guest in nv_mma nv_wmma; do
    law "$guest with $cudart cudart gets the host's products of matrices"
    says '^PASS$' "$VGPU_RUN" --gpu a100 "$GUESTS/$guest-$cudart"
  done

  law "$cudart cudart: an access far beyond an allocation is an error and no crash"
  prints PASS "$VGPU_RUN" "$GUESTS/nv_out_of_bounds-$cudart" far

  law "$cudart cudart: an access to plain host memory is an error and no crash"
  prints PASS "$VGPU_RUN" "$GUESTS/nv_out_of_bounds-$cudart" host

  law "$cudart cudart: the device prints in order with the host"
  prints "$(printf '%s\n' before 'lane 0: text  3.14 0000beef z -5000000000 7%' 'lane 1: text  3.14 0000beef z -5000000000 7%' after)" \
    "$VGPU_RUN" "$GUESTS/nv_printf-$cudart"

  law "$cudart cudart: an assert names the file, the line, the place and the condition"
  complains 'nv_assert.cu:[0-9]+: .*check.*[Bb]lock.*0,0,0.*[Tt]hread.*31,0,0.*Assertion .*threadIdx.x.* failed' 0 \
    "$VGPU_RUN" "$GUESTS/nv_assert-$cudart"
done

law 'an empty environment changes nothing'
prints PASS "$VGPU_RUN" sh -c "env -i '$GUESTS/nv_vector_add-static'"

law 'CUDA_VISIBLE_DEVICES hides devices'
says 'no CUDA-capable device' "$VGPU_RUN" sh -c 'CUDA_VISIBLE_DEVICES=-1 "$0"; true' "$GUESTS/nv_vector_add-static"
prints PASS "$VGPU_RUN" env CUDA_VISIBLE_DEVICES=0 "$GUESTS/nv_vector_add-static"

law 'every profile whose capability the program has PTX for runs it; an older one says so'
for gpu in t4 rtx3090 rtx4090 a100 h100; do
  prints PASS "$VGPU_RUN" --gpu $gpu "$GUESTS/nv_matmul-static"
done

finish
