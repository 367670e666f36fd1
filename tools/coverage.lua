--- docs/coverage.md, on the standard output, from the lines that parts of the sweep have written
--- (NUMOON_COVERAGE); their files are the arguments.
package.path = "./?.lua;" .. package.path
local coverage = require "spec.sweep.coverage"

local rows = {}
for _, path in ipairs(arg) do
  for line in io.lines(path) do
    local cells = {}
    for cell in (line .. "\t"):gmatch "(.-)\t" do cells[#cells + 1] = cell end
    rows[#rows + 1] = cells
  end
end
table.sort(rows, function(a, b) return a[1] < b[1] end)

print [[
# Coverage

What `spec/sweep_spec.lua` checks of every public op; written by `./numoon coverage`, after all of
it has passed. Each case is an op on arguments of a dtype, in a layout; its result is compared with
PyTorch's (`torch`), with plain Lua (`lua`) or with what is known of the distribution (`draws`);
with the other forms of the op (method, in place, `out =`), with the op in one program with others,
and with the other device (`vulkan`: cases compared). `grad` and `gradgrad` are the cases whose
first and second derivatives were compared with differences; n/a: there is none, as the result is
no float or does not depend on a float. The sweep fails where an op has no case, no reference but
itself, no comparison of the devices, no derivative checked that it has, a dtype or a layout not
tried.
]]
print(coverage.legend() .. ".\n")
print("| " .. table.concat(coverage.columns, " | ") .. " |")
print("|" .. (" --- |"):rep(#coverage.columns))
for _, cells in ipairs(rows) do print("| " .. table.concat(cells, " | ") .. " |") end
