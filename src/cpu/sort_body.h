/* sort_body.h: sorting of items, keys with the positions they came from, so that no two are equal
 * and any sort is a stable one.  Included once per type of item with
 *   ITEM           the type
 *   BEFORE(a, b)   whether a comes before b: by key, then by position
 *   DIGIT(a, k)    byte k of a's key, from the lowest
 *   NAME(f)        f's name for this type */

enum { NAME(RUN) = 16 };

static void NAME(insertion)(ITEM *a, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    ITEM x = a[i];
    int64_t j = i;
    for (; j > 0 && BEFORE(x, a[j - 1]); j--) a[j] = a[j - 1];
    a[j] = x;
  }
}

/* Merges the sorted a (n) and b (m), of which a comes first where they are alike, into to. */
static void NAME(merge)(const ITEM *a, int64_t n, const ITEM *b, int64_t m, ITEM *to) {
  int64_t i = 0, j = 0, k = 0;
  while (i < n && j < m) {
    bool second = BEFORE(b[j], a[i]);
    to[k++] = second ? b[j] : a[i];
    j += second;
    i += !second;
  }
  memcpy(to + k, a + i, (size_t)(n - i) * sizeof *a);
  memcpy(to + k + (n - i), b + j, (size_t)(m - j) * sizeof *a);
}

/* Sorts a; gives where the result is: a or t. */
static ITEM *NAME(merge_sort)(ITEM *a, ITEM *t, int64_t n) {
  for (int64_t i = 0; i < n; i += NAME(RUN))
    NAME(insertion)(a + i, n - i < NAME(RUN) ? n - i : NAME(RUN));
  for (int64_t w = NAME(RUN); w < n; w *= 2) {
    for (int64_t i = 0; i < n; i += 2 * w) {
      int64_t rest = n - i;
      int64_t one = rest < w ? rest : w, two = rest - one < w ? rest - one : w;
      NAME(merge)(a + i, one, a + i + one, two, t + i);
    }
    ITEM *u = a;
    a = t;
    t = u;
  }
  return a;
}

/* The same from the lowest byte of the key up; a is in the order of positions. */
static ITEM *NAME(radix_sort)(ITEM *a, ITEM *t, int64_t n, int bytes) {
  int64_t count[8][256];
  memset(count, 0, (size_t)bytes * sizeof *count);
  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < bytes; k++) count[k][DIGIT(a[i], k)]++;
  for (int k = 0; k < bytes; k++) {
    if (count[k][DIGIT(a[0], k)] == n) continue; /* all alike */
    int64_t at = 0;
    for (int d = 0; d < 256; d++) {
      int64_t here = count[k][d];
      count[k][d] = at;
      at += here;
    }
    for (int64_t i = 0; i < n; i++) t[count[k][DIGIT(a[i], k)]++] = a[i];
    ITEM *u = a;
    a = t;
    t = u;
  }
  return a;
}

/* The first m of a, sorted, for small m: what comes before the m-th so far goes to its place. */
static ITEM *NAME(few)(ITEM *a, int64_t n, int64_t m) {
  NAME(insertion)(a, m);
  for (int64_t i = m; i < n; i++) {
    ITEM x = a[i];
    if (!BEFORE(x, a[m - 1])) continue;
    int64_t j = m - 1;
    for (; j > 0 && BEFORE(x, a[j - 1]); j--) a[j] = a[j - 1];
    a[j] = x;
  }
  return a;
}

/* The same for any m: it is gathered, and sorted whenever there are twice as many. */
static ITEM *NAME(first)(ITEM *a, ITEM *t, int64_t n, int64_t m) {
  if (m <= NAME(RUN) && m <= n) return NAME(few)(a, n, m);
  ITEM *best = a, *other = t; /* the gathered never overtake what is read */
  int64_t have = m < n ? m : n, limit = 2 * m > 256 ? 2 * m : 256;
  ITEM *sorted = NAME(merge_sort)(best, other, have);
  if (sorted != best) memcpy(best, sorted, (size_t)have * sizeof *a);
  ITEM last = best[have - 1];
  for (int64_t i = have; i < n; i++) {
    if (!BEFORE(a[i], last)) continue;
    best[have++] = a[i];
    if (have < limit) continue;
    sorted = NAME(merge_sort)(best, other, have);
    have = m;
    if (sorted != best) memcpy(best, sorted, (size_t)have * sizeof *a);
    last = best[have - 1];
  }
  return NAME(merge_sort)(best, other, have);
}

/* Each item goes to where its bucket goes on; the next line there is fetched meanwhile. */
static void NAME(spread)(const ITEM *a, int n, const uint8_t *bucket, int64_t *at, ITEM *to) {
  for (int i = 0; i < n; i++) {
    ITEM *next = to + at[bucket[i]]++;
    __builtin_prefetch(next + 64 / sizeof *next, 1);
    *next = a[i];
  }
}
