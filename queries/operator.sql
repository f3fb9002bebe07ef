-- What only an operator does, on a connection of their own: the application's role may do none of it.

-- Those of the list who are there, or not on the list of the database.
--! not_yet_erased
select id from unnest(:ids::uuid[]) id
where exists (select from students where user_id = id) or not exists (select from erased_students where user_id = id);

--! erase_student
select erase_student(:user_id, :now, :action_id) as was_there;

--! note_operator_action
insert into operator_actions (user_id, id, at, action) values (:user_id, :id, :now, :action);

-- Whoever is here to write as this student waits, and then finds no student.
--! hold_student
select true as held from students where user_id = :user_id for update;

--! student_is_empty
select not exists (select from conversations where user_id = :user_id)
    and not exists (select from placements where user_id = :user_id) as empty;

--! student_has_phones
select exists (select from devices where user_id = :user_id) as has_phones;

-- A phone that lost its secret: the next sign-in may bring a new one.
--! forget_secrets
update devices set secret_hash = null where user_id = :user_id and secret_hash is not null;

--! forget_secret
update devices set secret_hash = null where device_hash = :device_hash and secret_hash is not null;

--! give_device
update devices set user_id = :user_id where device_hash = :device_hash;

--! add_device
insert into devices (device_hash, user_id, created_at) values (:device_hash, :user_id, :now);
