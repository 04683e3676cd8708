// Children that compute, answer through a pipe and exit with a code: how many of `argv[1]` did something wrong.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned scramble(unsigned x) {
  for (int i = 0; i < 1000; i++) x = x * 1664525u + 1013904223u;
  return x;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 100;
  int wrong = 0;
  for (int i = 0; i < count; i++) {
    int ends[2];
    if (pipe(ends)) return perror("pipe"), 1;
    pid_t child = fork();
    if (child < 0) return perror("fork"), 1;
    if (child == 0) {
      unsigned answer = scramble(i);
      _exit(write(ends[1], &answer, sizeof answer) == sizeof answer ? i & 0x7f : 0xff);
    }
    unsigned answer = 0;
    int status = 0;
    int isRight = read(ends[0], &answer, sizeof answer) == sizeof answer && answer == scramble(i) &&
                  waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == (i & 0x7f);
    if (!isRight) wrong++;
    close(ends[0]);
    close(ends[1]);
  }
  printf("forks: %d of %d wrong\n", wrong, count);
  return wrong != 0;
}
