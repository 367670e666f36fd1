/* error.h: statuses and their messages.  The message of the last failure is kept in the context. */
#ifndef NM_ERROR_H
#define NM_ERROR_H

#include "numoon.h"

/* Sets the context's message, which begins with the op that is being applied, and returns `code`.
 */
#if defined(__GNUC__)
__attribute__((cold, format(printf, 3, 4)))
#endif
nm_status
nm__error(nm_context *ctx, nm_status code, const char *format, ...);

/* Before a function: it stays out of those that call it, whose way past it is the hot one. */
#if defined(__GNUC__)
#define NM_APART __attribute__((noinline))
#else
#define NM_APART
#endif

/* Leaves the function with the status of a failing call. */
#define NM_TRY(call)                                                                               \
  do {                                                                                             \
    nm_status status_ = (call);                                                                    \
    if (status_ != NM_OK) return status_;                                                          \
  } while (0)

#endif
