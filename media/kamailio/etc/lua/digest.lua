-- SPDX-License-Identifier: Apache-2.0
-- Answers to digest challenges (RFC 7616, for SIP RFC 8760), from hashes of the password.
local digest = {}

local RANK = { ["SHA-256"] = 2, MD5 = 1 }

local function field(challenge, name)
  return challenge:match("[%s,]" .. name .. '%s*=%s*"([^"]*)"') or challenge:match("[%s,]" .. name .. '%s*=%s*([^%s,"]+)')
end

-- The strongest of some challenges that we can answer, or nil. headers: values of headers, which may hold several each.
function digest.strongest(headers)
  local best
  for _, header in ipairs(headers) do
    for challenge in header:gsub(",?%s*[Dd]igest%s", "\n "):gmatch("[^\n]+") do
      local algorithm = (field(challenge, "algorithm") or "MD5"):upper()
      local rank = field(challenge, "nonce") and RANK[algorithm]
      if rank and (not best or rank > RANK[best.algorithm]) then
        best = { algorithm = algorithm, qop = field(challenge, "qop") }
        for _, name in ipairs({ "realm", "nonce", "opaque" }) do best[name] = field(challenge, name) end
      end
    end
  end
  return best
end

-- The value of the header that answers a challenge.
-- request: { method, uri, user, cnonce }     ha1: hash of user, realm and password     hash: hash of a text
function digest.credentials(challenge, request, ha1, hash)
  local ha2 = hash(request.method .. ":" .. request.uri)
  local parts = {
    ('Digest username="%s", realm="%s", nonce="%s", uri="%s"'):format(request.user, challenge.realm, challenge.nonce, request.uri),
    "algorithm=" .. challenge.algorithm,
  }
  local middle = challenge.nonce
  -- Each nonce is used once.
  if challenge.qop then
    middle = middle .. ":00000001:" .. request.cnonce .. ":auth"
    parts[#parts + 1] = ('qop=auth, nc=00000001, cnonce="%s"'):format(request.cnonce)
  end
  if challenge.opaque then parts[#parts + 1] = ('opaque="%s"'):format(challenge.opaque) end
  parts[#parts + 1] = ('response="%s"'):format(hash(ha1 .. ":" .. middle .. ":" .. ha2))
  return table.concat(parts, ", ")
end

return digest
