-- What wrk tells tools/bench: one line of JSON at the end.
--
--   wrk … -s wrk.lua URL -- [METHOD BODY-FILE | KEYS NUMBER]
--
-- wrk builds one request from wrk.method, wrk.body and -H and sends the same bytes every time; with
-- KEYS each request has the key of `bench-key-0`, `bench-key-1` … that chance chose.

local function draw_keys(number)
    math.randomseed(number)
    request = function()
        return wrk.format(nil, nil, {Authorization = "Bearer bench-key-" .. math.random(0, number - 1)})
    end
end

function init(args)
    if args[1] == "KEYS" then
        draw_keys(tonumber(args[2]))
    elseif args[1] then
        wrk.method = args[1]
        local file = assert(io.open(args[2], "rb"))
        wrk.body = file:read("*a")
        file:close()
        wrk.headers["Content-Type"] = "application/json"
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"requests":%d,"duration_us":%d,"bytes":%d,"socket_errors":%d,"status_errors":%d,' ..
        '"mean_us":%.1f,"p50_us":%d,"p99_us":%d}\n',
        summary.requests, summary.duration, summary.bytes,
        errors.connect + errors.read + errors.write + errors.timeout, errors.status,
        latency.mean, latency:percentile(50), latency:percentile(99)))
end
