"""How the feed is told of a job, by the scripts that write the job's own stream."""

from __future__ import annotations

FEED = "osism:feed"
#: Events of the feed that are kept at least; of more, the oldest go.
MOST = 100_000

#: Lua: the function ``tell(feed, record, life in ms, event)``. Beside the length the age limits the
#: feed, where the server knows how (Redis 6.2).
TELL = f"""
local function tell(feed, record, life, event)
  local about = redis.call('HMGET', record, 'id', 'name', 'summary', 'by')
  local id = redis.call('XADD', feed, '*', 'event', event, 'job', about[1] or '',
    'name', about[2] or '', 'summary', about[3] or '', 'by', about[4] or '')
  if redis.call('XTRIM', feed, 'MAXLEN', '~', {MOST}) == 0 then
    local oldest = string.format('%.0f', tonumber(string.match(id, '^%d+')) - life)
    redis.pcall('XTRIM', feed, 'MINID', '~', oldest)
  end
  redis.call('PEXPIRE', feed, life)
end
"""
