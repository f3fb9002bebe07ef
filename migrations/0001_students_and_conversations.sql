-- Ella's tables.
--
-- Who owns what. Every row belongs to one student, and `user_id` stands first in every key, so that a lookup
-- cannot reach another student's row by mistake and the tables can be spread over machines by `user_id`.
-- Three kinds of tables stand apart: `devices`, which is how a student is found in the first place, and
-- `daily_totals` and `server_facts`, which hold nothing of any one student.
--
-- Ids are UUIDv7 made by the server: they sort by the time they were made, which is what newest-first lists use.
-- Times come from the server's clock, never from now(): so that one request has one time.
--
-- Counters live where nobody queues for them: a conversation's row counts its own messages, words and corrections
-- (a student has one conversation at a time), in the same update that gives a message its position. Its
-- fillfactor leaves room so that this update stays within the page and touches no index (HOT). Totals over
-- all students are added up when they are asked for, and finished days are sealed in `daily_totals`.
--
-- Constraints say what the HTTP contract says. Null means something wherever it is allowed:
-- "not told yet", "not measured", "not completed yet".

create table students (
    user_id         uuid primary key,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    -- The UTC day on which the student last started a conversation or said something. Written once a day.
    last_active_on  date,
    age             smallint,
    focus_grammar   boolean not null,
    focus_vocab     boolean not null,
    focus_fluency   boolean not null,
    cefr_level      text,
    -- The placement that the level is from. When two are saved at once, the newer one decides, whichever comes first.
    level_from      uuid,
    name            text,
    location        text,
    constraint students_name check (char_length(name) between 1 and 100),
    constraint students_age check (age between 4 and 120),
    constraint students_location check (char_length(location) between 1 and 100),
    constraint students_cefr_level check (cefr_level in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2'))
) with (fillfactor = 80);

-- A phone. Neither its id nor its secret is kept, only a keyed hash of each (HMAC-SHA-256).
create table devices (
    device_hash  bytea primary key,
    user_id      uuid not null references students on delete cascade,
    created_at   timestamptz not null,
    -- Null until the device has sent a secret; from then on every sign-in must match.
    secret_hash  bytea,
    constraint devices_device_hash check (octet_length(device_hash) = 32),
    constraint devices_secret_hash check (octet_length(secret_hash) = 32)
);
create index devices_by_student on devices (user_id);

create table placements (
    user_id           uuid not null references students on delete cascade,
    id                uuid not null,
    created_at        timestamptz not null,
    confidence        double precision not null,
    score_grammar     double precision,
    score_vocab       double precision,
    score_fluency     double precision,
    duration_seconds  integer,
    turn_count        smallint not null,
    -- Whether scores were sent at all; each of them may still be null.
    scored            boolean not null,
    cefr_level        text not null,
    -- [{"role", "content", "at"?}], oldest first.
    transcript        jsonb not null,
    primary key (user_id, id),
    constraint placements_confidence check (confidence between 0 and 1),
    constraint placements_score_grammar check (score_grammar between 0 and 1),
    constraint placements_score_vocab check (score_vocab between 0 and 1),
    constraint placements_score_fluency check (score_fluency between 0 and 1),
    constraint placements_scored check (scored or num_nonnulls(score_grammar, score_vocab, score_fluency) = 0),
    constraint placements_duration_seconds check (duration_seconds between 0 and 86400),
    constraint placements_turn_count check (turn_count between 0 and 200),
    constraint placements_cefr_level check (cefr_level in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2')),
    constraint placements_transcript check (jsonb_typeof(transcript) = 'array')
);

create table conversations (
    user_id                    uuid not null references students on delete cascade,
    id                         uuid not null,
    started_at                 timestamptz not null,
    -- Null while the conversation is active.
    completed_at               timestamptz,
    -- Null until something was said.
    last_message_at            timestamptz,
    duration_seconds           integer,
    -- The position of the newest message, which is also how many there are: positions have no gaps.
    last_position              integer not null default 0,
    student_messages           integer not null default 0,
    student_words              integer not null default 0,
    -- Corrections of the student's messages, by category.
    corrections_grammar        integer not null default 0,
    corrections_vocab          integer not null default 0,
    corrections_fluency        integer not null default 0,
    corrections_spelling       integer not null default 0,
    corrections_pronunciation  integer not null default 0,
    topic                      text,
    primary key (user_id, id),
    constraint conversations_topic check (char_length(topic) between 1 and 200),
    constraint conversations_duration_seconds check (duration_seconds between 0 and 86400),
    constraint conversations_completed check ((completed_at is null) = (duration_seconds is null)),
    constraint conversations_counters check (
        last_position >= 0 and student_messages between 0 and last_position and student_words >= 0)
) with (fillfactor = 80);
-- For teachers, who name a conversation without its student, and for the newest conversations of all.
create index conversations_by_id on conversations (id);
-- For completing calls that fell silent. Holds the active ones only.
create index conversations_active on conversations (id) where completed_at is null;

create table messages (
    user_id            uuid not null,
    conversation_id    uuid not null,
    position           integer not null,
    word_count         integer not null,
    id                 uuid not null,
    created_at         timestamptz not null,
    -- Latencies in milliseconds, as the app or the engine measured them.
    stt_ms             integer,
    llm_ms             integer,
    tts_ms             integer,
    -- The rest is known of Zoe's own replies only (messages that a turn or a starter made).
    first_token_ms     integer,
    -- From the arrival of the request to the answer; null for a starter.
    turn_ms            integer,
    -- The student's speech recognition time once more, so that a whole spoken turn can be read off one row.
    turn_stt_ms        integer,
    -- The position of the message that this one answers; null for a starter.
    answers_position   integer,
    prompt_tokens      integer,
    completion_tokens  integer,
    prompt_version     smallint,
    -- True for the built-in voice; such lines are kept out of later prompts.
    degraded           boolean,
    truncated          boolean,
    by_student         boolean not null,
    provider           text,
    model              text,
    content            text not null,
    -- [{"original", "corrected", "explanation"?, "category", "type"?}]
    corrections        jsonb not null default '[]',
    -- What each provider that was asked did, when it was more than one clean attempt.
    attempts           jsonb,
    primary key (user_id, conversation_id, position),
    foreign key (user_id, conversation_id) references conversations on delete cascade,
    constraint messages_position check (position >= 1),
    constraint messages_word_count check (word_count >= 0),
    constraint messages_content check (char_length(content) between 1 and 8000),
    constraint messages_corrections check (
        jsonb_typeof(corrections) = 'array' and jsonb_array_length(corrections) <= 50),
    constraint messages_stt_ms check (stt_ms between 0 and 600000),
    constraint messages_llm_ms check (llm_ms between 0 and 600000),
    constraint messages_tts_ms check (tts_ms between 0 and 600000),
    constraint messages_turn check (
        first_token_ms >= 0 and turn_ms >= 0 and prompt_tokens >= 0 and completion_tokens >= 0),
    -- Zoe's own replies say who spoke, whole; nothing else does.
    constraint messages_engine check (
        num_nulls(provider, model, degraded, truncated) in (0, 4) and not (by_student and provider is not null))
) with (fillfactor = 85);
-- The room is for corrections and speech times that follow a moment later: a message stays on its page, and the
-- pages in the order of time, which the next index lives on.
-- For "the last 24 hours" and "today": messages arrive in the order of time, so a few bytes per range suffice.
create index messages_by_time on messages using brin (created_at) with (pages_per_range = 32, autosummarize = on);

-- The last session analysis of a conversation, kept until something new is said in it.
create table analyses (
    user_id          uuid not null,
    conversation_id  uuid not null,
    created_at       timestamptz not null,
    -- The position of the newest message that the analysis knows.
    up_to_position   integer not null,
    result           jsonb not null,
    primary key (user_id, conversation_id),
    foreign key (user_id, conversation_id) references conversations on delete cascade,
    constraint analyses_up_to_position check (up_to_position >= 1),
    constraint analyses_result check (jsonb_typeof(result) = 'object')
);

-- Idempotency keys: what the first request with a key got, so that a repeated one gets the same and stores nothing.
create table retry_keys (
    user_id        uuid not null references students on delete cascade,
    key            uuid not null,
    path           text not null,
    created_at     timestamptz not null,
    -- SHA-256 of the body as the server understood it.
    body_hash      bytea not null,
    -- While a model is being asked: until when the first request may take. After that another may take over.
    claimed_until  timestamptz,
    -- The student's message of a turn that was claimed, which whoever takes over answers.
    message_id     uuid,
    -- Null while the first request is still at work.
    response       jsonb,
    primary key (user_id, key, path),
    constraint retry_keys_body_hash check (octet_length(body_hash) = 32),
    constraint retry_keys_state check ((claimed_until is null) = (response is not null))
) with (fillfactor = 80);
create index retry_keys_by_time on retry_keys using brin (created_at) with (pages_per_range = 16, autosummarize = on);

-- One row for each finished UTC day, added up once when the day is over.
create table daily_totals (
    day            date primary key,
    students       integer not null,
    conversations  integer not null,
    messages       integer not null
);

-- What the server must remember about itself, such as the fingerprint of its recovery key.
create table server_facts (
    name   text primary key,
    value  text not null
);
