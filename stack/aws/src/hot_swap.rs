//! Hot swap: new code for functions without an operation of CloudFormation, and the note that lets the next deployment mend what
//! the stack does not know.
//!
//! The stack goes on naming the code of before. A later deployment of that very code would find nothing to do, and one of other
//! functions would leave this one alone. So before a function gets its code, its name is noted in the artifact bucket; every
//! ordinary deployment gives the functions that it finds there the code that the stack names, and takes the note away.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::primitives::ByteStream;
use stack_plan::plan::Artifact;
use stack_plan::{Built, Event};

use crate::artifact_bucket::{self, Ensured, artifact_bucket_name};
use crate::connect::Aws;
use crate::error::{AwsError, Result, failed};
use crate::function_code::update_function_code;
use crate::host::Host;
use crate::outcome::Outcome;
use crate::stack::{self, StackSummary};
use crate::stack_deployment::{Found, StackDeployment, There, not_approved};
use crate::status::DeployDecision;
use crate::unchanged;
use crate::upload::upload_zips;

/// How a hot swap ended.
pub(crate) enum Swapped {
    /// These functions run their new code.
    Done { functions: Vec<String>, there: Box<There> },
    /// It takes an operation of CloudFormation, or none at all.
    NotPossible,
    /// It was not begun.
    Ended(Box<Outcome>),
}

/// Key of the note about a stack in the artifact bucket. No package has such a name.
pub(crate) fn note_key(stack_name: &str) -> String {
    format!(".hot-swapped/{stack_name}.json")
}

impl StackDeployment<'_> {
    /// Gives functions their new code where nothing else differs from what is deployed.
    pub(crate) async fn hot_swap(
        &self,
        found: &Found,
        (artifacts, built): (&[Artifact], &[Built]),
        host: &mut dyn Host,
    ) -> Result<Swapped> {
        let (Some(stack), DeployDecision::Update) = (&found.current, found.decision) else {
            return Ok(Swapped::NotPossible);
        };
        if self.is_guarded(Some(stack)) {
            let detail = format!("`{}` is protected, so it is deployed", stack.reference.name);
            host.event(Event::Notice { code: "not-hot-swapped", detail });
            return Ok(Swapped::NotPossible);
        }
        let changed: Vec<&Artifact> = artifacts
            .iter()
            .filter(|artifact| {
                let key = &artifact.key_parameter;
                stack.parameters.get(key) != self.wanted.parameters.get(key)
            })
            .collect();
        let keys: BTreeSet<&str> = changed.iter().map(|artifact| artifact.key_parameter.as_str()).collect();
        let before = stack::template(self.aws, &stack.reference).await?;
        if !unchanged::is_current_but_for(stack, self.wanted, before.as_ref(), &keys) {
            let detail = format!("more than code differs from `{}`, so it is deployed", stack.reference.name);
            host.event(Event::Notice { code: "not-hot-swapped", detail });
            return Ok(Swapped::NotPossible);
        }
        if changed.is_empty() {
            return Ok(Swapped::NotPossible);
        }
        let bucket = artifact_bucket_name(self.account, &self.aws.target().region);
        match artifact_bucket::ensure(self.aws, self.account, self.attempt, self.pacer.restarted(), host).await? {
            Ensured::Ready => {}
            Ensured::NotAllowed { question, answer } => {
                return Ok(Swapped::Ended(Box::new(not_approved(question, answer))));
            }
            Ensured::Interrupted => return Ok(Swapped::Ended(Box::new(self.interrupted()))),
        }
        upload_zips(self.aws, &bucket, self.account, built, host).await?;
        if self.pacer.is_interrupted() {
            return Ok(Swapped::Ended(Box::new(self.interrupted())));
        }
        let note = Note { aws: self.aws, account: self.account, bucket: &bucket, stack_name: self.wanted.name };
        let mut noted = note.read().await?;
        noted.extend(changed.iter().map(|artifact| artifact.function.clone()));
        note.write(&noted).await?;
        for artifact in &changed {
            let Some(key) = self.wanted.parameters.get(&artifact.key_parameter) else { continue };
            update_function_code(self.aws, &artifact.function_name, &bucket, key).await?;
            host.event(Event::ActionFinished { action: "swap-code", target: artifact.function_name.clone() });
        }
        let functions = changed.iter().map(|artifact| artifact.function.clone()).collect();
        Ok(Swapped::Done { functions, there: Box::new(There::unchanged(stack.clone(), before)) })
    }

    /// Gives functions that were swapped the code that the stack names.
    pub(crate) async fn undo_hot_swap(
        &self,
        stack: &StackSummary,
        artifacts: &[Artifact],
        host: &mut dyn Host,
    ) -> Result<()> {
        let bucket = artifact_bucket_name(self.account, &self.aws.target().region);
        let note = Note { aws: self.aws, account: self.account, bucket: &bucket, stack_name: self.wanted.name };
        let noted = note.read().await?;
        if noted.is_empty() {
            return Ok(());
        }
        let named: BTreeMap<&str, &Artifact> =
            artifacts.iter().map(|artifact| (artifact.function.as_str(), artifact)).collect();
        // A function that the project has no more is gone with its code.
        for artifact in noted.iter().filter_map(|function| named.get(function.as_str())) {
            let Some(key) = stack.parameters.get(&artifact.key_parameter) else { continue };
            update_function_code(self.aws, &artifact.function_name, &bucket, key).await?;
            host.event(Event::ActionFinished { action: "restore-code", target: artifact.function_name.clone() });
        }
        note.delete().await
    }
}

/// The note about one stack: names of functions in the project file.
struct Note<'a> {
    aws: &'a Aws,
    account: &'a str,
    bucket: &'a str,
    stack_name: &'a str,
}

impl Note<'_> {
    /// Nothing where there is no note, or no bucket.
    async fn read(&self) -> Result<BTreeSet<String>> {
        let call = self.aws.s3.get_object().bucket(self.bucket).key(note_key(self.stack_name));
        let answer = call.expected_bucket_owner(self.account).send().await.map_err(failed("S3", "GetObject"));
        let body = match answer {
            Ok(answer) => answer.body.collect().await,
            Err(error) if error.has_status(404) => return Ok(BTreeSet::new()),
            Err(error) => return Err(error),
        };
        let unreadable =
            || AwsError::IncompleteAnswer { service: "S3", operation: "GetObject", missing: "a note of a hot swap" };
        serde_json::from_slice(&body.map_err(|_| unreadable())?.into_bytes()).map_err(|_| unreadable())
    }

    async fn write(&self, functions: &BTreeSet<String>) -> Result<()> {
        let body = serde_json::json!(functions).to_string().into_bytes();
        self.aws
            .s3
            .put_object()
            .bucket(self.bucket)
            .key(note_key(self.stack_name))
            .expected_bucket_owner(self.account)
            .content_type("application/json")
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(failed("S3", "PutObject"))?;
        Ok(())
    }

    async fn delete(&self) -> Result<()> {
        let call = self.aws.s3.delete_object().bucket(self.bucket).key(note_key(self.stack_name));
        call.expected_bucket_owner(self.account).send().await.map_err(failed("S3", "DeleteObject"))?;
        Ok(())
    }
}
