-- Corrections of mistyped searches: the words of names that are nearly equal to the words of a text.

-- Return a word, and what remains of it without each of its characters. Two words with one typing
-- mistake between them (a character that is missing, added, replaced, or swapped with the next)
-- share one of these, so that an index finds each by the other.
create or replace function erc8004_typing_variants(word text) returns text[]
language sql immutable parallel safe
begin atomic
  select array_agg(distinct left(word, p.place - 1) || substr(word, p.place + 1))
  from generate_series(1, length(word) + 1) as p (place);
end;

-- Return whether a word of an agent is one of its name that may be corrected: words of fewer than four
-- characters are too short for it, and numbers are not words.
create or replace function erc8004_is_correctable(word text) returns boolean
language sql immutable parallel safe
return starts_with(word, '=') and length(word) between 5 and 31 and word !~ '[0-9]';

-- Insert the words of names that are new. Two transactions may both insert a word: a unique index
-- would let a registration wait for an import to end.
create or replace function erc8004_insert_name_words(words text[]) returns void
language sql volatile
begin atomic
  insert into erc8004_name_words (word, variants)
  select n.word, erc8004_typing_variants(n.word)
  from (select distinct w.word from unnest(words) as w (word)) as n
  where not exists (
    select from erc8004_name_words as known where known.word = n.word collate "C"
  );
end;

-- Return a text in which each word that is not the beginning of a word of a name is replaced by the most
-- similar word of a name; null if nothing can be replaced.
create or replace function erc8004_corrected_text(content text) returns text
language plpgsql stable
as $$
declare
  words text[] := erc8004_word_list(erc8004_plain_text(content));
  likely text;
  is_corrected boolean := false;
begin
  if erc8004_place_word(content) is not null or erc8004_wallet_word(content) is not null then
    return null;
  end if;
  for place in 1 .. least(cardinality(words), 10) loop
    continue when length(words[place]) not between 4 and 30 or words[place] ~ '[0-9]';
    continue when exists (
      select
      from erc8004_name_words as n
      where n.word >= words[place] collate "C"
        and n.word < (words[place] || U&'\+10FFFF') collate "C"
    );
    likely := (
      select near.word
      from (
        select n.word
        from erc8004_name_words as n
        where n.variants && erc8004_typing_variants(words[place])
        limit 1000
      ) as near
      where levenshtein(near.word, words[place]) < 3
      order by
        levenshtein(near.word, words[place]),
        left(near.word, 1) = left(words[place], 1) desc,
        near.word collate "C"
      limit 1
    );
    if likely is not null then
      words[place] := likely;
      is_corrected := true;
    end if;
  end loop;
  return case when is_corrected then array_to_string(words, ' ') end;
end;
$$;
