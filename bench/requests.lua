-- Sends the lines of a file, each "path" or "path<tab>body", over and over, in their order;
-- says at the end what came of it, as one line of JSON.
local prepared, position = {}, 0

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
end

function request()
  position = position % #prepared + 1
  return prepared[position]
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
