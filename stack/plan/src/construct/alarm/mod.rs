//! `alarms:`.

mod source;

use serde_json::{Value, json};

use source::{Source, SourceDeclaration, check_dimensions, read_source};

use super::{Construct, Declaration, Declared, Grant, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{Arn, Comparison, Description, MissingData, Number, Period, Periods, SettingValue, Statistic};

/// Greatest length of an alarm's name.
const ALARM_NAME: usize = 255;
/// Greatest number of actions for one state.
const ACTIONS: usize = 5;
/// Greatest time that an alarm looks back over, in seconds: periods below an hour, and longer ones.
const LOOK_BACK: (u32, u32) = (86_400, 604_800);

/// An alarm as written.
#[derive(Debug, Clone)]
pub(crate) struct AlarmDeclaration {
    place: Place,
    description: Option<Text>,
    source: Option<SourceDeclaration>,
    statistic: Option<Text>,
    period: Option<Text>,
    evaluation_periods: Option<Text>,
    datapoints: Option<Text>,
    threshold: Option<Text>,
    comparison: Option<Text>,
    missing_data: Option<Text>,
    enabled: Option<Text>,
    alarm_actions: Vec<Text>,
    ok_actions: Vec<Text>,
    insufficient_data_actions: Vec<Text>,
}

/// An alarm with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    /// Nothing while it has a fault.
    pub(crate) source: Option<Source>,
    pub(crate) statistic: Statistic,
    /// Seconds.
    pub(crate) period: u32,
    pub(crate) evaluation_periods: u32,
    /// Of the periods, how many must be bad.
    pub(crate) datapoints: u32,
    pub(crate) threshold: serde_json::Number,
    pub(crate) comparison: Comparison,
    pub(crate) missing_data: MissingData,
    /// False when the alarm changes its state and tells nobody.
    pub(crate) enabled: bool,
    pub(crate) on_breach: Vec<AlarmAction>,
    pub(crate) on_ok: Vec<AlarmAction>,
    pub(crate) on_insufficient_data: Vec<AlarmAction>,
}

/// What an alarm does when it changes its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AlarmAction {
    /// Publishes to a topic of the project.
    Topic(String),
    /// Whatever the ARN stands for; may hold marks of values that only AWS knows.
    Arn(String),
}

impl Declaration for AlarmDeclaration {
    type Resolved = Alarm;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let source = read_source(&fields, named, sink);
        check_dimensions(source.as_ref(), sink);
        let threshold = match &source {
            Some(source) if !source.counts_failures() => {
                fields.required("threshold", "the number that the metric is compared with: `threshold: 100`")
            }
            _ => fields.text("threshold"),
        };
        let declaration = Self {
            place: named.place.clone(),
            description: fields.text("description"),
            source,
            statistic: fields.text("statistic"),
            period: fields.text("period"),
            evaluation_periods: fields.text("evaluation_periods"),
            datapoints: fields.text("datapoints"),
            threshold,
            comparison: fields.text("comparison"),
            missing_data: fields.text("missing_data"),
            enabled: fields.text("enabled"),
            alarm_actions: fields.texts("alarm_actions"),
            ok_actions: fields.texts("ok_actions"),
            insufficient_data_actions: fields.texts("insufficient_data_actions"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let name = naming.physical(name, ALARM_NAME);
        json!({ "arn": naming.arn("cloudwatch", &format!("alarm:{name}")), "name": name })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Alarm {
        let counts_failures = self.source.as_ref().is_some_and(SourceDeclaration::counts_failures);
        let missing_data = if counts_failures { MissingData::NOT_BREACHING } else { MissingData::MISSING };
        let statistic = self.source.as_ref().map_or("Sum", SourceDeclaration::statistic);
        let description = self.description.as_ref().and_then(|text| scope.value::<Description>(text));
        let number = |text: Option<&Text>| text.map(|text| scope.value::<Periods>(text).map(|periods| periods.0));
        let periods = number(self.evaluation_periods.as_ref()).unwrap_or(Some(1));
        let datapoints = number(self.datapoints.as_ref()).unwrap_or(periods);
        let actions = |texts: &[Text]| self.resolve_actions(texts, scope, declared);
        let alarm = Alarm {
            name: name.to_owned(),
            place: self.place.clone(),
            description: description.map(|description| description.0),
            source: self.source.as_ref().and_then(|source| source.resolve(scope, declared)),
            statistic: scope.value_or(self.statistic.as_ref(), Statistic(statistic.to_owned())),
            period: scope.value_or(self.period.as_ref(), Period(60)).0,
            evaluation_periods: periods.unwrap_or(1),
            datapoints: datapoints.unwrap_or(1),
            threshold: scope.value_or(self.threshold.as_ref(), Number(0.into())).0,
            comparison: scope.value_or(self.comparison.as_ref(), Comparison::GREATER),
            missing_data: scope.value_or(self.missing_data.as_ref(), missing_data),
            enabled: scope.value_or(self.enabled.as_ref(), true),
            on_breach: actions(&self.alarm_actions),
            on_ok: actions(&self.ok_actions),
            on_insufficient_data: actions(&self.insufficient_data_actions),
        };
        self.check(&alarm, periods, datapoints, scope.sink());
        alarm
    }
}

impl AlarmDeclaration {
    /// What must hold between the settings of one alarm. A number is nothing while it is not known.
    fn check(&self, alarm: &Alarm, periods: Option<u32>, datapoints: Option<u32>, sink: &Sink) {
        let limit = if alarm.period < 3_600 { LOOK_BACK.0 } else { LOOK_BACK.1 };
        let look_back = alarm.period.saturating_mul(alarm.evaluation_periods);
        if look_back > limit {
            let what = "seconds that an alarm looks back over (period times evaluation periods)".to_owned();
            let (value, limit) = (look_back as usize, limit as usize);
            sink.push(FaultKind::LimitExceeded { what, value, limit }, &self.place);
        }
        if let (Some(text), Some(datapoints), Some(periods)) = (&self.datapoints, datapoints, periods)
            && datapoints > periods
        {
            let kind = FaultKind::BadValue {
                value: text.raw.clone(),
                expected: format!("at most the {periods} periods that are looked at"),
                help: "raise `evaluation_periods`, or lower `datapoints`".to_owned(),
            };
            sink.push(kind, &text.place);
        }
    }

    fn resolve_actions(&self, texts: &[Text], scope: &Scope<'_>, declared: &Declared) -> Vec<AlarmAction> {
        let actions: Vec<AlarmAction> = texts.iter().filter_map(|text| resolve_action(text, scope, declared)).collect();
        if actions.len() > ACTIONS {
            let what = "actions of an alarm for one state".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: actions.len(), limit: ACTIONS };
            scope.sink().push(kind, &self.place);
        }
        actions
    }
}

/// Nothing for an action that is empty: it is left out.
fn resolve_action(text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<AlarmAction> {
    let value = scope.evaluate(text)?;
    if value.is_empty() {
        return None;
    }
    if !deferred::is_clean(&value) || Arn::parse(&value).is_some() {
        return Some(AlarmAction::Arn(value));
    }
    let reference = Reference::read_whole(&value, &[Kind::Topic], declared, &text.place, scope.sink())?;
    Some(AlarmAction::Topic(reference.name))
}

impl Construct for Alarm {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn is_rendered(&self) -> bool {
        self.source.is_some()
    }

    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let actions = [&self.on_breach, &self.on_ok, &self.on_insufficient_data];
        let mut topics: Vec<&str> = actions
            .into_iter()
            .flatten()
            .filter_map(|action| if let AlarmAction::Topic(topic) = action { Some(topic.as_str()) } else { None })
            .collect();
        topics.sort_unstable();
        topics.dedup();
        topics
            .into_iter()
            .map(|topic| Grant {
                service: "cloudwatch.amazonaws.com",
                target: (Kind::Topic, topic.to_owned()),
                permission_id: String::new(),
                source_arn: links.attribute(Kind::Alarm, &self.name, "arn"),
                names_account: false,
                is_asynchronous: true,
            })
            .collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let actions = |actions: &[AlarmAction]| {
            let arn = |action: &AlarmAction| match action {
                AlarmAction::Topic(topic) => links.reference(Kind::Topic, topic),
                AlarmAction::Arn(arn) => arn.clone(),
            };
            actions.iter().map(arn).collect::<Vec<_>>()
        };
        json!({
            "id": Naming::id(Kind::Alarm, &self.name),
            "alarm_name": links.attribute(Kind::Alarm, &self.name, "name"),
            "description": self.description,
            "filter": self.source.as_ref().and_then(|source| source.filter(&self.name, links)),
            "metric": self.source.as_ref().map(|source| source.metric(&self.name, links)),
            "statistic": self.statistic.0,
            "is_extended": self.statistic.is_extended(),
            "period": self.period,
            "evaluation_periods": self.evaluation_periods,
            "datapoints": self.datapoints,
            "threshold": self.threshold,
            "comparison": self.comparison.0,
            "missing_data": self.missing_data.0,
            "enabled": self.enabled,
            "alarm_actions": actions(&self.on_breach),
            "ok_actions": actions(&self.on_ok),
            "insufficient_data_actions": actions(&self.on_insufficient_data),
        })
    }
}
