// Becomes another user and executes a program, as gosu and su-exec do at the end of an entrypoint:
//
//   become UID PROGRAM ARGS...
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments) {
  int user = count > 2 ? atoi(arguments[1]) : 0;
  if (user == 0 || setgroups(0, NULL) < 0 || setgid(user) < 0 || setuid(user) < 0) {
    perror("become");
    return 1;
  }
  execvp(arguments[2], arguments + 2);
  perror(arguments[2]);
  return 127;
}
