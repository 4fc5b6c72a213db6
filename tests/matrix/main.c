// matrix DIR NAME PREPARED: prints what DIR/NAME answers, a line for each spelling, caller and probe.
// matrix --prepare DIR NAME PREPARED: makes the links and folders that are there before the run.
// matrix --plain LABEL DIR NAME PREPARED: the plain spelling only.
#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int result, const char* what) {
  if (result == 0) return;
  perror(what);
  exit(2);
}

static int prepare(const struct target* target) {
  char file[kPath];
  snprintf(file, sizeof file, "%s/%s", target->dir, target->name);
  must(chdir(target->prepared), "chdir");
  must(symlink(file, "old-link"), "symlink");
  must(symlink("old-link", "old-chain"), "symlink");
  must(symlink(target->dir, "old-folder-link"), "symlink");
  snprintf(file, sizeof file, "../../../../../../../../../..%s/%s", target->dir, target->name);
  must(symlink(file, "old-relative-link"), "symlink");
  must(symlink("/", "old-root-link"), "symlink");
  must(mkdir("empty", 0755), "mkdir");
  must(mkdir("empty/folder", 0755), "mkdir");
  must(mkdir("mount", 0755), "mkdir");
  return 0;
}

// A process for each row: what one changes for itself does not reach the next.
static void run_row(const struct row* row, const struct target* target) {
  const pid_t pid = fork();
  if (pid == 0) {
    struct way* const way = calloc(1, sizeof *way);
    way->label = row->label;
    alarm(20);
    if (row->make(way, target) == 0) probe_all(way, target);
    _exit(0);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  if (status != 0) printf("%s: the caller ended with status %#x\n", row->label, status);
  fflush(stdout);
}

int main(int argc, char** argv) {
  const int skip = argc == 5 ? 1 : argc == 6 ? 2 : 0;
  if (argc - skip != 4) return 2;
  const struct target target = {argv[skip + 1], argv[skip + 2], argv[skip + 3]};
  if (argc == 5) return prepare(&target);
  if (argc == 6) {
    struct way* const way = calloc(1, sizeof *way);
    way->label = argv[2];
    spell_plain(way, &target);
    probe_all(way, &target);
    return 0;
  }
  for (const struct row* row = kSpellings; row->label; ++row) run_row(row, &target);
  for (const struct row* row = kCallers; row->label; ++row) run_row(row, &target);
  for (const struct row* row = kPrograms; row->label; ++row) run_row(row, &target);
  return 0;
}
