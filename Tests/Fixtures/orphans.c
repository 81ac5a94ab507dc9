// Leaves orphans behind, as a shell script with careless background jobs does:
//
//   orphans COUNT [MILLISECONDS [ignore]]
//
// Forks COUNT children that each fork a grandchild and end at once: the grandchild is an orphan. It
// ends after MILLISECONDS (default 0; negative: never), with "ignore" whatever SIGTERM says. When
// all are made it prints "made COUNT"; a line on standard input ends it with 0.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
  int orphans = count > 1 ? atoi(arguments[1]) : 1, milliseconds = count > 2 ? atoi(arguments[2]) : 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 0; i < orphans; i++) {
    pid_t child = fork();
    if (child < 0) {
      perror("orphans: fork");
      return 1;
    }
    if (child == 0) {
      if (fork() == 0) {
        if (count > 3 && strcmp(arguments[3], "ignore") == 0) signal(SIGTERM, SIG_IGN);
        while (milliseconds < 0) pause();
        usleep(milliseconds * 1000);
      }
      _exit(0);
    }
    waitpid(child, NULL, 0);
  }
  printf("made %d\n", orphans);
  for (;;) {
    int byte = getchar();
    if (byte == '\n') return 0;
    if (byte == EOF) pause();
  }
}
