/* startup.c: how long a process takes from start to exit, and how much memory it has at most.
 *
 * startup PROGRAM [ARGUMENT ...] runs it once to warm the file cache and then RUNS times, its
 * output thrown away, and prints a line for the case "startup" with max_rss_kib. */
#include "limit.h"
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 15 };
extern char **environ;

static double run(char **argv, long *peak_kib) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  double start = now();
  pid_t pid;
  int status;
  struct rusage usage;
  if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ)) exit(127);
  if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) exit(1);
  double elapsed = now() - start;
  posix_spawn_file_actions_destroy(&actions);
  *peak_kib = usage.ru_maxrss;
  return elapsed;
}

int main(int argc, char **argv) {
  const char *peer = getenv("BENCH_PEER");
  double samples[RUNS];
  long peak = 0, most = 0;
  if (argc < 2) return 2;
  run(argv + 1, &peak);
  for (int i = 0; i < RUNS; i++) {
    samples[i] = run(argv + 1, &peak);
    if (peak > most) most = peak;
  }
  qsort(samples, RUNS, sizeof *samples, by_value);
  printf("{\"peer\": \"%s\", \"case\": \"startup\", \"threads\": %d, \"median_s\": %.9g, "
         "\"min_s\": %.9g, \"reps\": %d, \"max_rss_kib\": %ld, "
         "\"note\": \"process start to exit, files cached\"}\n",
         peer ? peer : argv[1], thread_count(), samples[RUNS / 2], samples[0], RUNS, most);
  return 0;
}
