-- KEYS: the names to delete, then the names to hold. ARGV: how many to delete; the seconds of a
-- hold.
for i, name in ipairs(KEYS) do
  if i <= tonumber(ARGV[1]) then
    redis.call('del', name)
  else
    redis.call('set', name, 'held:' .. holders(name) + 1, 'EX', ARGV[2])
  end
end
