// Floating-point state under an operating system: results that depend on every bit are computed while signals change registers and the
// rounding mode, in threads beside each other, and in a child that inherits the rounding mode.
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4 };

static volatile int alarms;

/** Chaotic: one wrong bit changes the result altogether. */
static double logistic(double x, int steps) {
  for (int i = 0; i < steps; i++) x = 3.9 * x * (1.0 - x);
  return x;
}

static void disturb(int signal) {
  (void)signal;
  fesetround(FE_UPWARD);
  volatile double used = sqrt(1.5 * ++alarms) / 3.0;
  (void)used;
}

static void *work(void *result) {
  double *x = result;
  for (int i = 0; i < 40; i++) *x = logistic(*x, 5000);
  return NULL;
}

static int wrongUnderSignals(void) {
  double expected = logistic(0.37, 200000);
  struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
  signal(SIGALRM, disturb);
  setitimer(ITIMER_REAL, &often, NULL);
  int wrong = 0;
  do wrong += logistic(0.37, 200000) != expected;
  while (alarms < 5);
  setitimer(ITIMER_REAL, &never, NULL);
  return wrong + (fegetround() != FE_TONEAREST);
}

static int wrongInThreads(void) {
  double alone[THREADS], together[THREADS];
  pthread_t threads[THREADS];
  int wrong = 0;
  for (int i = 0; i < THREADS; i++) {
    alone[i] = together[i] = 0.1 + i * 0.07;
    work(&alone[i]);
  }
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, &together[i]);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    wrong += alone[i] != together[i];
  }
  return wrong;
}

static int wrongInChild(void) {
  fesetround(FE_DOWNWARD);
  pid_t child = fork();
  if (child == 0) _exit(fegetround() != FE_DOWNWARD);
  fesetround(FE_TONEAREST);
  int status = 1;
  waitpid(child, &status, 0);
  return status != 0;
}

int main(void) {
  int wrong = wrongUnderSignals() + wrongInThreads() + wrongInChild();
  printf("floats: %d wrong, %.17g %a\n", wrong, logistic(0.37, 200000), sqrt(2.0));
  return wrong != 0;
}
