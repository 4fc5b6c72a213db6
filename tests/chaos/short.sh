#!/bin/sh
# A thousand short processes, four at a time, for chaos to interrupt. It ends by itself.
guests=$1
for worker in 1 2 3 4; do
  (
    i=0
    while [ $i -lt 50 ]; do
      cat /proc/driver/nvidia/version | cat >/dev/null
      ls -l /dev/nvidia0 /usr
      "$guests/probe" /dev/nvidia0 /etc/passwd | wc -l
      i=$((i + 1))
    done
  ) &
done
wait
