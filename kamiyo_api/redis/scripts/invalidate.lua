-- KEYS: the names to delete, then the names to release. ARGV: how many to delete; 1 if the caller
-- holds the others, else 0. A name that no other write holds is deleted, too; the next lookup
-- creates it.
for i, name in ipairs(KEYS) do
  local left = i > tonumber(ARGV[1]) and holders(name) - ARGV[2] or 0
  if left > 0 then
    redis.call('set', name, 'held:' .. left, 'KEEPTTL')
  else
    redis.call('del', name)
  end
end
