-- SPDX-License-Identifier: Apache-2.0
-- What a request of our own within a call would need, to either side: see RFC 3261, section 12.
local dialog = {}

-- The URI of a From, To, Contact or Route value.
function dialog.uri(value)
  return value:match("<([^>]*)>") or value:match("^%s*([^;%s]+)")
end

-- Record-Route values, several in a header or not, as a list of URIs.
function dialog.routes(headers)
  local routes = {}
  for _, value in ipairs(headers) do
    for uri in value:gmatch("<([^>]*)>") do routes[#routes + 1] = uri end
  end
  return routes
end

-- Marks an entry of Record-Route as made by a proxy of this gateway, whichever.
dialog.MARK = ";tl=1"

-- Of a Record-Route as an answer has it, the part beyond the proxy as whoever called would use it: the nearest first.
function dialog.beyond(routes)
  local kept = {}
  for _, uri in ipairs(routes) do
    if uri:find(dialog.MARK, 1, true) then break end
    table.insert(kept, 1, uri)
  end
  return kept
end

-- A Route in which the entries that another proxy of the gateway made are as this one would have made them; nil where there are
-- none, so that nothing has to change. All have the one by which Meta comes, on port 5061, and for the inside one at a host of its own.
function dialog.adopted(values, own_address)
  local route = table.concat(values, ", ")
  local adopted = route:gsub("<([^>]*)>", function(uri)
    if not uri:find(dialog.MARK, 1, true) or uri:find(":5061;", 1, true) then return nil end
    return "<" .. uri:gsub("^(sips?:)[^:;]+", "%1" .. own_address) .. ">"
  end)
  return adopted ~= route and adopted or nil
end

-- Whether a host is a name that the cluster's own DNS gives: whoever has one reaches Services.
function dialog.is_of_cluster(host) return host:find("%.svc$") ~= nil or host:find("%.svc%.") ~= nil end

-- What stands in Record-Route for an address of the inside's listeners.
function dialog.entry(address, transport)
  if transport == "tls" then return address .. ":5063;transport=tls" end
  return address .. ":5060" .. (transport == "tcp" and ";transport=tcp" or "")
end

return dialog
