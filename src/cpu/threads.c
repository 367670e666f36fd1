/* threads.c: the threads of a device.  They are made when first needed and end with the device.
 *
 * A job is a number of tasks that workers take one by one from a shared counter; the thread that
 * asked is worker 0 and works too.  Threads only decide who runs a task, never what a task is.
 *
 * Nobody waits for a member of the team to come: one that finds the gate open walks in and helps,
 * and when the tasks are given out the gate is closed and only those inside are waited for.  A
 * member without work watches the gate for a while before it sleeps, since jobs come in quick
 * succession and waking a thread takes longer than a small job.
 *
 * Two pairs of accesses must not pass each other, and are sequentially consistent: a member enters
 * and then looks at the gate, the asker closes the gate and then counts who is inside; a member
 * lies down and then looks at the gate, the asker opens the gate and then looks who sleeps. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "cpu/cpu.h"

/* Element operations that pay for a thread that is awake, and for one that sleeps. */
static const double WORTH_A_CALL = 16 * 1024, WORTH_WAKING = 128 * 1024;
enum {
  WATCH = 60 * 1000, /* nanoseconds that a thread watches for what it waits for before it sleeps */
  GATE = 1024,       /* the gate is the number of the job times this, plus how many may take part */
};

struct nm_job {
  nm_work *work;
  void *arg;
  int64_t tasks;
  _Atomic int64_t next;
  int workers;
  struct nm_range *ranges; /* of several workers: of each */
};

typedef struct nm_range { /* the tasks that a worker begins with, on a cache line of its own */
  _Atomic int64_t next;
  int64_t taken, until; /* of any range, by this worker, who has them to itself */
  char apart[40];
} nm_range;

typedef struct nm_member { /* a thread of the team */
  nm_team *team;
  pthread_t thread;
  int worker;
  uint64_t seen; /* the gate as it was when this member went through it last */
  _Atomic bool asleep;
  pthread_cond_t wake;
} nm_member;

struct nm_team {
  _Atomic uint64_t gate;
  _Atomic int inside; /* members that have entered */
  _Atomic bool waits; /* the asker sleeps until `done` */
  _Atomic bool closing;
  _Atomic bool patient; /* there is a processor for each: watching costs nobody time */
  nm_job *job;          /* is written while the gate is closed and nobody inside */
  int nmembers;
  pthread_mutex_t lock; /* of the conditions */
  pthread_cond_t done;
  nm_member member[NM_MAX_THREADS];
  nm_range range[NM_MAX_THREADS];
};

int64_t nm__next_task(nm_job *job) {
  int64_t t = atomic_load_explicit(&job->next, memory_order_relaxed);
  if (t >= job->tasks) return -1;
  if (job->workers > 1)
    t = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
  else /* a locked instruction waits until all that was stored has reached the caches, or memory */
    atomic_store_explicit(&job->next, t + 1, memory_order_relaxed);
  return t < job->tasks ? t : -1;
}

int64_t nm__near_task(nm_job *job, int worker) {
  enum { SHARE = 32 }; /* of what is left of a range: few are taken at its end */
  if (job->workers == 1) return nm__next_task(job);
  nm_range *own = &job->ranges[worker];
  for (int i = 0; own->taken >= own->until; i++) { /* its own first, then what others have left */
    if (i == job->workers) return -1;
    int w = (worker + i) % job->workers;
    int64_t end = job->tasks * (w + 1) / job->workers;
    _Atomic int64_t *next = &job->ranges[w].next;
    int64_t left = end - atomic_load_explicit(next, memory_order_relaxed);
    if (left <= 0) continue;
    int64_t some = (left + SHARE - 1) / SHARE;
    own->taken = atomic_fetch_add_explicit(next, some, memory_order_relaxed);
    own->until = nm__least(own->taken + some, end);
  }
  return own->taken++;
}

int nm__workers(const nm_cpu *cpu, int64_t tasks, double work) {
  int most = cpu->dev.ctx->num_threads;
  if (most <= 1 || tasks <= 1 || work < 2 * WORTH_A_CALL) return 1;
  bool awake = cpu->team && cpu->team->nmembers && !atomic_load(&cpu->team->member[0].asleep);
  double worth = work / (awake ? WORTH_A_CALL : WORTH_WAKING);
  if (most > NM_MAX_THREADS) most = NM_MAX_THREADS;
  if (tasks < most) most = (int)tasks;
  return worth < 2 ? 1 : worth < most ? (int)worth : most;
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

/* ---- watching ---- */

static int64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void pause_a_moment(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

typedef bool condition(const nm_team *team, const nm_member *me);

/* Whether a condition comes true while we watch. */
static bool watch(condition *come, const nm_team *team, const nm_member *me) {
  if (come(team, me)) return true;
  if (!atomic_load_explicit(&team->patient, memory_order_relaxed)) return false;
  for (int64_t end = nanoseconds() + WATCH; nanoseconds() < end;)
    for (int i = 0; i < 32; i++, pause_a_moment())
      if (come(team, me)) return true;
  return false;
}

static bool open_to(uint64_t gate, const nm_member *me) {
  return gate != me->seen && me->worker < (int)(gate % GATE);
}
static bool called(const nm_team *team, const nm_member *me) {
  return open_to(atomic_load(&team->gate), me) || atomic_load(&team->closing);
}
static bool all_left(const nm_team *team, const nm_member *me) {
  (void)me;
  return atomic_load(&team->inside) == 0;
}

/* ---- members ---- */

static void await_call(nm_team *team, nm_member *me) {
  if (watch(called, team, me)) return;
  pthread_mutex_lock(&team->lock);
  atomic_store(&me->asleep, true);
  while (!called(team, me)) pthread_cond_wait(&me->wake, &team->lock);
  atomic_store(&me->asleep, false);
  pthread_mutex_unlock(&team->lock);
}

static void leave(nm_team *team) {
  if (atomic_fetch_sub(&team->inside, 1) > 1 || !atomic_load(&team->waits)) return;
  pthread_mutex_lock(&team->lock);
  pthread_cond_signal(&team->done);
  pthread_mutex_unlock(&team->lock);
}

static void *member_main(void *arg) {
  nm_member *me = arg;
  nm_team *team = me->team;
  while (await_call(team, me), !atomic_load(&team->closing)) {
    uint64_t gate = atomic_load(&team->gate);
    if (!open_to(gate, me)) continue;
    atomic_fetch_add(&team->inside, 1);
    if (atomic_load(&team->gate) == gate) team->job->work(team->job->arg, team->job, me->worker);
    leave(team);
    me->seen = gate;
  }
  return NULL;
}

/* ---- the team ---- */

/* Processors that this process may run on. */
static int processors(void) {
#if defined(__linux__) && defined(CPU_COUNT)
  cpu_set_t set;
  if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
#endif
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (int)n : 1;
}

/* Makes sure of `n` members, as far as the system gives threads; returns how many there are. */
static int muster(nm_cpu *cpu, int n) {
  nm_team *team = cpu->team;
  if (!team) {
    team = calloc(1, sizeof *team);
    if (!team) return 0;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->done, NULL);
    cpu->team = team;
  }
  if (team->nmembers >= n) return n;
  atomic_store_explicit(&team->patient, processors() > n, memory_order_relaxed);
  for (; team->nmembers < n; team->nmembers++) {
    nm_member *m = &team->member[team->nmembers];
    *m = (nm_member){.team = team, .worker = team->nmembers + 1};
    pthread_cond_init(&m->wake, NULL);
    if (!pthread_create(&m->thread, NULL, member_main, m)) continue;
    pthread_cond_destroy(&m->wake);
    break;
  }
  return team->nmembers;
}

static void wake(nm_team *team, nm_member *m) {
  pthread_mutex_lock(&team->lock);
  pthread_cond_signal(&m->wake);
  pthread_mutex_unlock(&team->lock);
}

void nm__parallel(nm_cpu *cpu, int workers, int64_t tasks, nm_work *work, void *arg) {
  nm_job job = {.work = work, .arg = arg, .tasks = tasks};
  if (workers > 1) workers = 1 + muster(cpu, workers - 1);
  job.workers = workers;
  if (workers == 1) {
    work(arg, &job, 0);
    return;
  }
  nm_team *team = cpu->team;
  job.ranges = team->range;
  for (int w = 0; w < workers; w++) {
    nm_range *r = &team->range[w];
    r->taken = r->until = 0;
    atomic_store(&r->next, tasks * w / workers);
  }
  team->job = &job;
  atomic_store(&team->gate, (atomic_load(&team->gate) / GATE + 1) * GATE + (uint64_t)workers);
  for (int i = 0; i < workers - 1; i++)
    if (atomic_load(&team->member[i].asleep)) wake(team, &team->member[i]);
  work(arg, &job, 0);
  atomic_store(&team->gate, atomic_load(&team->gate) / GATE * GATE);
  if (watch(all_left, team, NULL)) return;
  pthread_mutex_lock(&team->lock);
  atomic_store(&team->waits, true);
  while (!all_left(team, NULL)) pthread_cond_wait(&team->done, &team->lock);
  atomic_store(&team->waits, false);
  pthread_mutex_unlock(&team->lock);
}

void nm__team_close(nm_cpu *cpu) {
  nm_team *team = cpu->team;
  if (!team) return;
  atomic_store(&team->closing, true);
  for (int i = 0; i < team->nmembers; i++) wake(team, &team->member[i]);
  for (int i = 0; i < team->nmembers; i++) {
    pthread_join(team->member[i].thread, NULL);
    pthread_cond_destroy(&team->member[i].wake);
  }
  pthread_cond_destroy(&team->done);
  pthread_mutex_destroy(&team->lock);
  free(team);
  cpu->team = NULL;
}
