--- A network learns to read digits, and shows what it makes of digits that it has not seen.
--
--   ./numoon run examples/digits.lua [DIR] [--device cpu|vulkan] [--epochs N] [--seed N]
--                                    [--batch N] [--samples N] [--out FILE.png]
--
-- DIR holds MNIST's IDX files, plain or gzip; where it has the test files only, the last fifth of
-- them is kept for the test.  Without DIR the program draws digits of its own.
local nm = require "numoon"
local strokes = dofile((arg[0]:match("^(.*[/\\])") or "./") .. "strokes.lua")
local nn, optim, data = nm.nn, nm.optim, nm.data
local F = nn.functional
local clock = require("numoon.core").clock

-- ---- the command line ----

local options = {
  device = "cpu", epochs = 5, seed = 1, batch = 64, samples = 10000, out = "digits.png",
}

local function usage(message)
  io.stderr:write("digits: ", message, "\nusage: digits.lua [DIR] [--device cpu|vulkan] ",
    "[--epochs N] [--seed N] [--batch N] [--samples N] [--out FILE.png]\n")
  os.exit(2)
end

do
  local i = 1
  while arg[i] do
    local name = arg[i]:match("^%-%-(%a+)$")
    if name then
      local value = arg[i + 1] or usage("--" .. name .. " needs a value")
      if options[name] == nil then usage("there is no option --" .. name) end
      if type(options[name]) == "number" then
        value = math.tointeger(tonumber(value)) or usage("--" .. name .. " needs a whole number")
        if value < 1 then usage("--" .. name .. " must be 1 or more") end
      end
      options[name] = value
      i = i + 2
    elseif arg[i]:sub(1, 1) == "-" or options.dir then
      usage("what is '" .. arg[i] .. "'?")
    else
      options.dir = arg[i]
      i = i + 1
    end
  end
end

-- ---- the data: images (N, 28, 28) of brightness 0 to 1, and classes: digit d is class d + 1 ----

-- Splits after the first `n` samples.
local function split(images, labels, n)
  return { images[{ { 1, n } }], labels[{ { 1, n } }] },
    { images[{ { n + 1, -1 } }], labels[{ { n + 1, -1 } }] }
end

local function load_data()
  if not options.dir then
    local images, labels = strokes.draw(options.samples)
    return split(images, labels, options.samples * 4 // 5)
  end
  local sets = data.mnist(options.dir)
  local function prepare(set) return set.images:to("float32") / 255, set.labels end
  if sets.train and sets.test then
    return { prepare(sets.train) }, { prepare(sets.test) }
  end
  local images, labels = prepare(sets.train or sets.test)
  return split(images, labels, #images * 4 // 5)
end

-- Pixels as the network takes them: a row an image, on the device.
local function to_input(images)
  return ((images:flatten(2) - 0.15) / 0.3):to(options.device)
end

-- ---- training ----

-- A line that is written over again and again, when someone is watching.
local watched = os.execute("test -t 1 2>/dev/null") == true
local function progress(epoch, done, total, loss)
  if not watched then return end
  local width = 28
  local filled = done * width // total
  io.write(("\r\27[Kepoch %2d/%d  [%s%s]  loss %.4f"):format(epoch, options.epochs,
    ("="):rep(filled), (" "):rep(width - filled), loss))
  io.flush()
end

-- Trains for one epoch and returns the mean loss.  It is read now and then only: reading waits
-- for the device.
local function train_epoch(epoch, net, optimizer, loader)
  net:train()
  local total, batches = nm.zeros(1, { device = options.device }), 0
  for x, y in loader:iter() do
    local loss = F.cross_entropy(net(x), y)
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
    total = total + loss:detach()
    batches = batches + 1
    if batches % 25 == 0 then progress(epoch, batches, #loader, total:item() / batches) end
  end
  return total:item() / batches
end

local function predict(net, x)
  net:eval()
  local _ <close> = nm.no_grad()
  return net(x):argmax(2)
end

local function accuracy(net, x, y)
  return 100 * predict(net, x):eq(y):sum():item() / #y
end

-- ---- the picture: test digits with what the network read; mistakes in red, beside the truth ----

local INK = {
  paper = { 18, 20, 28 }, tile = { 30, 33, 45 }, right = { 130, 200, 150 },
  wrong = { 255, 92, 92 }, truth = { 150, 155, 170 },
}
local SCALE, CAPTION, GAP, COLUMNS, ROWS = 3, 26, 12, 12, 5
local TILE = 28 * SCALE

-- Paints brightness (H, W) in a colour onto the canvas, with its corner at (row, column).
local function paint(canvas, row, column, brightness, ink)
  local h, w = brightness.shape[1], brightness.shape[2]
  local place = { {}, { row, row + h - 1 }, { column, column + w - 1 } }
  local colour = nm.tensor(ink, { dtype = "float32" }):view(3, 1, 1) / 255
  canvas[place] = canvas[place] + brightness * (colour - canvas[place])
end

local function enlarge(image, scale)
  local h, w = image.shape[1], image.shape[2]
  return image:view(h, 1, w, 1):expand(h, scale, w, scale):reshape(h * scale, w * scale)
end

-- Digits for captions, drawn by the same strokes: (10, 22, 22).
local function draw_captions()
  return strokes.render(nm.range(1, 10), { size = 22, thickness = 0.05, varied = false })
end

-- The numbers of the digits to show: the first ones, and in the last row more mistakes, if any.
local function choose(labels, predictions)
  local mistakes, chosen = {}, {}
  for i, same in ipairs(predictions:eq(labels):totable()) do
    local shown = i <= COLUMNS * (ROWS - 1)
    if not same and not shown and #mistakes < COLUMNS then mistakes[#mistakes + 1] = i end
  end
  for i = 1, math.min(COLUMNS * ROWS - #mistakes, #labels) do chosen[i] = i end
  return table.move(mistakes, 1, #mistakes, #chosen + 1, chosen)
end

local function draw_picture(path, images, labels, predictions)
  local chosen = choose(labels, predictions)
  local n, columns = #chosen, math.min(COLUMNS, #chosen)
  local rows = (n + columns - 1) // columns
  local height = GAP + rows * (TILE + CAPTION + GAP)
  local width = GAP + columns * (TILE + GAP)
  local canvas = nm.zeros(3, height, width)
  paint(canvas, 1, 1, nm.ones(height, width), INK.paper)
  local captions = draw_captions()
  for place, i in ipairs(chosen) do
    local row = GAP + (place - 1) // columns * (TILE + CAPTION + GAP) + 1
    local column = GAP + (place - 1) % columns * (TILE + GAP) + 1
    local read, truth = predictions:get(i), labels:get(i)
    local right = read == truth
    if not right then
      paint(canvas, row - 3, column - 3, nm.ones(TILE + 6, TILE + 6), INK.wrong)
    end
    paint(canvas, row, column, nm.ones(TILE, TILE), INK.tile)
    paint(canvas, row, column, enlarge(images[i], SCALE), { 255, 255, 255 })
    local middle = column + TILE // 2
    if right then
      paint(canvas, row + TILE + 3, middle - 11, captions[read], INK.right)
    else
      paint(canvas, row + TILE + 3, middle - 20, captions[read], INK.wrong)
      paint(canvas, row + TILE + 3, middle + 2, captions[truth], INK.truth)
    end
  end
  nm.viz.imsave(path, canvas)
end

-- ---- all of it ----

nm.manual_seed(options.seed)
local started = clock()
local train, test = load_data()
print(("%d digits to learn from, %d to test (%s), made ready in %.1f s"):format(#train[1], #test[1],
  options.dir or "drawn by this program", clock() - started))

local net = nn.Sequential(
  nn.Linear(28 * 28, 256), nn.ReLU(),
  nn.Linear(256, 128), nn.ReLU(),
  nn.Linear(128, 10)
):to(options.device)
print(net)

local optimizer = optim.Adam(net:parameters(), { lr = 1e-3 })
local x_test, y_test = to_input(test[1]), test[2]:to(options.device)
local loader = data.DataLoader(
  data.TensorDataset(to_input(train[1]), train[2]:to(options.device)),
  { batch_size = options.batch, shuffle = true })

local seconds = 0
for epoch = 1, options.epochs do
  local from = clock()
  local loss = train_epoch(epoch, net, optimizer, loader)
  local took = clock() - from
  seconds = seconds + took
  print((watched and "\r\27[K" or "") .. ("epoch %2d/%d  loss %.6f  test accuracy %.2f %%  %.2f s")
    :format(epoch, options.epochs, loss, accuracy(net, x_test, y_test), took))
end

draw_picture(options.out, test[1], test[2], predict(net, x_test):cpu())
print(("test accuracy %.2f %%, %.2f s an epoch on %s; picture: %s"):format(
  accuracy(net, x_test, y_test), seconds / options.epochs, options.device, options.out))
