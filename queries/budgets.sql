-- What language models cost, a row for each student and UTC day. Turns and starters write theirs with their replies
-- (tutor.sql); here is the rest.

-- No row: the student is not there.
--! tokens_of_student
select coalesce((
    select u.prompt_tokens + u.completion_tokens from token_usage u
    where u.user_id = s.user_id and u.day = :today
), 0) as tokens
from students s where s.user_id = :user_id;

--! tokens_of_all
select coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint as tokens from token_usage where day = :day;

-- Of many at once; those of students who are no longer there are left out. In order of their keys, so that two programs
-- that do this do not wait for each other in a circle.
--! add_tokens
insert into token_usage (user_id, day, prompt_tokens, completion_tokens)
select user_id, day, prompt_tokens, completion_tokens
from unnest(:user_ids::uuid[], :days::date[], :prompt_tokens::bigint[], :completion_tokens::bigint[])
    as spent (user_id, day, prompt_tokens, completion_tokens)
where exists (select from students where students.user_id = spent.user_id)
order by user_id, day
on conflict (user_id, day) do update
set prompt_tokens = token_usage.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = token_usage.completion_tokens + excluded.completion_tokens;
