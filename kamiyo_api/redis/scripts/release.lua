-- KEYS: lease. ARGV: token.
if string.find(redis.call('get', KEYS[1]) or '', ARGV[1], 1, true) then
  redis.call('del', KEYS[1])
end
return 0
