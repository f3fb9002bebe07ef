-- Guards that only a superuser can raise, for the managed database: no table, column, guard or schema of Ella's is
-- dropped. They lie in a schema of their own: in the guarded one, DROP SCHEMA would drop the guard first and succeed.
-- (DROP DATABASE no event trigger can refuse, nor the end of the schema that it lives in itself.)

create or replace function ella_guards.refuse_drops() returns event_trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    what text;
begin
    select format('%s %s', object_type, object_identity) into what from pg_event_trigger_dropped_objects()
    where not is_temporary and (
        object_type = 'schema' and object_name = 'ella'
        or object_type in ('table', 'table column') and schema_name = 'ella'
        or object_type = 'trigger' and address_names[1] = 'ella' and address_names[3] like 'guard\_%'
        or object_type = 'function' and schema_name = 'ella_guards')
    limit 1;
    if found then
        raise exception using errcode = 'restrict_violation',
            message = format('%s would be dropped: refused', what),
            hint = 'Nothing of Ella''s is dropped but by a migration. See whether this is the right database.';
    end if;
end $$;

do $$
begin
    if not exists (select from pg_event_trigger where evtname = 'ella_refuses_drops') then
        create event trigger ella_refuses_drops on sql_drop execute function ella_guards.refuse_drops();
    end if;
    if exists (select from pg_event_trigger where evtname = 'ella_refuses_drops' and evtenabled <> 'O') then
        alter event trigger ella_refuses_drops enable;
    end if;
end $$;
