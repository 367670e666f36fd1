--- Who takes part in the benchmark: how each is started, and in what environment.
--
-- glibc gives large blocks back to the system on each free, so every large result pays for fresh
-- pages.  The "-tuned" peers keep their memory.  For PyTorch that is tcmalloc, as glibc splits its
-- aligned blocks; NumPy takes arrays that touch, as tcmalloc's do, for overlapping, and slows down.
-- torch-tuned also uses AVX-512 kernels, and its idle OpenMP threads soon sleep instead of spinning
-- on a core that an OpenBLAS thread needs.
local GLIBC_KEEP = "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967295:"
  .. "glibc.malloc.trim_threshold=17179869184:glibc.malloc.hugetlb=1"
local TORCH_TUNED = "ATEN_CPU_CAPABILITY=avx512 GOMP_SPINCOUNT=1000 "
  .. "LD_PRELOAD=libtcmalloc_minimal.so.4 TCMALLOC_RELEASE_RATE=0"

-- OpenBLAS chooses kernels by the processor's model, and for one that is younger than itself those
-- of 2004: tuned peers are told which to take where there is AVX-512.
local function openblas_kernels()
  local file = io.open "/proc/cpuinfo"
  local flags = file and file:read "a":match "flags[^\n]*" or ""
  if file then file:close() end
  return flags:find " avx512vl" and "OPENBLAS_CORETYPE=SkylakeX BENCH_KEEP_OPENBLAS_ENV=1 " or ""
end

local function quote(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

---@class bench.Peer
---@field name string
---@field command string that takes --list, --info or the names of cases
---@field settings? string of its environment
---@field startup? string a program that loads the library, adds two tensors and prints the result

---@param where {lua: string, python: string, bench: string, programs: string}
---@return bench.Peer[]
return function(where)
  local here, kernels = where.bench, openblas_kernels()
  local function python(file)
    return quote(where.python) .. " " .. quote(here .. "peers/" .. file)
  end
  local function script(program, flag, text)
    return quote(program) .. " " .. flag .. " " .. quote(text)
  end
  return {
    {
      name = "numoon",
      command = quote(where.lua) .. " " .. quote(here .. "cases.lua"),
      startup = script(where.lua, "-e",
        "local nm = require 'numoon'; local a = nm.ones(4); print(a + a)"),
    },
    {
      name = "torch",
      command = python "torch_peer.py",
      startup = script(where.python, "-c", "import torch; a = torch.ones(4); print(a + a)"),
    },
    { name = "torch-tuned", command = python "torch_peer.py", settings = kernels .. TORCH_TUNED },
    {
      name = "numpy",
      command = python "numpy_peer.py",
      startup = script(where.python, "-c",
        "import numpy as np; a = np.ones(4, np.float32); print(a + a)"),
    },
    { name = "numpy-tuned", command = python "numpy_peer.py", settings = kernels .. GLIBC_KEEP },
    { name = "numexpr", command = python "numexpr_peer.py" },
    { name = "numexpr-tuned", command = python "numexpr_peer.py", settings = GLIBC_KEEP },
    { name = "octave", command = "octave-cli -qfH " .. quote(here .. "peers/octave_peer.m"),
      startup = script("octave-cli", "-qfH --eval", 'a = ones(4, 1, "single"); disp(a + a)') },
    { name = "openblas-c", command = quote(where.programs .. "openblas"), settings = kernels },
  }
end
