/* file.c: reading a file into memory, inflating gzip on the way. */
#include "io/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef NUMOON_ZLIB
#include <zlib.h>
#endif

/* More than this is not read: a small gzip file can hold a thousand times its size. */
static const size_t size_limit = (size_t)4 << 30;
enum { FIRST_CHUNK = 1 << 16 };

typedef struct buffer {
  unsigned char *data;
  size_t size, capacity;
} buffer;

/* Makes room for at least one more byte; doubles, so that growing costs linear time. */
static nm_status grow(nm_context *ctx, const char *path, buffer *b) {
  if (b->size < b->capacity) return NM_OK;
  if (b->size > size_limit)
    return nm__error(ctx, NM_EIO, "read_file: '%s' holds more than %zu GiB", path,
                     size_limit >> 30);
  size_t capacity = b->capacity ? 2 * b->capacity : FIRST_CHUNK;
  unsigned char *data = realloc(b->data, capacity);
  if (!data) return nm__error(ctx, NM_ENOMEM, "read_file: out of memory reading '%s'", path);
  b->data = data;
  b->capacity = capacity;
  return NM_OK;
}

static nm_status read_plain(nm_context *ctx, const char *path, FILE *f, buffer *b) {
  do {
    NM_TRY(grow(ctx, path, b));
    b->size += fread(b->data + b->size, 1, b->capacity - b->size, f);
    if (ferror(f)) return nm__error(ctx, NM_EIO, "read_file: '%s': %s", path, strerror(errno));
  } while (!feof(f));
  return NM_OK;
}

#ifdef NUMOON_ZLIB
/* zlib counts in unsigned int, files do not. */
static unsigned at_most(size_t n) { return n < (1u << 30) ? (unsigned)n : 1u << 30; }

/* Inflates the members of `in`, one after another, into `out`. */
static nm_status inflate_all(nm_context *ctx, const char *path, const buffer *in, buffer *out) {
  z_stream z = {.next_in = in->data};
  size_t left = in->size;
  nm_status status = NM_OK;
  if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
    return nm__error(ctx, NM_ENOMEM, "read_file: out of memory reading '%s'", path);
  for (int rc = Z_OK; status == NM_OK && (left || rc != Z_STREAM_END);) {
    if (rc == Z_STREAM_END) inflateReset(&z); /* keeps next_in: the next member */
    if ((status = grow(ctx, path, out)) != NM_OK) break;
    unsigned given = z.avail_in = at_most(left);
    unsigned room = z.avail_out = at_most(out->capacity - out->size);
    z.next_out = out->data + out->size;
    rc = inflate(&z, Z_NO_FLUSH);
    left -= given - z.avail_in;
    out->size += room - z.avail_out;
    if (rc != Z_OK && rc != Z_STREAM_END)
      status = nm__error(ctx, NM_EIO, "read_file: '%s' is not a whole gzip file: %s", path,
                         z.msg ? z.msg : "it ends too early");
  }
  inflateEnd(&z);
  return status;
}
#endif

static nm_status inflate_file(nm_context *ctx, const char *path, buffer *b) {
#ifdef NUMOON_ZLIB
  buffer out = {0};
  nm_status status = inflate_all(ctx, path, b, &out);
  free(b->data);
  *b = out;
  return status;
#else
  (void)b;
  return nm__error(ctx, NM_ENOTSUP,
                   "read_file: '%s' is a gzip file, and this numoon was built without zlib", path);
#endif
}

nm_status nm__read_file(nm_context *ctx, const char *path, unsigned char **data, size_t *size) {
  static const unsigned char gzip[] = {0x1f, 0x8b};
  buffer b = {0};
  FILE *f = fopen(path, "rb");
  if (!f) return nm__error(ctx, NM_EIO, "read_file: '%s': %s", path, strerror(errno));
  nm_status status = read_plain(ctx, path, f, &b);
  fclose(f);
  if (status == NM_OK && b.size >= sizeof gzip && !memcmp(b.data, gzip, sizeof gzip))
    status = inflate_file(ctx, path, &b);
  if (status != NM_OK) {
    free(b.data);
    return status;
  }
  *data = b.data;
  *size = b.size;
  return NM_OK;
}
