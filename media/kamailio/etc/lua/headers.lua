-- SPDX-License-Identifier: Apache-2.0
-- Headers that a destination is sent, by name without regard to case.
local headers = {}

-- told: what we say of a call, a list of { name, value }     rules: { set = such a list, remove = names }, each as far as it is there
-- Returns which headers of the call go, and which come.
function headers.wanted(told, rules)
  local without, gone, with = {}, {}, {}
  local function drop(name)
    without[#without + 1] = name
    gone[name:lower()] = true
  end
  for _, name in ipairs(rules.remove or {}) do drop(name) end
  for _, each in ipairs(rules.set or {}) do drop(each.name) end
  for _, each in ipairs(told) do
    if not gone[each.name:lower()] then with[#with + 1] = each end
  end
  for _, each in ipairs(rules.set or {}) do with[#with + 1] = each end
  return { without = without, with = with }
end

return headers
