-- KEYS: the names of find(). ARGV: its other arguments.
return find(KEYS, unpack(ARGV))
