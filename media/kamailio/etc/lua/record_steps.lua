-- SPDX-License-Identifier: Apache-2.0
-- How either side is told to reach us within a call: see RFC 3261, section 16.6, step 4.
local dialog = require("dialog")

local pv, rr = KSR.pv, KSR.rr

-- Of the Service before all proxies of the gateway.
local SERVICE = os.getenv("INSIDE_ADDRESS") or ""
local TWO = ";r2=on"
local META = (os.getenv("SIP_HOSTNAME") or "") .. ":5061;transport=tls" .. TWO

-- Who is in the cluster finds another proxy where this one is gone. Others are told our own address.
local function inside(is_there, transport)
  return SERVICE ~= "" and is_there and dialog.entry(SERVICE, transport) .. TWO
end

-- The destination at hand is called: the entry next to it comes first.
function record_to_destination()
  local entry = inside(dialog.is_of_cluster(pv.get("$rd")), pv.get("$(ru{uri.transport})"))
  if entry then rr.record_route_preset(entry, META) else rr.record_route() end
  return 1
end

-- Meta is called, for somebody inside who called us by a name or an address.
function record_to_meta()
  local asked = pv.get("$od")
  local entry = inside(asked == SERVICE or dialog.is_of_cluster(asked), pv.get("$proto"))
  if entry then rr.record_route_preset(META, entry) else rr.record_route() end
  return 1
end
