-- SPDX-License-Identifier: Apache-2.0
-- Steps of a call's set-up: which route, which destination.
local json = require("cjson")
local country = require("country")
local counts = require("count_steps")
local headers = require("headers")
local match = require("match")
local limits = require("limit_steps")
local pick = require("pick")
local routes = require("routes")

local pv, hdr = KSR.pv, KSR.hdr

local PROBED = 1

-- What is known of the user's call.
local function the_call()
  local caller = pv.get("$fU") or ""
  local said = hdr.get("x-wa-meta-country-code") or hdr.get("x-wa-meta-user-country-code")
  return {
    caller = caller,
    country = country.of_user(said, caller),
    callToAction = hdr.get("x-wa-meta-cta-payload"),
    deepLink = hdr.get("x-wa-meta-deeplink-payload"),
    now = pv.get("$TV(sn)"),
  }
end

local function keep_destinations(left)
  pv.seti("$avp(left)", #left)
  pv.sets("$avp(destinations)", json.encode(left))
end

-- The first of some routes that the call meets, or nil.
local function first_of(hashes)
  local call = the_call()
  for _, hash in ipairs(hashes) do
    local route = routes.of(hash)
    if match.takes(route, call) then return route end
  end
end

-- Takes the first route of $var(row) that the call meets, and keeps it for the whole of the call's set-up; $avp(route) stays
-- empty where there is none.
function choose_route()
  counts.begin()
  local hashes = {}
  for word in pv.get("$var(row)"):gmatch("%S+") do hashes[#hashes + 1] = word end
  -- The first words are the HA1 and the limit.
  table.remove(hashes, 1)
  table.remove(hashes, 1)
  local route = first_of(hashes)
  pv.seti("$var(routes)", #hashes)
  pv.sets("$avp(route)", route and route.name or "")
  if not route then return 1 end
  pv.sets("$avp(failover)", table.concat(route.on, ","))
  pv.seti("$avp(ring)", route.ringSeconds)
  -- The time itself: $Ts stays what it was when the request came.
  pv.seti("$avp(until)", pv.get("$TV(sn)") + route.withinSeconds)
  keep_destinations(route.destinations)
  return 1
end

-- The next destination that may have one more call, taken from those left; nil where none may. One that is full has no turn.
local function take_one(left)
  local function is_up(target) return KSR.dispatcher.ds_is_active_uri(PROBED, target) == 1 end
  while #left > 0 do
    local chosen = pick.take(left, is_up, function(below) return pv.get("$RANDOM") % below end)
    if limits.take(chosen.target, chosen.maxCalls) then return chosen end
  end
end

-- Takes one of the destinations that are left, and says where the call goes by $avp(target) and $avp(user), with what audio by
-- $avp(media), and what it is told by $avp(from_host) and $avp(headers); $avp(account) is how it is answered where it
-- challenges. $var(rc) is 0 where all that are left are full.
function next_destination()
  local left = json.decode(pv.get("$avp(destinations)"))
  local chosen = take_one(left)
  keep_destinations(left)
  pv.seti("$var(rc)", chosen and 1 or 0)
  if not chosen then return 1 end
  pv.sets("$avp(target)", chosen.target)
  pv.sets("$avp(user)", chosen.user or "")
  pv.seti("$avp(plays)", chosen.plays or 0)
  pv.sets("$avp(media)", json.encode(chosen.media))
  pv.sets("$avp(from_host)", chosen.fromHost)
  pv.sets("$avp(headers)", json.encode(chosen.headers or {}))
  pv.sets("$avp(account)", chosen.credentials and json.encode(chosen.credentials) or "")
  return 1
end

-- What a destination learns of a call beside Meta's own x-wa-meta-*.
local function told()
  return {
    { name = "X-WA-Wacid", value = hdr.get("x-wa-meta-wacid") or (pv.get("$ci"):gsub("^outgoing:", "")) },
    { name = "X-WA-From", value = pv.get("$fU") or "" },
    { name = "X-WA-To", value = "+" .. pv.get("$avp(number)") },
    { name = "X-WA-Route", value = pv.get("$avp(route)") },
  }
end

-- Gives a branch the headers that its destination is to have, by $avp(headers).
function tell_destination()
  local wanted = headers.wanted(told(), json.decode(pv.get("$avp(headers)")))
  for _, name in ipairs(wanted.without) do hdr.remove(name) end
  for _, each in ipairs(wanted.with) do hdr.append(each.name .. ": " .. each.value .. "\r\n") end
  return 1
end
