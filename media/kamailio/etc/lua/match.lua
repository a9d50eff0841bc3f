-- SPDX-License-Identifier: Apache-2.0
-- Which of a number's routes a call takes.
local hours = require("hours")

local match = {}

-- A pattern is a text in full, or with * at its end for the rest.
local function fits(pattern, text)
  if pattern:sub(-1) == "*" then return text:sub(1, #pattern - 1) == pattern:sub(1, -2) end
  return text == pattern
end

local function fits_any(patterns, text)
  if not patterns then return true end
  for _, pattern in ipairs(patterns) do
    if text and fits(pattern, text) then return true end
  end
  return false
end

-- call: { caller, callee, country, callToAction, deepLink, now }, without what is not known of it
function match.meets(call, wanted)
  return fits_any(wanted.callers, call.caller)
    and fits_any(wanted.callees, call.callee)
    and fits_any(wanted.countries, call.country)
    and not (wanted.exceptCountries and fits_any(wanted.exceptCountries, call.country))
    and fits_any(wanted.callToAction, call.callToAction)
    and fits_any(wanted.deepLink, call.deepLink)
    and (not wanted.hours or hours.is_open(wanted.hours, call.now))
end

-- A route without a match takes every call.
function match.takes(route, call)
  return not route.match or match.meets(call, route.match)
end

return match
