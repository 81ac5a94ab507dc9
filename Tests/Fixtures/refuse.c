// Has the kernel refuse system calls (seccomp(2)) and executes a program, which keeps that for life:
//
//   refuse [trap:]CALL[,CALL...] PROGRAM ARGUMENTS...
//
// Each CALL of the table below fails with EPERM, or with "trap:" is answered with SIGSYS; `netlink` is
// socket(AF_NETLINK).
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of <linux/filter.h> and <linux/seccomp.h>, which musl has not: an instruction, and what it may be.
struct instruction { uint16_t code; uint8_t if_so, if_not; uint32_t value; };
struct program { uint16_t count; struct instruction *instructions; };
enum { LOAD = 0x20, IS = 0x15, RETURN = 0x06 };
// In struct seccomp_data: the call's number, and its first argument.
enum { NUMBER = 0, ARGUMENT = 16 };
enum { TRAP = 0x30000, FAIL = 0x50000, ALLOW = 0x7fff0000 };

static const struct { const char *name; uint32_t number; } calls[] = {
  {"clock_nanosleep", SYS_clock_nanosleep}, {"close_range", 436}, {"epoll_pwait", SYS_epoll_pwait},
  {"execveat", SYS_execveat}, {"nanosleep", SYS_nanosleep}, {"ppoll", SYS_ppoll},
  {"rt_sigtimedwait", SYS_rt_sigtimedwait},
#ifdef SYS_poll
  {"epoll_wait", SYS_epoll_wait}, {"poll", SYS_poll},
#endif
};

int main(int count, char **words) {
  struct instruction filter[64] = {{LOAD, 0, 0, NUMBER}}, *next = filter + 1;
  uint32_t answer = FAIL | EPERM;
  if (count < 3) return 2;
  if (!strncmp(words[1], "trap:", 5)) answer = TRAP, words[1] += 5;
  int has_netlink = 0;
  for (char *word = strtok(words[1], ","); word; word = strtok(NULL, ",")) {
    has_netlink |= !strcmp(word, "netlink");
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
      if (!strcmp(word, calls[i].name)) {
        *next++ = (struct instruction){IS, 0, 1, calls[i].number};
        *next++ = (struct instruction){RETURN, 0, 0, answer};
      }
  }
  if (has_netlink) {
    *next++ = (struct instruction){IS, 0, 3, SYS_socket};
    *next++ = (struct instruction){LOAD, 0, 0, ARGUMENT};
    *next++ = (struct instruction){IS, 0, 1, AF_NETLINK};
    *next++ = (struct instruction){RETURN, 0, 0, answer};
  }
  *next++ = (struct instruction){RETURN, 0, 0, ALLOW};
  struct program program = {(uint16_t)(next - filter), filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program)) return 3;
  execv(words[2], words + 2);
  return 4;
}
