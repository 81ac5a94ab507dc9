// Has the kernel refuse system calls (seccomp(2)) and executes a program, which keeps that for life:
//
//   refuse execveat PROGRAM ARGUMENTS...     execveat fails with EPERM
//   refuse netlink PROGRAM ARGUMENTS...      socket(AF_NETLINK) is answered with SIGSYS
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

int main(int count, char **words) {
  struct instruction execveat[] = {
    {LOAD, 0, 0, NUMBER}, {IS, 0, 1, SYS_execveat}, {RETURN, 0, 0, FAIL | EPERM}, {RETURN, 0, 0, ALLOW}};
  struct instruction netlink[] = {
    {LOAD, 0, 0, NUMBER}, {IS, 0, 3, SYS_socket}, {LOAD, 0, 0, ARGUMENT}, {IS, 0, 1, AF_NETLINK},
    {RETURN, 0, 0, TRAP}, {RETURN, 0, 0, ALLOW}};
  struct program filter = {4, execveat};
  if (count < 3) return 2;
  if (!strcmp(words[1], "netlink")) filter = (struct program){6, netlink};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &filter)) return 3;
  execv(words[2], words + 2);
  return 4;
}
