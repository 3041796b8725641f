-- Arguments: the names of value, lease, refresh, generation and, if any, version; the number of the
-- newest refresh that the caller knows; its token; the lease in ms; and, to take a lease over, its
-- holder. A value begins with its stamp: the number of the refresh of its statistics, then the
-- version and the generation under which it was computed. If the state is busy, return the holder of
-- the lease. A lease that was taken over names its previous holders too, which may still cache their
-- answers.
local function find(names, known_refresh, token, lease, abandoned)
  local values = redis.call('mget', unpack(names))
  local cached, holder, newest = values[1], values[2], values[3] or ''
  if newest < known_refresh then
    newest = known_refresh
  end
  local function current(position)
    if values[position] then
      return values[position]
    end
    redis.call('set', names[position], token, 'EX', 86400)
    return token
  end
  local stamp = current(4)
  if names[5] then
    stamp = current(5) .. stamp
  end
  if cached and string.sub(cached, 1, 19) >= newest
      and string.sub(cached, 20, 19 + #stamp) == stamp and string.sub(stamp, 1, 4) ~= 'held' then
    return {string.sub(cached, 20 + #stamp), 'hit', stamp}
  end
  if string.sub(stamp, 1, 4) == 'held' or holder and string.sub(holder, 1, 4) == 'held' then
    return {'', 'held', stamp}
  end
  if not holder or holder == abandoned then
    local holders = holder and string.sub(token .. ' ' .. holder, 1, 200) or token
    redis.call('set', names[2], holders, 'PX', lease)
    return {'', 'leased', stamp}
  end
  if string.find(holder, token, 1, true) == 1 then
    return {'', 'leased', stamp}
  end
  return {holder, 'busy', stamp}
end
