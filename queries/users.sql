-- The student's own profile.

--: Profile(name?, age?, location?, cefr_level?)
--! profile : Profile
select user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at
from students where user_id = :user_id;

--! student_exists
select true as there from students where user_id = :user_id;

-- Each field comes with a flag that says whether it changes, because null clears it.
--! update_profile (name?, age?, location?) : Profile
update students
set name = case when :change_name then :name else name end,
    age = case when :change_age then :age else age end,
    location = case when :change_location then :location else location end,
    updated_at = :now
where user_id = :user_id
returning user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at;

--! update_focus (grammar?, vocab?, fluency?) : Profile
update students
set focus_grammar = coalesce(:grammar, focus_grammar),
    focus_vocab = coalesce(:vocab, focus_vocab),
    focus_fluency = coalesce(:fluency, focus_fluency),
    updated_at = :now
where user_id = :user_id
returning user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at;
