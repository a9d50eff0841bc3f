-- SPDX-License-Identifier: Apache-2.0
-- What must be remembered of a call's media, as a label that the media relay keeps with Meta's side of it: there it
-- outlives every proxy and any of them can read it. The label begins with the digits of the call's number, which is what
-- it is counted by; then come NAME=VALUE, with everything but letters and digits as %XX.
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

-- What a label says, the number's digits under their own name; nil where it is none of a call that was answered.
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
