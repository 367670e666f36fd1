std = "lua54"
max_line_length = 100
codes = true
exclude_files = { "lua/numoon/meta.lua" } -- written by ./numoon docs
files["spec"] = { std = "lua54+busted" }
