//! The state of a name: which image it means, and who is changing it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, ReturnValue, TransactWriteItem};

use super::LEASE;
use super::item::{self, Item, attribute, number, set};
use crate::library::{DynamoError, Library, conditional, failed};
use crate::order::Mark;
use crate::{ImageName, LibraryError};

/// Waits between two attempts to hold a name or to claim an object, in milliseconds: 7.5 s in all, well within the 29 s that a
/// client of an API waits.
pub(crate) const WAITS: [u64; 10] = [50, 100, 200, 400, 750, 1000, 1000, 1000, 1500, 1500];

/// An image that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) hashed: String,
    pub(crate) mark: Mark,
}

/// What is known of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NameState {
    /// File name of the object that it means.
    pub(crate) live: Option<String>,
    /// How far its changes have come.
    pub(crate) changed: Mark,
    /// The last image that was refused, unless a later one was not.
    pub(crate) failure: Option<Failure>,
    /// Objects of which it may have rows, or a claim: all that an interrupted change can have left.
    pub(crate) claims: BTreeSet<String>,
    /// Types of which it may have rows.
    pub(crate) kinds: BTreeSet<String>,
}

/// A name that is being changed, by us alone.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    pub(crate) name: &'a ImageName,
    token: String,
    pub(crate) state: NameState,
}

impl NameState {
    fn of_item(item: &Item) -> Self {
        let mark = |at: &str, sequencer: &str| Mark {
            at: item::whole(item, at).unwrap_or_default(),
            sequencer: item::text(item, sequencer).unwrap_or_default(),
        };
        let failure = item::text(item, "FailedHash");
        Self {
            live: item::text(item, "LiveHash"),
            changed: mark("ChangedAt", "ChangedSequencer"),
            failure: failure.map(|hashed| Failure { hashed, mark: mark("FailedAt", "FailedSequencer") }),
            claims: item::texts(item, "HashClaims"),
            kinds: item::texts(item, "KindClaims"),
        }
    }
}

impl Held<'_> {
    fn update(&self, library: &Library) -> UpdateItemFluentBuilder {
        library
            .update(item::name_key(self.name.as_str()))
            .condition_expression("LockToken = :token")
            .expression_attribute_values(":token", attribute(&self.token))
    }

    fn overtaken(&self) -> LibraryError {
        LibraryError::Overtaken { name: self.name.as_str().to_owned() }
    }

    /// A condition for a transaction: we still hold the name.
    pub(super) fn check(&self, library: &Library) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&library.settings.table)
            .set_key(Some(item::name_key(self.name.as_str())))
            .condition_expression("LockToken = :token")
            .expression_attribute_values(":token", attribute(&self.token))
            .build();
        TransactWriteItem::builder().set_condition_check(check.ok()).build()
    }

    /// Writes down what is going to be written, before it is.
    pub(crate) async fn claim(
        &mut self,
        library: &Library,
        hashed: &str,
        kinds: &BTreeSet<String>,
    ) -> Result<(), LibraryError> {
        if self.state.claims.contains(hashed) && kinds.is_subset(&self.state.kinds) {
            return Ok(());
        }
        let update = self
            .update(library)
            .update_expression("ADD HashClaims :hashed, KindClaims :kinds")
            .expression_attribute_values(":hashed", set([hashed]))
            .expression_attribute_values(":kinds", set(kinds.iter().map(String::as_str)));
        self.answer(update.send().await)?;
        self.state.claims.insert(hashed.to_owned());
        self.state.kinds.extend(kinds.iter().cloned());
        Ok(())
    }

    /// Writes the state and lets go of the name.
    pub(crate) async fn finish(self, library: &Library) -> Result<(), LibraryError> {
        self.write(library, vec!["LockToken", "LockUntil"]).await
    }

    /// Writes the state, and goes on.
    pub(crate) async fn save(&self, library: &Library) -> Result<(), LibraryError> {
        self.write(library, Vec::new()).await
    }

    async fn write(&self, library: &Library, mut removes: Vec<&'static str>) -> Result<(), LibraryError> {
        let NameState { live, changed, failure, claims, kinds } = &self.state;
        let mut update = self.update(library);
        let mut sets = Vec::new();
        let mut write = |name: &'static str, placeholder: &'static str, value: Option<AttributeValue>| {
            if value.is_some() {
                sets.push(format!("{name} = {placeholder}"));
            } else {
                removes.push(name);
            }
            value.map(|value| (placeholder, value))
        };
        let some_set = |texts: &BTreeSet<String>| (!texts.is_empty()).then(|| set(texts.iter().map(String::as_str)));
        let failed_mark = failure.as_ref().map(|failure| &failure.mark);
        let values = [
            write("LiveHash", ":live", live.as_ref().map(attribute)),
            write("ChangedAt", ":at", Some(number(changed.at))),
            write("ChangedSequencer", ":sequencer", Some(attribute(&changed.sequencer))),
            write("FailedHash", ":failed", failure.as_ref().map(|failure| attribute(&failure.hashed))),
            write("FailedAt", ":failed_at", failed_mark.map(|mark| number(mark.at))),
            write("FailedSequencer", ":failed_sequencer", failed_mark.map(|mark| attribute(&mark.sequencer))),
            write("HashClaims", ":claims", some_set(claims)),
            write("KindClaims", ":kinds", some_set(kinds).filter(|_| !claims.is_empty())),
        ];
        for (placeholder, value) in values.into_iter().flatten() {
            update = update.expression_attribute_values(placeholder, value);
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression = format!("{expression} REMOVE {}", removes.join(", "));
        }
        self.answer(update.update_expression(expression).send().await)
    }

    /// Lets go of the name as it was, after a change that failed. Should that fail as well, the lease ends by itself.
    pub(crate) async fn abandon(self, library: &Library) {
        let update = self.update(library).update_expression("REMOVE LockToken, LockUntil");
        let _the_lease_ends = update.send().await;
    }

    fn answer(&self, answer: Result<UpdateItemOutput, DynamoError<UpdateItemError>>) -> Result<(), LibraryError> {
        conditional(answer)?.map(|_| ()).ok_or_else(|| self.overtaken())
    }
}

impl Library {
    /// Waits until nobody else changes a name, and holds it.
    pub(crate) async fn hold<'a>(&self, name: &'a ImageName) -> Result<Held<'a>, LibraryError> {
        let token = self.token();
        for wait in WAITS.into_iter().map(Some).chain([None]) {
            let now = self.now();
            let update = self
                .update(item::name_key(name.as_str()))
                .update_expression("SET LockToken = :token, LockUntil = :until")
                // Our own token is there when the answer to an attempt of the SDK was lost.
                .condition_expression("attribute_not_exists(LockToken) OR LockUntil < :now OR LockToken = :token")
                .expression_attribute_values(":token", attribute(&token))
                .expression_attribute_values(":until", number(now + LEASE))
                .expression_attribute_values(":now", number(now))
                .return_values(ReturnValue::AllNew);
            match (update.send().await, wait) {
                (Ok(answer), _) => {
                    let state = NameState::of_item(&answer.attributes.unwrap_or_default());
                    return Ok(Held { name, token, state });
                }
                // A transaction of who holds it refuses others meanwhile, too.
                (Err(error), wait)
                    if error.as_service_error().is_some_and(|e| {
                        e.is_conditional_check_failed_exception() || e.is_transaction_conflict_exception()
                    }) =>
                {
                    let Some(wait) = wait else { break };
                    self.pause.pause(std::time::Duration::from_millis(wait)).await;
                }
                (Err(error), _) => return Err(failed("UpdateItem", &error)),
            }
        }
        Err(LibraryError::Busy { what: format!("the name `{}`", name.as_str()) })
    }
}
