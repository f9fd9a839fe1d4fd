"""What happens inside Redis: comparing and acting on a set of locks in one step.

Of every lock there are three keys. ``lock`` is the lease itself. ``held`` says who took it and has
not released it; it outlives the lease. When the lease is gone and that is not, its holder is dead
or was cut off by the outage that is just over: nobody may take the lock before it has been free
for a *grace*, counted from ``contest``, which the first one that wants it writes. The holder's
return ends the contest.
"""

_NOW = """
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

# KEYS: n times lock, then held, then contest. ARGV: our value, then in ms: life of a lock, of what
# says that it is held, grace, life of a contest; then which server we saw last, when (its ms) and
# how many ms at most we meant to look away. Takes them up to the first that is another's; returns
# how many are ours, who holds that one and for how long (ms), which server this is and its time.
# A server that we did not see all the while may have forgotten who holds what, and its holders may
# not have had the time to come back: then everything that is free is contested from now on.
TAKE = (
    _NOW
    + """
local value, life, long, grace, keep = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local n, holders, left = #KEYS / 3, {}, {}
local began = server .. ' ' .. string.format('%.0f', now)
local unseen = ARGV[6] ~= '' and (ARGV[6] ~= server or now - ARGV[7] > tonumber(ARGV[8]))
for i = 1, n do
  local held, contest = KEYS[n + i], KEYS[2 * n + i]
  local holder = redis.call('GET', KEYS[i])
  if not holder then
    local owner, since = redis.call('GET', held), redis.call('GET', contest)
    if unseen or since or (owner and owner ~= value) then
      since = since and tonumber(string.match(since, '^' .. server .. ' (%d+)$'))
      if unseen or not since or since > now then
        since = now
        redis.call('SET', contest, began, 'PX', keep)
      end
      left[i] = since + grace - now
      if left[i] > 0 then holders[i] = owner or '' end
    end
  elseif holder ~= value then
    holders[i], left[i] = holder, redis.call('PTTL', KEYS[i])
  end
end
for i = 1, n do
  if holders[i] then return {i - 1, holders[i], left[i], server, now} end
  redis.call('SET', KEYS[i], value, 'PX', life)
  redis.call('SET', KEYS[n + i], value, 'PX', long)
  if left[i] then redis.call('DEL', KEYS[2 * n + i]) end
end
return {n, '', 0, server, now}
"""
)

# KEYS: n times lock, then held, then contest, then request to stop. ARGV: our value, then in ms:
# life of a lock, of what says that it is held, our lease; then which server we saw last, when we
# renewed last (its ms), and 1 when we are patient. Renews what is ours, and takes back what nobody
# took meanwhile: always when patient, else within the lease what has expired by itself or was
# forgotten by a server that restarted. Returns for each lock '' or who holds it ('?': nobody),
# then the requests ('' for none), then which server this is and its time. Who cannot take a lock
# back has lost it and knows it: nobody has to give it a grace.
RENEW = (
    _NOW
    + """
local value, life, long, answer = ARGV[1], ARGV[2], ARGV[3], {}
local n = #KEYS / 4
local age = now - ARGV[6]
local back = ARGV[7] == '1' or (age < tonumber(ARGV[4]) and (server ~= ARGV[5] or age >= life - 1))
for i = 1, n do
  local lock, held = KEYS[i], KEYS[n + i]
  local holder = redis.call('GET', lock)
  if not holder then
    local owner = redis.call('GET', held)
    holder = (not owner or owner == value) and (back and value or '?') or owner
    if holder == '?' then redis.call('DEL', held) end
  end
  if holder == value then
    redis.call('SET', lock, value, 'PX', life)
    redis.call('SET', held, value, 'PX', long)
    redis.call('DEL', KEYS[2 * n + i])
    holder = ''
  end
  answer[i] = holder
  answer[n + i] = redis.call('GET', KEYS[3 * n + i]) or ''
end
answer[2 * n + 1] = server
answer[2 * n + 2] = now
return answer
"""
)

# KEYS: n times lock, then held, then contest, then wake-up list. ARGV: our value. Frees what is
# ours, leaves nothing of it behind, and wakes one each.
RELEASE = """
local n = #KEYS / 4
for i = 1, n do
  local lock, held, wake = KEYS[i], KEYS[n + i], KEYS[3 * n + i]
  local holder, owner = redis.call('GET', lock), redis.call('GET', held)
  if (holder or owner) == ARGV[1] then
    redis.call('DEL', lock, held, KEYS[2 * n + i], wake)
    redis.call('LPUSH', wake, 1)
    redis.call('PEXPIRE', wake, 2000)
  end
end
"""
