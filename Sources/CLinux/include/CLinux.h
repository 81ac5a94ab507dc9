#ifndef CLINUX_H
#define CLINUX_H

// What Swift does not import: macros with arguments, variadic functions, and constants whose type
// differs between glibc (debug) and musl (release). One type for both, and no logic.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static inline int linux_errno(void) { return errno; }
static inline void linux_set_errno(int number) { errno = number; }
static inline int linux_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
static inline int linux_openat(int dir, const char *path, int flags, unsigned mode) {
  return openat(dir, path, flags, mode);
}
static inline int linux_fcntl(int fd, int command, long value) { return fcntl(fd, command, value); }
static inline int linux_ioctl(int fd, unsigned long request, void *value) { return ioctl(fd, request, value); }
static inline int linux_prctl(int option, unsigned long value) { return prctl(option, value, 0, 0, 0); }
static inline long linux_syscall(long number, long a, long b, long c, long d, long e, long f) {
  return syscall(number, a, b, c, d, e, f);
}

// glibc declares these with a transparent union where _GNU_SOURCE is set.
static inline int linux_bind(int fd, const void *address, socklen_t length) { return bind(fd, address, length); }
static inline int linux_connect(int fd, const void *address, socklen_t length) {
  return connect(fd, address, length);
}
static inline int linux_accept4(int fd, void *address, socklen_t *length, int flags) {
  return accept4(fd, address, length, flags);
}
static inline int linux_getsockname(int fd, void *address, socklen_t *length) {
  return getsockname(fd, address, length);
}
static inline long linux_sendto(int fd, const void *bytes, size_t count, int flags,
                                const void *address, socklen_t length) {
  return sendto(fd, bytes, count, flags, address, length);
}
static inline long linux_recvfrom(int fd, void *bytes, size_t count, int flags, void *address, socklen_t *length) {
  return recvfrom(fd, bytes, count, flags, address, length);
}
static inline int linux_getpeername(int fd, void *address, socklen_t *length) {
  return getpeername(fd, address, length);
}

// The masks and actions of signals 32 to 64 go by the raw calls: musl keeps 32 to 34 for itself and
// its sigset functions refuse them.
static inline int linux_sigprocmask(int how, const uint64_t *set, uint64_t *old) {
  return (int)syscall(SYS_rt_sigprocmask, how, set, old, 8);
}

// <sys/wait.h>'s macros.
static inline int linux_exited(int status) { return WIFEXITED(status); }
static inline int linux_exit_code(int status) { return WEXITSTATUS(status); }
static inline int linux_term_signal(int status) { return WTERMSIG(status); }

// Members of siginfo_t are macros over unions.
static inline int linux_si_pid(const siginfo_t *i) { return i->si_pid; }
static inline int linux_si_status(const siginfo_t *i) { return i->si_status; }
static inline int linux_si_code(const siginfo_t *i) { return i->si_code; }
static inline int linux_si_signo(const siginfo_t *i) { return i->si_signo; }

// SHUT_WR is an enumerator in glibc and a macro in musl.
static const int linux_SHUT_WR = SHUT_WR;

static const unsigned linux_EPOLLIN = EPOLLIN, linux_EPOLLOUT = EPOLLOUT, linux_EPOLLERR = EPOLLERR,
                      linux_EPOLLHUP = EPOLLHUP, linux_EPOLLET = EPOLLET;
static const int linux_EPOLL_CLOEXEC = EPOLL_CLOEXEC, linux_EPOLL_CTL_ADD = EPOLL_CTL_ADD,
                 linux_EPOLL_CTL_MOD = EPOLL_CTL_MOD, linux_EPOLL_CTL_DEL = EPOLL_CTL_DEL;
static const int linux_SFD_CLOEXEC = SFD_CLOEXEC, linux_SFD_NONBLOCK = SFD_NONBLOCK;
static const int linux_SOCK_STREAM = SOCK_STREAM, linux_SOCK_DGRAM = SOCK_DGRAM,
  linux_SOCK_SEQPACKET = SOCK_SEQPACKET, linux_SOCK_RAW = SOCK_RAW,
                 linux_SOCK_CLOEXEC = SOCK_CLOEXEC, linux_SOCK_NONBLOCK = SOCK_NONBLOCK;
static const int linux_MSG_NOSIGNAL = MSG_NOSIGNAL, linux_MSG_DONTWAIT = MSG_DONTWAIT, linux_MSG_TRUNC = MSG_TRUNC;
static const int linux_O_DIRECTORY = O_DIRECTORY;
static const int linux_P_ALL = P_ALL, linux_P_PID = P_PID;
static const int linux_WEXITED = WEXITED, linux_WSTOPPED = WSTOPPED, linux_WCONTINUED = WCONTINUED,
                 linux_WNOHANG = WNOHANG, linux_WNOWAIT = WNOWAIT;
static const int linux_CLD_EXITED = CLD_EXITED, linux_CLD_STOPPED = CLD_STOPPED,
                 linux_CLD_CONTINUED = CLD_CONTINUED, linux_CLD_TRAPPED = CLD_TRAPPED;
// ptrace(2) is variadic, and its requests are an enumeration in one C library.
static inline int linux_ptrace_detach(int pid, int signal) {
  return (int)syscall(SYS_ptrace, PTRACE_DETACH, pid, 0, signal);
}
static inline int linux_ptrace_signal(int pid, siginfo_t *info) {
  return (int)syscall(SYS_ptrace, PTRACE_GETSIGINFO, pid, 0, info);
}
static const int linux_SI_QUEUE = SI_QUEUE, linux_SI_TKILL = SI_TKILL;

// A call that a seccomp filter has answered with SIGSYS was not made: it returns this error once the handler has.
static const int linux_SYS_SECCOMP = 1;
static inline void linux_refuse_call(void *context, int error) {
#ifdef __x86_64__
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -error;
#else
  ((ucontext_t *)context)->uc_mcontext.regs[0] = (unsigned long)-error;
#endif
}

// A disposition's handler is a member of a union with another name in each C library.
typedef void (*linux_signal_function)(int, siginfo_t *, void *);
static inline struct sigaction linux_action_default(void) { return (struct sigaction){.sa_handler = SIG_DFL}; }
static inline uint64_t linux_si_value(const siginfo_t *i) { return (uint64_t)(uintptr_t)i->si_value.sival_ptr; }
static inline unsigned linux_si_uid(const siginfo_t *i) { return i->si_uid; }
static inline void linux_si_fill(siginfo_t *i, int signo, int code, int pid, unsigned uid, uint64_t value) {
  i->si_signo = signo, i->si_code = code, i->si_pid = pid, i->si_uid = uid;
  i->si_value.sival_ptr = (void *)(uintptr_t)value;
}

// What SO_PASSCRED puts beside a datagram (unix(7)): with room for nothing more, the kernel closes the
// descriptors that were sent along. First come the members of struct cmsghdr, which as it is ends in an
// array of no size; msghdr's members differ between the C libraries.
struct linux_sender { size_t length; int level, type; struct ucred who; };
static inline long linux_receive_from(int fd, void *bytes, size_t count, struct linux_sender *sender, int flags) {
  struct iovec part = {.iov_base = bytes, .iov_len = count};
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = sender, .msg_controllen = sizeof *sender};
  return syscall(SYS_recvmsg, fd, &message, flags);
}
static const int linux_SCM_CREDENTIALS = SCM_CREDENTIALS;

// idtype_t is an enumeration in one C library and a macro's int in the other.
static inline int linux_waitid(int type, unsigned id, siginfo_t *info, int options) {
  return waitid((idtype_t)type, id, info, options);
}

// fork(2) and the variadic clone(2) are hidden from Swift. The raw call: the C library's fork blocks every signal
// meanwhile, and a fault that is blocked is death.
static inline int linux_fork(void) { return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static inline int linux_clone(int (*body)(void *), void *stack_end, int flags, void *value) {
  return clone(body, stack_end, flags, value);
}
static const int linux_CLONE_VM = CLONE_VM;

// A call that leaves errno alone and returns it negative: for a child that shares drainit's memory while drainit
// goes on, and with it the one errno.
static inline long linux_bare_call(long number, long a, long b, long c) {
#ifdef __x86_64__
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
#else
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#endif
}

static inline unsigned linux_major(dev_t device) { return major(device); }
static inline unsigned linux_file_type(const struct stat *s) { return s->st_mode & S_IFMT; }
static const unsigned linux_S_IFREG = S_IFREG, linux_S_IFIFO = S_IFIFO, linux_S_IFSOCK = S_IFSOCK,
                      linux_S_IFCHR = S_IFCHR, linux_S_IFDIR = S_IFDIR;
// ST_NOEXEC of statfs(2), which is 8 there too.
static inline int linux_is_noexec(const char *path) {
  struct statfs system;
  return syscall(SYS_statfs, path, &system) == 0 && (system.f_flags & 8) != 0;
}
static inline int linux_has_capabilities(const char *path) {
  return syscall(SYS_getxattr, path, "security.capability", 0, 0) > 0;
}
static const int linux_SA_SIGINFO = SA_SIGINFO, linux_SA_ONSTACK = SA_ONSTACK, linux_SA_RESTART = SA_RESTART;
static const int linux_SIG_BLOCK = SIG_BLOCK, linux_SIG_UNBLOCK = SIG_UNBLOCK, linux_SIG_SETMASK = SIG_SETMASK;
static const unsigned long linux_TIOCGPGRP = TIOCGPGRP, linux_TIOCSPGRP = TIOCSPGRP;
static const unsigned linux_SPLICE_F_NONBLOCK = SPLICE_F_NONBLOCK;
// <linux/fs.h> has it; musl's headers do not.
static const int linux_RWF_NOWAIT = 8;

// The resource is an enumeration in one C library.
static inline uint64_t linux_open_files_limit(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : UINT64_MAX;
}

static const int linux_O_PATH = O_PATH;
// Executes what a descriptor names; a null-terminated empty path and AT_EMPTY_PATH say so (execveat(2)).
static inline int linux_execveat_self(int fd, char *const *argv, char *const *envp) {
  return (int)syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
}
static inline const char *linux_executable_name(void) { return (const char *)getauxval(AT_EXECFN); }

// The linker's names for where the program's code begins and ends (end(3)).
extern const char __executable_start, etext;
static inline uintptr_t linux_code_start(void) { return (uintptr_t)&__executable_start; }
static inline uintptr_t linux_code_end(void) { return (uintptr_t)&etext; }

// Memory that is the program's own from its exec on, so that nobody can refuse it. Pages that are not
// touched are not there. 64 KiB of stack: with AVX-512 or SME the kernel's frame alone can be over 10 KiB
// (getauxval(3), AT_MINSIGSTKSZ).
enum { linux_reserve_bytes = 320 << 10, linux_fault_stack_bytes = 64 << 10 };
extern unsigned char linux_reserve_memory[], linux_fault_stack_memory[];
static inline void *linux_reserve(void) { return linux_reserve_memory; }
static inline void *linux_fault_stack(void) { return linux_fault_stack_memory; }

#endif
