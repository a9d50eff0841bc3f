-- SPDX-License-Identifier: Apache-2.0
-- Steps that keep and change a call's media without Meta hearing of it.
local json = require("cjson")
local ends = require("ends_steps")
local relayed = require("relayed")
local report = require("report")
local sdp = require("sdp")
local state = require("state")

local pv, relay = KSR.pv, KSR.rtpengine

local RELAY_NAMES = { Opus = "opus", PCMA = "PCMA", PCMU = "PCMU" }
local REPLACE = relayed.REPLACE
-- Ports stay what they are: where the inside moves, Meta hears nothing of it.
local COMMON = REPLACE .. "port-latching "
-- By keys of DTLS, where ICE comes along.
local BY_DTLS = "UDP/TLS/RTP/SAVPF ICE=force SDES-off rtcp-mux-require generate-mid full-rtcp-attribute "
-- The first offer of a call that the inside makes.
local TO_META_FIRST = { SDES = "RTP/SAVP ICE=remove DTLS=off SDES-only-AES_CM_128_HMAC_SHA1_80 rtcp-mux-offer ", DTLS = BY_DTLS }
-- Later ones. Without the suite that was agreed on, whose keys would else be taken from the inside's new offer: it stays with its own.
local TO_META = { SDES = "RTP/SAVP ICE=remove DTLS=off SDES-no-AES_CM_128_HMAC_SHA1_80 ", DTLS = BY_DTLS }
-- Whatever the inside goes on sending is not heard meanwhile.
local MUSIC = "file=/etc/rtpengine/hold.wav repeat-times=100000 block-egress"

-- What the inside is offered, by its encryption.
local TO_INSIDE = {
  None = "RTP/AVP ICE=remove DTLS=off SDES-off rtcp-mux-demux",
  SDES = "RTP/SAVP ICE=remove DTLS=off SDES-only-AES_CM_128_HMAC_SHA1_80 rtcp-mux-demux",
  DTLS = "UDP/TLS/RTP/SAVPF ICE=force SDES-off rtcp-mux-accept rtcp-mux-offer generate-mid full-rtcp-attribute ",
}

-- How the inside's side of a call is offered.
local function offer_flags(media)
  local flags = TO_INSIDE[media.encryption]
  if media.transcoding == "Allowed" then
    for _, codec in ipairs(media.codecs) do flags = flags .. " transcode-" .. RELAY_NAMES[codec] end
  end
  return flags .. " "
end

-- What Meta offers in $avp(meta_sdp), as a destination with the audio of $avp(media) is offered it: $avp(sdp). $var(rc) is 1,
-- 0 where no relay took the call, -1 where the two have no codec in common, or -2 where the relays have no room.
function offer_media()
  local wanted = json.decode(pv.get("$avp(media)"))
  local offer, is_full = relayed.offer(pv.get("$avp(meta_sdp)"), "label=" .. state.to_label(relayed.about("in")) .. " " .. REPLACE .. offer_flags(wanted))
  local restricted = offer and sdp.with_codecs(offer, wanted.codecs)
  pv.seti("$var(rc)", is_full and -2 or not offer and 0 or not restricted and -1 or 1)
  if restricted then pv.sets("$avp(sdp)", restricted) end
  return 1
end

-- An inbound call was answered by $rb, of which the relay made $avp(sdp): the answer is mended, and what the call's media
-- will need later is put where it lasts.
function finish_answer()
  local offer, inside, answer = pv.get("$avp(meta_sdp)"), pv.get("$rb"), pv.get("$avp(sdp)")
  -- As the relay has them: told of the line that is put in below it would pass on no key press.
  local types = sdp.payload_types(answer)
  if inside:find("telephone-event", 1, true) then answer = sdp.with_key_presses(answer, offer) end
  pv.sets("$avp(sdp)", answer)
  local values = { sdp = offer, types = types, inside = sdp.origin(inside), media = pv.get("$avp(media)"), sides = ends.both() }
  relayed.keep(pv.get("$ft"), state.with(relayed.about("in"), values))
  return 1
end

-- What the inside would be offered, by what it offers itself.
local function media_of(offer)
  local codecs, types = {}, sdp.payload_types(offer) or ""
  for name, known in pairs(RELAY_NAMES) do
    if sdp.has_codec(offer, types, known) then codecs[#codecs + 1] = name end
  end
  return { encryption = sdp.encryption(offer), codecs = codecs, transcoding = "Allowed" }
end

-- The inside calls by the number $avp(number) and offers $rb: $avp(sdp) is what Meta is offered, which is voice alone. $var(rc)
-- is 1, 0 where no relay took the call, -1 where no voice is offered, or -2 where the relays have no room. With Opus, which every
-- user has.
function offer_to_meta()
  local whole = pv.get("$rb")
  pv.seti("$var(rc)", -1)
  if not sdp.is_voice(whole) then return 1 end
  local offer = sdp.first_only(whole)
  local made, is_full = relayed.offer(offer, "label=" .. state.to_label(relayed.about("out")) .. " " .. REPLACE .. TO_META_FIRST[pv.get("$avp(keys)")] .. "transcode-opus", true)
  local restricted = made and sdp.with_codecs(made, { "opus", "PCMA", "PCMU" })
  pv.seti("$var(rc)", is_full and -2 or restricted and 1 or 0)
  if restricted then pv.sets("$avp(sdp)", sdp.with_key_presses(restricted, offer)) end
  pv.sets("$avp(inside_sdp)", whole)
  return 1
end

-- The user took the call with $rb: $avp(sdp) is what the inside is answered, where $var(rc) is 1.
function finish_outbound()
  local answer, offer = pv.get("$rb"), pv.get("$avp(inside_sdp)")
  local made = relayed.run("rtpengine_answer", answer, REPLACE .. "full-rtcp-attribute")
  pv.seti("$var(rc)", made and 1 or 0)
  if not made then return 1 end
  if answer:find("telephone-event", 1, true) then made = sdp.with_key_presses(made, offer) end
  pv.sets("$avp(sdp)", made .. sdp.refusals(offer))
  relayed.keep(pv.get("$tt"), state.with(relayed.about("out"), {
    sdp = answer,
    types = sdp.payload_types(answer),
    inside = sdp.origin(offer),
    media = json.encode(media_of(offer)),
    sides = ends.both(),
  }))
  return 1
end

-- Gives the relay an offer of the inside, and what Meta would say to it; returns the relay's answer for the inside.
local function renegotiate(meta, tag, offer, direction)
  local codec = sdp.voice_codec(meta.sdp, meta.types)
  if not codec then return nil end
  local off, always = "", ""
  -- From the first change on what Meta hears goes through the player: one stream without gaps, whoever sends it.
  if meta.player then off, always = "audio-player=off ", "audio-player=always " end
  if not relayed.run("rtpengine_offer", offer, COMMON .. off .. TO_META[sdp.encryption(meta.sdp)] .. "transcode-" .. codec) then return nil end
  local answer = sdp.as_answer(meta.sdp, meta.types, sdp.opposite(direction)) .. sdp.refusals(offer)
  return relayed.run("rtpengine_answer", answer, COMMON .. always .. "full-rtcp-attribute from-tag=" .. pv.get("$ft") .. " to-tag=" .. tag)
end

-- Plays music to a user whom the inside leaves in silence, and no longer.
local function attend(tag, meta, is_silent)
  if is_silent and not meta.music then
    if relay.play_media("from-tag=" .. tag .. " " .. MUSIC) == 1 then meta.music = "yes" end
  elseif not is_silent and meta.music then
    relay.stop_media("from-tag=" .. tag)
    meta.music = nil
  end
end

-- The relay is told that a side that is silent would send: it plays music to no other. How it is put to the relay, and
-- whether it was silent.
local function audible(description)
  if sdp.direction(description) ~= "inactive" then return description, false end
  return sdp.with_direction(description, "sendonly", pv.get("$si")), true
end

-- The inside changes the session in $rb: $var(rc) is 1 and $avp(sdp) its answer, or $var(rc) is 0 and nothing has changed.
function shield_offer()
  pv.seti("$var(rc)", 0)
  local tag, meta = relayed.recall()
  local offer = pv.get("$rb")
  if not tag or not sdp.is_voice(offer) then return 1 end
  local direction, origin = sdp.direction(offer), sdp.origin(offer)
  local description, is_silent = audible(offer)
  if origin ~= meta.inside or direction ~= "sendrecv" then meta.player = "yes" end
  local answer = renegotiate(meta, tag, description, direction)
  if not answer then return 1 end
  if is_silent then answer = sdp.with_direction(answer, "inactive") end
  attend(tag, meta, is_silent)
  meta.inside = origin
  relayed.keep(tag, meta)
  pv.sets("$avp(sdp)", sdp.with_key_presses(answer, offer))
  pv.seti("$var(rc)", 1)
  return 1
end

-- The inside asks what we would offer: $avp(sdp), where $var(rc) is 1. Its answer comes with the ACK.
function shield_invite()
  pv.seti("$var(rc)", 0)
  local tag, meta = relayed.recall()
  if not tag then return 1 end
  local offer = sdp.as_answer(meta.sdp, meta.types, "sendrecv")
  local media = json.decode(meta.media)
  local flags = COMMON .. offer_flags(media) .. "audio-player=always from-tag=" .. tag .. " to-tag=" .. pv.get("$ft")
  local made = relayed.run("rtpengine_offer", offer, flags)
  local restricted = made and sdp.with_codecs(made, media.codecs)
  if not restricted then return 1 end
  pv.sets("$avp(sdp)", sdp.with_key_presses(restricted, meta.sdp))
  pv.seti("$var(rc)", 1)
  return 1
end

-- The answer of the inside to our offer, in an ACK.
function shield_ack()
  local tag, meta = relayed.recall()
  if not tag then return 1 end
  local answer = pv.get("$rb")
  local description, is_silent = audible(answer)
  relayed.run("rtpengine_answer", description, COMMON .. "audio-player=off full-rtcp-attribute from-tag=" .. tag .. " to-tag=" .. pv.get("$ft"))
  attend(tag, meta, is_silent)
  meta.player, meta.inside = "yes", sdp.origin(answer)
  relayed.keep(tag, meta)
  return 1
end

-- A call ends: what came from both its sides goes into its trace.
function tell_media()
  if relay.rtpengine_query_v("json", "$var(query)") ~= 1 then return 1 end
  local known, answer = pcall(json.decode, pv.get("$var(query)") or "")
  local sides = known and report.of(answer)
  if sides then KSR.siptrace.hlog(json.encode(sides)) end
  return 1
end
