-- Idempotency keys: what the first request with a key got.

--: RetryKey(claimed_until?, message_id?, response?)
--! retry_key : RetryKey
select body_hash, claimed_until, message_id, response from retry_keys
where user_id = :user_id and key = :key and path = :path;

-- A claim whose owner is gone passes to whoever comes first.
--! take_over_retry_key : (message_id?)
update retry_keys set claimed_until = :claimed_until
where user_id = :user_id and key = :key and path = :path and response is null and claimed_until <= :now
returning message_id;

-- A claim whose owner failed ends at once: the next request with the key takes over what was stored.
--! end_claim
update retry_keys set claimed_until = :now
where user_id = :user_id and key = :key and path = :path and response is null;

-- Nobody else serves this database, so whoever claimed a key before now is gone.
--! end_claims_of_the_dead
update retry_keys set claimed_until = :now
where response is null and claimed_until > :now and created_at > :since;

--! prune_retry_keys
delete from retry_keys where (user_id, key, path) in (
    select user_id, key, path from retry_keys where created_at < :before limit :most
);
