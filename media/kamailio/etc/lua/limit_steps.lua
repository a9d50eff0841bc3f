-- SPDX-License-Identifier: Apache-2.0
-- Limits of calls at once. Where the agent is silent for long none holds.
local turns = require("turns")

local pv = KSR.pv

local limits = {}

-- Whether one more call may begin under a key, which it then does. Counted first, since other processes count at the same time.
function limits.take(key, limit)
  if not limit or limit == 0 then return true end
  local take_back = turns.begin(key)
  if turns.used(key, "calls") <= limit then return true end
  take_back()
  return false
end

-- $var(rc) is 1 where the number $avp(number) may have one more call of at most $avp(limit).
function take_line()
  pv.seti("$var(rc)", limits.take(pv.get("$avp(number)"), pv.get("$avp(limit)")) and 1 or 0)
  return 1
end

return limits
