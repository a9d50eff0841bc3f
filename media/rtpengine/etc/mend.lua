-- SPDX-License-Identifier: Apache-2.0
-- Runs in the store before the relay reads it. rtpengine 12.5 writes what it knows of a codec as PT/NAME/RATE/CHANNELS/FORMAT/BITRATE/PTIME
-- and reads PT/NAME/RATE/CHANNELS/BITRATE/PTIME/FORMAT (daemon/redis.c, codec_make_payload_type in daemon/codec.c): a call taken up again
-- would get packets of 60 ms. What is in the order that is read stays as it is.
-- And while music is played a side's own packets are kept out (MEDIA_FLAG_BLOCK_EGRESS in include/call.h). The player that would end this
-- is gone, so it ends here.
local BLOCK_EGRESS = 2 ^ 33
local mended = 0

local function unblock(name, flags)
  local number = tonumber(flags)
  if math.floor(number / BLOCK_EGRESS) % 2 == 1 then number = number - BLOCK_EGRESS end
  return name .. ("%.0f"):format(number)
end

local function mend(codec)
  local name, format, bitrate, ptime = codec:match("^(%d+/[^/]*/%d+/[^/]*)/(.*)/(%-?%d+)/(%-?%d+)$")
  if not name or format:match("^%-?%d+$") then return codec end
  return table.concat({ name, bitrate, ptime, format }, "/")
end

for _, key in ipairs(redis.call("KEYS", "*")) do
  local text = redis.call("GET", key)
  local changed = text:gsub('("payload_types%-%d+":%[)([^%]]*)', function(name, codecs)
    return name .. codecs:gsub('"([^"]*)"', function(codec) return '"' .. mend(codec) .. '"' end)
  end)
  changed = changed:gsub('("media_flags":"?)(%d+)', unblock)
  if changed ~= text then
    redis.call("SET", key, changed, "KEEPTTL")
    mended = mended + 1
  end
end
return mended
