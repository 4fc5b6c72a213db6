// container PROGRAM...: runs it as Docker runs a program by default: with its fourteen
// capabilities, if it has them, and under a filter that refuses what Docker's default seccomp
// profile refuses without further capabilities. Source: profiles/seccomp/default_linux.go of
// github.com/moby/profiles, and the defaults of moby's oci/caps.
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kNamespaceFlags = 0x7e020000 };  // of clone(2)

static const int kRefused[] = {SYS_acct,
                               SYS_add_key,
                               SYS_bpf,
                               SYS_clock_settime,
                               SYS_delete_module,
                               SYS_fanotify_init,
                               SYS_finit_module,
                               SYS_fsconfig,
                               SYS_fsmount,
                               SYS_fsopen,
                               SYS_fspick,
                               SYS_init_module,
                               SYS_io_uring_enter,
                               SYS_io_uring_register,
                               SYS_io_uring_setup,
                               SYS_ioperm,
                               SYS_iopl,
                               SYS_kcmp,
                               SYS_kexec_file_load,
                               SYS_kexec_load,
                               SYS_keyctl,
                               SYS_lookup_dcookie,
                               SYS_mount,
                               SYS_mount_setattr,
                               SYS_move_mount,
                               SYS_move_pages,
                               SYS_open_by_handle_at,
                               SYS_open_tree,
                               SYS_perf_event_open,
                               SYS_pidfd_getfd,
                               SYS_pivot_root,
                               SYS_process_madvise,
                               SYS_quotactl,
                               SYS_reboot,
                               SYS_request_key,
                               SYS_setdomainname,
                               SYS_sethostname,
                               SYS_setns,
                               SYS_settimeofday,
                               SYS_swapoff,
                               SYS_swapon,
                               SYS_syslog,
                               SYS_umount2,
                               SYS_unshare,
                               SYS_userfaultfd,
                               SYS_vhangup};

static const int kCapabilities[] = {
    CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
    CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,           CAP_SETUID,
    CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
    CAP_KILL,    CAP_AUDIT_WRITE};

static int refuse(void) {
  enum { kCount = sizeof kRefused / sizeof *kRefused };
  struct sock_filter lines[16 + 2 * kCount];
  unsigned short used = 0;
  const struct sock_filter start[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),  // the same profile has 32-bit programs, which
                                                     // are not what is tried here
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kNamespaceFlags, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
  };
  memcpy(lines, start, sizeof start);
  used = sizeof start / sizeof *start;
  for (int i = 0; i < kCount; ++i) {
    lines[used++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)kRefused[i], 0, 1);
    lines[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  }
  lines[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog program = {used, lines};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int give_up_capabilities(void) {
  unsigned long long kept = 0;
  for (unsigned i = 0; i < sizeof kCapabilities / sizeof *kCapabilities; ++i)
    kept |= 1ULL << kCapabilities[i];
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
    if (!(kept >> capability & 1)) prctl(PR_CAPBSET_DROP, capability);
  for (int half = 0; half < 2; ++half) {
    const unsigned mask = (unsigned)(kept >> 32 * half);
    data[half].effective &= mask;
    data[half].permitted &= mask;
    data[half].inheritable = 0;
  }
  return (int)syscall(SYS_capset, &header, data);
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  // Only who may not install a filter otherwise gives up new privileges, as Docker does on request.
  int done = refuse();
  if (done != 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) done = refuse();
  if (done != 0 || give_up_capabilities() != 0) {
    perror("container");
    return 126;
  }
  execvp(argv[1], argv + 1);
  perror(argv[1]);
  return 127;
}
