-- SPDX-License-Identifier: Apache-2.0
-- Steps of a call that waits for a user's permission.
local json = require("cjson")
local permission = require("permission")

local pv, hdr = KSR.pv, KSR.hdr

local steps = {}

-- What the agent is asked; with the header X-WA-Request-Permission: yes the inside wants the user to be asked.
function steps.question(route, number, user)
  local demanded = (hdr.get("X-WA-Request-Permission") or ""):lower():match("^%s*yes%s*$") and "yes" or "no"
  return "http://127.0.0.1:8081/permission?route=" .. route .. "&number=" .. number .. "&user=" .. user:gsub("%+", "%%2B") .. "&demanded=" .. demanded
end

-- What the agent says: $var(code) is 0 where the call is to be made, or why not by $var(code), $var(reason), $var(headers)
-- and $var(counter). Where it says nothing the call is made, and Meta judges.
function judge_permission()
  local is_read, told = pcall(json.decode, pv.get("$http_ok") == 1 and pv.get("$http_rb") or "{}")
  local refusal = is_read and permission.refusal(told)
  pv.seti("$var(code)", refusal and refusal.code or 0)
  if not refusal then return 1 end
  pv.sets("$var(reason)", refusal.reason)
  pv.sets("$var(counter)", refusal.counter)
  pv.sets("$var(headers)", refusal.headers)
  return 1
end

return steps
