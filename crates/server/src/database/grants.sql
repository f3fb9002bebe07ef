-- What the application's role may do in the managed database: read and add, change only the columns that endpoints
-- change, and delete nothing of a student's. It owns nothing, so it can neither TRUNCATE nor DROP.
revoke all on all tables in schema ella from ella_app;
grant usage on schema ella to ella_app;
grant select on all tables in schema ella to ella_app;

grant insert on students, devices, placements, conversations, messages, analyses, retry_keys, daily_totals, server_facts,
        token_usage
    to ella_app;

grant update (name, age, location, cefr_level, level_from, focus_grammar, focus_vocab, focus_fluency, updated_at, last_active_on)
    on students to ella_app;
grant update (secret_hash) on devices to ella_app;
grant update (completed_at, duration_seconds, last_position, last_message_at, student_messages, student_words,
        corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling, corrections_pronunciation)
    on conversations to ella_app;
grant update (corrections, tts_ms, prompt_tokens, completion_tokens) on messages to ella_app;
grant update (created_at, up_to_position, result) on analyses to ella_app;
grant update (claimed_until, response) on retry_keys to ella_app;
grant update (prompt_tokens, completion_tokens) on token_usage to ella_app;

-- Retry keys are notes about requests, not what students said; old ones are thrown away.
grant delete on retry_keys to ella_app;

-- When something was last written.
grant update (beat_at, next_if_idle) on heartbeat to ella_app;
