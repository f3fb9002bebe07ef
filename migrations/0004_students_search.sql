-- Students are found and put in order by their names without accents: "elise" finds "Élise", who stands beside "Elise".
--
-- It needs no extension and no ICU collation, because a database may be another one's and have neither: letters are taken
-- apart (NFKD), the accents (combining diacritical marks) left out, and letters that no accent makes written out. Kept
-- with the row, so that a search over all students is one cheap look at each. It is generated: no program writes it.
alter table students add column folded_name text generated always as (
    replace(replace(replace(
        translate(lower(regexp_replace(normalize(name, nfkd), '[\u0300-\u036f]', '', 'g')), 'łŁøØđĐðÐħĦı', 'llooddddhhi'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
) stored;
