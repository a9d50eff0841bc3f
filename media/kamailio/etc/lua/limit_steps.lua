-- SPDX-License-Identifier: Apache-2.0
-- Limits of calls at once. Where the agent is silent for long none holds.
local turns = require("turns")

local pv, htable = KSR.pv, KSR.htable

local limits = {}

-- Under which the calls of all numbers are counted together.
local ALL_NUMBERS = "gateway"

local function nothing() end

-- Begins one more call under a key, where it may. Returns what takes that back, or nil.
-- Counted first, since other processes count at the same time.
function limits.take(key, limit)
  if not limit or limit == 0 then return nothing end
  local take_back = turns.begin(key)
  if turns.used(key, "calls") <= limit then return take_back end
  take_back()
  return nil
end

-- $var(rc) is 1 where the number $avp(number) may have one more call of at most $avp(limit), 0 where it may not, and -1 where the
-- gateway may not.
function take_line()
  local take_back = limits.take(ALL_NUMBERS, tonumber(htable.sht_get("meta", "limit")))
  if not take_back then
    pv.seti("$var(rc)", -1)
  elseif limits.take(pv.get("$avp(number)"), pv.get("$avp(limit)")) then
    pv.seti("$var(rc)", 1)
  else
    take_back()
    pv.seti("$var(rc)", 0)
  end
  return 1
end

return limits
