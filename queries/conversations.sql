-- Conversations and their messages, as the app stores and lists them.

--: Conversation(topic?, completed_at?, duration_seconds?)
--! create_conversation (key?, path?, body_hash?, response?, topic?)
with claim as (
    insert into retry_keys (user_id, key, path, created_at, body_hash, response)
    select :user_id, :key::uuid, :path, :now, :body_hash, :response where :key::uuid is not null
    on conflict do nothing returning key
), student as (
    update students set last_active_on = :today
    where user_id = :user_id and (last_active_on is null or last_active_on < :today)
        and (:key::uuid is null or exists (select from claim))
)
insert into conversations (user_id, id, started_at, topic)
select :user_id, :id, :now, :topic where :key::uuid is null or exists (select from claim);

--! conversation : Conversation
select id, topic, last_position, started_at, completed_at, duration_seconds
from conversations where user_id = :user_id and id = :id;

-- `completed` holds the states that are wanted: {false}, {true} or both.
--! conversations : Conversation
select id, topic, last_position, started_at, completed_at, duration_seconds
from conversations
where user_id = :user_id and id < :before and (completed_at is not null) = any(:completed)
order by id desc limit :most;

-- Without a duration, the time from the start to now counts, but no more than 30 minutes past the last message.
--! complete_conversation (duration_seconds?, tts_ms?) : Conversation
with done as (
    update conversations
    set completed_at = :now,
        duration_seconds = coalesce(:duration_seconds, greatest(0, least(86400, floor(extract(epoch from
            least(:now, coalesce(last_message_at, started_at) + interval '30 minutes') - started_at))))::integer)
    where user_id = :user_id and id = :id and completed_at is null
    returning id, topic, last_position, started_at, completed_at, duration_seconds
), spoken as (
    update messages set tts_ms = :tts_ms
    where :tts_ms::integer is not null and user_id = :user_id and conversation_id = :id
        and position = (
            select position from messages
            where user_id = :user_id and conversation_id = :id and not by_student
            order by position desc limit 1)
        and exists (select from done)
)
select id, topic, last_position, started_at, completed_at, duration_seconds from done;

-- The position is counted up under the row's lock, so that messages that race get positions without gaps.
-- No row: the conversation is not there, is completed, or the key was used.
--! add_message (key?, path?, body_hash?, response?, stt_ms?, llm_ms?, tts_ms?)
with open as (
    select last_position + 1 as position from conversations
    where user_id = :user_id and id = :conversation_id and completed_at is null
    for no key update
), claim as (
    insert into retry_keys (user_id, key, path, created_at, body_hash, response)
    select :user_id, :key::uuid, :path, :now, :body_hash, jsonb_set(:response, '{position}', to_jsonb(position))
    from open where :key::uuid is not null
    on conflict do nothing returning key
), counted as (
    update conversations
    set last_position = last_position + 1,
        last_message_at = :now,
        student_messages = student_messages + :by_student::boolean::integer,
        student_words = student_words + case when :by_student then :word_count else 0 end,
        corrections_grammar = corrections_grammar + :corrections_grammar,
        corrections_vocab = corrections_vocab + :corrections_vocab,
        corrections_fluency = corrections_fluency + :corrections_fluency,
        corrections_spelling = corrections_spelling + :corrections_spelling,
        corrections_pronunciation = corrections_pronunciation + :corrections_pronunciation
    where user_id = :user_id and id = :conversation_id and completed_at is null
        and (:key::uuid is null or exists (select from claim))
    returning last_position
), active as (
    update students set last_active_on = :today
    where :by_student and user_id = :user_id and (last_active_on is null or last_active_on < :today)
        and exists (select from counted)
)
insert into messages (user_id, conversation_id, position, word_count, id, created_at, stt_ms, llm_ms, tts_ms,
    by_student, content, corrections)
select :user_id, :conversation_id, last_position, :word_count, :id, :now, :stt_ms, :llm_ms, :tts_ms,
    :by_student, :content, :corrections
from counted
returning position;

--: Message(stt_ms?, llm_ms?, tts_ms?)
--! messages : Message
select id, position, by_student, content, corrections, stt_ms, llm_ms, tts_ms, created_at
from messages
where user_id = :user_id and conversation_id = :conversation_id and position > :after
order by position limit :most;
