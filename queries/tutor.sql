-- A spoken turn: one round trip before the model is asked (begin, context and history go out together), one after.

-- Stores the student's words, and claims the retry key if there is one. No row: the conversation is not
-- there, is completed, or the key was used.
--! begin_turn (key?, path?, body_hash?, claimed_until?, stt_ms?, tts_ms?)
with open as (
    select from conversations
    where user_id = :user_id and id = :conversation_id and completed_at is null
    for no key update
), claim as (
    insert into retry_keys (user_id, key, path, created_at, body_hash, claimed_until, message_id)
    select :user_id, :key::uuid, :path, :now, :body_hash, :claimed_until, :message_id
    from open where :key::uuid is not null
    on conflict do nothing returning key
), counted as (
    update conversations
    set last_position = last_position + 1,
        last_message_at = :now,
        student_messages = student_messages + 1,
        student_words = student_words + :word_count
    where user_id = :user_id and id = :conversation_id and completed_at is null
        and (:key::uuid is null or exists (select from claim))
    returning last_position
), active as (
    update students set last_active_on = :today
    where user_id = :user_id and (last_active_on is null or last_active_on < :today) and exists (select from counted)
), spoken as (
    update messages set tts_ms = :tts_ms
    where :tts_ms::integer is not null and user_id = :user_id and conversation_id = :conversation_id
        and position = (
            select position from messages
            where user_id = :user_id and conversation_id = :conversation_id and not by_student
            order by position desc limit 1)
        and exists (select from counted)
)
insert into messages (user_id, conversation_id, position, word_count, id, created_at, stt_ms, by_student, content)
select :user_id, :conversation_id, last_position, :word_count, :message_id, :now, :stt_ms, true, :content
from counted
returning position;

-- With the student's tokens of the day, so that a budget costs no round trip.
--: TurnContext(age?, cefr_level?, topic?, completed_at?)
--! turn_context : TurnContext
select s.age, s.cefr_level, s.focus_grammar, s.focus_vocab, s.focus_fluency,
    c.topic, c.completed_at,
    coalesce((
        select u.prompt_tokens + u.completion_tokens from token_usage u
        where u.user_id = s.user_id and u.day = :today
    ), 0) as tokens_today
from students s join conversations c on c.user_id = s.user_id
where s.user_id = :user_id and c.id = :conversation_id;

-- Newest first. `canned` are the built-in voice's lines: kept out of prompts, so that they do not teach the model its
-- own helplessness, but known to the built-in voice, so that it does not say them again. What the app says that Zoe
-- said is told from what a model really said.
-- The opening comes last, however long ago it was.
--! turn_history
(
    select position, by_student, provider is not null as by_model, content, coalesce(degraded, false) as canned
    from messages
    where user_id = :user_id and conversation_id = :conversation_id
    order by position desc limit :most::integer
) union all (
    select position, by_student, provider is not null as by_model, content, coalesce(degraded, false) as canned
    from messages
    where user_id = :user_id and conversation_id = :conversation_id
        and position <= :opening and position <= (
            select last_position - :most::integer from conversations
            where user_id = :user_id and id = :conversation_id)
    order by position desc
);

--! message_position : (stt_ms?)
select position, stt_ms from messages
where user_id = :user_id and conversation_id = :conversation_id and id = :id;

-- Stores Zoe's words with their telemetry, the corrections with the student's message, and the answer with the
-- retry key. Also when the conversation was completed meanwhile: what was said is kept. Done twice (the connection was
-- lost, and nobody knows whether it was done) it does nothing the second time. Nor does it when somebody who took the
-- turn over has answered it: a retry key has one answer, and a turn one reply. Locks are taken in the order in which a
-- turn begins, the conversation before the key, so that copies cannot wait for each other.
--! finish_turn (key?, path?, response?, turn_stt_ms?, prompt_tokens?, completion_tokens?, prompt_version?, attempts?)
with open as (
    select from conversations
    where :key::uuid is not null and user_id = :user_id and id = :conversation_id
    for no key update
), answered as (
    update retry_keys set response = :response, claimed_until = null
    where user_id = :user_id and key = :key and path = :path and response is null and exists (select from open)
    returning key
), counted as (
    update conversations
    set last_position = last_position + 1,
        last_message_at = :now,
        corrections_grammar = corrections_grammar + :corrections_grammar,
        corrections_vocab = corrections_vocab + :corrections_vocab,
        corrections_fluency = corrections_fluency + :corrections_fluency
    where user_id = :user_id and id = :conversation_id
        and (:key::uuid is null or exists (select from answered))
        and not exists (
            select from messages
            where user_id = :user_id and conversation_id = :conversation_id
                and position > :answers_position and id = :id)
    returning last_position
), corrected as (
    update messages set corrections = :corrections
    where :has_corrections and user_id = :user_id and conversation_id = :conversation_id
        and position = :answers_position and exists (select from counted)
), spent as (
    insert into token_usage (user_id, day, prompt_tokens, completion_tokens)
    select :user_id, :today, coalesce(:prompt_tokens::integer, 0), coalesce(:completion_tokens::integer, 0)
    from counted where coalesce(:prompt_tokens::integer, 0) + coalesce(:completion_tokens::integer, 0) > 0
    on conflict (user_id, day) do update
    set prompt_tokens = token_usage.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = token_usage.completion_tokens + excluded.completion_tokens
)
insert into messages (user_id, conversation_id, position, word_count, id, created_at, llm_ms, first_token_ms, turn_ms,
    turn_stt_ms, answers_position, prompt_tokens, completion_tokens, prompt_version, degraded, truncated,
    by_student, provider, model, content, attempts)
select :user_id, :conversation_id, last_position, :word_count, :id, :now, :llm_ms, :first_token_ms, :turn_ms,
    :turn_stt_ms, :answers_position, :prompt_tokens, :completion_tokens, :prompt_version, :degraded, :truncated,
    false, :provider, :model, :content, :attempts
from counted
returning position;

-- What came after the answer: corrections, and what the whole turn cost. Each is taken once. Done twice (the connection
-- was lost, and nobody knows whether it was done) it does nothing the second time: the corrections are there by then,
-- and the reply's tokens are the same.
-- An analysis that counted without these corrections is no longer current.
--! finish_turn_late
with corrected as (
    update messages set corrections = :corrections
    where :has_corrections and user_id = :user_id and conversation_id = :conversation_id
        and position = :answers_position and corrections = '[]'
    returning position
), counted as (
    update conversations
    set corrections_grammar = corrections_grammar + :corrections_grammar,
        corrections_vocab = corrections_vocab + :corrections_vocab,
        corrections_fluency = corrections_fluency + :corrections_fluency
    where user_id = :user_id and id = :conversation_id and exists (select from corrected)
), known as (
    select position, coalesce(prompt_tokens, 0) as prompt_tokens, coalesce(completion_tokens, 0) as completion_tokens
    from messages
    where user_id = :user_id and conversation_id = :conversation_id
        and position > :answers_position and id = :reply_id
    for no key update
), told as (
    update messages m set prompt_tokens = :prompt_tokens, completion_tokens = :completion_tokens
    from known k
    where m.user_id = :user_id and m.conversation_id = :conversation_id and m.position = k.position
        and (k.prompt_tokens, k.completion_tokens) <> (:prompt_tokens, :completion_tokens)
    returning :prompt_tokens - k.prompt_tokens as more_prompt, :completion_tokens - k.completion_tokens as more_completion
)
insert into token_usage (user_id, day, prompt_tokens, completion_tokens)
select :user_id, :day, greatest(more_prompt, 0), greatest(more_completion, 0) from told
on conflict (user_id, day) do update
set prompt_tokens = greatest(token_usage.prompt_tokens + (select more_prompt from told), 0),
    completion_tokens = greatest(token_usage.completion_tokens + (select more_completion from told), 0);

-- A starter opens its conversation without a student's message before it. No row: the conversation is not there,
-- is completed, or the key was used.
--! begin_starter (key?, path?, body_hash?, claimed_until?)
with open as (
    select id from conversations
    where user_id = :user_id and id = :conversation_id and completed_at is null
    for no key update
), claim as (
    insert into retry_keys (user_id, key, path, created_at, body_hash, claimed_until)
    select :user_id, :key::uuid, :path, :now, :body_hash, :claimed_until
    from open where :key::uuid is not null
    on conflict do nothing returning key
)
select id from open where :key::uuid is null or exists (select from claim);

-- No row: the conversation is gone, or somebody who took the starter over was first.
--! finish_starter (key?, path?, response?, prompt_tokens?, completion_tokens?, prompt_version?, attempts?)
with open as (
    select from conversations
    where :key::uuid is not null and user_id = :user_id and id = :conversation_id
    for no key update
), answered as (
    update retry_keys set response = :response, claimed_until = null
    where user_id = :user_id and key = :key and path = :path and response is null and exists (select from open)
    returning key
), counted as (
    update conversations set last_position = last_position + 1, last_message_at = :now
    where user_id = :user_id and id = :conversation_id
        and (:key::uuid is null or exists (select from answered))
    returning last_position
), spent as (
    insert into token_usage (user_id, day, prompt_tokens, completion_tokens)
    select :user_id, :today, coalesce(:prompt_tokens::integer, 0), coalesce(:completion_tokens::integer, 0)
    from counted where coalesce(:prompt_tokens::integer, 0) + coalesce(:completion_tokens::integer, 0) > 0
    on conflict (user_id, day) do update
    set prompt_tokens = token_usage.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = token_usage.completion_tokens + excluded.completion_tokens
)
insert into messages (user_id, conversation_id, position, word_count, id, created_at, llm_ms, first_token_ms,
    prompt_tokens, completion_tokens, prompt_version, degraded, truncated, by_student, provider, model, content, attempts)
select :user_id, :conversation_id, last_position, :word_count, :id, :now, :llm_ms, :first_token_ms,
    :prompt_tokens, :completion_tokens, :prompt_version, :degraded, :truncated, false, :provider, :model, :content, :attempts
from counted
returning position;

-- It is current while nothing was said since, and no correction came in that it does not count: one may come late, also
-- while the analysis is being made.
--: Analysis()
--! analysis : Analysis
select a.result, a.up_to_position = c.last_position
    and c.corrections_grammar + c.corrections_vocab + c.corrections_fluency + c.corrections_spelling
        + c.corrections_pronunciation = (
        select coalesce(sum(counted.value::integer), 0) from jsonb_each_text(a.result -> 'corrections_by_category') counted
    ) as is_current
from analyses a join conversations c on c.user_id = a.user_id and c.id = a.conversation_id
where a.user_id = :user_id and a.conversation_id = :conversation_id;

-- `canned` as above.
--! spoken_messages
select id, position, by_student, content, corrections, word_count, coalesce(degraded, false) as canned from messages
where user_id = :user_id and conversation_id = :conversation_id and position > :after order by position limit :most;

--! store_analysis
insert into analyses (user_id, conversation_id, created_at, up_to_position, result)
values (:user_id, :conversation_id, :now, :up_to_position, :result)
on conflict (user_id, conversation_id) do update
set created_at = excluded.created_at, up_to_position = excluded.up_to_position, result = excluded.result
where analyses.up_to_position <= excluded.up_to_position;
