-- SPDX-License-Identifier: Apache-2.0
-- Whether a certificate is for whom we wanted to talk to (RFC 6125, RFC 5922).
local peer = {}

-- A wildcard stands for one label, the first.
local function fits(name, wanted)
  if name == wanted then return true end
  return name:sub(1, 2) == "*." and wanted:match("^[^.]+(%..+)$") == name:sub(2)
end

-- names: those that the certificate is for, host names and addresses
function peer.is(wanted, names)
  for _, name in ipairs(names) do
    if fits(name:lower(), wanted:lower()) then return true end
  end
  return false
end

-- Where a next hop is reached by TLS.
function peer.by_tls(uri)
  local host = uri:match("^sips?:[^@]*@([^;?]+)") or uri:match("^sips?:([^;?]+)")
  return "sip:" .. host .. ";transport=tls"
end

return peer
