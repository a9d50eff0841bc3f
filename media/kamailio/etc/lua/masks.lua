-- SPDX-License-Identifier: Apache-2.0
-- Masked addresses as they are on the wire, "sip:HOST;lr;tlm=sr-TEXT", and as topoh has them, without lr. With it none of them asks for
-- strict routing (RFC 3261, 16.6, step 4). It has no value: pjsip, and with it Asterisk, passes on the name alone.
local masks = {}

local HOST = ("hidden." .. (os.getenv("SIP_HOSTNAME") or "")):lower()
-- What topoh writes, and what goes out.
local OURS, SENT = HOST .. ";tlm=sr-", HOST .. ";lr;tlm=sr-"

local function replaced(text, from, to)
  local parts, at = {}, 1
  while true do
    local first, last = text:find(from, at, true)
    if not first then break end
    parts[#parts + 1] = text:sub(at, first - 1)
    at = last + 1
  end
  if at == 1 then return text end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts, to)
end

-- Whether each masked address has its text. topoh of Kamailio 6.0 ends its process where the parameter is there without a value
-- (th_flip_record_route in th_msg.c takes it for text to decode), and it reads a message before any route does.
-- Each message comes by here, so nothing is looked for by patterns where there is no such address.
local function are_whole(text)
  local lower = text:lower()
  local _, at = lower:find(HOST, 1, true)
  while at do
    local last = (lower:find(">", at, true) or #lower + 1) - 1
    for after in lower:sub(at + 1, last):gmatch(";%s*tlm()") do
      local rest = lower:sub(at + after, last)
      -- The name of a parameter may go on: RFC 3261, section 25.1.
      if not rest:find("^[%w%-.!%%*_+`'~]") and not rest:find("^=sr%-") then return false end
    end
    _, at = lower:find(HOST, last + 1, true)
  end
  return true
end

-- A message as topoh is to read it.
function masks.read(text)
  local read = replaced(text, SENT, OURS)
  if are_whole(read) then return read end
  -- Nothing of it is used: addresses that are not masked lead to nobody.
  return (read:gsub("[tT][lL][mM]", "bad"))
end

-- A message as it is to go out.
function masks.write(text) return replaced(text, OURS, SENT) end

return masks
