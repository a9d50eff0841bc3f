-- SPDX-License-Identifier: Apache-2.0
-- Masked addresses as they are on the wire, "sip:HOST;lr;tlm=sr-TEXT", and as topoh has them, without lr. With it none of them asks for
-- strict routing (RFC 3261, 16.6, step 4). It has no value: pjsip, and with it Asterisk, passes on the name alone.
local masks = {}

local HOST = ("hidden." .. (os.getenv("SIP_HOSTNAME") or "")):lower()
-- What topoh writes, and what goes out.
local OURS, SENT = HOST .. ";tlm=sr-", HOST .. ";lr;tlm=sr-"
-- What went out of a proxy of the release before: of calls that it has begun.
local EARLIER = HOST .. ";lr=sr-"

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

-- Place of the last byte of the header that a place is in: lines that begin with a space go on with it.
local function end_of_header(text, at)
  repeat at = text:find("\n", at + 1, true) until not at or not text:find("^[ \t]", at + 1)
  return at or #text
end

-- Whether each masked address has its text. topoh of Kamailio 6.0 ends its process where the parameter is there without a value
-- (th_flip_record_route in th_msg.c takes it for text to decode), and it reads a message before any route does.
-- Each message comes by here, so nothing is looked for by patterns where there is no such address.
local function are_whole(text)
  local lower = text:lower()
  local _, at = lower:find(HOST, 1, true)
  while at do
    -- Where an address ends is for Kamailio to say: a parameter in quotes may have any character.
    local last = end_of_header(lower, at)
    for after in lower:sub(at + 1, last):gmatch(";%s*tlm()") do
      local rest = lower:sub(at + after, at + after + 3)
      -- The name of a parameter may go on: RFC 3261, section 25.1.
      if not rest:find("^[%w%-.!%%*_+`'~]") and not rest:find("^=sr%-") then return false end
    end
    _, at = lower:find(HOST, last + 1, true)
  end
  return true
end

-- A message as topoh is to read it.
function masks.read(text)
  local read = replaced(replaced(text, SENT, OURS), EARLIER, OURS)
  if are_whole(read) then return read end
  -- Nothing of it is used: addresses that are not masked lead to nobody.
  return (read:gsub("[tT][lL][mM]", "bad"))
end

-- A message as it is to go out.
function masks.write(text) return replaced(text, OURS, SENT) end

return masks
