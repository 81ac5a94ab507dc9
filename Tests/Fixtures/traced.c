// Makes its parent its tracer, says so, and then does as it is told:
//
//   traced exec            executes itself anew, and exits 5
//   traced stop            stops itself by SIGSTOP, says "goes on" when it is continued, and exits 6
//   traced signal          sends itself SIGUSR1, says "USR1" in its handler, and exits 7
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

static void say(const char *text) {
  if (write(1, text, strlen(text)) < 0) _exit(9);
}

static void caught(int number) {
  (void)number;
  say("USR1\n");
}

int main(int count, char **words) {
  if (count < 2) return 2;
  if (!strcmp(words[1], "done")) return 5;
  if (ptrace(PTRACE_TRACEME, 0, 0, 0)) return 3;
  say("traced\n");
  if (!strcmp(words[1], "exec")) execl("/proc/self/exe", words[0], "done", (char *)0);
  if (!strcmp(words[1], "stop")) {
    raise(SIGSTOP);
    say("goes on\n");
    return 6;
  }
  signal(SIGUSR1, caught);
  raise(SIGUSR1);
  return 7;
}
