-- What the server does by itself.

-- Completes calls that have been silent since `before`, at their last message. Ids bound the search: a call that
-- began later cannot have been silent that long.
--! complete_silent_conversations
update conversations
set completed_at = coalesce(last_message_at, started_at),
    duration_seconds = greatest(0, least(86400, floor(extract(epoch from
        coalesce(last_message_at, started_at) - started_at))))::integer
where (user_id, id) in (
    select user_id, id from conversations
    where completed_at is null and id < :started_before and coalesce(last_message_at, started_at) <= :before
    limit :most for update skip locked
);

--! server_fact
select value from server_facts where name = :name;

-- The first value stays; what is there is returned either way.
--! remember_server_fact
with made as (
    insert into server_facts (name, value) values (:name, :value) on conflict do nothing returning value
)
select value from made union all select value from server_facts where name = :name limit 1;

--! ping
select true as well;
