-- The places (URLs, hosts, domain names) and the wallets that a registration file names, as search words.

-- Return the word of a place: a URL, a host, an e-mail address, an ENS or another domain name; null
-- if the text is none. It begins with the host from its end, so that the hosts of a domain are
-- beside each other, in lower case and without www.; then comes the path without its last slash.
-- String functions and the search for one character take a tenth of the time of a longer regular
-- expression, and of btrim() with many characters.
create or replace function erc8004_place_word(place text) returns text
language plpgsql immutable parallel safe
as $$
declare
  start constant integer := strpos(place, '://');
  rest text := place;
  host text;
begin
  if start > 0 then
    rest := substr(place, start + 3);
  end if;
  host := split_part(rest, '/', 1);
  if host ~ '[^a-z0-9.-]' then
    rest := btrim(rest);
    host := split_part(split_part(split_part(rest, '/', 1), '?', 1), '#', 1);
    rest := substr(rest, length(host) + 1);
    host := split_part(lower(host), 'mailto:', -1);
    host := rtrim(split_part(substr(host, strpos(host, '@') + 1), ':', 1), '.');
  else
    rest := substr(rest, length(host) + 1);
  end if;
  if starts_with(host, 'www.') then
    host := substr(host, 5);
  end if;
  if strpos(host, '.') < 2 or length(place) > 2100 or strpos(host || rest, ' ') > 0 then
    return null;
  end if;
  if octet_length(rest) > 1000 then
    rest := '/' || md5(rest);
  end if;
  return '@' || reverse(host) || rtrim(rest, '/');
end;
$$;

-- Return the word of the host of a place, from the word of the place.
create or replace function erc8004_host_word(place_word text) returns text
language sql immutable parallel safe
return split_part(split_part(split_part(place_word, '/', 1), '?', 1), '#', 1);

-- Return the word of a wallet: an address, with or without a chain before it; null if the text is
-- none.
create or replace function erc8004_wallet_word(wallet text) returns text
language plpgsql immutable parallel safe
as $$
declare
  trimmed constant text := btrim(wallet, E' \t\r\n');
  address constant text := lower(right(trimmed, 42));
  chain constant text := left(trimmed, -42);
begin
  if not starts_with(address, '0x')
    or length(address) < 42
    or substr(address, 3) ~ '[^0-9a-f]'
  then
    return null;
  end if;
  if chain = '' or (right(chain, 1) = ':' and chain !~ '[^A-Za-z0-9:-]') then
    return '$' || address;
  end if;
  return null;
end;
$$;

-- Return the claims of a registration file as two arrays: the names of its services, and the address of
-- each. Wallets in the file itself are included. Owners write "services" or "endpoints", as a list of
-- {name, endpoint} or {name, url}, or as an object name -> address. At most 100 of each are read.
create or replace function erc8004_claims(
  registration_file jsonb, out names text[], out places text[]
)
language plpgsql immutable parallel safe
as $$
declare
  entries jsonb;
  entry jsonb;
  place text;
  field text;
begin
  foreach entries in array array[registration_file -> 'services', registration_file -> 'endpoints']
  loop
    if jsonb_typeof(entries) = 'array' then
      for position in 0 .. least(jsonb_array_length(entries), 100) - 1 loop
        entry := entries -> position;
        place := coalesce(
          erc8004_file_text(entry, 'endpoint'), erc8004_file_text(entry, 'url')
        );
        if place is not null then
          names := names || coalesce(erc8004_file_text(entry, 'name'), '');
          places := places || place;
        end if;
      end loop;
    elsif jsonb_typeof(entries) = 'object' then
      for field, entry in select o.key, o.value from jsonb_each(entries) as o limit 100 loop
        if jsonb_typeof(entry) = 'string' then
          names := names || field;
          places := places || (entry #>> '{}');
        end if;
      end loop;
    end if;
  end loop;
  if registration_file ?| array['agentWallet', 'walletAddress', 'wallet', 'payTo'] then
    foreach field in array array['agentWallet', 'walletAddress', 'wallet', 'payTo'] loop
      place := erc8004_file_text(registration_file, field);
      if place is not null then
        names := names || field;
        places := places || place;
      end if;
    end loop;
  end if;
end;
$$;

-- Return the words of the places and wallets in a registration file. The host of a place is a word of
-- its own, as a host may have many thousand paths.
create or replace function erc8004_claim_words(registration_file jsonb) returns text[]
language plpgsql immutable parallel safe
as $$
declare
  place text;
  word text;
  words text[] := '{}';
begin
  foreach place in array coalesce((erc8004_claims(registration_file)).places, '{}') loop
    word := null;
    if strpos(place, '0x') > 0 then
      word := coalesce(erc8004_wallet_word(place), erc8004_place_word(place));
    elsif strpos(place, '.') > 0 then
      word := erc8004_place_word(place);
    end if;
    if word is not null then
      words := words || word;
      if word ~ '[/?#]' then
        words := words || erc8004_host_word(word);
      end if;
    end if;
  end loop;
  return words;
end;
$$;
