-- Names as teachers look for them: Élise is found by elise, and stands among the E.
--
-- The folding is our own, so that it is the same on every database: one may lack ICU or the extension unaccent, and
-- collations change with a machine's libraries. What has accents is taken apart (NFKD) and loses them; letters that are
-- no letter with an accent are spelled as people type them. Under the collation "C", lower() knows A to Z alone; so what
-- lower() leaves of the rest stays as it is.
create function folded(text) returns text language sql immutable strict parallel safe
return replace(replace(replace(replace(translate(
    lower(regexp_replace(normalize($1, nfkd), U&'[\0300-\036F]', '', 'g')),
    'øØłŁđĐðÐħĦıŧŦ', 'oollddddhhitt'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');

alter table students add column name_key text generated always as (folded(name)) stored;
