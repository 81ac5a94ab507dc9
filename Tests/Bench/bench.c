// What the benchmark times, and the apps that it times them with. Times are nanoseconds of the
// monotonic clock, a line each, on standard output.
//
//   bench start COUNT -- INIT...       exec of the init to the first instruction of the app's main
//   bench signal COUNT -- INIT...      a signal sent to the init to the app having it
//   bench usr1 COUNT -- INIT...       the same with SIGUSR1, which stops some programs
//   bench stop COUNT -- INIT...        SIGTERM sent to the init to the init having ended
//   bench orphans COUNT own|group|prompt -- INIT...   COUNT orphans told to end to the last one
//                                      reaped, and the init's CPU time meanwhile; with prompt the init
//                                      has the CPU at every end, as where there are CPUs enough
//   bench idle -- INIT...              prints the init's pid; it lives until standard input ends
//
// INIT is the command up to its app, which is this program again. Each init is PID 1 of its own PID
// and mount namespaces; all share the network namespace that this was started in.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void fail(const char *what) {
  dprintf(2, "bench: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void say(int64_t value) {
  if (write(1, &value, sizeof value) != sizeof value) _exit(1);
}

// The apps

static void signal_app(int listens) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  int listener = listens ? socket(AF_INET, SOCK_STREAM, 0) : -1;
  if (listens && (bind(listener, (struct sockaddr *)&any, sizeof any) < 0 || listen(listener, 1) < 0)) exit(1);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGHUP);
  sigaddset(&awaited, SIGUSR1);
  sigaddset(&awaited, SIGTERM);
  sigprocmask(SIG_BLOCK, &awaited, NULL);
  say(now());
  while (sigwaitinfo(&awaited, NULL) != SIGTERM) say(now());
}

// One child makes them all and ends: they are the init's from then on. They end by a signal, as those
// of a script that is stopped do: in one group by one for all.
static void orphans_app(int count, int own_groups) {
  pid_t *pids = mmap(NULL, count * sizeof *pids, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char byte;
  if (pids == MAP_FAILED) fail("memory");
  pid_t maker = fork();
  if (maker == 0) {
    for (int i = 0; i < count; i++) {
      pid_t orphan = fork();
      if (orphan < 0) _exit(1);
      if (orphan == 0) {
        if (own_groups) setpgid(0, 0);
        for (;;) pause();
      }
      pids[i] = orphan;
    }
    _exit(0);
  }
  int status = 1;
  waitpid(maker, &status, 0);
  if (status != 0) fail("fork");
  signal(SIGHUP, SIG_IGN);
  // Until all sleep and the init has nothing left to do.
  usleep(300000);
  say(now());
  if (read(0, &byte, 1) < 0) fail("go");
  int64_t begun = now();
  if (!own_groups) kill(0, SIGHUP);
  for (int i = 0; own_groups && i < count; i++) kill(pids[i], SIGHUP);
  struct timespec pause = {.tv_nsec = 200000};
  for (int i = 0; i < count; i++)
    while (kill(pids[i], 0) == 0) nanosleep(&pause, NULL);
  say(now() - begun);
}

static void be_app(char **words) {
  if (strcmp(words[0], "start") == 0) say(now());
  if (strcmp(words[0], "stop") == 0) signal_app(0);
  if (strcmp(words[0], "serve") == 0) signal_app(1);
  if (strcmp(words[0], "orphans") == 0) orphans_app(atoi(words[1]), strcmp(words[2], "group") != 0);
  exit(0);
}

// The driver

struct box {
  pid_t init;
  int out, in;
};

static int64_t hear(struct box *box) {
  int64_t value;
  if (read(box->out, &value, sizeof value) != sizeof value) fail("the app said nothing");
  return value;
}

static int is_prompt;

static struct box open_box(char **command) {
  int out[2], in[2];
  if (pipe2(out, O_CLOEXEC) < 0 || pipe2(in, O_CLOEXEC) < 0) fail("pipe");
  pid_t init = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
  if (init < 0) fail("clone");
  if (init == 0) {
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    int null = open("/dev/null", O_WRONLY);
    dup2(in[0], 0);
    dup2(out[1], 1);
    if (!getenv("BENCH_LOG")) dup2(null, 2);
    close(null);
    // Before every other process, but its children are as they always are.
    if (is_prompt && (syscall(SYS_sched_setscheduler, 0, 0x40000000, &(struct sched_param){0}) < 0 ||
                      setpriority(PRIO_PROCESS, 0, -20) < 0)) _exit(126);
    say(now());
    execv(command[0], command);
    _exit(127);
  }
  close(out[1]);
  close(in[0]);
  return (struct box){init, out[0], in[1]};
}

static void close_box(struct box *box) {
  kill(box->init, SIGKILL);
  while (waitpid(box->init, NULL, 0) < 0 && errno == EINTR) {}
  close(box->out);
  close(box->in);
}

// The time that a process has had on a CPU (schedstat of proc(5)), exact.
static int64_t cpu_time(pid_t pid) {
  char path[64];
  long long time = 0;
  snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%lld", &time) != 1) fail(path);
  fclose(file);
  return time;
}

static void print(int64_t value) { printf("%lld\n", (long long)value); }

static void time_starts(int count, char **command) {
  while (count-- > 0) {
    struct box box = open_box(command);
    int64_t begun = hear(&box);
    print(hear(&box) - begun);
    close_box(&box);
  }
}

static void time_signals(int number, int count, char **command) {
  struct box box = open_box(command);
  hear(&box);
  hear(&box);
  usleep(500000);
  while (count-- > 0) {
    int64_t begun = now();
    kill(box.init, number);
    print(hear(&box) - begun);
    // Apart, as signals come.
    usleep(1000);
  }
  close_box(&box);
}

static void time_stops(int count, char **command) {
  while (count-- > 0) {
    struct box box = open_box(command);
    hear(&box);
    hear(&box);
    usleep(20000);
    int64_t begun = now();
    kill(box.init, SIGTERM);
    while (waitpid(box.init, NULL, 0) < 0 && errno == EINTR) {}
    print(now() - begun);
    close(box.out);
    close(box.in);
  }
}

static void time_orphans(char **command) {
  struct box box = open_box(command);
  hear(&box);
  hear(&box);
  int64_t before = cpu_time(box.init);
  if (write(box.in, "g", 1) != 1) fail("go");
  int64_t took = hear(&box);
  print(took);
  print(cpu_time(box.init) - before);
  close_box(&box);
}

static void idle(char **command) {
  struct box box = open_box(command);
  char byte;
  hear(&box);
  hear(&box);
  print(box.init);
  fflush(stdout);
  while (read(0, &byte, 1) > 0) {}
  close_box(&box);
}

int main(int count, char **words) {
  if (count > 2 && strcmp(words[1], "app") == 0) be_app(words + 2);
  char *own = realpath("/proc/self/exe", NULL), *kind = count > 1 ? words[1] : "", *command[64];
  int next = 1, size = 0;
  while (next < count && strcmp(words[next], "--") != 0) next++;
  if (next + 1 >= count || count - next > 48) return 2;
  for (int i = next + 1; i < count; i++) command[size++] = words[i];
  command[size++] = own;
  command[size++] = "app";
  // What is signalled and what idles is a server, as most are.
  int serves = strcmp(kind, "signal") == 0 || strcmp(kind, "usr1") == 0 || strcmp(kind, "idle") == 0;
  command[size++] = serves ? "serve" : kind;
  if (strcmp(kind, "orphans") == 0) {
    command[size++] = words[2];
    command[size++] = words[3];
    is_prompt = strcmp(words[3], "prompt") == 0;
  }
  command[size] = NULL;
  if (strcmp(kind, "start") == 0) time_starts(atoi(words[2]), command);
  else if (strcmp(kind, "signal") == 0) time_signals(SIGHUP, atoi(words[2]), command);
  else if (strcmp(kind, "usr1") == 0) time_signals(SIGUSR1, atoi(words[2]), command);
  else if (strcmp(kind, "stop") == 0) time_stops(atoi(words[2]), command);
  else if (strcmp(kind, "orphans") == 0) time_orphans(command);
  else if (strcmp(kind, "idle") == 0) idle(command);
  else return 2;
  return 0;
}
