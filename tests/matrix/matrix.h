// The escape matrix: one file, asked for in many spellings by many callers. Each answer is a line, to be compared with the
// line that a real file of the same kind gives without any supervisor.
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

// A 32-bit program's struct stat is that of these calls (with _FILE_OFFSET_BITS=64).
#ifdef __i386__
#undef SYS_stat
#undef SYS_lstat
#define SYS_stat SYS_stat64
#define SYS_lstat SYS_lstat64
#define SYS_newfstatat SYS_fstatat64
#endif

enum { kPath = 4096 };

/// The file that is asked for, and a folder that was prepared before the run.
struct target {
  const char* dir;
  const char* name;
  const char* prepared;
};

/// One spelling of it.
struct way {
  const char* label;
  int dirfd;
  char path[kPath];    ///< of the file
  char folder[kPath];  ///< of its directory; "" if this spelling has none
  uint64_t resolve;    ///< RESOLVE_* of openat2; 0 for openat
  int use_openat2;
  int empty;   ///< dirfd is the file itself
  int at_path; ///< AT_EMPTY_PATH is given although there is a path
  int legacy;  ///< open, stat, access, readlink instead of the *at calls
  int int80;   ///< the 32-bit gate
  int any_name;  ///< what the kernel calls the place is not compared
};

/// A row: makes the way in a process of its own. Returns 0 to be probed, 1 if all has been done.
struct row {
  const char* label;
  int (*make)(struct way*, const struct target*);
};

/// Fills path and folder: the directory's spelling is `prefix`.
void spell(struct way* way, int dirfd, const char* prefix, const struct target* target);
/// The plain absolute spelling.
void spell_plain(struct way* way, const struct target* target);
/// Leaves the row out, with the reason.
int not_here(const struct way* way, const char* why);

/// The arguments with which we print the plain rows in a new program.
char** again(const char* program, struct way* way, const struct target* target);
/// Writes this program to a file. Returns 0, or -1.
int copy_of_self(int to);

void probe_all(const struct way* way, const struct target* target);
void print_outcome(const struct way* way, const char* probe, const char* outcome);
const char* error_name(long result);
/// A call by the 32-bit gate; pointers must be below 4 GiB. Returns -errno.
long gate80(long number, long a, long b, long c);

extern const struct row kSpellings[];
extern const struct row kCallers[];
extern const struct row kPrograms[];
