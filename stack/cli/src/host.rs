//! Who hears what happens and answers what is asked, for the commands that change something.

use stack_aws::{Answer, CancellationToken, Host, Question, RiskKind};
use stack_plan::Event;

use crate::arguments::{Endpoint, Settings};
use crate::error::CliError;
use crate::fact::Fact;
use crate::output::Output;

/// The user, or the options that speak for him.
pub(crate) struct User<'a> {
    output: &'a mut Output,
    consent: Consent,
    /// Risks that consent given beforehand covers; all of them when absent.
    allowed: Option<Vec<RiskKind>>,
    interrupt: CancellationToken,
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Given beforehand.
    Given,
    /// The terminal is asked.
    Asked,
    /// Nobody can be asked.
    Unavailable,
    /// Refused beforehand: only what would be done is of interest.
    Refused,
}

impl Consent {
    /// For a deployment: `--yes`, or the local cloud, which holds nothing that a deployment could cost.
    pub(crate) fn to_deploy(settings: &Settings) -> Self {
        if settings.endpoint == Endpoint::Local { Self::Given } else { Self::of(settings) }
    }

    /// For what takes something away: `--yes` or the terminal.
    pub(crate) fn of(settings: &Settings) -> Self {
        match (settings.yes, settings.can_ask) {
            (true, _) => Self::Given,
            (false, true) => Self::Asked,
            (false, false) => Self::Unavailable,
        }
    }

    /// Refuses at once, before anything is built or asked of AWS.
    ///
    /// # Errors
    /// [`CliError::ApprovalNeeded`] when nobody can be asked.
    pub(crate) fn require(self, command: &'static str) -> Result<Self, CliError> {
        if self == Self::Unavailable { Err(CliError::ApprovalNeeded { command }) } else { Ok(self) }
    }
}

impl<'a> User<'a> {
    pub(crate) fn new(output: &'a mut Output, consent: Consent, interrupt: CancellationToken) -> Self {
        Self { output, consent, allowed: None, interrupt }
    }

    /// The same user, whose consent beforehand covers these risks only.
    pub(crate) fn allowing(self, allowed: Vec<RiskKind>) -> Self {
        Self { allowed: Some(allowed), ..self }
    }

    /// True when a yes beforehand was meant for this as well.
    fn covers(&self, question: &Question) -> bool {
        match (&self.allowed, question) {
            (Some(allowed), Question::ExecuteChangeSet(change_set)) => {
                change_set.risks.iter().all(|risk| allowed.contains(&risk.kind))
            }
            _ => true,
        }
    }
}

impl Host for User<'_> {
    fn event(&mut self, event: Event) {
        self.output.event(&event);
    }

    fn approve(&mut self, question: &Question) -> Answer {
        match self.consent {
            Consent::Given if !self.covers(question) => Answer::CannotAsk,
            Consent::Given => {
                self.output.fact(&Fact::Approved(question));
                Answer::Yes
            }
            Consent::Asked => self.output.ask(question, &self.interrupt),
            Consent::Unavailable => Answer::CannotAsk,
            Consent::Refused => Answer::No,
        }
    }
}
