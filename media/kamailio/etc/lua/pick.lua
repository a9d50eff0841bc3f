-- SPDX-License-Identifier: Apache-2.0
-- Which of a route's destinations has its turn.
local pick = {}

-- Place of one of the lowest priority among those that may have their turn, chosen by weight. Each comes in place of the
-- one before with the chance of its weight in the sum so far, which makes the shares right.
local function place_of(destinations, may, random)
  local priority, chosen
  local sum = 0
  for place, one in ipairs(destinations) do
    if may(one) and (not priority or one.priority == priority) then
      priority = one.priority
      sum = sum + one.weight
      if random(sum) < one.weight then chosen = place end
    end
  end
  return chosen
end

-- Takes one from those left, which are sorted by priority; those that answer no probe have their turn last.
-- is_up: whether a destination answers its probes     random: a number from 0 to below its argument
function pick.take(left, is_up, random)
  local function may(one) return not one.probe or is_up(one.target) end
  local place = place_of(left, may, random) or place_of(left, function() return true end, random)
  return table.remove(left, place)
end

return pick
