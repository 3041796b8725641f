-- KEYS: value, lease. ARGV: token, value, seconds.
if not string.find(redis.call('get', KEYS[2]) or '', ARGV[1], 1, true) then
  return 0
end
redis.call('del', KEYS[2])
redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
