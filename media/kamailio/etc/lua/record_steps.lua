-- SPDX-License-Identifier: Apache-2.0
-- How the inside is told to reach us within a call: see RFC 3261, section 16.6, step 4.
local dialog = require("dialog")

local pv = KSR.pv

-- Of the Service before all proxies of the gateway.
local SERVICE = os.getenv("INSIDE_ADDRESS") or ""

local function keep(host, transport) pv.sets("$var(inside)", SERVICE ~= "" and dialog.is_of_cluster(host) and dialog.entry(SERVICE, transport) or "") end

-- $var(inside) is what stands in Record-Route for the destination at hand, where that is another address than ours.
function name_for_destination()
  keep(pv.get("$rd"), pv.get("$(ru{uri.transport})"))
  return 1
end

-- As above, for whoever called us to be put through to Meta.
function name_for_caller()
  local asked = pv.get("$od")
  keep(asked == SERVICE and "a.svc" or asked, pv.get("$proto"))
  return 1
end
