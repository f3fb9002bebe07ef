-- Guards that any owner of the tables can raise: rows of students are not deleted unless the student stands on the list
-- of the erased, one statement changes only few rows, and nothing is truncated. They hold for the owner of the tables
-- as well, and no setting switches them off: whoever means it drops the trigger. Run at every start; what is as it
-- should be is left alone. Functions go into the first schema of the search path, tables are found through it.

create or replace function guard_deletions() returns trigger
language plpgsql set search_path from current as $$
declare
    lost bigint;
begin
    select count(*) into lost from gone
    where not exists (select from erased_students erased where erased.user_id = gone.user_id);
    if lost > 0 then
        raise exception using errcode = 'restrict_violation',
            message = format('%s rows of %I would be deleted whose students are not on the list of the erased: refused',
                lost, tg_table_name),
            hint = 'To erase a student with all that is theirs: ella student erase <id>.';
    end if;
    return null;
end $$;

-- On every write's way, so it looks for one row too many and counts nothing: three of these cost a turn 14 µs of
-- PostgreSQL's 160.
create or replace function guard_number() returns trigger language plpgsql as $$
begin
    perform from changed offset tg_argv[0]::bigint limit 1;
    if found then
        raise exception using errcode = 'restrict_violation',
            message = format('one statement would %s more than %s rows of %I: refused', lower(tg_op), tg_argv[0],
                tg_table_name),
            hint = 'See whether its condition is right; the server itself never touches so many at once.';
    end if;
    return null;
end $$;

create or replace function guard_truncation() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'restrict_violation',
        message = format('%I would be emptied: refused', tg_table_name),
        hint = 'Nothing in Ella is ever truncated. See whether this is the right database.';
end $$;

do $$
declare
    wanted record;
begin
    for wanted in
        with tables as (
            select c.oid::regclass as name, c.relname, c.relname in ('erased_students', 'operator_actions') as for_ever,
                exists (
                    select from pg_attribute a
                    where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped) as of_students
            from pg_class c
            where c.relkind = 'r'
                and c.relnamespace = (select relnamespace from pg_class where oid = 'students'::regclass)
        ), triggers as (
            select name, 'guard_truncation' as trigger, 'guard_truncation' as function, null as most,
                'before truncate' as event
            from tables
            union all
            select name, 'guard_deletions', 'guard_deletions', null, 'after delete'
            from tables where of_students and not for_ever and relname <> 'retry_keys'
            union all
            -- Old retry keys are thrown away in batches, and silent calls completed in batches of as many.
            select name, 'guard_deletions', 'guard_number', case when for_ever then '0' else '500' end, 'after delete'
            from tables where for_ever or relname = 'retry_keys'
            union all
            select name, 'guard_updates', 'guard_number',
                case when for_ever then '0' when relname = 'conversations' then '500' else '20' end, 'after update'
            -- A start ends all claims that a crash has left on retry keys.
            from tables where of_students and relname <> 'retry_keys'
        )
        select * from triggers
        where not exists (
            select from pg_trigger t
            where t.tgrelid = triggers.name and t.tgname = trigger and t.tgenabled in ('O', 'A')
                and t.tgfoid = to_regprocedure(function || '()')
                and t.tgargs = case when most is null then '' else convert_to(most, 'UTF8') || '\x00' end)
    loop
        execute format('create or replace trigger %I %s on %s %s for each statement execute function %I(%s)',
            wanted.trigger, wanted.event, wanted.name,
            case wanted.function
                when 'guard_deletions' then 'referencing old table as gone'
                when 'guard_number' then 'referencing old table as changed'
                else '' end,
            wanted.function, coalesce(quote_literal(wanted.most), ''));
        execute format('alter table %s enable trigger %I', wanted.name, wanted.trigger);
    end loop;
end $$;
