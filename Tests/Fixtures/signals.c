// Says every signal it gets, with its code, sender and value, a line each:
//
//   signals [--listen PORT] [NAME=CODE]...
//
//   ready blocked=MASK ignored=MASK pid=P group=G session=S foreground=F directory=D
//   TERM code=0 pid=0 value=0
//
// MASK is hexadecimal, as it was at the start. NAME=CODE: exit with CODE after that signal (TERM=0).
// Real-time signals are numbered as the kernel and glibc do: RTMIN is 34. musl keeps 34 for itself,
// so masks go by the raw calls.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *names[] = {
    "0",    "HUP",  "INT",  "QUIT", "ILL",    "TRAP", "ABRT", "BUS",  "FPE",  "KILL",  "USR1",
    "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD", "CONT", "STOP", "TSTP",  "TTIN",
    "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",  "PWR",  "SYS"};

static const char *name_of(int number) {
  static char text[32];
  if (number < 32) return names[number];
  if (number < 34) snprintf(text, sizeof text, "%d", number);
  else if (number == 34) return "RTMIN";
  else snprintf(text, sizeof text, "RTMIN+%d", number - 34);
  return text;
}

static void listen_on(int port) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  int one = 1, listener = socket(AF_INET6, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&any, sizeof any) < 0 || listen(listener, 1024) < 0) {
    perror("signals: listen");
    exit(1);
  }
}

static void say_start(uint64_t blocked) {
  char line[256], directory[1024] = "?";
  unsigned long long ignored = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) sscanf(line, "SigIgn: %llx", &ignored);
  if (status) fclose(status);
  if (!getcwd(directory, sizeof directory)) strcpy(directory, "?");
  printf("ready blocked=%llx ignored=%llx pid=%d group=%d session=%d foreground=%d directory=%s\n",
         (unsigned long long)blocked, ignored, getpid(), getpgrp(), getsid(0), tcgetpgrp(0), directory);
}

// The next signal, be it where a profile refuses the call for it.
static int next_signal(uint64_t *set, siginfo_t *came) {
  static int queue = -1;
  int number = (int)syscall(SYS_rt_sigtimedwait, set, came, NULL, 8);
  if (number > 0 || errno != EPERM) return number;
  struct signalfd_siginfo record;
  if (queue < 0) queue = (int)syscall(SYS_signalfd4, -1, set, 8, 0);
  if (read(queue, &record, sizeof record) != sizeof record) return -1;
  came->si_code = record.ssi_code, came->si_pid = record.ssi_pid, came->si_value.sival_int = record.ssi_int;
  return (int)record.ssi_signo;
}

int main(int count, char **arguments) {
  int codes[65];
  uint64_t every = ~0ull, before = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 0; i < 65; i++) codes[i] = -1;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &every, &before, 8);
  for (int i = 1; i < count; i++) {
    char *equals = strchr(arguments[i], '=');
    if (strcmp(arguments[i], "--listen") == 0 && i + 1 < count) {
      listen_on(atoi(arguments[++i]));
    } else if (equals) {
      *equals = 0;
      for (int n = 1; n < 65; n++)
        if (strcmp(name_of(n), arguments[i]) == 0) codes[n] = atoi(equals + 1);
    }
  }
  say_start(before);
  for (;;) {
    siginfo_t came;
    memset(&came, 0, sizeof came);
    int number = next_signal(&every, &came);
    if (number <= 0) continue;
    printf("%s code=%d pid=%d value=%d\n", name_of(number), came.si_code, (int)came.si_pid,
           came.si_code == SI_QUEUE ? came.si_value.sival_int : 0);
    if (codes[number] >= 0) return codes[number];
  }
}
