//! The two forms of a connection string, taken apart into named parameters: a URL, or key=value pairs.
//!
//! The rules are libpq's (PostgreSQL's manual, 34.1.1 "Connection Strings", and `fe-connect.c`). No sentence here
//! repeats a value, or anything else that could be a piece of a badly quoted password.

use std::collections::BTreeMap;

/// Parameters by name. A name that is given twice has its last value; an empty value means the default.
pub(super) type Parameters = BTreeMap<String, String>;

/// Takes a connection string apart.
///
/// # Errors
/// A sentence.
pub(super) fn take_apart(text: &str) -> Result<Parameters, String> {
    let url = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"));
    let mut parameters = match url {
        Some(rest) => url_parameters(rest)?,
        None if text
            .split_once("://")
            .is_some_and(|(scheme, _)| scheme.chars().all(char::is_alphanumeric)) =>
        {
            return Err("DATABASE_URL must begin with postgres:// or postgresql://, or be key=value pairs."
                .to_owned());
        }
        None => pairs(text)?,
    };
    parameters.retain(|_, value| !value.is_empty());
    Ok(parameters)
}

fn url_parameters(text: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    // The user and the password end at the first @, if no / comes before it.
    let (credentials, rest) = match text.find(['@', '/']) {
        Some(at) if text[at..].starts_with('@') => (&text[..at], &text[at + 1..]),
        _ => ("", text),
    };
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    parameters.insert("user".to_owned(), decode(user)?);
    parameters.insert("password".to_owned(), decode(password)?);

    let (hosts, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if hosts.contains('@') || path.contains('@') {
        return Err(
            "DATABASE_URL has an @ too many: in a user or a password write @ as %40, / as %2F and : as %3A."
                .to_owned(),
        );
    }
    let hosts = hosts.split(',').map(host_and_port).collect::<Result<Vec<_>, _>>()?;
    let join = |values: Vec<&str>| values.join(",");
    parameters.insert("host".to_owned(), decode(&join(hosts.iter().map(|(host, _)| *host).collect()))?);
    if hosts.iter().any(|(_, port)| !port.is_empty()) {
        parameters.insert("port".to_owned(), decode(&join(hosts.iter().map(|(_, port)| *port).collect()))?);
    }
    parameters.insert("dbname".to_owned(), decode(path.strip_prefix('/').unwrap_or_default())?);

    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) =
            pair.split_once('=').ok_or("DATABASE_URL has a query parameter without a `=` after its name.")?;
        parameters.insert(decode(name)?, decode(value)?);
    }
    Ok(parameters)
}

/// `host`, `host:port`, `[address]` or `[address]:port`.
fn host_and_port(text: &str) -> Result<(&str, &str), String> {
    let Some(bracketed) = text.strip_prefix('[') else {
        return Ok(text.split_once(':').unwrap_or((text, "")));
    };
    match bracketed.split_once(']') {
        Some((address, "")) if !address.is_empty() => Ok((address, "")),
        Some((address, port)) if !address.is_empty() && port.starts_with(':') => Ok((address, &port[1..])),
        _ => {
            Err("DATABASE_URL has an IPv6 address that is not written as [address] or [address]:port."
                .to_owned())
        }
    }
}

/// Replaces `%41` by `A`. A plus sign stays what it is, as in libpq.
fn decode(text: &str) -> Result<String, String> {
    let fault = || {
        "DATABASE_URL has a % that is not followed by two hexadecimal digits; write % itself as %25."
            .to_owned()
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits =
            rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit)).ok_or_else(fault)?;
        let value = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.filter(|value| *value != 0).ok_or_else(fault)?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes)
        .map_err(|_| "DATABASE_URL has percent-encoded bytes that are not UTF-8.".to_owned())
}

/// `name = value` with white space between the pairs; a value with white space stands in single quotes, and a backslash
/// takes the next character as it is.
fn pairs(text: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let mut rest = text.trim_start();
    let mut previous = String::new();
    while !rest.is_empty() {
        let end =
            rest.find(|character: char| character == '=' || character.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start().strip_prefix('=').ok_or_else(|| stray(&previous))?;
        let (value, remaining) = value(after.trim_start(), name)?;
        // What follows an unquoted password may be the rest of that password: it is not to be shown as a name.
        if previous == "password" && !super::settings::is_known(name) {
            return Err(stray(&previous));
        }
        parameters.insert(name.to_owned(), value);
        name.clone_into(&mut previous);
        rest = remaining.trim_start();
    }
    Ok(parameters)
}

fn stray(previous: &str) -> String {
    if previous.is_empty() {
        return "DATABASE_URL must be a URL such as postgres://user:password@host/database, or pairs such as \
                `host=... dbname=... user=... password=...`."
            .to_owned();
    }
    format!(
        "DATABASE_URL has something after the value of `{previous}` that is not a known parameter. Put a value with \
         spaces into single quotes, with \\' for a quote and \\\\ for a backslash."
    )
}

fn value<'a>(text: &'a str, name: &str) -> Result<(String, &'a str), String> {
    let (quoted, text) = text.strip_prefix('\'').map_or((false, text), |inside| (true, inside));
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            space if !quoted && space.is_whitespace() => return Ok((value, &text[at..])),
            other => value.push(other),
        }
    }
    if quoted {
        return Err(format!(
            "DATABASE_URL: the single quote that begins the value of `{name}` is never closed."
        ));
    }
    Ok((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(text: &str) -> String {
        match take_apart(text) {
            Ok(parameters) => parameters
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(" | "),
            Err(sentence) => sentence,
        }
    }

    #[test]
    fn both_forms_are_taken_apart_as_libpq_does() {
        for (text, expected) in [
            ("postgres://", ""),
            ("postgresql://localhost", "host=localhost"),
            ("postgres://ella@db:5433/school", "dbname=school | host=db | port=5433 | user=ella"),
            ("postgres://u:p%40%2F%3A%25+x@h/d", "dbname=d | host=h | password=p@/:%+x | user=u"),
            ("postgres://u:a:b?c@h", "host=h | password=a:b?c | user=u"),
            (
                "postgres://a:1,b,[::1]:3/d?target_session_attrs=read-write",
                "dbname=d | host=a,b,::1 | port=1,,3 | target_session_attrs=read-write",
            ),
            ("postgres://%2Frun%2Fpostgresql/d", "dbname=d | host=/run/postgresql"),
            ("postgres:///d?host=/tmp&port=5433&user=u", "dbname=d | host=/tmp | port=5433 | user=u"),
            ("postgres:///d?options=-c%20search_path%3Da@b", "dbname=d | options=-c search_path=a@b"),
            ("postgres://h?dbname=d&dbname=e", "dbname=e | host=h"),
            (
                "host=db  port = 5433\tdbname='my \\'school\\\\'\nuser=a\\ b",
                "dbname=my 'school\\ | host=db | port=5433 | user=a b",
            ),
            ("host=a,b port=1,2 password=''", "host=a,b | port=1,2"),
            ("host=h password='with space'user=u", "host=h | password=with space | user=u"),
        ] {
            assert_eq!(apart(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_a_piece_of_the_password() {
        for (text, expected) in [
            ("mysql://u:secret@h/d", "must begin with postgres://"),
            ("postgres://u:secret%zz@h", "two hexadecimal digits"),
            ("postgres://u:secret%00@h", "two hexadecimal digits"),
            ("postgres://u:se@cret@h/d", "an @ too many"),
            ("postgres://u:12/secret@h/d", "an @ too many"),
            ("postgres://[::1/d", "[address]:port"),
            ("postgres://h/d?sslmode", "without a `=`"),
            ("secret", "must be a URL such as"),
            ("host=h password=my secret", "after the value of `password`"),
            ("host=h password=my secret=1", "after the value of `password`"),
            ("password='secret", "the value of `password` is never closed"),
        ] {
            let sentence = apart(text);
            assert!(sentence.contains(expected), "{text}: {sentence}");
            assert!(!sentence.contains("secret") && !sentence.contains("cret@"), "{sentence}");
        }
    }
}
