-- Placement tests. The newest one is the student's level, set in the same statement.

--: Placement(score_grammar?, score_vocab?, score_fluency?, duration_seconds?)
--! create_placement (key?, path?, body_hash?, response?, score_grammar?, score_vocab?, score_fluency?, duration_seconds?)
with claim as (
    insert into retry_keys (user_id, key, path, created_at, body_hash, response)
    select :user_id, :key::uuid, :path, :now, :body_hash, :response where :key::uuid is not null
    on conflict do nothing returning key
), student as (
    update students
    set cefr_level = case when level_from > :id then cefr_level else :cefr_level end,
        level_from = greatest(level_from, :id),
        updated_at = :now
    where user_id = :user_id and (:key::uuid is null or exists (select from claim))
    returning user_id
)
insert into placements (user_id, id, created_at, confidence, score_grammar, score_vocab, score_fluency,
    duration_seconds, turn_count, scored, cefr_level, transcript)
select user_id, :id, :now, :confidence, :score_grammar, :score_vocab, :score_fluency,
    :duration_seconds, :turn_count, :scored, :cefr_level, :transcript
from student;

--! latest_placement : Placement
select id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level, transcript
from placements where user_id = :user_id order by id desc limit 1;

-- For teachers.
--! placements_with_transcripts : Placement
select id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level, transcript
from placements where user_id = :user_id order by id desc limit :most;

--: PlacementSummary(score_grammar?, score_vocab?, score_fluency?, duration_seconds?)
--! placements : PlacementSummary
select id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level
from placements where user_id = :user_id and id < :before order by id desc limit :most;
