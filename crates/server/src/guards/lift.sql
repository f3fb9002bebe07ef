-- Takes the guards away, for a migration; the end of every start raises them again.
do $$
declare
    guard record;
begin
    if exists (select from pg_event_trigger where evtname = 'ella_refuses_drops' and pg_has_role(evtowner, 'USAGE')) then
        alter event trigger ella_refuses_drops disable;
    end if;
    for guard in
        select tgname, tgrelid::regclass as name from pg_trigger
        where tgrelid in (
                select oid from pg_class
                where relnamespace = (select relnamespace from pg_class where oid = to_regclass('students')))
            and tgname like 'guard\_%' and not tgisinternal
    loop
        execute format('drop trigger %I on %s', guard.tgname, guard.name);
    end loop;
end $$;
