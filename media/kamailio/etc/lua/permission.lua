-- SPDX-License-Identifier: Apache-2.0
-- What the inside hears of a user's permission.
local permission = {}

-- What became of a request to the user, in the header X-WA-Permission-Request.
local REQUESTS = { Sent = "sent", Possible = "possible", NotNow = "not-now", Failed = "failed" }

-- Meta's words as a quoted string of a header.
local function quoted(words)
  return '"' .. words:gsub('[%c\\"]', " "):sub(1, 200) .. '"'
end

local function no_permission(told)
  local request = REQUESTS[told.request] or "possible"
  local words = told.words and ";reason=" .. quoted(told.words) or ""
  return {
    code = 403,
    counter = "refused_permission",
    reason = told.request == "Sent" and "User Was Asked For Call Permission" or "User Has Given No Call Permission",
    headers = "X-WA-Call-Permission: none\r\nX-WA-Permission-Request: " .. request .. words .. "\r\n",
  }
end

local function used_up(told)
  local seconds = math.floor(told.retryAfterSeconds or 3600)
  return {
    code = 480,
    counter = "refused_used_up",
    reason = "User Was Called As Often As Meta Allows",
    headers = "X-WA-Call-Permission: granted\r\nRetry-After: " .. seconds .. "\r\n",
  }
end

-- The refusal that follows from what the agent tells, with its counter and headers; nil where the call is to be made.
function permission.refusal(told)
  if told.verdict == "NoPermission" then return no_permission(told) end
  if told.verdict == "UsedUp" then return used_up(told) end
end

return permission
