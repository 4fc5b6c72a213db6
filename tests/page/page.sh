#!/bin/sh
# The html view in a real browser: page.sh FOLDER. Given by the environment: VGPU_RUN.
set -u
: "${VGPU_RUN:?}"
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?}
mkdir -p "$folder"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
for need in "node:$(command -v node)" "a Chromium:$browser"; do
  [ -n "${need#*:}" ] && continue
  echo "SKIP: the page in a real browser: ${need%%:*} is not installed"
  exit 77
done
# A container may have it and yet not let it start.
profile=$(mktemp -d)
if ! HOME=$profile timeout 100 "$browser" --headless --no-sandbox --disable-gpu "--user-data-dir=$profile/data" --dump-dom about:blank >"$profile/out" 2>&1; then
  echo "SKIP: the page in a real browser: $browser does not start: $(grep -v '^$' "$profile/out" | tail -n 1)"
  rm -rf "$profile"
  exit 77
fi
rm -rf "$profile"
exec node "$here/page_test.mjs" "$VGPU_RUN" "$browser" "$folder"
