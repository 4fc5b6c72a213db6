// The rows in which the asker is a program of another make.
#include "matrix.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct way Way;
typedef const struct target Target;
extern char** environ;

// No C library: calls of its own, from many threads. What it asks is in asker.go.
static int go_program(Way* way, Target* target) {
  const char* program = getenv("MATRIX_GO");
  errno = ENOENT;
  if (program == NULL) return not_here(way, "no Go compiler was here to build it");
  execl(program, program, way->label, target->dir, target->name, (char*)NULL);
  return not_here(way, "exec");
}

// A copy of this program whose interpreter is spelled by way of the target's folder: the kernel looks for that by itself.
static int interpreter_by_folder(Way* way, Target* target) {
  char program[kPath], interpreter[kPath] = "", spelled[2 * kPath];
#if __SIZEOF_POINTER__ == 8
  Elf64_Ehdr header;
  Elf64_Phdr segment;
#else
  Elf32_Ehdr header;
  Elf32_Phdr segment;
#endif
  snprintf(program, sizeof program, "%s/interpreted", target->prepared);
  unlink(program);
  const int fd = open(program, O_CREAT | O_RDWR, 0755);
  if (fd < 0 || copy_of_self(fd) != 0) return not_here(way, "copy the program");
  if (pread(fd, &header, sizeof header, 0) != sizeof header) return not_here(way, "read the program");
  for (int i = 0; i < header.e_phnum; ++i) {
    const off_t at = (off_t)header.e_phoff + i * (off_t)sizeof segment;
    if (pread(fd, &segment, sizeof segment, at) != sizeof segment) return not_here(way, "read the program");
    if (segment.p_type != PT_INTERP || segment.p_filesz >= sizeof interpreter) continue;
    if (pread(fd, interpreter, segment.p_filesz, (off_t)segment.p_offset) < 1) return not_here(way, "read the program");
    const int size = snprintf(spelled, sizeof spelled, "%s/../../../../../..%s", target->dir, interpreter);
    struct stat file;
    if (fstat(fd, &file) != 0 || pwrite(fd, spelled, (size_t)size + 1, file.st_size) != size + 1)
      return not_here(way, "write the program");
    segment.p_offset = (__typeof__(segment.p_offset))file.st_size;
    segment.p_filesz = (__typeof__(segment.p_filesz))size + 1;
    if (pwrite(fd, &segment, sizeof segment, at) != sizeof segment) return not_here(way, "write the program");
  }
  close(fd);
  errno = 0;
  if (!interpreter[0]) return not_here(way, "a static program has none");
  execve(program, again(program, way, target), environ);
  print_outcome(way, "exec of the program", error_name(-1));
  return 1;
}

const struct row kPrograms[] = {
    {"a Go program", go_program},
    {"PT_INTERP by way of the folder", interpreter_by_folder},
    {0, 0},
};
