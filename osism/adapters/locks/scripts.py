"""What happens inside Redis: comparing and acting on a set of locks in one step."""

# KEYS: locks in order. ARGV: our value, lease in ms. Takes them up to the first that is another's;
# returns how many are ours, who holds that one and for how long (ms), and which server this is.
TAKE = """
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
for i, key in ipairs(KEYS) do
  if not redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) then
    local holder = redis.call('GET', key)
    if holder ~= ARGV[1] then return {i - 1, holder, redis.call('PTTL', key), server} end
    redis.call('PEXPIRE', key, ARGV[2])
  end
end
return {#KEYS, '', 0, server}
"""

# KEYS: n locks, then n requests to stop. ARGV: our value, lease in ms, n. Renews what is ours;
# returns 1 or 0 for each lock, then the requests ('' for none), then which server this is.
RENEW = """
local kept, n = {}, tonumber(ARGV[3])
for i = 1, n do
  local ours = redis.call('GET', KEYS[i]) == ARGV[1]
  if ours then redis.call('PEXPIRE', KEYS[i], ARGV[2]) end
  kept[i] = ours and 1 or 0
  kept[n + i] = redis.call('GET', KEYS[n + i]) or ''
end
kept[2 * n + 1] = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return kept
"""

# KEYS: n locks, then n wake-up lists. ARGV: our value, n. Frees what is ours, wakes one each.
RELEASE = """
local n = tonumber(ARGV[2])
for i = 1, n do
  if redis.call('GET', KEYS[i]) == ARGV[1] then
    redis.call('DEL', KEYS[i], KEYS[n + i])
    redis.call('LPUSH', KEYS[n + i], 1)
    redis.call('PEXPIRE', KEYS[n + i], 2000)
  end
end
"""
