-- SPDX-License-Identifier: Apache-2.0
-- Steps on the bytes of a message: before Kamailio reads it, and before it goes out.
local masks = require("masks")

local pv = KSR.pv

function read_masks()
  pv.sets("$avp(bytes)", masks.read(pv.get("$mb")))
  return 1
end

function write_masks()
  pv.sets("$avp(bytes)", masks.write(pv.get("$mb")))
  return 1
end
