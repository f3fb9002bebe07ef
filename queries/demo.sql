-- A made-up class, for showing the product. Rows come as JSON, a table at a time.

--! any_student
select true as there from students limit 1;

--! demo_students
insert into students (user_id, created_at, updated_at, last_active_on, age, focus_grammar, focus_vocab, focus_fluency,
    cefr_level, level_from, name, location)
select user_id, created_at, updated_at, last_active_on, age, focus_grammar, focus_vocab, focus_fluency,
    cefr_level, level_from, name, location
from jsonb_populate_recordset(null::students, :rows);

--! demo_placements
insert into placements (user_id, id, created_at, confidence, score_grammar, score_vocab, score_fluency,
    duration_seconds, turn_count, scored, cefr_level, transcript)
select user_id, id, created_at, confidence, score_grammar, score_vocab, score_fluency,
    duration_seconds, turn_count, scored, cefr_level, transcript
from jsonb_populate_recordset(null::placements, :rows);

--! demo_conversations
insert into conversations (user_id, id, started_at, completed_at, last_message_at, duration_seconds, last_position,
    student_messages, student_words, corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling,
    corrections_pronunciation, topic)
select user_id, id, started_at, completed_at, last_message_at, duration_seconds, last_position,
    student_messages, student_words, corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling,
    corrections_pronunciation, topic
from jsonb_populate_recordset(null::conversations, :rows);

--! demo_messages
insert into messages (user_id, conversation_id, position, word_count, id, created_at, stt_ms, llm_ms, tts_ms,
    first_token_ms, turn_ms, turn_stt_ms, answers_position, prompt_tokens, completion_tokens, degraded, truncated,
    by_student, provider, model, content, corrections)
select user_id, conversation_id, position, word_count, id, created_at, stt_ms, llm_ms, tts_ms,
    first_token_ms, turn_ms, turn_stt_ms, answers_position, prompt_tokens, completion_tokens, degraded, truncated,
    by_student, provider, model, content, corrections
from jsonb_populate_recordset(null::messages, :rows);

--! demo_analyses
insert into analyses (user_id, conversation_id, created_at, up_to_position, result)
select user_id, conversation_id, created_at, up_to_position, result
from jsonb_populate_recordset(null::analyses, :rows);

-- Days that were sealed before the class was there are counted again.
--! restate_day
update daily_totals set students = :students, conversations = :conversations, messages = :messages
where day = :day;
