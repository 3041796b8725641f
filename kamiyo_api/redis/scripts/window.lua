-- A window is stored as its end in epoch ms, by the clock of Redis, and the number of requests in
-- it. Return that number, the milliseconds until the end, and the end. If the window is over, return
-- those of a window that begins now; likewise if its end is too far ahead, because then the clock
-- was wrong.
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function window(stored, length)
  if stored then
    local ends = string.sub(stored, 1, 13)
    local left = ends - now
    if left > 0 and left <= length + 1000 then
      return string.sub(stored, 15) + 0, left, ends
    end
  end
  return 0, length, string.format('%.0f', now + length)
end
