-- What a text that someone searches for means, as queries of the words of agents.

-- Return a word in the form in which a query contains it.
create or replace function erc8004_quoted_word(word text) returns text
language sql immutable parallel safe
return '''' || replace(replace(word, '\', '\\'), '''', '''''') || '''';

-- Return the query of the words that begin with a text: by its entry in the index if it has one, or else
-- by all words after another mark that begin with it, of which there are few.
create or replace function erc8004_beginning_query(mark text, word_mark text, beginning text)
returns text
language sql immutable parallel safe
return case
  when length(beginning) between 3 and 8 then erc8004_quoted_word(mark || beginning)
  else erc8004_quoted_word(word_mark || beginning) || ':*'
end;

-- Return the stem of a word in English; the word itself for one that has a digit or is in most texts.
create or replace function erc8004_stem(word text) returns text
language sql immutable parallel safe
return coalesce(
  case when word !~ '[0-9]' then (ts_lexize('pg_catalog.english_stem', word))[1] end, word
);

-- Return the query of one word in descriptions: of its stem, and of those of the words for who does it
-- or for what such a one does, which may be others (rebalance, rebalancer).
create or replace function erc8004_stems_query(word text) returns text
language sql immutable parallel safe
begin atomic
  select '(' || string_agg(distinct erc8004_quoted_word(erc8004_stem(f.form)), ' | ') || ')'
  from (
    values (word), (word || 'r'), (word || 'er'),
      (regexp_replace(word, 'r$', '')), (regexp_replace(word, 'er$', ''))
  ) as f (form)
  where f.form = word
    or word ~ '^[a-z]{4,}$';
end;

-- Return the query of one word in names: of the words that begin with it, and of those that have its
-- stem. Short words and numbers begin too many words to be more than themselves.
create or replace function erc8004_name_word_query(word text) returns text
language plpgsql immutable parallel safe
as $$
declare
  stem text := (ts_lexize('pg_catalog.english_stem', word))[1];
  forms text[];
begin
  if length(word) < 3 or word !~ '[^0-9]' then
    return erc8004_quoted_word('=' || word);
  end if;
  if stem is null or length(stem) < 3 or length(stem) * 2 < length(word) then
    stem := regexp_replace(word, '(?<=[a-z]{3})s$', '');
  end if;
  forms := array[stem];
  if not starts_with(word, stem) then
    forms := forms || word;
  end if;
  if stem ~ '[a-z]{2}i$' then
    forms := forms || (left(stem, -1) || 'y');
  elsif stem ~ '[a-z]{2}e$' then
    forms := forms || (left(stem, -1) || 'ing');
  end if;
  return (
    select '(' || string_agg(erc8004_beginning_query('<', '=', f.form), ' | ') || ')'
    from unnest(forms) as f (form)
  );
end;
$$;

-- Return the query of one word after a mark: in names, or in descriptions if the mark is empty.
create or replace function erc8004_word_query(mark text, word text) returns text
language sql immutable parallel safe
return case mark when '' then erc8004_stems_query(word) else erc8004_name_word_query(word) end;

-- Return the query of the given words, each after one of the marks, in any order; null without words.
create or replace function erc8004_all_words_query(marks text[], words text[]) returns text
language sql immutable parallel safe
begin atomic
  select '(' || string_agg(w.query, ' & ') || ')'
  from (
    select '(' || string_agg(erc8004_word_query(m.mark, t.word), ' | ') || ')' as query
    from unnest(words) with ordinality as t (word, place)
    cross join unnest(marks) as m (mark)
    group by t.place
  ) as w;
end;

-- Return the query of the characters of a text that are found one by one; null without any.
create or replace function erc8004_characters_query(marks text[], plain text) returns text
language sql immutable parallel safe
begin atomic
  select string_agg(p.query, ' & ')
  from (
    select
      '(' || string_agg(
        erc8004_quoted_word(m.mark || t.pair) || case when length(t.pair) = 1 then ':*' else '' end,
        ' | '
      ) || ')' as query
    from (
      select distinct n.pair
      from regexp_matches(plain, '[' || erc8004_unspaced_characters() || ']+', 'g') as r (run)
      cross join lateral unnest(erc8004_character_pairs(r.run[1])) as n (pair)
      where length(n.pair) = 2 or length(r.run[1]) = 1
    ) as t
    cross join unnest(marks) as m (mark)
    group by t.pair
  ) as p;
end;

-- Return the words without those that nearly every English text has, unless there are no others.
create or replace function erc8004_telling_words(words text[]) returns text[]
language sql immutable parallel safe
begin atomic
  select coalesce(
    nullif(
      array(
        select w.word
        from unnest(words) with ordinality as w (word, place)
        where ts_lexize('pg_catalog.english_stem', w.word) is distinct from '{}'
        order by w.place
      ),
      '{}'
    ),
    words
  );
end;

-- Return the queries of a place: of its host, with everything below it, and of the subdomains of the
-- host unless only the place itself is meant; or of its URL and what is below that.
create or replace function erc8004_place_query(place text, with_subdomains boolean) returns text
language sql immutable parallel safe
begin atomic
  select string_agg(erc8004_quoted_word(p.word || f.suffix) || f.form, ' | ')
  from (select erc8004_place_word(place) as word) as p
  cross join (values ('', ''), ('/', ':*'), ('?', ':*'), ('.', ':*')) as f (suffix, form)
  where p.word is not null
    and (
      f.suffix = ''
      or case
        when p.word ~ '[/?#]' then f.suffix <> '.'
        else f.suffix = '.' and with_subdomains
      end
    );
end;

-- Return the query that the words of an agent match if a text finds it, up to a rank:
--   0  its name is the text, or its file names the place or wallet that the text is
--   1  its name begins with the text
--   2  its name has all words of the text
--   3  its name and its description have them
-- Each rank includes those before it. Null for a text without any word, which finds nothing.
create or replace function erc8004_ranked_query(content text, rank integer) returns tsquery
language plpgsql immutable parallel safe
as $$
declare
  marks constant text[] := case when rank = 3 then array['', '='] else array['='] end;
  plain constant text := erc8004_plain_text(content);
  whole constant text := left(array_to_string(erc8004_word_list(plain), ''), 200);
  spaced constant text[] := erc8004_word_list(erc8004_spaced_text(plain));
  words constant text[] := erc8004_telling_words(spaced);
  characters constant text := erc8004_characters_query(marks, plain);
  split text[];
  queries text[] := array[
    erc8004_place_query(content, true), erc8004_quoted_word(erc8004_wallet_word(content))
  ];
  is_words constant boolean := queries[1] is null and queries[2] is null;
begin
  if whole <> '' then
    queries := queries || case
      when rank > 0 and length(whole) > 2 then erc8004_beginning_query('>', '^', whole)
      else erc8004_quoted_word('^' || whole)
    end;
  end if;
  if rank >= 2 then
    queries := queries || concat_ws(' & ', erc8004_all_words_query(marks, words), characters);
    if is_words and cardinality(spaced) between 2 and 10 and characters is null then
      queries := queries || array(
        select erc8004_all_words_query(
          marks,
          erc8004_telling_words(spaced[:p.place - 1] || spaced[p.place + 2:])
            || (spaced[p.place] || spaced[p.place + 1])
        )
        from generate_series(1, cardinality(spaced) - 1) as p (place)
      );
    end if;
    if is_words and erc8004_has_camel_case(content) then
      split := erc8004_word_list(erc8004_spaced_text(erc8004_plain_text(
        erc8004_split_camel_case(content)
      )));
      queries := queries || concat_ws(' & ', erc8004_all_words_query(marks, split), characters);
    end if;
  end if;
  return (
    select string_agg(q.query, ' | ')::tsquery from unnest(queries) as q (query) where q.query <> ''
  );
end;
$$;

-- Return the wallet that a text is; null if it is none.
create or replace function erc8004_wallet(content text) returns text
language sql immutable parallel safe
return substr(erc8004_wallet_word(content), 2);

-- Return the rank at which an agent is found, by its words and the queries of the first three ranks.
create or replace function erc8004_rank(words tsvector, queries tsquery[]) returns integer
language sql immutable parallel safe
return case
  when words @@ queries[1] then 0
  when words @@ queries[2] then 1
  when words @@ queries[3] then 2
  else 3
end;

-- Return the labels of agents whose figure, in percent, reaches the highest step up to a minimum, or more:
-- no other agent can have that minimum. The steps are those of erc8004_agent_search.labels.
create or replace function erc8004_labels_of_percent(figure text, minimum numeric) returns text[]
language sql immutable parallel safe
return (array[
  figure || ' 1', figure || ' 2', figure || ' 3', figure || ' 4', figure || ' 5', figure || ' 6'
])[width_bucket(minimum, '{0,50,70,80,90,95}'::numeric[]):];

-- Return the same for a figure that is a count, from one on.
create or replace function erc8004_labels_of_count(figure text, minimum numeric) returns text[]
language sql immutable parallel safe
return (array[figure || ' 1', figure || ' 2', figure || ' 3', figure || ' 4', figure || ' 5'])[
  width_bucket(minimum, '{1,3,10,30,100}'::numeric[]):
];

-- Return whether any agent may match the query of the first rank: true for a place or a wallet, which many
-- agents may have; for a name, whether an agent has it.
create or replace function erc8004_may_be_named(query tsquery) returns boolean
language plpgsql stable
set enable_seqscan = off
as $$
begin
  return left(query::text, 2) in ('''@', '''$')
    or exists (
      select
      from erc8004_agent_search as s
      where s.words @@ query
    );
end;
$$;
