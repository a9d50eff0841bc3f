-- SPDX-License-Identifier: Apache-2.0
-- Both ends of a call, as requests of our own would reach them.
local json = require("cjson")
local dialog = require("dialog")
local message = require("message")

local pv = KSR.pv

local ends = {}

-- Whoever speaks TLS is not answered in the open, whatever its Contact forgets to say.
local function secured(uri)
  if pv.get("$proto") ~= "tls" or not uri or uri:find(";transport=", 1, true) then return uri end
  return uri .. ";transport=tls"
end

-- The side that a call came from, kept as $avp(caller) for its answer: what is sent back to it is from whom it called.
function keep_caller()
  pv.sets("$avp(caller)", json.encode({
    target = secured(dialog.uri(pv.get("$hdr(Contact)") or "")),
    routes = dialog.routes(message.values("Record-Route")),
    own = pv.get("$tu"),
    remote = "<" .. pv.get("$fu") .. ">;tag=" .. pv.get("$ft"),
    cseq = 1,
  }))
  return 1
end

-- Both sides as requests of our own would reach them, once a call was answered by the message at hand, which has From and CSeq as
-- whoever answered knows them.
function ends.both()
  local caller = json.decode(pv.get("$avp(caller)"))
  caller.own = "<" .. caller.own .. ">;tag=" .. pv.get("$tt")
  local callee = {
    target = secured(dialog.uri(pv.get("$hdr(Contact)") or "")),
    routes = dialog.beyond(dialog.routes(message.values("Record-Route"))),
    own = "<" .. pv.get("$fu") .. ">;tag=" .. pv.get("$ft"),
    remote = "<" .. pv.get("$tu") .. ">;tag=" .. pv.get("$tt"),
    cseq = pv.get("$(cs{s.int})") + 1,
  }
  return json.encode({ caller = caller, callee = callee })
end

-- The caller's end alone, of a call that we answered ourselves and of which it sends the message at hand.
function ends.caller(kept)
  local caller = json.decode(kept)
  caller.own = "<" .. caller.own .. ">;tag=" .. pv.get("$tt")
  return json.encode({ caller = caller })
end

return ends
