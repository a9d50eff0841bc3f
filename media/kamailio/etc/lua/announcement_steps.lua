-- SPDX-License-Identifier: Apache-2.0
-- Steps of a call that is answered here with an announcement.
local json = require("cjson")
local ends = require("ends_steps")
local relayed = require("relayed")
local sdp = require("sdp")
local state = require("state")

local pv = KSR.pv

-- Within the call the relay knows our side by this.
local OWN_TAG = "announcement"
-- Where the agent of this proxy has the audio.
local AUDIO = "http://" .. (os.getenv("POD_IP") or "") .. ":8080/announcements?of="
-- A little silence at the end, so that the last word is heard whole.
local AFTER = 1

-- Answers what Meta offers in $avp(meta_sdp) in place of a destination that only speaks: $avp(sdp), where $var(rc) is 1; it is -2
-- where the relays have no room.
function answer_announcement()
  local offer, about = pv.get("$avp(meta_sdp)"), relayed.about("in")
  local flags = relayed.REPLACE .. "ICE=remove DTLS=off rtcp-mux-demux "
  local made, is_full = relayed.offer(offer, "label=" .. state.to_label(about) .. " RTP/AVP SDES-off " .. flags)
  local ours = made and sdp.with_direction(sdp.nobody(made), "sendonly")
  local answer = ours and relayed.run("rtpengine_answer", ours, relayed.REPLACE .. "full-rtcp-attribute from-tag=" .. pv.get("$ft") .. " to-tag=" .. OWN_TAG .. pv.get("$avp(for_meta)"))
  pv.seti("$var(rc)", is_full and -2 or answer and 1 or 0)
  if not answer then return 1 end
  pv.sets("$avp(sdp)", answer)
  local kept = { about = about, sdp = offer, caller = pv.get("$avp(caller)"), plays = pv.get("$avp(plays)") }
  KSR.htable.sht_sets("announcing", pv.get("$ci"), json.encode(kept))
  return 1
end

-- $var(rc) is 1 where the ACK at hand is for an announcement that has not begun: $avp(announcing) is what is kept of it, and
-- $avp(play) what the relay is to play.
function begin_announcement()
  local kept = KSR.htable.sht_get("announcing", pv.get("$ci"))
  pv.seti("$var(rc)", kept and 1 or 0)
  if not kept then return 1 end
  KSR.htable.sht_rm("announcing", pv.get("$ci"))
  pv.sets("$avp(announcing)", kept)
  local values = json.decode(kept)
  local file = AUDIO .. values.about.to:gsub("^announcement:", "")
  pv.sets("$avp(play)", "from-tag=" .. pv.get("$ft") .. " to-tag= file=" .. file .. " repeat-times=" .. values.plays)
  return 1
end

-- It plays, once for $avp(duration) milliseconds: from now on the relay knows the call for one that was answered, and when it is
-- to end.
function time_announcement()
  local kept = json.decode(pv.get("$avp(announcing)"))
  local seconds = math.max(0, tonumber(pv.get("$avp(duration)")) or 0) / 1000 * kept.plays
  relayed.keep(pv.get("$ft"), state.with(kept.about, {
    sdp = kept.sdp,
    sides = ends.caller(kept.caller),
    ["until"] = tostring(math.ceil(pv.get("$TV(sn)") + seconds + AFTER)),
    by = os.getenv("POD_IP"),
  }))
  return 1
end
