/* test_programs.h: memory, and elementwise programs: single instructions, casts, layouts, random
 * programs against the reference and against their own instructions one by one, results written
 * over inputs. */
#ifndef NM_TEST_PROGRAMS_H
#define NM_TEST_PROGRAMS_H

#include "harness.h"

/* ---- memory ---- */

static void test_memory(void) {
  testing("memory");
  enum { N = 64 };
  nm_mem mem[N];
  unsigned char *data[N];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < N; i++) {
      size_t n = i < 4 ? (size_t)i : (size_t)ref_below(1 << ref_below(20)) + 1;
      call(nm__mem_alloc(dev, n, &mem[i]));
      check(mem[i].size == n, "size %zu of %zu", mem[i].size, n);
      if (is_cpu) check(mem[i].ptr && (uintptr_t)mem[i].ptr % 64 == 0, "not aligned");
      data[i] = malloc(n + 1);
      for (size_t j = 0; j < n; j++) data[i][j] = (unsigned char)ref_bits();
      call(dev->cls->write(dev, &mem[i], 0, n, data[i]));
    }
    for (int i = 0; i < N; i++) {
      size_t n = mem[i].size, skip = n / 3;
      unsigned char *back = malloc(n + 1);
      call(dev->cls->read(dev, &mem[i], skip, n - skip, back));
      check(!memcmp(back, data[i] + skip, n - skip), "read back %zu bytes", n);
      free(back);
      free(data[i]);
      dev->cls->release(dev, &mem[i]);
    }
  }
  check(dev->live == 0, "%zu bytes still live", dev->live);
  check(dev->cached <= dev->cache_limit, "cache over its limit");
  nm_mem huge;
  check(dev->cls->alloc(dev, SIZE_MAX - 100, &huge) == NM_ENOMEM, "a huge request");
  check(dev->cls->alloc(dev, (size_t)1 << 60, &huge) == NM_ENOMEM, "2^60 bytes");
  check(strstr(nm_message(ctx), "memory") != NULL, "message '%s'", nm_message(ctx));
}

/* ---- single instructions ---- */

static bool has_class(int kind, nm_class cls) {
  bool real = cls == NM_F32 || cls == NM_F64;
  return kind == NM_K_FLOAT ? real : kind == NM_K_INT ? !real : kind != NM_K_SPECIAL;
}

static bool equal_zero_sign(int op) {
  return op != NM_I_maximum && op != NM_I_minimum && op != NM_I_fmax && op != NM_I_fmin &&
         op != NM_I_relu;
}

/* Where a function has roots in the midst of cancelling terms, and only its absolute error is
 * small: left of 0. */
static bool loses_digits(int op, double a, double b) {
  return ((op == NM_I_lgamma || op == NM_I_digamma) && a < 0) || (op == NM_I_zeta && b < 0);
}

/* op on arrays of a dtype: narrow dtypes are rounded by a second instruction */
static void test_op(nm_opcode op, nm_dtype dtype, int64_t n, bool awkward) {
  const nm_instr_info *info = &nm__instrs[op];
  nm_class cls = nm__dtype_class(dtype);
  bool real = nm__is_float(dtype), compare = info->kind == NM_K_COMPARE,
       select = info->kind == NM_K_SELECT;
  testing("%s of %s, %d elements%s", info->name, nm__dtypes[dtype].name, (int)n,
          awkward ? ", awkward" : "");
  nm_program p;
  start(&p, 1, &n);
  array in[3];
  for (int i = 0; i < info->arity; i++) {
    in[i] =
        make(select && i == 0 ? NM_BOOL : dtype, i == 1 && ref_below(3) == 0 ? L_SINGLE : L_FLAT, 1,
             &n, info->lo, info->hi, awkward);
    p.in[p.nin++] = operand(&in[i], 0);
  }
  nm_dtype result = compare ? NM_BOOL : dtype;
  array out = make(result, L_FLAT, 1, &n, 0, 1, false);
  int r = add(&p, op, cls, 0, 0, 1, 2);
  if (!compare && nm__is_narrow(dtype)) r = add(&p, NM_I_narrow, cls, dtype, r, 0, 0);
  p.out[p.nout++] = operand(&out, r);
  call(dev->cls->run(dev, &p));
  fetch(&out);
  double ulps = bound_of(op, cls);
  for (int64_t i = 0; i < n; i++) {
    val a = at(&in[0], i), b = info->arity > 1 ? at(&in[1], i) : a,
        c = info->arity > 2 ? at(&in[2], i) : a;
    val got = at(&out, i), want = {0, 0};
    if (!is_cpu && real && (tiny(a.f, cls) || tiny(b.f, cls))) continue; /* may be flushed */
    if (real && loses_digits(op, a.f, b.f)) continue;
    bool ok;
    if (compare || !real) {
      want.i = compare  ? ref_compare(op, real, a, b)
               : select ? (a.i ? b : c).i
                        : ref_int(op, cls == NM_I32 ? 32 : 64, a.i, b.i);
      want = ref_narrow(result, want);
      ok = got.i == want.i;
    } else {
      long double w = select ? (a.i ? b : c).f : ref_float(op, cls, a.f, b.f);
      want.f = (double)w;
      ok = close(dtype, cls, got, w, ulps, equal_zero_sign(op));
    }
    if (!check(
            ok,
            "element %d: %s(%.9g|%lld, %.9g|%lld) is %.17g|%lld, should be %.17g|%lld (%.2f ulp)",
            (int)i, info->name, a.f, (long long)a.i, b.f, (long long)b.i, got.f, (long long)got.i,
            want.f, (long long)want.i, real && !compare ? ref_ulps(cls, got.f, want.f) : 0.0))
      break;
  }
  for (int i = 0; i < info->arity; i++) drop(&in[i]);
  drop(&out);
}

/* An element's result is the same whatever lies beside it: loops have shorter forms for stretches
 * of elements that are all moderate. */
static void test_neighbours(nm_opcode op, nm_class cls) {
  enum { N = 700, TAME = 300 }; /* so many are moderate, the rest are not */
  const nm_instr_info *info = &nm__instrs[op];
  nm_dtype dtype = nm__class_dtype[cls];
  int64_t n = N, one = 1;
  size_t size = nm__dtype_size(dtype);
  testing("%s of %s, whatever lies beside", info->name, nm__dtypes[dtype].name);
  array in[2], out = make(dtype, L_FLAT, 1, &n, 0, 1, false);
  array alone = make(dtype, L_FLAT, 1, &n, 0, 1, false);
  nm_program p, q;
  start(&p, 1, &n);
  start(&q, 1, &one);
  for (int i = 0; i < info->arity; i++) {
    in[i] = make(dtype, L_FLAT, 1, &n, info->lo, info->hi, true);
    for (int64_t k = 0; k < TAME; k++)
      ref_store(dtype, in[i].host, place(&in[i], k), ref_random(dtype, info->lo, info->hi, false));
    call(dev->cls->write(dev, &in[i].mem, 0, (size_t)in[i].n * size, in[i].host));
    p.in[p.nin++] = operand(&in[i], 0);
    q.in[q.nin++] = operand(&in[i], 0);
  }
  p.out[p.nout++] = operand(&out, add(&p, op, cls, 0, 0, 1, 1));
  q.out[q.nout++] = operand(&alone, add(&q, op, cls, 0, 0, 1, 1));
  call(dev->cls->run(dev, &p));
  fetch(&out);
  for (int64_t k = 0; k < N; k++) {
    for (int i = 0; i < info->arity; i++) q.in[i].ptr = p.in[i].ptr + (size_t)k * size;
    q.out[0].ptr = (char *)alone.mem.ptr + (size_t)place(&alone, k) * size;
    call(dev->cls->run(dev, &q));
  }
  fetch(&alone);
  for (int64_t k = 0; k < N; k++) {
    val a = at(&out, k), b = at(&alone, k);
    if (!check(a.f == b.f || (isnan(a.f) && isnan(b.f)), "element %d is %.17g, alone %.17g", (int)k,
               a.f, b.f))
      break;
  }
  for (int i = 0; i < info->arity; i++) drop(&in[i]);
  drop(&out);
  drop(&alone);
}

/* Arguments of all sizes, not only those that lo and hi are among: steps of 1/32 of a power of two,
 * of both signs, beside the ends of what tables and choices go by. */
static void test_sizes(nm_opcode op) {
  enum { FIRST = 0x33000000, STEP = 1 << 18, STEPS = 960, BESIDE = 3, N = 2 * BESIDE * STEPS };
  int64_t n = N;
  testing("%s of float32, arguments of all sizes", nm__instrs[op].name);
  array in = make(NM_FLOAT32, L_FLAT, 1, &n, 0, 1, false);
  array out = make(NM_FLOAT32, L_FLAT, 1, &n, 0, 1, false);
  for (int k = 0; k < N; k++) {
    uint32_t u = FIRST + (uint32_t)(k / (2 * BESIDE)) * STEP + (uint32_t)(k % BESIDE) - 1;
    u |= (uint32_t)(k / BESIDE % 2) << 31;
    memcpy(in.host + (size_t)place(&in, k) * sizeof u, &u, sizeof u);
  }
  call(dev->cls->write(dev, &in.mem, 0, (size_t)in.n * sizeof(float), in.host));
  nm_program p;
  start(&p, 1, &n);
  p.in[p.nin++] = operand(&in, 0);
  p.out[p.nout++] = operand(&out, add(&p, op, NM_F32, 0, 0, 0, 0));
  call(dev->cls->run(dev, &p));
  fetch(&out);
  for (int64_t k = 0; k < N; k++) {
    val x = at(&in, k), got = at(&out, k);
    long double want = ref_float(op, NM_F32, x.f, x.f);
    if (!check(close(NM_FLOAT32, NM_F32, got, want, bound_of(op, NM_F32), true),
               "%s(%.9g) is %.9g, should be %.9g (%.2f ulp)", nm__instrs[op].name, x.f, got.f,
               (double)want, ref_ulps(NM_F32, got.f, want)))
      break;
  }
  drop(&in);
  drop(&out);
}

static void test_all_sizes(void) {
  for (int op = 0; op < NM_NOPCODES; op++)
    if (nm__instrs[op].kind == NM_K_FLOAT && nm__instrs[op].arity == 1) test_sizes((nm_opcode)op);
}

static void test_all_neighbours(void) {
  for (int op = 0; op < NM_NOPCODES; op++)
    for (nm_class cls = NM_F32; cls <= NM_F64; cls++)
      if (has_class(nm__instrs[op].kind, cls) && nm__instrs[op].arity < 3 &&
          nm__instrs[op].kind != NM_K_COMPARE)
        test_neighbours((nm_opcode)op, cls);
}

static void test_ops(void) {
  for (int op = 0; op < NM_NOPCODES; op++)
    for (int d = 0; d < NM_NDTYPES; d++) {
      if (!holds((nm_dtype)d) || !has_class(nm__instrs[op].kind, nm__dtype_class((nm_dtype)d)))
        continue;
      test_op((nm_opcode)op, (nm_dtype)d, 3000, false);
      test_op((nm_opcode)op, (nm_dtype)d, 3000, true);
      test_op((nm_opcode)op, (nm_dtype)d, 3, false);
    }
}

/* from one dtype to another: a cast between classes, then rounding */
static void test_cast(nm_dtype from, nm_dtype to) {
  int64_t n = 1500;
  testing("cast of %s to %s", nm__dtypes[from].name, nm__dtypes[to].name);
  array in = make(from, L_FLAT, 1, &n, -300, 300, true), out = make(to, L_FLAT, 1, &n, 0, 1, false);
  nm_program p;
  start(&p, 1, &n);
  p.in[p.nin++] = operand(&in, 0);
  nm_class a = nm__dtype_class(from), b = nm__dtype_class(to);
  int r = a == b ? add(&p, NM_I_copy, a, 0, 0, 0, 0) : add(&p, NM_I_cast, a, b, 0, 0, 0);
  if (nm__is_narrow(to)) r = add(&p, NM_I_narrow, b, to, r, 0, 0);
  p.out[p.nout++] = operand(&out, r);
  call(dev->cls->run(dev, &p));
  fetch(&out);
  for (int64_t i = 0; i < n; i++) {
    val v = at(&in, i), got = at(&out, i), want = a == b ? v : ref_cast(b, nm__is_float(from), v);
    want = ref_narrow(to, want);
    bool same = nm__is_float(to) ? close(to, b, got, want.f, 0, true) : got.i == want.i;
    if (!is_cpu && nm__is_float(from) && tiny(v.f, a)) continue;
    if (!check(same, "element %d: %.17g|%lld gives %.17g|%lld, should be %.17g|%lld", (int)i, v.f,
               (long long)v.i, got.f, (long long)got.i, want.f, (long long)want.i))
      break;
  }
  drop(&in);
  drop(&out);
}

/* ---- layouts ---- */

static void test_copy(nm_dtype dtype, int from, int to, int ndim, const int64_t *shape) {
  testing("copy of %s, %s to %s, %dd of %d x %d", nm__dtypes[dtype].name, layout_name[from],
          layout_name[to], ndim, (int)shape[0], ndim > 1 ? (int)shape[1] : 1);
  array in = make(dtype, from, ndim, shape, -100, 100, true),
        out = make(dtype, to, ndim, shape, 0, 100, false);
  int64_t n = count(ndim, shape);
  nm_program p;
  start(&p, ndim, shape);
  p.in[p.nin++] = operand(&in, 0);
  p.out[p.nout++] = operand(&out, add(&p, NM_I_copy, nm__dtype_class(dtype), 0, 0, 0, 0));
  size_t bytes = (size_t)out.n * nm__dtype_size(dtype), size = nm__dtype_size(dtype);
  char *want = malloc(bytes);
  memcpy(want, out.host, bytes);
  for (int64_t i = 0; i < n; i++)
    memcpy(want + (size_t)place(&out, i) * size, in.host + (size_t)place(&in, i) * size, size);
  call(dev->cls->run(dev, &p));
  fetch(&out);
  for (int64_t i = 0; i < out.n; i++) {
    val got = ref_load(dtype, out.host, i), w = ref_load(dtype, want, i);
    bool same = got.i == w.i &&
                (got.f == w.f || (isnan(got.f) && isnan(w.f)) || (!is_cpu && tiny(w.f, NM_F32)));
    if (!check(same, "memory element %d is %.9g|%lld, should be %.9g|%lld", (int)i, got.f,
               (long long)got.i, w.f, (long long)w.i))
      break;
  }
  free(want);
  drop(&in);
  drop(&out);
}

static void test_layouts(void) {
  static const int64_t shapes[][4] = {
      {0, 1, 1, 1},   {1, 1, 1, 1},    {3, 1, 1, 1},   {511, 1, 1, 1}, {512, 1, 1, 1},
      {513, 1, 1, 1}, {7, 73, 1, 1},   {3, 5, 67, 1},  {2, 3, 4, 43},  {600, 2, 1, 1},
      {5, 0, 3, 1},   {33, 700, 1, 1}, {2, 40, 530, 1}};
  static const int ndims[] = {1, 0, 1, 1, 1, 1, 2, 3, 4, 2, 3, 2, 3};
  for (int d = 0; d < NM_NDTYPES; d++) {
    if (!holds((nm_dtype)d)) continue;
    for (size_t s = 0; s < sizeof ndims / sizeof *ndims; s++)
      for (int from = 0; from < L_COUNT; from++) {
        test_copy((nm_dtype)d, from, L_FLAT, ndims[s], shapes[s]);
        if (from == L_FLAT || from == L_SWAPPED) {
          test_copy((nm_dtype)d, from, L_PADDED, ndims[s], shapes[s]);
          test_copy((nm_dtype)d, from, L_SWAPPED, ndims[s], shapes[s]);
          test_copy((nm_dtype)d, from, L_STEPPED, ndims[s], shapes[s]);
        }
      }
  }
  int64_t large[] = {250, 400};
  test_copy(NM_FLOAT32, L_SWAPPED, L_FLAT, 2, large);
  test_copy(NM_BOOL, L_EXPANDED, L_FLAT, 2, large);
}

/* ---- random programs ---- */

enum { MAX_IN = 4, MAX_OUT = 3 };
typedef struct scene { /* a random program and its arrays */
  nm_program p;
  array in[MAX_IN], out[MAX_OUT];
  nm_dtype dtype[256]; /* of operands */
} scene;

static int pick_operand(const scene *s, nm_class cls, bool boolean, int n) {
  for (int tries = 0; tries < 60; tries++) {
    int r = ref_below(3) == 0 || n < 6 ? ref_below(n) : n - 1 - ref_below(6);
    if (boolean ? s->dtype[r] == NM_BOOL : nm__dtype_class(s->dtype[r]) == cls) return r;
  }
  return -1;
}

static const nm_dtype kinds[] = {NM_FLOAT32,  NM_FLOAT32, NM_FLOAT64, NM_FLOAT16,
                                 NM_BFLOAT16, NM_INT64,   NM_INT32,   NM_INT16,
                                 NM_INT8,     NM_UINT8,   NM_BOOL};
static nm_dtype any_dtype(void) {
  nm_dtype d;
  do d = kinds[ref_below((int)(sizeof kinds / sizeof *kinds))];
  while (!holds(d));
  return d;
}

/* Appends one random instruction, with the rounding that its dtype needs. */
static void grow(scene *s, bool exact) {
  nm_program *p = &s->p;
  int n = p->nin + p->nconst + p->ncode;
  int op = ref_below(NM_NOPCODES);
  /* these are long, and drivers take seconds over a program of several; test_op has them alone */
  if (op == NM_I_zeta || op == NM_I_digamma || op == NM_I_lgamma || op == NM_I_erfinv)
    op = NM_I_exp;
  int kind = nm__instrs[op].kind, arity = nm__instrs[op].arity;
  int a = ref_below(n), b = a, c = a, r;
  nm_dtype dtype = s->dtype[a];
  nm_class cls = nm__dtype_class(dtype);
  if (op == NM_I_cast) {
    nm_dtype to = any_dtype();
    nm_class target = nm__dtype_class(to);
    if (target == cls) return;
    r = add(p, NM_I_cast, cls, target, a, 0, 0);
    dtype = to;
  } else if (op == NM_I_index) {
    if (!holds(NM_INT64)) return;
    r = add(p, NM_I_index, NM_I64, 0, 0, 0, 0);
    dtype = NM_INT64;
  } else {
    if (op == NM_I_copy ? false : !has_class(kind, cls)) return;
    if (exact && bound_of(op, cls) > 0 && nm__is_float(dtype)) return;
    if (kind == NM_K_SELECT && (a = pick_operand(s, NM_I32, true, n)) < 0) return;
    if (arity > 1 && (b = pick_operand(s, cls, false, n)) < 0) return;
    if (arity > 2 && (c = pick_operand(s, cls, false, n)) < 0) return;
    r = add(p, (nm_opcode)op, cls, 0, a, b, c);
    if (kind == NM_K_COMPARE) dtype = NM_BOOL;
  }
  s->dtype[r] = kind == NM_K_COMPARE ? NM_BOOL : nm__class_dtype[nm__dtype_class(dtype)];
  if (kind == NM_K_COMPARE || !nm__is_narrow(dtype)) return;
  r = add(p, NM_I_narrow, nm__dtype_class(dtype), dtype, r, 0, 0);
  s->dtype[r] = dtype;
}

static void make_scene(scene *s, int ndim, const int64_t *shape, int length, bool exact) {
  nm_program *p = &s->p;
  start(p, ndim, shape);
  int nin = 1 + ref_below(MAX_IN), nconst = ref_below(3);
  for (int i = 0; i < nin; i++) {
    nm_dtype d = s->dtype[i] = any_dtype();
    s->in[i] =
        make(d, ref_below(L_COUNT), ndim, shape, nm__is_float(d) ? 0.3 : -9, 9, exact && is_cpu);
    p->in[p->nin++] = operand(&s->in[i], 0);
  }
  for (int i = 0; i < nconst; i++) {
    nm_dtype d = nm__class_dtype[nm__dtype_class(any_dtype())];
    s->dtype[p->nin + i] = d;
    p->konst_class[i] = (uint8_t)nm__dtype_class(d);
    ref_store(d, &p->konst[i], 0, ref_random(d, 1, 5, false));
  }
  p->nconst = nconst;
  for (int tries = 0; p->ncode < length || !p->ncode; tries++) grow(s, exact);
  int n = p->nin + p->nconst + p->ncode, nout = ref_below(MAX_OUT);
  for (int o = 0; o <= nout; o++) {
    int r = o == nout ? n - 1 : p->nin + p->nconst + ref_below(p->ncode);
    int layout = ref_below(2) ? L_FLAT : ref_below(2) ? L_SWAPPED : L_PADDED;
    s->out[o] = make(s->dtype[r], layout, ndim, shape, 0, 1, false);
    p->out[p->nout++] = operand(&s->out[o], r);
  }
}

static void drop_scene(scene *s) {
  for (int i = 0; i < s->p.nin; i++) drop(&s->in[i]);
  for (int o = 0; o < s->p.nout; o++) drop(&s->out[o]);
}

static void describe(const scene *s) {
  const nm_program *p = &s->p;
  for (int i = 0; i < p->nin; i++)
    printf("  %%%d = input %s layout %d\n", i, nm__dtypes[p->in[i].dtype].name, p->in[i].layout);
  for (int i = 0; i < p->nconst; i++)
    printf("  %%%d = constant of class %d\n", p->nin + i, p->konst_class[i]);
  for (int i = 0; i < p->ncode; i++) {
    const nm_instr *c = &p->code[i];
    printf("  %%%d = %s.%d aux %d, %%%d %%%d %%%d\n", p->nin + p->nconst + i,
           nm__instrs[c->op].name, c->cls, c->aux, c->a, c->b, c->c);
  }
  for (int o = 0; o < p->nout; o++)
    printf("  output %%%d, %s, layout %d\n", p->out[o].reg, nm__dtypes[p->out[o].dtype].name,
           p->out[o].layout);
}

/* The value of operand r at element i, by the reference. */
static void evaluate(const scene *s, int64_t i, val *v) {
  const nm_program *p = &s->p;
  for (int r = 0; r < p->nin; r++) v[r] = at(&s->in[r], i);
  for (int k = 0; k < p->nconst; k++)
    v[p->nin + k] = ref_load(s->dtype[p->nin + k], &p->konst[k], 0);
  for (int k = 0; k < p->ncode; k++) {
    const nm_instr *c = &p->code[k];
    int r = p->nin + p->nconst + k, kind = nm__instrs[c->op].kind;
    bool real = c->cls == NM_F32 || c->cls == NM_F64;
    val a = v[c->a], b = v[c->b], w = {0, 0};
    if (c->op == NM_I_cast)
      w = ref_cast((nm_class)c->aux, real, a);
    else if (c->op == NM_I_narrow)
      w = ref_narrow((nm_dtype)c->aux, a);
    else if (c->op == NM_I_copy)
      w = a;
    else if (c->op == NM_I_index)
      w.i = i;
    else if (kind == NM_K_SELECT)
      w = a.i ? b : v[c->c];
    else if (kind == NM_K_COMPARE)
      w.i = ref_compare((nm_opcode)c->op, real, a, b);
    else if (real)
      w = ref_narrow(nm__class_dtype[c->cls],
                     (val){.f = (double)ref_float((nm_opcode)c->op, (nm_class)c->cls, a.f, b.f)});
    else
      w = ref_narrow(nm__class_dtype[c->cls],
                     (val){.i = ref_int((nm_opcode)c->op, c->cls == NM_I32 ? 32 : 64, a.i, b.i)});
    v[r] = w;
  }
}

static void test_program(int number, int ndim, const int64_t *shape, int length) {
  testing("random program %d", number);
  scene s;
  make_scene(&s, ndim, shape, length, true);
  call(dev->cls->run(dev, &s.p));
  for (int o = 0; o < s.p.nout; o++) fetch(&s.out[o]);
  val v[256];
  bool good = true;
  for (int64_t i = 0; i < s.p.numel && good; i += s.p.numel > 5000 ? 37 : 1) {
    evaluate(&s, i, v);
    for (int o = 0; o < s.p.nout && good; o++) {
      int r = s.p.out[o].reg;
      val got = at(&s.out[o], i);
      bool same = nm__is_float(s.dtype[r]) ? got.f == v[r].f || (isnan(got.f) && isnan(v[r].f))
                                           : got.i == v[r].i;
      if (!is_cpu && (fabs(v[r].f) > 1e30 || (v[r].f != 0 && fabs(v[r].f) < 1e-30))) same = true;
      good = check(same, "operand %%%d, element %d is %.17g|%lld, should be %.17g|%lld", r, (int)i,
                   got.f, (long long)got.i, v[r].f, (long long)v[r].i);
    }
  }
  if (!good) describe(&s);
  drop_scene(&s);
}

/* A program gives the bits that its instructions give when they run one by one. */
static void test_fused(int number, int ndim, const int64_t *shape, int length) {
  testing("fused program %d", number);
  scene s;
  make_scene(&s, ndim, shape, length, false);
  nm_program *p = &s.p;
  call(dev->cls->run(dev, p));
  for (int o = 0; o < p->nout; o++) fetch(&s.out[o]);
  array part[NM_PROG_CODE];
  int first = p->nin + p->nconst;
  for (int k = 0; k < p->ncode; k++) {
    nm_program one;
    start(&one, ndim, shape);
    nm_instr c = p->code[k];
    int arity = nm__instrs[c.op].arity;
    uint8_t *arg[3] = {&c.a, &c.b, &c.c};
    for (int j = 0; j < arity; j++)
      if (*arg[j] < p->nin || *arg[j] >= first) one.nin++;
    int nin = 0;
    for (int j = 0; j < arity; j++) {
      int r = *arg[j];
      if (r >= p->nin && r < first) {
        one.konst_class[one.nconst] = p->konst_class[r - p->nin];
        one.konst[one.nconst] = p->konst[r - p->nin];
        *arg[j] = (uint8_t)(one.nin + one.nconst++);
      } else {
        one.in[nin] = operand(r < p->nin ? &s.in[r] : &part[r - first], 0);
        *arg[j] = (uint8_t)nin++;
      }
    }
    one.code[one.ncode++] = c;
    nm_dtype d = c.op == NM_I_narrow ? (nm_dtype)c.aux : s.dtype[first + k];
    part[k] = make(d, L_FLAT, ndim, shape, 0, 1, false);
    one.out[one.nout++] = operand(&part[k], one.nin + one.nconst);
    call(dev->cls->run(dev, &one));
  }
  bool good = true;
  for (int o = 0; o < p->nout && good; o++) {
    array *q = &part[p->out[o].reg - first];
    fetch(q);
    for (int64_t i = 0; i < p->numel && good; i++) {
      val got = at(&s.out[o], i), want = at(q, i);
      good = check(got.i == want.i && (got.f == want.f || (isnan(got.f) && isnan(want.f))),
                   "operand %%%d, element %d is %.17g|%lld, alone %.17g|%lld", p->out[o].reg,
                   (int)i, got.f, (long long)got.i, want.f, (long long)want.i);
    }
  }
  if (!good) describe(&s);
  for (int k = 0; k < p->ncode; k++) drop(&part[k]);
  drop_scene(&s);
}

static void test_programs(void) {
  static const int64_t shapes[][4] = {{1, 1, 1, 1},   {3, 1, 1, 1},   {511, 1, 1, 1},
                                      {512, 1, 1, 1}, {513, 1, 1, 1}, {40, 33, 1, 1},
                                      {3, 5, 7, 11}};
  static const int ndims[] = {0, 1, 1, 1, 1, 2, 4};
  for (int i = 0; i < (is_cpu ? 700 : 150); i++) {
    int s = ref_below(7);
    test_program(i, ndims[s], shapes[s], 1 + ref_below(30));
  }
  for (int i = 0; i < (is_cpu ? 200 : 30); i++) {
    int s = ref_below(7);
    test_fused(i, ndims[s], shapes[s], 1 + ref_below(15));
  }
  int64_t large[] = {100, 1000}, empty[] = {4, 0};
  for (int i = 0; i < 6; i++) test_program(1000 + i, 2, large, 20);
  test_program(2000, 2, empty, 5);
  test_program(2001, 1, large, NM_PROG_CODE - 2);
}

/* The root is written over an input that the program reads, with the same layout. */
static void test_inplace(nm_dtype dtype, int layout) {
  int64_t shape[] = {37, 41}, n = 37 * 41;
  testing("in place, %s, %s", nm__dtypes[dtype].name, layout_name[layout]);
  nm_class cls = nm__dtype_class(dtype);
  array x = make(dtype, layout, 2, shape, 1, 9, false),
        y = make(dtype, L_FLAT, 2, shape, 1, 9, false);
  nm_program p;
  start(&p, 2, shape);
  p.in[p.nin++] = operand(&x, 0);
  p.in[p.nin++] = operand(&y, 0);
  int r = add(&p, NM_I_add, cls, 0, 0, 1, 0);
  r = add(&p, NM_I_sub, cls, 0, r, 0, 0);
  r = add(&p, NM_I_maximum, cls, 0, 0, r, 0);
  p.out[p.nout++] = operand(&x, r);
  val *want = malloc(sizeof *want * (size_t)n);
  for (int64_t i = 0; i < n; i++) {
    val a = at(&x, i), b = at(&y, i);
    double back =
        ref_narrow(nm__class_dtype[cls],
                   (val){.f = ref_narrow(nm__class_dtype[cls], (val){.f = a.f + b.f}).f - a.f})
            .f;
    want[i] = (val){.f = a.f > back ? a.f : back, .i = a.i > b.i ? a.i : b.i};
    want[i] = ref_narrow(dtype, want[i]);
  }
  if (nm__is_narrow(dtype)) p.out[0].reg = (uint8_t)add(&p, NM_I_narrow, cls, dtype, r, 0, 0);
  call(dev->cls->run(dev, &p));
  fetch(&x);
  for (int64_t i = 0; i < n; i++)
    if (!check(nm__is_float(dtype) ? at(&x, i).f == want[i].f : at(&x, i).i == want[i].i,
               "element %d is %.9g|%lld, should be %.9g|%lld", (int)i, at(&x, i).f,
               (long long)at(&x, i).i, want[i].f, (long long)want[i].i))
      break;
  free(want);
  drop(&x);
  drop(&y);
}

#endif
