// Gives another process a fault of its own, as a bug in it would: its program counter goes nowhere.
//
//   fault [--kind segv|ill|trap|fpe] [--calls N] [--steps N] [--at N [--times N]]
//         [--fail N --errno E] [--refuse N --errno E] PID
//
// From the moment when it is started the process makes so many system calls more (each counts twice:
// at its entry and at its return) and after these so many instructions; then it has its fault. It
// prints in which system call that was (-1: in none), once the process goes on.
// With --at that begins where it enters the system call of that number, at as many of them as --times says:
// of the life that follows the fault, too.
// With --fail it is watched on until it has executed a program anew: that one's system call number N
// (from 1) is not made and fails with E.
// With --refuse every system call of that number fails with E from the fault on, in all of its lives, until
// this tracer is ended. The kinds other than segv, --at, --fail and --refuse are x86's.
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t target;

static void fail(const char *what) {
  fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
  exit(1);
}

// Waits for the target's next stop; a signal that is delivered there is passed on.
static int wait_for_stop(void) {
  int status;
  if (waitpid(target, &status, __WALL) != target) fail("waitpid");
  if (!WIFSTOPPED(status)) {
    fprintf(stderr, "fault: it has ended\n");
    exit(1);
  }
  int number = WSTOPSIG(status);
  int is_ours = number == (SIGTRAP | 0x80) || number == SIGTRAP || status >> 16 != 0;
  return is_ours ? 0 : number;
}

static void go_on(int how, long count) {
  for (long i = 0; i < count; i++) {
    if (ptrace(how, target, 0, 0)) fail("ptrace");
    for (int number; (number = wait_for_stop()) != 0;)
      if (ptrace(how, target, 0, number)) fail("ptrace");
  }
}

// Lets it go on until it enters the system call of that number, which is not made where a fault follows.
static void go_to(long call) {
#ifdef __x86_64__
  struct user_regs_struct registers;
  struct iovec part = {&registers, sizeof registers};
  do {
    go_on(PTRACE_SYSCALL, 1);
    if (ptrace(PTRACE_GETREGSET, target, NT_PRSTATUS, &part)) fail("PTRACE_GETREGSET");
    // At its entry the result is ENOSYS still.
  } while ((long)registers.orig_rax != call || (long)registers.rax != -ENOSYS);
#else
  (void)call;
#endif
}

// Where in the program these bytes are, which are an instruction, whatever they were meant as.
static unsigned long code_place(const char *bytes, size_t count) {
  char path[64], line[512];
  static unsigned char text[1 << 20];
  snprintf(path, sizeof path, "/proc/%d/maps", target);
  FILE *maps = fopen(path, "r");
  snprintf(path, sizeof path, "/proc/%d/mem", target);
  int memory = open(path, O_RDONLY | O_CLOEXEC);
  if (!maps || memory < 0) fail(path);
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    if (sscanf(line, "%lx-%lx r-xp", &start, &end) != 2 || !strchr(line, '/')) continue;
    if (!strstr(line, "r-xp") || end - start > sizeof text) continue;
    ssize_t length = pread(memory, text, end - start, start);
    unsigned char *found = length > 0 ? memmem(text, length, bytes, count) : NULL;
    if (found) return start + (found - text);
  }
  errno = ENOENT;
  fail("--kind");
  return 0;
}

// Does not make the system call at whose entry it is, and lets it fail.
static void refuse_here(long error) {
#ifdef __x86_64__
  struct user_regs_struct registers;
  struct iovec part = {&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, target, NT_PRSTATUS, &part)) fail("PTRACE_GETREGSET");
  registers.orig_rax = -1;
  if (ptrace(PTRACE_SETREGSET, target, NT_PRSTATUS, &part)) fail("PTRACE_SETREGSET");
  go_on(PTRACE_SYSCALL, 1);
  registers.rax = -error;
  if (ptrace(PTRACE_SETREGSET, target, NT_PRSTATUS, &part)) fail("PTRACE_SETREGSET");
#else
  (void)error;
#endif
}

// Lets the target execute a program anew and refuses a system call of that one; returns which.
static long refuse(long number, long error) {
  struct user_regs_struct registers;
  struct iovec part = {&registers, sizeof registers};
  long call = -1;
  int status = 0;
  while (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
    // On its way there it gets the fault's own signal.
    int number_of_signal = status && status >> 16 == 0 ? WSTOPSIG(status) : 0;
    if (ptrace(PTRACE_CONT, target, 0, number_of_signal)) fail("PTRACE_CONT");
    if (waitpid(target, &status, __WALL) != target || !WIFSTOPPED(status)) fail("it has ended");
  }
#ifdef __x86_64__
  // The exec's own return comes first.
  go_on(PTRACE_SYSCALL, 2 * number);
  for (;;) {
    if (ptrace(PTRACE_GETREGSET, target, NT_PRSTATUS, &part)) fail("PTRACE_GETREGSET");
    call = registers.orig_rax;
    // These cannot fail.
    if (call != SYS_getpid && call != SYS_geteuid && call != SYS_arch_prctl) break;
    go_on(PTRACE_SYSCALL, 2);
  }
  refuse_here(error);
#else
  (void)part, (void)number, (void)error, (void)registers;
#endif
  return call;
}

// Refuses every system call of that number; ends with the target.
static void refuse_every(long number, long error) {
  printf("refusing\n");
  fflush(stdout);
  for (;;) {
    go_to(number);
    refuse_here(error);
  }
}

// Gives it the fault, where it stands; returns in which system call that is.
static long give(const char *kind) {
  struct user_regs_struct registers;
  struct iovec part = {&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, target, NT_PRSTATUS, &part)) fail("PTRACE_GETREGSET");
#ifdef __x86_64__
  long call = registers.orig_rax;
  // Not a system call any more: the kernel would begin it again, two bytes before nowhere.
  registers.orig_rax = -1;
  if (!strcmp(kind, "segv")) registers.rip = 16;
  if (!strcmp(kind, "ill")) registers.rip = code_place("\x0f\x0b", 2);   // ud2: Swift's traps
  if (!strcmp(kind, "trap")) registers.rip = code_place("\xcc", 1);      // int3
  if (!strcmp(kind, "fpe")) registers.rip = code_place("\xf7\xf1", 2);   // div ecx
  if (!strcmp(kind, "fpe")) registers.rcx = 0;
#else
  long call = -1;
  (void)kind;
  registers.pc = 16;
#endif
  if (ptrace(PTRACE_SETREGSET, target, NT_PRSTATUS, &part)) fail("PTRACE_SETREGSET");
  return call;
}

int main(int count, char **words) {
  const char *kind = "segv";
  long calls = 0, steps = 0, at = -1, times = 1, failing = 0, refused = -1, error = ENOMEM;
  for (int i = 1; i + 1 < count; i += 2) {
    if (!strcmp(words[i], "--kind")) kind = words[i + 1];
    if (!strcmp(words[i], "--calls")) calls = atol(words[i + 1]);
    if (!strcmp(words[i], "--steps")) steps = atol(words[i + 1]);
    if (!strcmp(words[i], "--at")) at = atol(words[i + 1]);
    if (!strcmp(words[i], "--times")) times = atol(words[i + 1]);
    if (!strcmp(words[i], "--fail")) failing = atol(words[i + 1]);
    if (!strcmp(words[i], "--refuse")) refused = atol(words[i + 1]);
    if (!strcmp(words[i], "--errno")) error = atol(words[i + 1]);
  }
  target = atoi(words[count - 1]);
  long options = PTRACE_O_TRACESYSGOOD | (failing ? PTRACE_O_TRACEEXEC : 0);
  if (ptrace(PTRACE_SEIZE, target, 0, options)) fail("PTRACE_SEIZE");
  if (ptrace(PTRACE_INTERRUPT, target, 0, 0)) fail("PTRACE_INTERRUPT");
  wait_for_stop();
  long call = -1;
  for (; times > 0; times--) {
    if (at >= 0) go_to(at);
    go_on(PTRACE_SYSCALL, calls);
    go_on(PTRACE_SINGLESTEP, steps);
    call = give(kind);
  }
  if (refused >= 0) refuse_every(refused, error);
  if (failing) call = refuse(failing, error);
  if (ptrace(PTRACE_DETACH, target, 0, 0)) fail("PTRACE_DETACH");
  printf("%ld\n", call);
  return 0;
}
