-- SPDX-License-Identifier: Apache-2.0
-- Calls of the inside to WhatsApp users: whom they are for, and who may make them.
local outbound = {}

-- Countries whose numbers Meta lets call nobody. Source: Meta's calling documentation of June 2026.
local CANNOT_CALL = { US = true, CA = true, EG = true, VN = true, NG = true }

function outbound.may_call(country)
  return not CANNOT_CALL[country]
end

-- A number as +DIGITS, whatever way it was dialled in international form; nil where it is none.
function outbound.number(dialled)
  local digits = dialled:gsub("[%s().-]", ""):match("^%+?(%d+)$")
  digits = digits and digits:gsub("^00", "")
  return digits and digits:match("^[1-9]%d%d%d%d%d%d+$") and #digits <= 15 and "+" .. digits or nil
end

-- A user as Meta knows them: by number, or by the id of one who hides it; nil where it is neither.
function outbound.user(dialled)
  return outbound.number(dialled) or dialled:match("^%u%u%.[%w.]+$")
end

local function to_integer(address)
  local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  return a and ((a * 256 + b) * 256 + c) * 256 + d
end

-- Whether an address is in one of some networks, each written as ADDRESS/LENGTH.
function outbound.is_in(address, networks)
  local asked = to_integer(address)
  if not asked then return false end
  for _, network in ipairs(networks) do
    local base, length = network:match("^(.+)/(%d+)$")
    local size = 2 ^ (32 - length)
    if math.floor(asked / size) == math.floor(to_integer(base) / size) then return true end
  end
  return false
end

-- HA1 of a digest user of a route, or nil.
function outbound.ha1_of(route, name)
  for _, user in ipairs(route.users or {}) do
    if user.name == name then return user.ha1 end
  end
end

function outbound.has_users(routes)
  for _, route in ipairs(routes) do
    if route.users then return true end
  end
  return false
end

-- Whether a request within a call is Meta's, by its Route as our Record-Route made it: with the tag of whoever made the call,
-- and with ic where that was the inside.
function outbound.is_from_meta(route, from_tag)
  local is_caller = route:match(";ftag=([^;>,]+)") == from_tag
  local by_inside = route:find("[;]ic=%d") ~= nil
  return is_caller ~= by_inside
end

return outbound
