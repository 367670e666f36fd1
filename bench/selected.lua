--- Whether one of a command line's filters names the case: "=name" matches exactly, anything else
--- as a part of the name.  No filter names all.
---@param name string
---@param filters string[]
---@return boolean
return function(name, filters)
  for _, filter in ipairs(filters) do
    if filter == "=" .. name or name:find(filter, 1, true) then return true end
  end
  return #filters == 0
end
