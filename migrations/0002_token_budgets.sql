-- What language models cost: a row for each student and UTC day, the server's clock telling the day.
--
-- A student's row is read and written within the statements of their own turns, so nobody queues for another's. What all
-- students cost together is added up when the server starts and now and then, and counted in memory between.

create table token_usage (
    user_id            uuid not null references students on delete cascade,
    day                date not null,
    -- Of every call to a provider, those included that were given up.
    prompt_tokens      bigint not null,
    completion_tokens  bigint not null,
    primary key (user_id, day),
    constraint token_usage_tokens check (prompt_tokens >= 0 and completion_tokens >= 0)
) with (fillfactor = 80);
-- For adding up a day. Updates leave it alone (HOT).
create index token_usage_by_day on token_usage (day);
