-- SPDX-License-Identifier: Apache-2.0
-- What must be remembered of a call, as a label that the media relay keeps with a side of it: there it outlives every proxy
-- and any of them can read it. The label begins with the digits of the call's number; then come NAME=VALUE, with everything
-- but letters and digits as %XX. The agent reads some of them (media/agent/label.ts).
local state = {}

local function escape(value)
  return (value:gsub("%W", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

-- values: texts by name, the number's digits among them
function state.to_label(values)
  local parts = { values.digits }
  for name, value in pairs(values) do
    if name ~= "digits" then parts[#parts + 1] = name .. "=" .. escape(value) end
  end
  return table.concat(parts, ";")
end

-- Both together.
function state.with(values, more)
  for name, value in pairs(more) do values[name] = value end
  return values
end

-- What a label says, the number's digits under their own name; nil where it is no label of ours.
function state.values_of(label)
  local digits, rest = label:match("^(%d+);(.*)$")
  if not digits then return nil end
  local values = { digits = digits }
  for name, value in rest:gmatch("(%w+)=([^;]*)") do
    values[name] = value:gsub("%%(%x%x)", function(byte) return string.char(tonumber(byte, 16)) end)
  end
  return values
end

return state
