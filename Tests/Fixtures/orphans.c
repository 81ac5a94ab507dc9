// Leaves orphans behind, as a shell script with careless background jobs does:
//
//   orphans COUNT [MILLISECONDS|told [ignore]]
//
// Forks COUNT children that each fork a grandchild and end at once: the grandchild is an orphan. It
// ends after MILLISECONDS (default 0; negative: never) or when told, with "ignore" whatever SIGTERM
// says. When all are made it prints "made COUNT". A line "go" on standard input ends all that wait
// to be told, in one moment; a line "exit N" ends this program. Where it can fork no more it prints
// "full", and goes on with what it has.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
  int orphans = count > 1 ? atoi(arguments[1]) : 1, milliseconds = count > 2 ? atoi(arguments[2]) : 0;
  int until_told = count > 2 && strcmp(arguments[2], "told") == 0;
  int word[2];
  char line[64];
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (pipe(word) < 0) return 1;
  for (int i = 0; i < orphans; i++) {
    pid_t child = fork();
    if (child == 0) {
      if (count > 3 && strcmp(arguments[3], "ignore") == 0) signal(SIGTERM, SIG_IGN);
      pid_t orphan = fork();
      if (orphan == 0) {
        close(word[1]);
        while (until_told && read(word[0], line, 1) != 0) {}
        while (milliseconds < 0) pause();
        usleep(milliseconds * 1000);
      }
      _exit(orphan < 0);
    }
    int failed = child < 0;
    if (child > 0) waitpid(child, &failed, 0);
    if (failed) {
      printf("full\n");
      break;
    }
  }
  printf("made %d\n", orphans);
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, "go\n") == 0) close(word[1]);
    if (strncmp(line, "exit ", 5) == 0) return atoi(line + 5);
  }
  for (;;) pause();
}
