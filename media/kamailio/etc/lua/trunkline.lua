-- SPDX-License-Identifier: Apache-2.0
-- What the script cannot say simply: each global function is one step of a route there, called by lua_run. The files of
-- steps are where Lua meets a call; the other modules know nothing of Kamailio.
package.path = "/etc/kamailio/lua/?.lua"

require("mask_steps")
require("count_steps")
require("limit_steps")
require("routing_steps")
require("media_steps")
require("announcement_steps")
require("peer_steps")
require("record_steps")
require("outbound_steps")
require("challenge_steps")
require("permission_steps")
