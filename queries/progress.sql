-- What a student has done so far. Days depend on a time zone, so conversations come as they are and are
-- grouped by the caller.

--: ConversationFigures(duration_seconds?)
--! conversation_figures : ConversationFigures
select started_at, duration_seconds, student_messages, student_words, corrections_grammar, corrections_vocab,
    corrections_fluency, corrections_spelling, corrections_pronunciation
from conversations where user_id = :user_id order by id;

--! level_history
select cefr_level, created_at from placements where user_id = :user_id order by id desc limit :most;
