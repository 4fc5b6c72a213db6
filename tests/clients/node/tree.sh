#!/bin/sh
# Inside one tree: a server answers, ends on SIGTERM, and the GPU's memory is as free as before: tree.sh NODE MODEL COUNT
# Prints what the requests say, "server: STATUS", and the free memory before, while it ran, and after, in MiB.
here=$(dirname "$0")
free() { "$GUESTS/runner" list "$GUESTS/bundled/libbackend.so" | sed 's/.*, \([0-9]*\) MiB free$/\1/'; }
before=$(free)
"$1" "$here/server.mjs" "$2" >"$TMPDIR/server.out" &
server=$!
until grep -q '^port' "$TMPDIR/server.out"; do
  kill -0 $server 2>/dev/null || exit 1
  sleep 0.1
done
"$1" "$here/requests.mjs" "$(sed -n 's/^port //p' "$TMPDIR/server.out")" "$3" 4
during=$(free)
kill -TERM $server
wait $server
echo "server: $?"
cat "$TMPDIR/server.out"
echo "free: $before $during $(free)"
