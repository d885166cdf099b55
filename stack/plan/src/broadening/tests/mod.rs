//! Pairs of templates, each judged by hand.

mod actions;
mod buckets;
mod conditions;
mod decisions;
mod denials;
mod holders;
mod intrinsics;
mod network;
mod random;
mod resources;
mod secrets;
mod settings;
mod trust;
mod words;

use super::{Broadening, Severity};
use crate::template::Template;

/// What a reader who knows the matter says of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Nothing becomes wider.
    Nothing,
    /// Something does.
    Wider,
    /// Something does that is bad practice anywhere.
    Severe,
}

use Verdict::{Nothing, Severe, Wider};

/// A name, the older side, the newer side, and the verdict.
type Pair = (&'static str, &'static str, &'static str, Verdict);

fn parse(text: &str) -> Template {
    Template::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn between(old: &str, new: &str) -> Vec<Broadening> {
    Broadening::between(&parse(old), &parse(new))
}

fn verdict_of(found: &[Broadening]) -> Verdict {
    let verdict = |broadening: &Broadening| if broadening.severity == Severity::Severe { Severe } else { Wider };
    found.iter().map(verdict).max().unwrap_or(Nothing)
}

/// Judges every pair, in the form that `template` gives to its sides. All wrong verdicts are told at once.
fn judge(pairs: &[Pair], template: impl Fn(&str) -> String) {
    let mut wrong = Vec::new();
    for (name, old, new, expected) in pairs {
        let [old, new] = [old, new].map(|side| template(side));
        let found = between(&old, &new);
        if verdict_of(&found) != *expected {
            wrong.push(format!("{name}: {expected:?} expected, found {found:#?}"));
        }
        // Whatever the change, no template is wider than itself.
        for side in [&old, &new] {
            let itself = between(side, side);
            if !itself.is_empty() {
                wrong.push(format!("{name}: wider than itself: {itself:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Statements of a role's inline policy, as items of a YAML flow.
fn role(statements: &str) -> String {
    format!(
        "Conditions: {{ Big: !Equals [!Ref AWS::Region, eu-central-1], Small: !Not [!Condition Big] }}
Parameters: {{ Name: {{ Type: String }}, Account: {{ Type: String, Default: '111122223333' }} }}
Mappings: {{ Names: {{ prod: {{ bucket: big }} }} }}
Resources:
  Files: {{ Type: AWS::S3::Bucket }}
  Named: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: photos }} }}
  Topic: {{ Type: AWS::SNS::Topic, Properties: {{ TopicName: news }} }}
  Queue: {{ Type: AWS::SQS::Queue }}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{{ Effect: Allow, Action: 'sts:AssumeRole', Principal: {{ Service: lambda.amazonaws.com }} }}]
      Policies:
        - PolicyName: p
          PolicyDocument: {{ Version: '2012-10-17', Statement: [{statements}] }}
"
    )
}
