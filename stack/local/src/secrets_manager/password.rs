//! Random passwords.

use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;

use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer, text};

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// What a password may and must consist of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipe {
    length: usize,
    /// The characters of each type that may occur.
    types: Vec<Vec<char>>,
    /// Each type must occur.
    each: bool,
}

impl Recipe {
    /// Reads the members of `GetRandomPassword`, which `GenerateSecretString` of a template has, too.
    pub(super) fn read(input: &Value) -> Result<Self, ServiceError> {
        let flag = |name: &str| input.get(name).and_then(as_flag);
        let invalid = |message: &str| ServiceError::bad_request("InvalidParameterException", message);
        let length = match input.get("PasswordLength") {
            None => 32,
            Some(length) => as_integer(length)
                .filter(|length| (1..=4096).contains(length))
                .and_then(|length| usize::try_from(length).ok())
                .ok_or_else(|| invalid("The password length must be a number from 1 to 4096."))?,
        };
        let excluded = text(input, "ExcludeCharacters").unwrap_or_default();
        let mut types = Vec::new();
        for (characters, without) in [
            (LOWER, "ExcludeLowercase"),
            (UPPER, "ExcludeUppercase"),
            (DIGITS, "ExcludeNumbers"),
            (PUNCTUATION, "ExcludePunctuation"),
        ] {
            if flag(without) != Some(true) {
                types.push(characters.chars().filter(|one| !excluded.contains(*one)).collect::<Vec<char>>());
            }
        }
        if flag("IncludeSpace") == Some(true) && !excluded.contains(' ') {
            types.push(vec![' ']);
        }
        let each = flag("RequireEachIncludedType").unwrap_or(true);
        if each && types.iter().any(Vec::is_empty) {
            return Err(invalid("All characters of a type that must be included are excluded."));
        }
        types.retain(|characters| !characters.is_empty());
        if types.is_empty() {
            return Err(invalid("All characters are excluded: no password can be made."));
        }
        if each && length < types.len() {
            return Err(invalid("The password length is too short to include every required type of character."));
        }
        Ok(Self { length, types, each })
    }

    /// Draws a password.
    pub(super) fn draw(&self) -> Result<String, ServiceError> {
        let random = SystemRandom::new();
        let all: Vec<char> = self.types.concat();
        let mut password: Vec<char> = Vec::with_capacity(self.length);
        if self.each {
            for characters in &self.types {
                password.push(characters[below(&random, characters.len())?]);
            }
        }
        while password.len() < self.length {
            password.push(all[below(&random, all.len())?]);
        }
        // The characters of required types came first; every order is as likely as another.
        for last in (1..password.len()).rev() {
            password.swap(last, below(&random, last + 1)?);
        }
        Ok(password.into_iter().collect())
    }
}

/// A number below `limit`, each as likely as another.
fn below(random: &SystemRandom, limit: usize) -> Result<usize, ServiceError> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
    // Above the largest multiple of the limit some remainders would be more likely.
    let fair = u32::MAX - u32::MAX % limit;
    loop {
        let mut bytes = [0; 4];
        random.fill(&mut bytes).map_err(|_| ServiceError::internal("the operating system gives no random numbers"))?;
        let number = u32::from_le_bytes(bytes);
        if number < fair {
            return Ok((number % limit) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_password_has_what_it_must_and_nothing_that_it_must_not() {
        for _ in 0..100 {
            let password =
                Recipe::read(&json!({"PasswordLength": 4, "ExcludeCharacters": "a1\"@/\\"})).unwrap().draw().unwrap();
            assert_eq!(password.len(), 4);
            for kind in [LOWER, UPPER, DIGITS, PUNCTUATION] {
                assert!(password.chars().any(|one| kind.contains(one)), "{password}");
            }
            assert!(!password.contains(['a', '1', '"', '@', '/', '\\']), "{password}");
        }
        let digits = json!({"PasswordLength": 64, "ExcludeLowercase": true, "ExcludeUppercase": true, "ExcludePunctuation": true});
        let password = Recipe::read(&digits).unwrap().draw().unwrap();
        assert!(password.len() == 64 && password.bytes().all(|byte| byte.is_ascii_digit()), "{password}");
    }

    #[test]
    fn recipes_that_cannot_be_followed_are_refused() {
        for input in [
            json!({"PasswordLength": 0}),
            json!({"PasswordLength": 4097}),
            json!({"PasswordLength": 3}),
            json!({"ExcludeCharacters": DIGITS}),
            json!({"ExcludeLowercase": true, "ExcludeUppercase": true, "ExcludePunctuation": true, "ExcludeNumbers": true}),
        ] {
            assert_eq!(Recipe::read(&input).unwrap_err().code, "InvalidParameterException", "{input}");
        }
        assert!(Recipe::read(&json!({"ExcludeCharacters": DIGITS, "RequireEachIncludedType": false})).is_ok());
    }
}
