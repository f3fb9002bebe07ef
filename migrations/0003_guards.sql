-- What outlives a student, and how new the data are.

-- Students who were erased, and when: that is all that is kept of them. Rows of a student can be deleted only when the
-- student stands here (see the guards), and after a restore to before the erasure they are erased again.
create table erased_students (
    user_id    uuid primary key,
    erased_at  timestamptz not null
);

-- What operators did for or with one student's data.
create table operator_actions (
    user_id  uuid not null,
    id       uuid not null,
    at       timestamptz not null,
    action   text not null,
    primary key (user_id, id),
    constraint operator_actions_action check (action in ('erase', 'export', 'relink', 'rescue'))
);

-- One row that says when something was last written: after a restore it tells how much is lost.
create table heartbeat (
    the_one       boolean primary key default true,
    beat_at       timestamptz not null,
    -- The next transaction's number, if nothing but the beat itself has been written since it was looked at; 0 when
    -- others were writing at that moment.
    next_if_idle  bigint not null,
    constraint heartbeat_the_one check (the_one)
) with (fillfactor = 50);
insert into heartbeat (beat_at, next_if_idle) values ('epoch', 0);

-- The function below looks nowhere but here, whoever calls it.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Erases a student with all that is theirs, and notes it. Also one who is not there (any more), so that a restore does
-- not bring them back. True if there was a student. For operators: the application's role may not call it.
create function erase_student(student uuid, erased_at timestamptz, action_id uuid) returns boolean
language plpgsql security definer set search_path from current as $$
declare
    was_there boolean;
begin
    insert into erased_students values (student, erase_student.erased_at) on conflict do nothing;
    delete from students where user_id = student;
    was_there := found;
    if was_there then
        insert into operator_actions values (student, action_id, erase_student.erased_at, 'erase');
    end if;
    return was_there;
end $$;
revoke all on function erase_student(uuid, timestamptz, uuid) from public;
