-- SPDX-License-Identifier: Apache-2.0
-- Which media relay a new call is given to.
local relays = {}

-- Under which the calls of a relay are counted.
function relays.key(id) return "relay:" .. id end

-- The relay with most room; nil where none has any.
-- row: ID:CAPACITY or ID:CAPACITY:ADDRESS of those that are given calls, with spaces between
-- used: how much of a relay is in use     skipped: ids that are not to be taken
function relays.roomiest(row, used, skipped)
  local best, most = nil, 0
  for id, capacity in row:gmatch("(%x+):(%d+)%S*") do
    local room = skipped[id] and 0 or tonumber(capacity) - used(id)
    if room > most then best, most = id, room end
  end
  return best
end

-- Where Meta is told to send the audio of a relay's calls; nil where that is the relay's own address.
function relays.told(row, id) return row:match("%f[%x]" .. id .. ":%d+:([%d.]+)") end

-- Marks what belongs to a call with its relay, as a parameter of a URI.
function relays.mark(id) return ";mr=" .. id end

-- The relay that a URI is marked with, or nil.
function relays.of(uri) return uri:match(";mr=(%x%x%x%x%x%x)%f[%X]") end

-- The number of the set that a relay is in for Kamailio.
function relays.set(id) return tonumber(id, 16) end

return relays
