-- SPDX-License-Identifier: Apache-2.0
-- Limits of calls at once. How many there are the agent finds out at the media relays, for all proxies, and puts into the table
-- "live"; "begun" has those that began here since. Where the agent is silent both empty themselves: no limit then holds.
local pv, htable = KSR.pv, KSR.htable

local limits = {}

-- Whether one more call may begin under a key, which it then does. Counted first, since other processes count at the same time.
function limits.take(key, limit)
  if not limit or limit == 0 then return true end
  local begun = htable.sht_inc("begun", key)
  if (htable.sht_get("live", key) or 0) + begun <= limit then return true end
  htable.sht_dec("begun", key)
  return false
end

-- $var(rc) is 1 where the number $avp(number) may have one more call of at most $avp(limit).
function take_line()
  pv.seti("$var(rc)", limits.take(pv.get("$avp(number)"), pv.get("$avp(limit)")) and 1 or 0)
  return 1
end

return limits
