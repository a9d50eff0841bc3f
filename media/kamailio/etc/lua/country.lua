-- SPDX-License-Identifier: Apache-2.0
-- The country that a user is in the books of.
local prefixes = require("prefixes")

local country = {}

local LONGEST = 8

-- By the first digits of a number without its plus sign.
function country.of_number(digits)
  for length = math.min(LONGEST, #digits), 1, -1 do
    local found = prefixes[digits:sub(1, length)]
    if found then return found end
  end
end

-- said: what Meta says, which some of its documents show as a country code and some as a calling code
-- caller: a number with its plus sign, or an id such as GB.1234
function country.of_user(said, caller)
  local code = said and said:match("^%a%a$")
  if code then return code:upper() end
  local digits = caller:match("^%+(%d+)") or (said and said:match("^%+?(%d+)$"))
  return digits and country.of_number(digits) or caller:match("^(%u%u)%.")
end

return country
