-- The words that search knows of an agent: those of its name and description, and the places and
-- wallets that its registration file names. They are in one text search vector, so that one index
-- finds them all. A mark before a word says what it is:
--   (none)  a word of the description, by its stem in English
--   =       a word of the name, or two adjacent ones without the space between them
--   <       the first three to eight characters of each of these words
--   ^       the whole name without its spaces
--   >       the first three to eight characters of it
--   @       the host of a service from its end, and its path: @moc.elpmaxe/mcp for example.com/mcp;
--       the host alone is a word, too
--   $       a wallet
-- Scripts without spaces between words, Korean and emoji are split into pairs of characters. Whoever
-- changes which words there are also changes 40_search_rows.sql, which writes them anew.

-- Return a text in the form in which texts are compared: compatibility characters replaced,
-- without accents, in lower case. Texts in ASCII, which are most, need only the last. unaccent is
-- declared stable, because an administrator could change its rules; here nobody does.
create or replace function erc8004_plain_text(content text) returns text
language plpgsql immutable parallel safe
as $$
begin
  if octet_length(content) = length(content) then
    return lower(content);
  end if;
  -- Zero-width characters and variation selectors are invisible.
  return lower(unaccent(regexp_replace(
    normalize(content, nfkc), '[\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]', '', 'g'
  )));
end;
$$;

-- Return a text with a space inside of each word that is written likeThis.
create or replace function erc8004_split_camel_case(content text) returns text
language sql immutable parallel safe
return regexp_replace(
  content, '([[:lower:]])([[:upper:]])|([[:upper:]])([[:upper:]][[:lower:]])', '\1\3 \2\4', 'g'
);

-- Return the ranges of characters that are found one by one, for a regular expression: Thai, Lao,
-- Tibetan, Burmese, Khmer, kana, Chinese characters, Korean and emoji.
create or replace function erc8004_unspaced_characters() returns text
language sql immutable parallel safe
return '\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2190-\u2bff\u3005-\u3007\u3040-\u30ff'
  || '\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U0001f000-\U0001faff'
  || '\U00020000-\U0003ffff';

-- Return each character that is found one by one together with the next one, if it is adjacent.
create or replace function erc8004_character_pairs(plain text) returns text[]
language sql immutable parallel safe
begin atomic
  select coalesce(array_agg(distinct letter || following), '{}')
  from (
    select
      c.letter,
      coalesce(lead(c.letter) over (partition by r.place order by c.place), '') as following
    from regexp_matches(plain, '[' || erc8004_unspaced_characters() || ']+', 'g')
      with ordinality as r (run, place)
    cross join lateral unnest(string_to_array(r.run[1], null)) with ordinality as c (letter, place)
  ) as pairs;
end;

-- Return a text without the characters that are found one by one.
create or replace function erc8004_spaced_text(plain text) returns text
language sql immutable parallel safe
return regexp_replace(plain, '[' || erc8004_unspaced_characters() || ']+', ' ', 'g');

-- Return the words of a plain text in their order, without punctuation.
create or replace function erc8004_word_list(plain text) returns text[]
language sql immutable parallel safe
return array_remove(
  string_to_array(
    case
      when plain !~ '[^a-z0-9 ]' then plain
      else regexp_replace(
        plain, '[^[:alnum:]\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u065f\u0900-\u0dff]+', ' ', 'g'
      )
    end,
    ' '
  ),
  ''
);

-- Return whether a text has a word that is written likeThis.
create or replace function erc8004_has_camel_case(content text) returns boolean
language sql immutable parallel safe
return content ~ '[[:lower:]][[:upper:]]|[[:upper:]][[:upper:]][[:lower:]]';

-- Return the first three to eight characters of a word, each after a mark. An entry of the index for
-- each is found in a fifth of the time of all words that begin with it.
create or replace function erc8004_beginnings(mark text, word text) returns text[]
language sql immutable parallel safe
return array[
  mark || left(word, 3),
  mark || left(word, 4),
  mark || left(word, 5),
  mark || left(word, 6),
  mark || left(word, 7),
  mark || left(word, 8)
];

-- Return a word of a name with its beginnings, if it has more than two characters and is no number. A
-- comparison shows in a tenth of the time of a regular expression that most words begin with a letter.
create or replace function erc8004_name_word(word text) returns text[]
language sql immutable parallel safe
return case
  when length(word) < 3 or (word < ':' collate "C" and word !~ '[^0-9]') then array['=' || word]
  else array[
    '=' || word,
    '<' || left(word, 3),
    '<' || left(word, 4),
    '<' || left(word, 5),
    '<' || left(word, 6),
    '<' || left(word, 7),
    '<' || left(word, 8)
  ]
end;

-- Return the words of a name with their marks. Each word is in a variable first, as PostgreSQL inlines
-- an argument wherever the function uses it.
create or replace function erc8004_name_words(name text) returns text[]
language plpgsql immutable parallel safe
as $$
declare
  plain constant text := erc8004_plain_text(name);
  words text[] := erc8004_word_list(plain);
  word text;
  found text[] := '{}';
begin
  if name is null then
    return found;
  end if;
  if cardinality(words) > 0 then
    word := left(array_to_string(words, ''), 200);
    found := '^' || word || erc8004_beginnings('>', word);
  end if;
  if octet_length(plain) > length(plain) then
    found := found || array(select '=' || p.pair from unnest(erc8004_character_pairs(plain)) as p (pair));
    words := erc8004_word_list(erc8004_spaced_text(plain));
  end if;
  for place in 1 .. least(cardinality(words), 50) loop
    word := left(words[place], 200);
    found := found || erc8004_name_word(word);
    word := left(words[place] || words[place + 1], 200);
    if word is not null then
      found := found || erc8004_name_word(word);
    end if;
  end loop;
  if erc8004_has_camel_case(name) then
    words := erc8004_word_list(
      erc8004_spaced_text(erc8004_plain_text(erc8004_split_camel_case(name)))
    );
    for place in 1 .. least(cardinality(words), 50) loop
      word := left(words[place], 200);
      found := found || erc8004_name_word(word);
    end loop;
  end if;
  return found;
end;
$$;

-- Return the words of a description without marks, each word that is written likeThis also split.
create or replace function erc8004_words(content text) returns tsvector
language plpgsql immutable parallel safe
as $$
declare
  plain text;
begin
  plain := erc8004_plain_text(case
    when erc8004_has_camel_case(content)
    then content || ' ' || erc8004_split_camel_case(content)
    else content
  end);
  if octet_length(plain) > length(plain) then
    return to_tsvector('pg_catalog.english', erc8004_separate_words(erc8004_spaced_text(plain)))
      || array_to_tsvector(erc8004_character_pairs(plain));
  end if;
  return to_tsvector('pg_catalog.english', erc8004_separate_words(plain));
end;
$$;

-- Return all words of an agent. A name of so many words that they are not all marked is searched like a
-- description too.
create or replace function erc8004_agent_words(registration_file jsonb) returns tsvector
language plpgsql immutable parallel safe
as $$
declare
  name text;
  description text;
  marked text[];
begin
  if registration_file is null then
    return '';
  end if;
  name := erc8004_file_text(registration_file, 'name');
  description := erc8004_file_text(registration_file, 'description');
  if length(name) > 98 then
    description := concat_ws(' ', description, name);
  end if;
  marked := erc8004_claim_words(registration_file) || erc8004_name_words(name);
  return coalesce(erc8004_words(description), '') || array_to_tsvector(marked);
end;
$$;
