-- SPDX-License-Identifier: Apache-2.0
-- What became of a call's audio by what the media relay says of it, in the form that the command line reads (cli/ladder.ts).
local report = {}

-- What came from a side.
local function received(side)
  local media = side.medias and side.medias[1] or {}
  local stats = media.streams and media.streams[1] and media.streams[1].stats or {}
  return { packets = stats.packets or 0, errors = stats.errors or 0 }
end

-- Both sides of the answer to a query; nil where the call was never answered. Meta's has its session description in its label.
function report.of(answer)
  local sides = {}
  for _, side in pairs(answer.tags or {}) do
    local is_meta = (side.label or ""):find(";sdp=", 1, true) ~= nil
    sides[is_meta and "meta" or "inside"] = received(side)
  end
  return sides.meta and sides.inside and sides or nil
end

return report
