/* threads.c: the threads of a device.  They are made when first needed, sleep between jobs, and end
 * with the device.
 *
 * A job is a number of tasks that workers take one by one from a shared counter; the thread that
 * asked is worker 0 and works too.  Threads only decide who runs a task, never what a task is. */
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"

/* Element operations below which waking another thread does not pay. */
static const double WORTH_A_THREAD = 256 * 1024;

struct nm_job {
  nm_work *work;
  void *arg;
  int64_t tasks;
  _Atomic int64_t next;
};

typedef struct nm_member { /* a thread of the team */
  nm_team *team;
  pthread_t thread;
  int worker;
} nm_member;

struct nm_team {
  pthread_mutex_t lock;
  pthread_cond_t wake, done;
  nm_job *job;       /* NULL: nothing to do */
  uint64_t sequence; /* of jobs, so that a member takes part in each once */
  int wanted;        /* workers 1 .. wanted - 1 take part */
  int busy;          /* of them, those that have not finished */
  bool closing;
  int nmembers;
  nm_member member[NM_MAX_THREADS];
};

int64_t nm__next_task(nm_job *job) {
  int64_t t = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
  return t < job->tasks ? t : -1;
}

int nm__workers(const nm_cpu *cpu, int64_t tasks, double work) {
  int most = cpu->dev.ctx->num_threads;
  if (most <= 1 || tasks <= 1 || work < 2 * WORTH_A_THREAD) return 1;
  if (most > NM_MAX_THREADS) most = NM_MAX_THREADS;
  if (tasks < most) most = (int)tasks;
  double worth = work / WORTH_A_THREAD;
  return worth < most ? (int)worth : most;
}

nm_status nm__scratch(nm_cpu *cpu, int workers, size_t bytes) {
  for (int w = 0; w < workers; w++) {
    if (cpu->scratch_size[w] >= bytes) continue;
    free(cpu->scratch[w]);
    cpu->scratch[w] = NULL;
    cpu->scratch_size[w] = 0;
    size_t size = (bytes + 0xffff) & ~(size_t)0xffff;
    if (size < bytes || posix_memalign(&cpu->scratch[w], 64, size))
      return nm__error(cpu->dev.ctx, NM_ENOMEM, "out of memory: %zu bytes of working space", bytes);
    cpu->scratch_size[w] = size;
  }
  return NM_OK;
}

static void *member_main(void *arg) {
  nm_member *me = arg;
  nm_team *team = me->team;
  uint64_t seen = 0;
  pthread_mutex_lock(&team->lock);
  for (;;) {
    while (!team->closing && (!team->job || team->sequence == seen || me->worker >= team->wanted))
      pthread_cond_wait(&team->wake, &team->lock);
    if (team->closing) break;
    nm_job *job = team->job;
    seen = team->sequence;
    pthread_mutex_unlock(&team->lock);
    job->work(job->arg, job, me->worker);
    pthread_mutex_lock(&team->lock);
    if (--team->busy == 0) pthread_cond_signal(&team->done);
  }
  pthread_mutex_unlock(&team->lock);
  return NULL;
}

/* Makes sure of `n` members, as far as the system gives threads; returns how many there are. */
static int muster(nm_cpu *cpu, int n) {
  nm_team *team = cpu->team;
  if (!team) {
    team = calloc(1, sizeof *team);
    if (!team) return 0;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->wake, NULL);
    pthread_cond_init(&team->done, NULL);
    cpu->team = team;
  }
  while (team->nmembers < n) {
    nm_member *m = &team->member[team->nmembers];
    *m = (nm_member){.team = team, .worker = team->nmembers + 1};
    if (pthread_create(&m->thread, NULL, member_main, m)) break;
    team->nmembers++;
  }
  return team->nmembers < n ? team->nmembers : n;
}

void nm__parallel(nm_cpu *cpu, int workers, int64_t tasks, nm_work *work, void *arg) {
  nm_job job = {.work = work, .arg = arg, .tasks = tasks};
  if (workers > 1) workers = 1 + muster(cpu, workers - 1);
  if (workers == 1) {
    work(arg, &job, 0);
    return;
  }
  nm_team *team = cpu->team;
  pthread_mutex_lock(&team->lock);
  team->job = &job;
  team->sequence++;
  team->wanted = workers;
  team->busy = workers - 1;
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->lock);
  work(arg, &job, 0);
  pthread_mutex_lock(&team->lock);
  while (team->busy) pthread_cond_wait(&team->done, &team->lock);
  team->job = NULL;
  pthread_mutex_unlock(&team->lock);
}

void nm__team_close(nm_cpu *cpu) {
  nm_team *team = cpu->team;
  if (!team) return;
  pthread_mutex_lock(&team->lock);
  team->closing = true;
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->lock);
  for (int i = 0; i < team->nmembers; i++) pthread_join(team->member[i].thread, NULL);
  pthread_cond_destroy(&team->done);
  pthread_cond_destroy(&team->wake);
  pthread_mutex_destroy(&team->lock);
  free(team);
  cpu->team = NULL;
}
