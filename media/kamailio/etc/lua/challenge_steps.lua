-- SPDX-License-Identifier: Apache-2.0
-- Steps by which a challenge is answered: Meta's to a call of the inside, and a destination's to a call of a user.
local json = require("cjson")
local digest = require("digest")

local pv = KSR.pv

local META = "wa.meta.vc"
local HASHES = { MD5 = { proof = "md5", value = "$(var(text){s.md5})" }, ["SHA-256"] = { proof = "sha256", value = "$(var(text){s.sha256})" } }

-- Of an answer that asks for credentials: the challenge that we answer best, as $avp(challenge).
function keep_challenge()
  local headers = {}
  for _, name in ipairs({ "Proxy-Authenticate", "WWW-Authenticate" }) do
    for place = 0, 7 do headers[#headers + 1] = pv.get("$(hdr(" .. name .. ")[" .. place .. "])") end
  end
  local challenge = digest.strongest(headers)
  pv.sets("$avp(challenge)", challenge and json.encode(challenge) or "")
  return 1
end

-- Credentials for $avp(challenge) and an INVITE to a URI, as $var(credentials); empty where it cannot be answered: hashes hold for
-- one realm.
local function answer(uri, user, realm, proof)
  pv.sets("$var(credentials)", "")
  local text = pv.get("$avp(challenge)") or ""
  local challenge = text ~= "" and json.decode(text)
  if not challenge or challenge.realm ~= realm then return end
  local kind = HASHES[challenge.algorithm]
  local function hash(plain)
    pv.sets("$var(text)", plain)
    return pv.get(kind.value)
  end
  pv.sets("$var(text)", pv.get("$ci") .. pv.get("$RANDOM") .. pv.get("$RANDOM"))
  local cnonce = pv.get("$(var(text){s.md5})"):sub(1, 16)
  pv.sets("$var(credentials)", digest.credentials(challenge, { method = "INVITE", uri = uri, user = user, cnonce = cnonce }, proof[kind.proof], hash))
end

-- To Meta, for a call by the number $avp(number) to $avp(callee).
function answer_challenge()
  answer("sip:" .. pv.get("$avp(callee)") .. "@" .. META .. ";transport=tls", pv.get("$avp(number)"), META, json.decode(pv.get("$avp(proof)")))
  return 1
end

-- To the destination $avp(uri), with the account $avp(account) that its route gives; empty where it gives none.
function answer_destination()
  pv.sets("$var(credentials)", "")
  local account = pv.get("$avp(account)") or ""
  if account == "" then return 1 end
  local known = json.decode(account)
  answer(pv.get("$avp(uri)"), known.username, known.realm, known)
  return 1
end
