-- Add a cost to every window of a key, or to none if one of them is used up.
--
-- KEYS: the counts of a key, then the names of a cache lookup, if there is one.
-- ARGV: the cost; 1 if the counts never expire, else 0; the number of windows; for each window its
-- field, its limit and its length in milliseconds; then the arguments of the lookup.
-- Return the number of the window that is used up (0: none), the count of each window and the
-- milliseconds to its end, then the result of the lookup, unless the request is refused or there is
-- no lookup.
local cost, is_lasting, size = ARGV[1] + 0, ARGV[2] == '1', ARGV[3] + 0
local fields = {}
for number = 1, size do
  fields[number] = ARGV[3 * number + 1]
end
local stored = redis.pcall('hmget', KEYS[1], unpack(fields))
if stored.err then
  redis.call('del', KEYS[1])
  stored = {}
end
local reply, ends, longest = {0}, {}, 0
for number = 1, size do
  local count, left, stop = window(stored[number], ARGV[3 * number + 3] + 0)
  if reply[1] == 0 and count + cost > ARGV[3 * number + 2] + 0 then
    reply[1] = number
  end
  reply[2 * number], reply[2 * number + 1], ends[number] = count, left, stop
  longest = math.max(longest, left)
end
if reply[1] > 0 then
  return reply
end
if cost > 0 then
  local values = {}
  for number = 1, size do
    local count = reply[2 * number] + cost
    reply[2 * number] = count
    values[2 * number - 1], values[2 * number] = fields[number], ends[number] .. ':' .. count
  end
  redis.call('hset', KEYS[1], unpack(values))
  if not is_lasting then
    redis.call('pexpire', KEYS[1], longest)
  end
end
if KEYS[2] then
  reply[#reply + 1] = find({unpack(KEYS, 2)}, unpack(ARGV, 3 * size + 4))
end
return reply
