-- SPDX-License-Identifier: Apache-2.0
-- How either side is told to reach us within a call: see RFC 3261, section 16.6, step 4.
local dialog = require("dialog")

local pv, rr, htable = KSR.pv, KSR.rr, KSR.htable

-- Of the Service before all proxies of the gateway, which the cluster reaches.
local SERVICE = os.getenv("INSIDE_ADDRESS") or ""
local TWO = ";r2=on"
local META = (os.getenv("SIP_HOSTNAME") or "") .. ":5061;transport=tls" .. TWO

-- Where somebody at a host finds another proxy once this one is gone. Nil where there is no such place: then we are told ourselves.
local function inside(host, transport)
  local is_there = host == SERVICE or dialog.is_of_cluster(host)
  local address = is_there and SERVICE or htable.sht_get("meta", "inside") or "0"
  return address ~= "0" and dialog.entry(address, transport) .. TWO or nil
end

-- The destination at hand is called: the entry next to it comes first.
function record_to_destination()
  local entry = inside(pv.get("$rd"), pv.get("$(ru{uri.transport})"))
  if entry then rr.record_route_preset(entry, META) else rr.record_route() end
  return 1
end

-- Meta is called, for somebody inside who called us by a name or an address.
function record_to_meta()
  local entry = inside(pv.get("$od"), pv.get("$proto"))
  if entry then rr.record_route_preset(META, entry) else rr.record_route() end
  return 1
end
