-- What outlives a student, and how new the data are.

-- Nothing else was written since the last beat when no transaction is at work and the next one's number is the one that
-- followed the beat. An update of no row takes no number itself.
--! beat
with numbers as (
    select pg_snapshot_xmin(snapshot)::text::bigint as oldest_at_work, pg_snapshot_xmax(snapshot)::text::bigint as next
    from pg_current_snapshot() snapshot
)
update heartbeat
set beat_at = :now, next_if_idle = case when oldest_at_work = next then next + 1 else 0 end
from numbers where next <> next_if_idle;

--! last_beat
select beat_at from heartbeat;

--! erased_students
select user_id, erased_at from erased_students order by erased_at, user_id;
