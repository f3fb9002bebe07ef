-- Students one by one, as teachers look for them.

-- A page of students, in one of several orders. An order is a text in which the earlier student has the smaller one, so
-- that one statement with one kind of key serves all of them. Whoever has no name, no level or no active day comes last.
--: StudentRow(name?, age?, cefr_level?, last_active_on?)
--! students : StudentRow
with wanted as materialized (
    -- The same as in the column (a test compares), and nothing for what is accents alone.
    select nullif(replace(replace(replace(
        translate(lower(regexp_replace(normalize(:search::text, nfkd), '[\u0300-\u036f]', '', 'g')), 'łŁøØđĐðÐħĦı', 'llooddddhhi'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), '') as words
), keyed as (
    select user_id, name, age, cefr_level, created_at, last_active_on, case :sort::text
        when 'name' then coalesce('0' || folded_name, '1')
        when 'level' then coalesce('0' || cefr_level, '1')
        when 'active' then coalesce('0' || lpad((5000000 - (last_active_on - date '1970-01-01'))::text, 7, '0'), '1')
        else lpad((900000000000000000 - (extract(epoch from created_at) * 1000000)::bigint)::text, 18, '0')
    end collate "C" as sort_key
    from students
    where :search::text = '' or strpos(folded_name, (select words from wanted)) > 0
        or starts_with(user_id::text, lower(:search))
), page as (
    select user_id, name, age, cefr_level, created_at, last_active_on, sort_key from keyed
    where (sort_key, user_id) > (:after_key::text collate "C", :after_id::uuid)
    order by sort_key, user_id limit :most
)
select p.user_id, p.name, p.age, p.cefr_level, p.created_at, p.last_active_on, p.sort_key,
    c.conversations, c.speaking_time_seconds, c.words_spoken
from page p cross join lateral (
    select count(*) as conversations, coalesce(sum(duration_seconds), 0)::bigint as speaking_time_seconds,
        coalesce(sum(student_words), 0)::bigint as words_spoken
    from conversations where user_id = p.user_id
) c
order by p.sort_key, p.user_id;

--: StudentProfile(name?, age?, location?, cefr_level?, last_active_on?)
--! student_profile : StudentProfile
select user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at,
    last_active_on
from students where user_id = :user_id;

--! placement_count
select count(*) as placements from placements where user_id = :user_id;

--: StudentConversation(topic?, completed_at?, duration_seconds?)
--! student_conversations : StudentConversation
select id, topic, last_position, started_at, completed_at, duration_seconds, student_messages, student_words,
    corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling, corrections_pronunciation
from conversations where user_id = :user_id and id < :before order by id desc limit :most;

-- A conversation's messages with who spoke for Zoe.
--: TranscriptMessage(stt_ms?, llm_ms?, tts_ms?, provider?, model?, degraded?, truncated?)
--! transcript_messages : TranscriptMessage
select id, position, by_student, content, corrections, stt_ms, llm_ms, tts_ms, created_at,
    provider, model, degraded, truncated
from messages
where user_id = :user_id and conversation_id = :conversation_id order by position limit :most;

-- Which models spoke for Zoe since then, and how many tokens that took. A reply's tokens are those of all models that were
-- asked for it; what the ones took that did not answer is theirs, and the rest is the answering one's.
--! model_usage
with recent as (
    select provider, model, degraded, truncated, attempts,
        coalesce(prompt_tokens, 0)::bigint as prompt, coalesce(completion_tokens, 0)::bigint as completion
    from messages where created_at > :since and provider is not null
), lost as (
    select a.provider, a.model, r.provider as answered_by, r.model as answered_with,
        coalesce(a.prompt_tokens, 0)::bigint as prompt, coalesce(a.completion_tokens, 0)::bigint as completion
    from recent r cross join lateral jsonb_to_recordset(r.attempts)
        as a (provider text, model text, won boolean, prompt_tokens integer, completion_tokens integer)
    where not a.won and coalesce(a.prompt_tokens, 0) + coalesce(a.completion_tokens, 0) > 0
), counted as (
    select provider, model, 1 as reply, degraded, truncated, prompt, completion from recent
    union all
    select provider, model, 0, false, false, prompt, completion from lost
    union all
    select answered_by, answered_with, 0, false, false, -prompt, -completion from lost
)
select coalesce(provider, '') as provider, coalesce(model, '') as model, sum(reply)::bigint as replies,
    count(*) filter (where degraded) as degraded_replies, count(*) filter (where truncated) as truncated_replies,
    greatest(sum(prompt), 0)::bigint as prompt_tokens, greatest(sum(completion), 0)::bigint as completion_tokens
from counted
group by provider, model order by sum(reply) desc, provider, model limit :most;
