-- SPDX-License-Identifier: Apache-2.0
-- Routes by the hash of what they say, so that one that was read once is never another.
local json = require("cjson")

local routes = {}

-- As many as a process keeps in readable form.
local MOST = 2000

local known, count = {}, 0

-- The route with a hash, read only. Throws where there is none.
function routes.of(hash)
  if known[hash] then return known[hash] end
  local route = json.decode(KSR.htable.sht_get("routes", hash))
  if count >= MOST then known, count = {}, 0 end
  known[hash], count = route, count + 1
  return route
end

return routes
