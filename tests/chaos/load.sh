#!/bin/sh
# About a second of everything at once, for chaos to interrupt. It ends by itself.
guests=$1
for i in 1 2 3; do
  { "$guests/vector_add"; ls -l /dev /proc/driver/nvidia; env -i "$guests/vector_add"; } &
done
"$guests/exec_chain" 9 "$guests/vector_add" &
"$guests/daemon" "${TMPDIR:-/tmp}/guests/daemon" "$guests/vector_add" &
setsid "$guests/probe" /dev/nvidia0 /proc/driver/nvidia/version &
"$guests/threads" &
wait
