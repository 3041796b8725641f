-- Sends the lines of a file, each "path" or "path<tab>body", in their order: over and over, or
-- once where a number of connections is given, too; says at the end what came of it, as one line
-- of JSON.
local prepared, sent, most = {}, 0, math.huge

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, body = line:match("^([^\t]*)\t?(.*)$")
    if body == "" then
      prepared[#prepared + 1] = wrk.format("GET", path)
    else
      wrk.headers["Content-Type"] = "application/json"
      prepared[#prepared + 1] = wrk.format("POST", path, nil, body)
    end
  end
  -- wrk counts no request that is under way when it stops, one for each connection.
  if arguments[2] then
    most = #prepared + tonumber(arguments[2])
  end
end

function request()
  sent = sent + 1
  if sent > most then
    wrk.thread:stop()
  end
  return prepared[(sent - 1) % #prepared + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50": %f, "p99": %f}\n',
    summary.requests,
    summary.duration / 1e6,
    errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3
  ))
end
