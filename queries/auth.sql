-- Devices and the students behind them.

--: Device(secret_hash?)
--! device : Device
select user_id, secret_hash from devices where device_hash = :device_hash;

-- A device and its student together, or (another sign-in was first) a unique violation and neither.
--! create_student (secret_hash?)
with student as (
    insert into students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
    values (:user_id, :now, :now, true, true, true)
    returning user_id
)
insert into devices (device_hash, user_id, created_at, secret_hash)
select :device_hash, user_id, :now, :secret_hash from student;

-- The first secret stays: 0 rows when another one was there already.
--! set_device_secret
update devices set secret_hash = :secret_hash where device_hash = :device_hash and secret_hash is null;
