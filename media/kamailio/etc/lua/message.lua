-- SPDX-License-Identifier: Apache-2.0
-- The message at hand.
local pv = KSR.pv

local message = {}

-- More than any header has.
local MOST = 40

-- All values of a header, each as it stands there.
function message.values(name)
  local values = {}
  while #values < MOST do
    local value = pv.get("$(hdr(" .. name .. ")[" .. #values .. "])")
    if not value then break end
    values[#values + 1] = value
  end
  return values
end

return message
