-- KEYS: refresh. ARGV: its number, seconds. Refreshes may report their end out of order.
if (redis.call('get', KEYS[1]) or '') < ARGV[1] then
  redis.call('set', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
return 0
