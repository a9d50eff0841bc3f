-- SPDX-License-Identifier: Apache-2.0
-- Session descriptions whose first stream is the voice: Meta and the media relay have no other, the inside may.
local sdp = {}

-- What the other side says to each direction. To silence it says that it would listen, so that music can be played to it.
local OPPOSITE = { sendrecv = "sendrecv", sendonly = "recvonly", recvonly = "sendonly", inactive = "recvonly" }

-- Codecs that need no rtpmap (RFC 3551).
local STATIC = { ["0"] = "PCMU", ["8"] = "PCMA" }

-- What is about the whole and its first stream, and what is about the others.
local function split(text)
  local first = text:find("[\r\n]m=")
  local second = first and text:find("[\r\n]m=", first + 1)
  if not second then return text, "" end
  return text:sub(1, second), text:sub(second + 1)
end

local function direction_in(text)
  for direction in pairs(OPPOSITE) do
    if text:find("[\r\n]a=" .. direction .. "%f[\r\n%z]") then return direction end
  end
end

-- sendrecv, sendonly, recvonly or inactive, as the voice says or else the whole; an address of nobody is the old way to say
-- that nothing is to be sent.
function sdp.direction(text)
  text = split(text)
  local start = text:find("[\r\n]m=") or #text
  local whole, voice = text:sub(1, start), text:sub(start)
  local address = voice:match("[\r\n]c=IN IP%d ([^\r\n]+)") or whole:match("[\r\n]c=IN IP%d ([^\r\n]+)")
  if address == "0.0.0.0" or address == "::" then return "inactive" end
  return direction_in(voice) or direction_in(whole) or "sendrecv"
end

function sdp.opposite(direction)
  return OPPOSITE[direction]
end

-- The o= line, which differs where the description does.
function sdp.origin(text)
  return text:match("[\r\n](o=[^\r\n]+)")
end

-- Whether it is about a voice stream first of all, and one that is there: no fax, nothing taken away.
function sdp.is_voice(text)
  return (text:match("[\r\n](m=[^\r\n]*)") or ""):find("^m=audio [1-9]") ~= nil
end

-- How its voice is encrypted, as a destination's media say it.
function sdp.encryption(text)
  local profile = text:match("[\r\n]m=audio %d+ (%S+)") or ""
  return profile:find("^UDP/TLS/") and "DTLS" or profile:find("SAVP") and "SDES" or "None"
end

-- The description with its first stream alone.
function sdp.first_only(text)
  return (split(text))
end

-- Refusals of all streams of an offer behind the first, such as video.
function sdp.refusals(offer)
  local lines = {}
  for kind, profile, formats in offer:gmatch("[\r\n]m=(%S+) %d+ (%S+) ([^\r\n]+)") do
    lines[#lines + 1] = "m=" .. kind .. " 0 " .. profile .. " " .. formats .. "\r\nc=IN IP4 0.0.0.0\r\n"
  end
  return table.concat(lines, "", 2)
end

-- Payload types of the audio stream, with spaces between them.
function sdp.payload_types(text)
  return text:match("[\r\n]m=audio %d+ %S+ ([%d ]*%d)")
end

local function codec_name(text, payload_type)
  return text:match("[\r\n]a=rtpmap:" .. payload_type .. " ([%w%-]+)") or STATIC[payload_type] or ""
end

-- A line as it stands in a description with only some of its payload types, or nil where it is about others.
local function restricted(line, payload_types)
  if line:match("^m=audio") then return line:match("^(m=audio %d+ %S+ )") .. payload_types end
  local payload_type = line:match("^a=rtpmap:(%d+)") or line:match("^a=fmtp:(%d+)") or line:match("^a=rtcp%-fb:(%d+)")
  if not payload_type or (" " .. payload_types .. " "):find(" " .. payload_type .. " ", 1, true) then return line end
end

-- The same description with only some codecs for voice, in this order, and with key presses; nil where none of them is left.
function sdp.with_codecs(text, codecs)
  local kept, offered = {}, sdp.payload_types(text) or ""
  for _, codec in ipairs(codecs) do
    for payload_type in offered:gmatch("%d+") do
      if codec_name(text, payload_type):lower() == codec:lower() then kept[#kept + 1] = payload_type end
    end
  end
  if #kept == 0 then return nil end
  for payload_type in offered:gmatch("%d+") do
    if codec_name(text, payload_type) == "telephone-event" then kept[#kept + 1] = payload_type end
  end
  local types, lines = table.concat(kept, " "), {}
  for line in text:gmatch("[^\r\n]+") do lines[#lines + 1] = restricted(line, types) end
  return table.concat(lines, "\r\n") .. "\r\n"
end

-- Whether a codec is among payload types that a description explains.
function sdp.has_codec(text, payload_types, name)
  for payload_type in payload_types:gmatch("%d+") do
    if codec_name(text, payload_type):lower() == name:lower() then return true end
  end
  return false
end

-- Name of the first codec for voice among payload types that a description explains.
function sdp.voice_codec(text, payload_types)
  for payload_type in payload_types:gmatch("%d+") do
    local name = codec_name(text, payload_type)
    if name ~= "" and name:lower() ~= "telephone-event" then return name end
  end
end

-- A line of an offer as it stands in an answer, or nil where it has no place there.
local function answered(line, payload_types)
  if line:match("^a=ssrc") or line:match("^a=msid") or line:match("^a=extmap") then return nil end
  if OPPOSITE[line:match("^a=(%a+)$") or ""] then return nil end
  -- Meta leaves the handshake to us where we may choose.
  if line == "a=setup:actpass" then return "a=setup:passive" end
  return restricted(line, payload_types)
end

-- A side's own offer made into what it would answer now: with the payload types that were agreed on, and a direction.
function sdp.as_answer(offer, payload_types, direction)
  local lines = {}
  for line in offer:gmatch("[^\r\n]+") do
    lines[#lines + 1] = answered(line, payload_types)
  end
  lines[#lines + 1] = "a=" .. direction
  return table.concat(lines, "\r\n") .. "\r\n"
end

-- The same description with another direction, and with an address where it had none.
function sdp.with_direction(text, direction, address)
  local changed, others = split(text)
  for known in pairs(OPPOSITE) do changed = changed:gsub("[\r\n]+a=" .. known .. "%f[\r\n]", "") end
  if address then changed = changed:gsub("c=IN IP4 0%.0%.0%.0", "c=IN IP4 " .. address) end
  return changed:gsub("[\r\n]+$", "") .. "\r\na=" .. direction .. "\r\n" .. others
end

-- The description of a side that is nowhere: what is sent to it is lost.
function sdp.nobody(text)
  local changed = text:gsub("([\r\n]m=audio )%d+", "%19", 1):gsub("c=IN IP4 [%d.]+", "c=IN IP4 127.0.0.1")
  return (changed:gsub("a=rtcp:[^\r\n]*[\r\n]+", ""))
end

-- An answer with the line for key presses (RFC 4733) that an offer has: where the relay transcodes it passes them on, but
-- leaves them out of its answers, so that the other side would send none.
function sdp.with_key_presses(answer, offer)
  local payload_type = offer:match("[\r\n]a=rtpmap:(%d+) telephone%-event/8000")
  if not payload_type or answer:find("telephone-event", 1, true) then return answer end
  local voice, others = split(answer)
  local changed = voice:gsub("([\r\n]m=audio %d+ %S+ [%d ]*%d)", "%1 " .. payload_type, 1)
  return changed .. "a=rtpmap:" .. payload_type .. " telephone-event/8000\r\na=fmtp:" .. payload_type .. " 0-15\r\n" .. others
end

return sdp
