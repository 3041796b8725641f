-- Return how many writes hold a name: the end of one hold must not end another.
local function holders(name)
  return tonumber(string.match(redis.call('get', name) or '', '^held:(%d+)$')) or 0
end
