/* png.c: writing PNG files, by stb_image_write. */
#include "io/io.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NUMOON_STB
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
#endif

/* stb computes buffer sizes in int, so a picture must stay well below 2 GiB. */
enum { MAX_BYTES = INT_MAX / 4 };

#ifdef NUMOON_STB
static nm_status write_whole(nm_context *ctx, const char *path, const unsigned char *data,
                             size_t size) {
  FILE *f = fopen(path, "wb");
  bool written = f && fwrite(data, 1, size, f) == size;
  if (f && fclose(f) != 0) written = false;
  if (written) return NM_OK;
  return nm__error(ctx, NM_EIO, "write_png: '%s': %s", path, strerror(errno));
}
#endif

nm_status nm__write_png(nm_context *ctx, const char *path, int w, int h, int channels,
                        const uint8_t *pixels) {
  if (w < 1 || h < 1 || channels < 1 || channels > 4)
    return nm__error(ctx, NM_EINVAL,
                     "write_png: %d x %d pixels of %d channels; needed: at least 1 x 1 of 1 to 4",
                     w, h, channels);
  if (w > MAX_BYTES / channels / h)
    return nm__error(ctx, NM_EINVAL, "write_png: %d x %d pixels are too many for a PNG file", w, h);
#ifdef NUMOON_STB
  int size;
  unsigned char *png = stbi_write_png_to_mem(pixels, w * channels, w, h, channels, &size);
  if (!png) return nm__error(ctx, NM_ENOMEM, "write_png: out of memory");
  nm_status status = write_whole(ctx, path, png, (size_t)size);
  free(png);
  return status;
#else
  (void)path, (void)pixels;
  return nm__error(ctx, NM_ENOTSUP, "write_png: this numoon was built without stb_image_write");
#endif
}
