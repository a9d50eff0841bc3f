-- SPDX-License-Identifier: Apache-2.0
-- What the media relay says of a call's audio, in the form that the agent reads (media/agent/trace/media.ts).
local report = {}

-- Packets of a side that came to the relay, of those that could not be decrypted or understood, and its codec.
local function received(side)
  local stream = side.medias and side.medias[1] and side.medias[1].streams and side.medias[1].streams[1] or {}
  local stats = stream.stats or {}
  return { packets = stats.packets or 0, errors = stats.errors or 0, codec = side.medias and side.medias[1] and side.medias[1].codec or nil }
end

-- The mean opinion score of a side in tenths, by its reports (RTCP); nil where there were none.
local function opinion(answer, side)
  local best
  for ssrc in pairs(side["egress SSRCs"] or {}) do ssrc = tostring(ssrc) end
  for _, stream in ipairs(side.medias and side.medias[1] and side.medias[1].streams or {}) do
    local of = answer.SSRC and answer.SSRC[tostring(stream.SSRC)]
    local average = of and of["average MOS"]
    if average and average.MOS then best = average.MOS end
  end
  return best
end

-- Both sides of a call by the relay's answer to a query; meta_tag: Meta's.
function report.of(answer, meta_tag)
  local sides = {}
  for tag, side in pairs(answer.tags or {}) do
    local said = received(side)
    said.mos = opinion(answer, side)
    sides[tag == meta_tag and "meta" or "inside"] = said
  end
  return sides
end

return report
