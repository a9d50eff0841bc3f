-- SPDX-License-Identifier: Apache-2.0
-- Delays by steps, so that few numbers stand for all of them.
local delay = {}

local STEPS = { 1, 1.5, 2, 3, 5, 7 }

-- The step, in milliseconds, that a delay is nearest to: six for each power of ten, from 1 ms on.
function delay.step(ms)
  local nearest, power = 1, 1
  while power <= 100000 do
    for _, step in ipairs(STEPS) do
      if math.abs(step * power - ms) < math.abs(nearest - ms) then nearest = step * power end
    end
    power = power * 10
  end
  return string.format("%g", nearest)
end

return delay
