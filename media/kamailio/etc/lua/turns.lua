-- SPDX-License-Identifier: Apache-2.0
-- How much there is of something now. The agent counts it at the media relays, for all proxies, and puts it into the table
-- "live", as COUNT;TURN. It begins a turn before it counts: what began here since is in the table "begun", by turn, so that
-- nothing is forgotten that begins while it counts. Where the agent is silent both empty themselves.
local htable = KSR.htable

local turns = {}

-- What has begun is forgotten after so many seconds, and a turn takes one.
local MOST = 10

local function now() return htable.sht_get("live", "turn") or 0 end

local function key_of(key, turn) return key .. ";" .. turn end

-- Counts one more. Returns what takes it back.
function turns.begin(key)
  local begun = key_of(key, now())
  htable.sht_inc("begun", begun)
  return function() htable.sht_dec("begun", begun) end
end

-- How much of a key there is: what the agent counted last, and what has begun here since.
-- all: of which kind the agent has told all that there is: by what it said last there is nothing of a key that it did not name
function turns.used(key, all)
  local count, since = (htable.sht_get("live", key) or "0;0"):match("^(%d+);(%d+)$")
  local turn, sum = now(), tonumber(count)
  local told = all and htable.sht_get("live", "told:" .. all) or 0
  local from = math.max(tonumber(since), told, turn - MOST)
  -- An agent that has begun anew numbers its turns from the first one again.
  if from > turn then from = turn - MOST end
  for each = from, turn do
    sum = sum + (htable.sht_get("begun", key_of(key, each)) or 0)
  end
  return sum
end

return turns
