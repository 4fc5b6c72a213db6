#!/bin/sh
# Laws about the source tree itself: tree.sh ROOT.
set -u
cd "$1" || exit 1
failures=0

# law TEXT FINDINGS: the law holds if nothing was found.
law() {
  [ -z "$2" ] && return
  failures=$((failures + 1))
  printf 'FAILED: %s\n%s\n' "$1" "$2"
}

sources=$(find launcher tracer shim tests -name '*.cpp' -o -name '*.h' -o -name '*.c' -o -name '*.cu' -o -name '*.cuh' -o -name '*.go')
ours=$(find launcher tracer shim -name '*.cpp' -o -name '*.h')
everything=$(find . -type f -not -path './build/*' -not -path './.git/*' -not -path './.cache/*' -not -name LICENSE)

law 'the top level has only the names that were agreed on' \
  "$(ls -A | grep -vxE '\.git|\.gitignore|build|\.cache|CMakeLists\.txt|CMakePresets\.json|LICENSE|README\.md|\.clang-format|\.clang-tidy|\.ci|cmake|docs|examples|launcher|shim|tests|tracer')"
law 'the tracer does not know CUDA' "$(grep -rinE 'cuda|nvidia' tracer)"
law 'the shim does not know how it was brought in' "$(grep -rinE 'seccomp|ptrace' shim)"

# includes FOLDER REGEX: the project's headers that FOLDER includes and REGEX does not allow.
includes() {
  find "$1" -name '*.cpp' -o -name '*.h' | xargs -r grep -nE '^#include "' | grep -vE "#include \"($2)"
}
law 'the tracer includes only the tracer' "$(includes tracer 'tracer/')"
law 'tracer/sys includes only itself' "$(includes tracer/sys 'tracer/sys/')"
law 'the launcher includes itself, the tracer and shim/abi' "$(includes launcher 'launcher/|tracer/|shim/abi/')"
law 'nvidia-smi knows NVML and nothing else of us' "$(includes launcher/smi 'launcher/smi/|shim/abi/nvml')"
law 'the shim includes only the shim' "$(includes shim 'shim/')"
law 'shim/abi includes only itself and tables' "$(includes shim/abi 'shim/abi/|shim/api/[a-z]+\.def')"
law 'the PTX parser does not know what comes after it' "$(includes shim/cpu/ptx 'shim/abi/|shim/cpu/ptx/')"
law 'LLVM is known only below shim/cpu/jit' \
  "$(grep -nE '#include [<"]llvm' $ours | grep -v '^shim/cpu/jit/')"
law 'no source includes a header of the CUDA toolkit (but the check against it, made only where it is)' \
  "$(grep -nE '#include [<"](cuda|nvml|cuda_runtime|cudaTypedefs|fatbinary_section)[a-zA-Z_]*\.h' $sources |
    grep -vE '^tests/unit/api/(cuda|nvml)_types_check\.cpp:')"

law 'a source file has at most 300 lines (tables are .def files, or listed in tests/tree/tables.txt)' \
  "$(wc -l $ours | awk '$1 > 300 && $2 != "total" { print $2 ": " $1 " lines" }' | grep -vFf tests/tree/tables.txt)"
# clang-format puts a function's closing brace in the column of its first line; namespaces are not indented.
law 'a function has at most 60 lines' "$(awk '
  FNR == 1 { start = 0 }
  /^[A-Za-z_].*\) *(const)? *(noexcept)? *(override)? *\{$/ || /^ +.*\) *(const)? *(noexcept)? *\{$/ && /^  [^ ]/ || /^[A-Za-z_~:<>]+.*\{$/ && /\(/ {
    if ($0 !~ /^(namespace|struct|class|enum|union)/ && !start) { start = FNR; match($0, /^ */); indent = RLENGTH; name = $0 }
  }
  start && /^ *\}/ { match($0, /^ */); if (RLENGTH == indent) { if (FNR - start >= 60) print FILENAME ":" start ": " FNR - start + 1 " lines: " name; start = 0 } }
' $ours | grep -vFf tests/tree/tables.txt)"
law 'a guest has at most 40 lines' "$(wc -l tests/guests/*.c tests/guests/*.cu tests/guests/*.go | awk '$1 > 40 && $2 != "total"')"

law 'nothing is left to do later' \
  "$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $everything | grep -v '^./tests/tree/tree.sh:')"
law 'no binary is in the tree' "$(for file in $everything; do [ ! -s "$file" ] || grep -qI . "$file" || echo "$file"; done)"
law 'every script is executable' "$(grep -lE '^#!' $everything | while read -r file; do [ -x "$file" ] || echo "$file"; done)"

# A relative link of a Markdown page leads to a file; so does a path in back quotes that begins with a top-level folder.
law 'links and paths in the pages lead somewhere' "$(find . -name '*.md' -not -path './build/*' | while read -r page; do
  grep -oE '\]\([^)#: ]+' "$page" | sed 's/^](//' | while read -r target; do
    [ -e "$(dirname "$page")/$target" ] || echo "$page: $target"
  done
  grep -oE '`(launcher|tracer|shim|tests|examples|docs|cmake|\.ci)/[A-Za-z0-9_./-]*`' "$page" | tr -d '`' | while read -r target; do
    [ -e "$target" ] || ls "$target".* >/dev/null 2>&1 || echo "$page: $target"
  done
done)"

law 'the tests that docs/HAZARDS.md names in quotes are there' "$(sed '1,/^## /d' docs/HAZARDS.md | grep -oE '"[^"]+"' | tr -d '"' | sed 's/ *\.\.\.$//' |
  while read -r name; do grep -rqF -- "$name" tests || echo "$name"; done)"

echo "tree: $failures laws broken"
[ "$failures" -eq 0 ]
