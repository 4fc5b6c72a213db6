#!/bin/sh
# nvidia-smi is found where programs look for it, and says what the real one says.
. "$(dirname "$0")/../lib/check.sh"
[ ! -e /usr/bin/nvidia-smi ] || { echo 'SKIP: smi.sh: a real nvidia-smi is installed here'; exit 77; }
h100='h100:pci=0000:fb:06.0,uuid=GPU-11111111-2222-3333-4444-555555555555'

law 'without vgpu-run there is none'
run sh -c 'nvidia-smi'
[ "$status" -eq 127 ] || fail "status $status"

law 'it is found through PATH by a shell, by which, by execvp, and by its absolute path'
says '^/usr/bin/nvidia-smi$' "$VGPU_RUN" sh -c 'command -v nvidia-smi'
says '^/usr/bin/nvidia-smi$' "$VGPU_RUN" which nvidia-smi
says '^-rwxr-xr-x .* /usr/bin/nvidia-smi$' "$VGPU_RUN" ls -l /usr/bin/nvidia-smi
says '^GPU 0: ' "$VGPU_RUN" env -i PATH=/usr/bin nvidia-smi -L
says '^GPU 0: ' "$VGPU_RUN" nvidia-smi -L
says '^GPU 0: ' "$VGPU_RUN" /bin/nvidia-smi -L
for spawner in python3 node; do
  if ! command -v $spawner >/dev/null; then skip "$spawner is not here"; continue; fi
  case $spawner in
    python3) says '^GPU 0: ' "$VGPU_RUN" python3 -c 'import subprocess; print(subprocess.check_output(["nvidia-smi", "-L"], text=True))' ;;
    node) says '^GPU 0: ' "$VGPU_RUN" node -e 'console.log(require("child_process").execFileSync("nvidia-smi", ["-L"]).toString())' ;;
  esac
done

law 'the list is what the real one prints for the same GPU'
prints 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-2222-3333-4444-555555555555)' "$VGPU_RUN" --gpu "$h100" nvidia-smi -L

law 'the box is what the real one draws; unknown are temperature and power'
run "$VGPU_RUN" --gpu "$h100" nvidia-smi
sed -i '1s/.*/TIME/' "$scratch/out"
diff -u "$here/expected/smi_h100.txt" "$scratch/out" >"$scratch/diff" || fail 'another box' "$(cat "$scratch/diff")"

law 'fields have the names, units and values of the real one'
prints 'index, name, uuid, pci.bus_id, driver_version, memory.total [MiB], memory.used [MiB], memory.free [MiB], utilization.gpu [%], utilization.memory [%], temperature.gpu, power.draw [W], compute_cap, compute_mode, pstate, clocks.max.sm [MHz]
0, NVIDIA H100 80GB HBM3, GPU-11111111-2222-3333-4444-555555555555, 00000000:FB:06.0, 580.159.04, 81559 MiB, 0 MiB, 81079 MiB, 0 %, 0 %, [N/A], [N/A], 9.0, Default, P0, 1980 MHz' \
  "$VGPU_RUN" --gpu "$h100" nvidia-smi --format=csv --query-gpu=index,name,uuid,pci.bus_id,driver_version,memory.total,memory.used,memory.free,utilization.gpu,utilization.memory,temperature.gpu,power.draw,compute_cap,compute_mode,pstate,clocks.max.sm
prints '0, NVIDIA H100 80GB HBM3, 81559' "$VGPU_RUN" --gpu "$h100" nvidia-smi --query-gpu=index,gpu_name,memory.total --format=csv,noheader,nounits

law 'every field of --help-query-gpu is answered'
run "$VGPU_RUN" nvidia-smi --help-query-gpu
fields=$(sed -n 's/^"\([A-Za-z0-9._]*\)".*/\1/p' "$scratch/out" | paste -sd,)
run "$VGPU_RUN" nvidia-smi --query-gpu="$fields" --format=csv,noheader
[ "$status" -eq 0 ] && ! grep -q 'Unknown Error' "$scratch/out" || fail "a field fails" "$(cat "$scratch/out")"

law 'the XML has the elements of the real one, in its order, and parses'
run "$VGPU_RUN" --gpu "$h100" nvidia-smi -q -x
grep -oE '^	*<[a-zA-Z_0-9]+' "$scratch/out" >"$scratch/elements"
diff -u "$here/expected/smi_elements.txt" "$scratch/elements" >"$scratch/diff" || fail 'other elements' "$(cat "$scratch/diff")"
if command -v python3 >/dev/null; then
  mv "$scratch/out" "$scratch/report.xml"
  ends_with 0 python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$scratch/report.xml"
else
  skip 'python3 is not here'
fi

law 'the text report has its sections, and -d chooses among them'
says '^    Product Name                                       : NVIDIA H100 80GB HBM3$' "$VGPU_RUN" --gpu "$h100" nvidia-smi -q
says '^        Total                                          : 81559 MiB$' "$VGPU_RUN" --gpu "$h100" nvidia-smi -q -d MEMORY
run "$VGPU_RUN" nvidia-smi -q -d MEMORY,ECC
grep -q 'Product Name' "$scratch/out" && fail 'a section that was not asked for'

law 'a GPU is chosen by index, UUID and bus id'
for id in 1 00000000:FB:06.0 GPU-11111111-2222-3333-4444-555555555555; do
  prints 'NVIDIA H100 80GB HBM3' "$VGPU_RUN" --gpu t4:pci=0000:fa:05.0 --gpu "$h100" nvidia-smi -i $id --query-gpu=name --format=csv,noheader
done

law 'mistakes and missing devices have the words and the status of the real one'
prints 'No devices were found
6' "$VGPU_RUN" sh -c 'nvidia-smi -i 7; echo $?'
prints "ERROR: Option --foo is not recognized. Please run 'nvidia-smi -h' for help.
2" "$VGPU_RUN" sh -c 'nvidia-smi --foo; echo $?'
prints 'Field "x" is not a valid field to query.

2' "$VGPU_RUN" sh -c 'nvidia-smi --query-gpu=name,x --format=csv; echo $?'

law 'it repeats itself until it is stopped'
run "$VGPU_RUN" sh -c 'nvidia-smi -lms 20 --query-gpu=index --format=csv | head -4'
[ "$(cat "$scratch/out")" = 'index
0
0
0' ] || fail 'no loop' "$(cat "$scratch/out")"

finish
