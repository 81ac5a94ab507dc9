// Runs a program as PID 1 of its own PID, mount, network, IPC and UTS namespaces, with /proc of its
// own and a loopback interface, and says how it ended:
//
//   namespace REPORT LIFELINE [--init] [--net PATH] [--cgroup DIR] -- PROGRAM ARGS...
//
// REPORT (a descriptor) gets "pid N", N as the caller sees it, when PROGRAM runs, and at the end
// "status RAW", a wait status. When LIFELINE (a descriptor) reaches its end, the whole namespace is killed: however the
// caller ends, nothing is left behind.
//   --init        this program stays PID 1 and reaps; PROGRAM is its child. The namespace then
//                 lives until LIFELINE ends, so that what PROGRAM left behind can be looked at.
//   --net PATH    join this network namespace instead of making one.
//   --cgroup DIR  be in this cgroup (v2), which exists.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  dprintf(2, "namespace: %s: %s\n", what, strerror(errno));
  _exit(124);
}

// Only the program and what it starts hold what was inherited: the ends of pipes mean something.
static void close_inherited(int report, int lifeline) {
  for (int other = 0; other < 1024; other++)
    if (other != report && other != lifeline) close(other);
}

static void enter_cgroup(const char *directory) {
  char path[4096];
  snprintf(path, sizeof path, "%s/cgroup.procs", directory);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, "0", 1) != 1) fail(path);
  close(file);
}

static void raise_loopback(void) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0 || ioctl(any, SIOCSIFFLAGS, &request) < 0) fail("lo up");
  close(any);
}

static void execute(char **command) {
  execvp(command[0], command);
  fail(command[0]);
}

// PID 1 under --init. It ends only when it is killed, and takes the namespace with it.
static void be_init(char **command, int report, int lifeline) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t program = fork();
  if (program < 0) fail("fork");
  if (program == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    execute(command);
  }
  close_inherited(report, lifeline);
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended == program) dprintf(report, "status %d\n", status);
    if (ended < 0) pause();
  }
}

int main(int count, char **arguments) {
  if (count < 5) return 2;
  int report = atoi(arguments[1]), lifeline = atoi(arguments[2]), with_init = 0, next = 3;
  const char *network = NULL;
  for (; next < count && strcmp(arguments[next], "--") != 0; next++) {
    if (strcmp(arguments[next], "--init") == 0) with_init = 1;
    else if (strcmp(arguments[next], "--net") == 0) network = arguments[++next];
    else if (strcmp(arguments[next], "--cgroup") == 0) enter_cgroup(arguments[++next]);
    else return 2;
  }
  char **command = arguments + next + 1;
  fcntl(report, F_SETFD, FD_CLOEXEC);
  fcntl(lifeline, F_SETFD, FD_CLOEXEC);

  if (network) {
    int there = open(network, O_RDONLY | O_CLOEXEC);
    if (there < 0 || setns(there, CLONE_NEWNET) < 0) fail(network);
    close(there);
  }
  int kinds = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
  if (unshare(kinds | (network ? 0 : CLONE_NEWNET)) < 0) fail("unshare");
  // Closed by the exec: its end says that everything stands.
  int executed[2];
  if (pipe2(executed, O_CLOEXEC) < 0) fail("pipe");
  pid_t first = fork();
  if (first < 0) fail("fork");
  if (first == 0) {
    close(executed[0]);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("private mounts");
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) fail("/proc");
    if (!network) raise_loopback();
    if (with_init) be_init(command, report, lifeline);
    execute(command);
  }
  close(executed[1]);
  char nothing;
  while (read(executed[0], &nothing, 1) < 0 && errno == EINTR) {}
  dprintf(report, "pid %d\n", (int)first);
  close_inherited(report, lifeline);

  int ended = (int)syscall(SYS_pidfd_open, first, 0);
  struct pollfd waits[2] = {{.fd = ended, .events = POLLIN}, {.fd = lifeline, .events = POLLIN}};
  while (poll(waits, 2, -1) < 0 && errno == EINTR) {}
  if (!waits[0].revents) kill(first, SIGKILL);
  int status;
  while (waitpid(first, &status, 0) < 0 && errno == EINTR) {}
  if (!with_init) dprintf(report, "status %d\n", status);
  return 0;
}
