-- SPDX-License-Identifier: Apache-2.0
-- Steps that look at who is at the other end of a TLS connection.
local peer = require("peer")

local pv = KSR.pv

local function names_of(kind, variable)
  local names = {}
  for place = 0, (tonumber(pv.get("$tls_peer_san_count(" .. kind .. ")")) or 0) - 1 do
    names[#names + 1] = pv.get("$(" .. variable .. "[" .. place .. "])")
  end
  return names
end

-- $var(rc) is 1 where the certificate of whoever sent this is for $var(wanted).
function check_peer()
  local wanted = pv.get("$var(wanted)")
  local is_peer = peer.is(wanted, names_of("DNS", "tls_peer_san_hostname")) or peer.is(wanted, names_of("IP", "tls_peer_san_ip"))
  pv.seti("$var(rc)", is_peer and 1 or 0)
  return 1
end

-- Makes $var(next) an address that is reached by TLS.
function stay_with_tls()
  pv.sets("$var(next)", peer.by_tls(pv.get("$var(next)")))
  return 1
end
