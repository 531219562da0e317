-- wrk's script: sends the requests of one kind in turn, as several people in turn (each has a rate limit of their own), and
-- prints one line of figures.
--   wrk -t1 -c4 -d5s -s load.lua URL -- REQUESTS.tsv TOKENS "KIND"

local sent = 0
local asked = {}

function init(args)
  local tokens = {}
  for token in io.lines(args[2]) do tokens[#tokens + 1] = token end
  local made = {}
  for line in io.lines(args[1]) do
    local kind, method, path, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    if kind == args[3] then made[#made + 1] = { method, path, body } end
  end
  -- As many as there are pairs of a request and a person, made before the clock starts.
  for n = 0, #made * 10 - 1 do
    local one = made[n % #made + 1]
    local headers = { ["Authorization"] = "Bearer " .. tokens[n % #tokens + 1] }
    local body = nil
    if one[1] == "POST" then
      headers["Content-Type"] = "application/json"
      body = one[3]
    end
    asked[n + 1] = wrk.format(one[1], one[2], headers, body)
  end
end

function request()
  sent = sent + 1
  return asked[(sent - 1) % #asked + 1]
end

function done(summary, latency)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("LOAD\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\n", summary.requests, bad,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
