-- SPDX-License-Identifier: Apache-2.0
-- What becomes of calls, counted for the agent, which makes metrics of it.
local delay = require("delay")

local pv, htable = KSR.pv, KSR.htable

local counts = {}

local function now_ms()
  return math.floor(tonumber(pv.get("$TV(Sn)")) * 1000)
end

-- A call begins: from here on its set-up is timed.
function counts.begin()
  pv.sets("$avp(began)", tostring(now_ms()))
end

-- Direction and destination: what a set-up is timed by.
local function path()
  if pv.get("$avp(callee)") then return "out", "-" end
  return "in", pv.get("$avp(target)") or "-"
end

-- One more of `what`, a name of modules.cfg; and where it is known whose call it is, one more for its number, route and destination.
function count(what)
  KSR.statistics.update_stat(what, "+1")
  local number, direction, target = pv.get("$avp(number)"), path()
  if number then htable.sht_inc("outcomes", table.concat({ direction, number, pv.get("$avp(route)") or "-", target, what }, " ")) end
  return 1
end

-- The other side rings or answers, the first time that it says so.
function time_setup()
  if pv.get("$avp(timed)") then return 1 end
  pv.seti("$avp(timed)", 1)
  local direction, target = path()
  htable.sht_inc("setups", direction .. " " .. target .. " " .. delay.step(now_ms() - tonumber(pv.get("$avp(began)"))))
  return 1
end

return counts
