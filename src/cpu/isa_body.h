/* isa_body.h: all loops and their table.  Included once per instruction set, with ISA_TABLE the
 * function that gives the table and ISA_NAME what NUMOON_CPU calls it. */
#if defined(__GNUC__) && !defined(__clang__)
/* A choice is to become a select, not a branch with all that follows copied behind it: that would
 * be computed twice in every element. */
#pragma GCC optimize("no-thread-jumps", "no-split-paths")
#endif

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "core/philox.h"
#include "cpu/cpu.h"
#include "cpu/mathf.h"
#include "cpu/order.h"

#include "cpu/isa_elementwise.h"
#include "cpu/isa_quick.h"
#include "cpu/isa_pow.h"
#include "cpu/isa_tanh.h"
#include "cpu/isa_move.h"
#include "cpu/isa_random.h"
#include "cpu/isa_fold.h"
#include "cpu/isa_gemm.h"
#include "cpu/isa_conv.h"
#include "cpu/isa_pool.h"
#include "cpu/isa_scan.h"
#include "cpu/isa_sort.h"
#include "cpu/isa_softmax.h"
#include "cpu/isa_rows.h"

#define BY_CLASS(prefix)                                                                           \
  {                                                                                                \
    [NM_F32] = prefix##_f32, [NM_F64] = prefix##_f64, [NM_I32] = prefix##_i32,                     \
    [NM_I64] = prefix##_i64                                                                        \
  }
#define BY_FOLD(prefix)                                                                            \
  {                                                                                                \
    [NM_R_SUM] = BY_CLASS(prefix##_SUM), [NM_R_PROD] = BY_CLASS(prefix##_PROD),                    \
    [NM_R_MAX] = BY_CLASS(prefix##_MAX), [NM_R_MIN] = BY_CLASS(prefix##_MIN),                      \
    [NM_R_ANY] = BY_CLASS(prefix##_ANY), [NM_R_ALL] = BY_CLASS(prefix##_ALL)                       \
  }
#define BY_DTYPE(prefix)                                                                           \
  {                                                                                                \
    [NM_FLOAT32] = prefix##_float32, [NM_FLOAT64] = prefix##_float64,                              \
    [NM_FLOAT16] = prefix##_float16, [NM_BFLOAT16] = prefix##_bfloat16,                            \
    [NM_INT64] = prefix##_int64, [NM_INT32] = prefix##_int32, [NM_INT16] = prefix##_int16,         \
    [NM_INT8] = prefix##_int8, [NM_UINT8] = prefix##_uint8, [NM_BOOL] = prefix##_bool              \
  }
#define GEMM_OF(t, bytes)                                                                          \
  {                                                                                                \
    .mr = MR, .nr = 2 * VECTOR / bytes, .kc = KC_##bytes, .kernel = kernel_##t,                    \
    .product = product_##t, .fetches = fetches_##t, .dots = dots_##t, .columns = columns_##t       \
  }
#define SOFTMAX_OF(t)                                                                              \
  {                                                                                                \
    .row = ROW_##t, .row_past = ROW_PAST_##t, .least = LEAST_##t, .exp_sum = exp_sum_##t, .finish = finish_##t,              \
    .columns_exp_sum = columns_exp_sum_##t, .columns_change = columns_change_##t,                  \
    .columns_finish = columns_finish_##t                                                           \
  }
#define ROWS_OF(t)                                                                                 \
  {                                                                                                \
    .stats = row_stats_##t, .total = row_total_##t, .dot = row_dot_##t,                            \
    .normalize = normalize_##t, .normalize_sums = normalize_sums_##t,                              \
    .normalize_back = normalize_back_##t, .normalize_columns = normalize_columns_##t,              \
    .softmax_back = softmax_back_##t, .log_softmax_back = log_softmax_back_##t                     \
  }
#define CONV_OF(t, bytes)                                                                          \
  {                                                                                                \
    .rows = CONV_ROWS, .width = VECTOR / bytes, .vectors = CONV_VECTORS, .dot_rows = DOT_ROWS,     \
    .dot_columns = DOT_COLUMNS, .places = OUT_PLACES, .outs = conv_outs_##t, .columns = conv_##t, .line = conv_line_##t, .put = put_##t,        \
    .dots = conv_dots_##t, .meets = conv_meets_##t                                                 \
  }
#define POOL_OF(t)                                                                                 \
  {                                                                                                \
    .max = pool_max_##t, .sum = pool_sum_##t, .max_at = pool_max_at_##t, .row_at = pool_row_at_##t \
  }

#define KEYS_OF(dtype, ...) [dtype] = keys_##dtype,
#define ITEMS_OF(dtype, ...) [dtype] = items_##dtype,
#define ELEMENTS_OF(dtype, ...) [dtype] = elements_##dtype,

#define SECONDS_OF(first, t)                                                                       \
  {                                                                                                \
    pair_##first##_add_##t, pair_##first##_sub_##t, pair_##first##_mul_##t,                        \
        pair_##first##_div_##t, pair_##first##_rsub_##t, pair_##first##_rdiv_##t                   \
  }
#define PAIRS_OF(t) /* ORDER nm_pair */                                                            \
  { SECONDS_OF(add, t), SECONDS_OF(sub, t), SECONDS_OF(mul, t), SECONDS_OF(div, t) }

static const nm_isa table = {
    .name = ISA_NAME,
    .ew =
        {
#define LOOP(name, t, R, A, expression) [NM_I_##name] = loop_##name##_##t,
#define NM_EW(name, n, kind, cf, ci, ...) FLOAT_##kind(name, f32, cf, ci)
            [NM_F32] =
                {
#include "core/elementwise.def"
                    [NM_I_copy] = same_4},
#undef NM_EW
#define NM_EW(name, n, kind, cf, ci, ...) FLOAT_##kind(name, f64, cf, ci)
            [NM_F64] =
                {
#include "core/elementwise.def"
                    [NM_I_copy] = same_8},
#undef NM_EW
#define NM_EW(name, n, kind, cf, ci, ...) INT_##kind(name, i32, cf, ci)
            [NM_I32] =
                {
#include "core/elementwise.def"
                    [NM_I_copy] = same_4},
#undef NM_EW
#define NM_EW(name, n, kind, cf, ci, ...) INT_##kind(name, i64, cf, ci)
            [NM_I64] =
                {
#include "core/elementwise.def"
                    [NM_I_copy] = same_8},
#undef NM_EW
#undef LOOP
        },
#define QUICK(name, t, T, inside, value) [NM_I_##name] = quick_##name##_##t,
    .quick = {[NM_F32] = {QUICK_F32[NM_I_pow] = quick_pow_f32,
#if defined(__AVX512F__)
                          [NM_I_tanh] = quick_tanh_f32
#endif
                         },
              [NM_F64] = {QUICK_F64
#ifdef NM_FMA
                          [NM_I_pow] = quick_pow_f64
#endif
                         }},
#undef QUICK
    .pair = {[NM_F32] = PAIRS_OF(f32), [NM_F64] = PAIRS_OF(f64)},
    .cast =
        {
            [NM_F32] = {same_4, cast_f32_f64, cast_f32_i32, cast_f32_i64}, /* ORDER nm_class */
            [NM_F64] = {cast_f64_f32, same_8, cast_f64_i32, cast_f64_i64},
            [NM_I32] = {cast_i32_f32, cast_i32_f64, same_4, cast_i32_i64},
            [NM_I64] = {cast_i64_f32, cast_i64_f64, cast_i64_i32, same_8},
        },
    .narrow = {[NM_FLOAT32] = same_4,
               [NM_FLOAT64] = same_8,
               [NM_FLOAT16] = narrow_float16,
               [NM_BFLOAT16] = narrow_bfloat16,
               [NM_INT64] = same_8,
               [NM_INT32] = same_4,
               [NM_INT16] = narrow_int16,
               [NM_INT8] = narrow_int8,
               [NM_UINT8] = narrow_uint8,
               [NM_BOOL] = narrow_bool},
    .load = BY_DTYPE(load),
    .store = BY_DTYPE(store),
    .stream = stream,
    .stream_end = stream_end,
    .turn = {turn_8, turn_16, turn_32, turn_64},
    .reverse = {reverse_8, reverse_16, reverse_32, reverse_64},
    .place = place,
    .count_true = count_true,
    .compress = {compress_8, compress_16, compress_32, compress_64},
    .positions = positions,
    .rand = {[NM_F32] = rand_f32, [NM_F64] = rand_f64},
    .randn = {[NM_F32] = randn_f32, [NM_F64] = randn_f64},
    .fold_row = BY_FOLD(row),
    .fold_columns = BY_FOLD(columns),
    .arg_row = {BY_CLASS(arg_row_MAX), BY_CLASS(arg_row_MIN)},
    .arg_columns = {BY_CLASS(arg_columns_MAX), BY_CLASS(arg_columns_MIN)},
    .squares_row = {[NM_F32] = squares_row_f32, [NM_F64] = squares_row_f64},
    .squares_columns = {[NM_F32] = squares_columns_f32, [NM_F64] = squares_columns_f64},
    .gemm = {[NM_F32] = GEMM_OF(f32, 4),
             [NM_F64] = GEMM_OF(f64, 8),
             [NM_I32] = GEMM_OF(i32, 4),
             [NM_I64] = GEMM_OF(i64, 8)},
    .pack = BY_DTYPE(pack),
    .softmax = {[NM_F32] = SOFTMAX_OF(f32), [NM_F64] = SOFTMAX_OF(f64)},
    .rows = {[NM_F32] = ROWS_OF(f32), [NM_F64] = ROWS_OF(f64)},
    .conv = {[NM_F32] = CONV_OF(f32, 4), [NM_F64] = CONV_OF(f64, 8)},
    .pool = {[NM_F32] = POOL_OF(f32), [NM_F64] = POOL_OF(f64)},
    .lay = {[NM_FLOAT32] = lay_float32,
            [NM_FLOAT64] = lay_float64,
            [NM_FLOAT16] = lay_float16,
            [NM_BFLOAT16] = lay_bfloat16},
    .scan = {[NM_SCAN_SUM] = {[NM_F32] = scan_SUM_f32,
                              [NM_F64] = scan_SUM_f64,
                              [NM_I64] = scan_SUM_i64},
             [NM_SCAN_PROD] = {[NM_F32] = scan_PROD_f32,
                               [NM_F64] = scan_PROD_f64,
                               [NM_I64] = scan_PROD_i64},
             [NM_SCAN_MAX] = BY_CLASS(scan_MAX),
             [NM_SCAN_MIN] = BY_CLASS(scan_MIN),
             [NM_SCAN_LOGSUMEXP] = {[NM_F32] = scan_LOG_f32, [NM_F64] = scan_LOG_f64}},
#if defined(__AVX2__)
    .scan_past = {[NM_SCAN_SUM] = {[NM_F32] = scan_past_SUM_f32,
                                   [NM_F64] = scan_past_SUM_f64,
                                   [NM_I64] = scan_past_SUM_i64},
                  [NM_SCAN_PROD] = {[NM_F32] = scan_past_PROD_f32,
                                    [NM_F64] = scan_past_PROD_f64,
                                    [NM_I64] = scan_past_PROD_i64}},
#endif
    .sort = {.keys = {NM_ORDER_NARROW(KEYS_OF)},
             .items = {NM_ORDER_NARROW(ITEMS_OF)},
             .elements = {NM_ORDER_NARROW(ELEMENTS_OF)},
             .places = places,
             .most = ITEMS_MOST,
             .order = order_items,
             .part = part_items,
             .buckets = buckets},
};

const nm_isa *ISA_TABLE(void) { return &table; }
