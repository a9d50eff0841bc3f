-- SPDX-License-Identifier: Apache-2.0
-- Steps of a call that the inside makes to a WhatsApp user.
local json = require("cjson")
local country = require("country")
local counts = require("count_steps")
local dialog = require("dialog")
local match = require("match")
local message = require("message")
local outbound = require("outbound")
local permission = require("permission_steps")
local routes = require("routes")

local pv, hdr = KSR.pv, KSR.hdr

local function refuse(code, counter, reason)
  pv.seti("$var(code)", code)
  pv.sets("$var(counter)", counter)
  pv.sets("$var(reason)", reason)
  return 1
end

-- The number that is called with, and its row: the one that From names, or else the asserted identity.
local function the_caller()
  local users = { pv.get("$fU") or "" }
  for place = 0, 3 do
    local asserted = pv.get("$(hdr(P-Asserted-Identity)[" .. place .. "])") or ""
    for user in asserted:gmatch("sips?:([^@;>]+)@") do users[#users + 1] = user end
    for user in asserted:gmatch("tel:([^;>]+)") do users[#users + 1] = user end
  end
  for _, user in ipairs(users) do
    local number = outbound.number(user)
    local row = number and KSR.htable.sht_get("callers", number:sub(2))
    if row then return number:sub(2), json.decode(row) end
  end
end

local function routes_of(hashes)
  local found = {}
  for place, hash in ipairs(hashes) do found[place] = routes.of(hash) end
  return found
end

-- The first route that takes a call, or nil; and whether any lets the source call at all. user: who has proved to be one and by which HA1, if anybody
local function route_of(own, call, user)
  local is_known = false
  for _, route in ipairs(own) do
    if outbound.is_in(pv.get("$si"), route.networks) or (user and outbound.ha1_of(route, user.name) == user.ha1) then
      is_known = true
      if match.takes(route, call) then return route, true end
    end
  end
  return nil, is_known
end

-- Some route takes calls of digest users: $var(code) is 1 where credentials are to be checked, against $var(ha1), or 407 where they
-- are to be asked for.
local function ask(own)
  local name = pv.get("$au") or ""
  for _, route in ipairs(own) do
    local ha1 = outbound.ha1_of(route, name)
    if ha1 then
      pv.sets("$var(ha1)", ha1)
      pv.seti("$var(code)", 1)
      return 1
    end
  end
  -- Whoever is not known is asked all the same, and refused like one with a wrong password.
  pv.sets("$var(ha1)", "none")
  pv.seti("$var(code)", name == "" and 407 or 1)
  return 1
end

-- Whether a call may be made: $var(code) is 0, with $var(question) for the agent where the user is to permit it, or why not by
-- $var(code), $var(reason) and $var(counter); 1 and 407 are of ask above. $avp(user) is who has proved to be one. Keeps the
-- number called with, the user and the route as $avp(number), $avp(callee) and $avp(route).
function choose_outbound()
  counts.begin()
  local digits, row = the_caller()
  if not digits then return refuse(403, "refused_caller", "From Is No Number That May Call") end
  local callee = outbound.user((pv.get("$rU") or ""):match("^[^;]*"))
  pv.sets("$avp(number)", digits)
  pv.sets("$avp(callee)", callee or "")
  if not callee then return refuse(404, "refused_callee", "Dial The Number In International Form") end
  local to = country.of_user(nil, callee)
  local own, name = routes_of(row.routes), pv.get("$avp(user)")
  local user = name and { name = name, ha1 = pv.get("$avp(proven)") }
  local route, is_known = route_of(own, { callee = callee, country = to, now = pv.get("$TV(sn)") }, user)
  if not is_known and not user and outbound.has_users(own) then return ask(own) end
  if not is_known then return refuse(403, "refused_caller", "Source Network May Not Call By This Number") end
  if not route then return refuse(403, "refused_no_route", "No Route Takes Calls To This User Now") end
  local from = country.of_number(digits)
  if not outbound.may_call(from) then return refuse(403, "refused_country", "WhatsApp Lets No Number Of " .. from .. " Call") end
  pv.seti("$avp(limit)", row.limit)
  pv.sets("$var(question)", route.asksPermission and permission.question(route.name, digits, callee) or "")
  pv.sets("$avp(route)", route.name)
  pv.sets("$avp(proof)", json.encode(row.proof))
  pv.sets("$avp(keys)", row.keys)
  pv.seti("$var(code)", 0)
  return 1
end

-- The Route of a request within a call, as $var(route), where another proxy of the gateway made it: that may be gone by now, and what
-- it would do any of them can. Else it is empty.
function adopt_route()
  pv.sets("$var(route)", dialog.adopted(message.values("Route"), os.getenv("POD_IP") or "") or "")
  return 1
end

-- A request within a call came by a TLS connection that we may have opened ourselves: $var(from_meta) is 1 where it is Meta's.
function find_side()
  local is_meta = outbound.is_from_meta(hdr.get("Route") or "", pv.get("$ft") or "")
  pv.seti("$var(from_meta)", is_meta and 1 or 0)
  return 1
end
