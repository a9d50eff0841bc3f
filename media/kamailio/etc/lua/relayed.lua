-- SPDX-License-Identifier: Apache-2.0
-- The media relay's part of the call at hand: what it is told, and what it remembers for us.
local json = require("cjson")
local message = require("message")
local relays = require("relays")
local state = require("state")
local turns = require("turns")

local pv, relay, htable = KSR.pv, KSR.rtpengine, KSR.htable

local relayed = { REPLACE = "replace-origin replace-session-connection replace-sdp-version " }

-- Has the relay change a session description; nil where it does not.
function relayed.run(command, description, flags)
  pv.sets("$avp(sdp_in)", description)
  return relay[command](flags) == 1 and pv.get("$avp(sdp)") or nil
end

-- How much of a relay is in use.
local function used(id) return turns.used(relays.key(id)) end

-- So many are tried: one that is silent costs seconds.
local TRIES = 3

-- Gives the call at hand to a relay, which from then on is $avp(relay); what is made for Meta gets the flags $avp(for_meta), with the
-- address that Meta is told. Returns what it makes of an offer; nil where none takes it,
-- and whether that is for want of room.
function relayed.offer(description, flags, is_for_meta)
  local skipped, row = {}, htable.sht_get("meta", "takers") or ""
  for try = 1, TRIES do
    local id = relays.roomiest(row, used, skipped)
    if not id then return nil, try == 1 and row ~= "" end
    local take_back = turns.begin(relays.key(id))
    pv.seti("$avp(relay)", relays.set(id))
    pv.sets("$avp(relay_mark)", relays.mark(id))
    local address = relays.told(row, id)
    local for_meta = address and " media-address=" .. address or ""
    pv.sets("$avp(for_meta)", for_meta)
    local made = relayed.run("rtpengine_offer", description, flags .. (is_for_meta and for_meta or ""))
    if made then return made end
    take_back()
    skipped[id] = true
  end
end

-- The relay of the call that a request belongs to is $avp(relay) again, by what Route or, where we answered the call, we are called.
function find_relay()
  local uris = message.values("Route")
  uris[#uris + 1] = pv.get("$ru")
  for _, uri in ipairs(uris) do
    local id = relays.of(uri)
    if id then
      pv.seti("$avp(relay)", relays.set(id))
      break
    end
  end
  return 1
end

-- What is known of a call from its first offer on. By it the relay tells whose call it is: that alone outlives a proxy.
-- kind: in, or out for a call to a user.
function relayed.about(kind)
  return { digits = pv.get("$avp(number)"), kind = kind, route = pv.get("$avp(route)"), to = kind == "in" and pv.get("$avp(target)") or nil }
end

-- Of the relay's commands that set a label this is the one that does nothing else. Without to-tag it is about one side.
function relayed.keep(meta_tag, values)
  relay.unblock_media("from-tag=" .. meta_tag .. " to-tag= set-label=" .. state.to_label(values))
end

-- What the relay keeps of a call that was answered: Meta's tag and the values; nil where it has no such call.
function relayed.recall()
  -- What an earlier call left in the variable stays there where this fails.
  if relay.rtpengine_query_v("json", "$var(query)") ~= 1 then return nil end
  local known, answer = pcall(json.decode, pv.get("$var(query)") or "")
  if not known or type(answer.tags) ~= "table" or not answer.tags[pv.get("$ft")] then return nil end
  for tag, side in pairs(answer.tags) do
    local values = state.values_of(side.label or "")
    -- Only Meta's side of a call that was answered has a description.
    if values and values.sdp then return tag, values end
  end
end

return relayed
