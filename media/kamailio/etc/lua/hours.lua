-- SPDX-License-Identifier: Apache-2.0
-- Whether hours, as the agent lays them out (media/kamailio/hours.ts), are open.
local hours = {}

-- Seconds that the zone is ahead of UTC at a time.
local function offset_at(offsets, now)
  local offset = 0
  for _, entry in ipairs(offsets) do
    if entry[1] <= now then offset = entry[2] end
  end
  return offset
end

-- now: seconds of the epoch
function hours.is_open(row, now)
  local here = os.date("!*t", now + offset_at(row.offsets, now))
  local date = string.format("%04d-%02d-%02d", here.year, here.month, here.day)
  local spans = row.holidays[date] or row.weekly[tostring(here.wday - 1)] or {}
  local minute = here.hour * 60 + here.min
  for _, span in ipairs(spans) do
    if span[1] <= minute and minute < span[2] then return true end
  end
  return false
end

return hours
