/* device_test.c: tests a device through core/device.h alone: device_test [cpu|vulkan|vulkan:N].
 *
 * Compares with the plain reference in reference.h; see the test_*.h for what.
 * NUMOON_TEST_SEED=n takes another choice of inputs; every failure names its case and element.
 * Ends with `N passed, N failed`; the status is 1 if any failed. */
#include "harness.h"

#include "test_programs.h"

#include "test_powers.h"

#include "test_move.h"

#include "test_kernels.h"

#include "test_order.h"

#include "test_scan.h"

#include "test_conv.h"

#include "test_pool.h"

#include "test_rows.h"

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "cpu", *seed = getenv("NUMOON_TEST_SEED");
  if (seed) ref_seed = strtoull(seed, NULL, 10);
  ctx = nm_open();
  if (!ctx) return printf("out of memory\n"), 1;
  if (nm__device_get(ctx, name, &dev) != NM_OK) {
    printf("%s\n0 passed, 1 failed\n", nm_message(ctx));
    nm_close(ctx);
    return 1;
  }
  is_cpu = dev == ctx->cpu;
  test_memory();
  test_ops();
  for (int from = 0; from < NM_NDTYPES; from++)
    for (int to = 0; to < NM_NDTYPES; to++)
      if (holds((nm_dtype)from) && holds((nm_dtype)to)) test_cast((nm_dtype)from, (nm_dtype)to);
  test_layouts();
  test_programs();
  test_moves();
  for (int d = 0; d < NM_NDTYPES; d++)
    for (int layout = L_FLAT; layout <= L_STEPPED; layout++)
      if (holds((nm_dtype)d) && d != NM_BOOL && layout != L_SINGLE && layout != L_EXPANDED)
        test_inplace((nm_dtype)d, layout);
  for (nm_class cls = NM_F32; cls <= NM_F64; cls++)
    for (int normal = 0; normal < 2; normal++) {
      static const int64_t sizes[] = {1, 2, 3, 5, 511, 513, 100001};
      for (size_t s = 0; holds(nm__class_dtype[cls]) && s < sizeof sizes / sizeof *sizes; s++)
        test_random(cls, normal, sizes[s]);
    }
  test_reductions();
  test_products();
  test_softmaxes();
  test_indexing();
  test_orders();
  test_scans();
  test_convolutions();
  test_pooling();
  test_rows();
  if (is_cpu) test_all_sizes();
  if (is_cpu) test_all_neighbours();
  if (is_cpu) test_powers(NM_F32), test_powers(NM_F64);
  if (is_cpu) test_threads();
  testing("end");
  call(dev->cls->sync(dev));
  check(dev->live == 0, "%zu bytes still live", dev->live);
  testing("nothing");
  nm_close(ctx);
  printf("%d passed, %d failed\n", passed, failed);
  return failed > 0;
}
