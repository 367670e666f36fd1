/* io.h: files, and the clock.  Files are read and written whole; formats simple enough to be read in
 * Lua (IDX) are.  zlib and stb_image_write are optional: without them the functions that need them
 * fail with NM_ENOTSUP. */
#ifndef NM_IO_H
#define NM_IO_H

#include "core/error.h"

/* Reads a file, inflating it when it is gzip (all members).  *data is freed by the caller, with
 * free; it is never NULL, also for an empty file. */
nm_status nm__read_file(nm_context *ctx, const char *path, unsigned char **data, size_t *size);

/* Writes w x h pixels of 1 to 4 channels (grey, grey and alpha, RGB, RGBA), row by row from the
 * top. */
nm_status nm__write_png(nm_context *ctx, const char *path, int w, int h, int channels,
                        const uint8_t *pixels);

/* Seconds since some moment in the past; never runs backwards. */
double nm__clock(void);

#endif
