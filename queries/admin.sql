-- What teachers see, over all students.

--! students_by_level : (cefr_level?)
select cefr_level, count(*) as students,
    count(*) filter (where last_active_on >= :today) as active_today,
    count(*) filter (where last_active_on >= :today::date - 6) as active_7_days,
    count(*) filter (where last_active_on >= :today::date - 29) as active_30_days
from students group by cefr_level;

--! conversation_totals
select count(*) as total, count(completed_at) as completed,
    coalesce(sum(duration_seconds), 0)::bigint as speaking_time_seconds,
    coalesce(sum(last_position), 0)::bigint as messages
from conversations;

--: Latencies(stt?, llm?, tts?, turn?, spoken?)
--! latencies : Latencies
select
    percentile_disc(array[0.5, 0.95, 0.99]) within group (order by stt_ms) as stt, count(stt_ms) as stt_count,
    percentile_disc(array[0.5, 0.95, 0.99]) within group (order by llm_ms) as llm, count(llm_ms) as llm_count,
    percentile_disc(array[0.5, 0.95, 0.99]) within group (order by tts_ms) as tts, count(tts_ms) as tts_count,
    percentile_disc(array[0.5, 0.95, 0.99]) within group (order by turn_ms) as turn, count(turn_ms) as turn_count,
    percentile_disc(array[0.5, 0.95, 0.99]) within group (order by turn_stt_ms + turn_ms + tts_ms) as spoken,
    count(turn_stt_ms + turn_ms + tts_ms) as spoken_count,
    count(turn_ms) filter (where degraded) as degraded_turns,
    coalesce(sum(prompt_tokens), 0)::bigint as prompt_tokens,
    coalesce(sum(completion_tokens), 0)::bigint as completion_tokens
from messages where created_at > :since;

--: DailyTotals()
--! daily_totals : DailyTotals
select day, students, conversations, messages from daily_totals where day >= :since order by day;

-- One day's totals; ids are made of the same clock as times, so the day's conversations are a range of ids.
--! count_day : DailyTotals
with started as materialized (
    select user_id from conversations where id >= :first_id and id < :end_id
), said as materialized (
    select user_id, by_student from messages where created_at >= :starts_at and created_at < :ends_at
)
select :day::date as day,
    (select count(*) from (
        select user_id from started union select user_id from said where by_student) active)::integer as students,
    (select count(*) from started)::integer as conversations,
    (select count(*) from said)::integer as messages;

--! seal_day
insert into daily_totals (day, students, conversations, messages)
values (:day, :students, :conversations, :messages) on conflict do nothing;

--: RecentConversation(name?, topic?, completed_at?)
--! recent_conversations : RecentConversation
select c.id, c.user_id, s.name, c.topic, c.completed_at, c.last_position, c.started_at
from conversations c join students s on s.user_id = c.user_id
order by c.id desc limit :most;

--: ConversationAndStudent(topic?, completed_at?, duration_seconds?, name?, age?, location?, cefr_level?)
--! conversation_and_student : ConversationAndStudent
select c.id, c.topic, c.last_position, c.started_at, c.completed_at, c.duration_seconds,
    s.user_id, s.name, s.age, s.location, s.cefr_level
from conversations c join students s on s.user_id = c.user_id
where c.id = :id;
