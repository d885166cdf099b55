//! `scaling:` of a service: how many tasks run.

use crate::fault::{FaultKind, Sink};
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{ScalingMetric, ScalingValue, TaskCount};

/// Scaling as written.
#[derive(Debug, Clone, Default)]
pub(super) struct ScalingDeclaration {
    min: Option<Text>,
    max: Option<Text>,
    metric: Option<Text>,
    target: Option<Text>,
}

/// How many tasks run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scaling {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) metric: ScalingMetric,
    pub(crate) target: u32,
}

pub(super) fn read_scaling(named: &Named<'_>, sink: &Sink) -> Option<ScalingDeclaration> {
    let fields = Fields::open(named.node, &named.place, sink)?;
    let scaling = ScalingDeclaration {
        min: fields.text("min"),
        max: fields.text("max"),
        metric: fields.text("metric"),
        target: fields.text("target"),
    };
    fields.finish();
    Some(scaling)
}

impl ScalingDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Scaling {
        let count = |text: Option<&Text>| text.map(|text| scope.value::<TaskCount>(text).map(|count| count.0));
        // Nothing while a number is not known.
        let min = count(self.min.as_ref()).unwrap_or(Some(1));
        let max = count(self.max.as_ref()).unwrap_or(min);
        if let (Some(text), Some(min), Some(max)) = (&self.max, min, max)
            && max < min
        {
            let kind = FaultKind::BadValue {
                value: text.raw.clone(),
                expected: format!("at least the {min} tasks that always run"),
                help: "raise `max`, or lower `min`".to_owned(),
            };
            scope.sink().push(kind, &text.place);
        }
        Scaling {
            min: min.unwrap_or(1),
            max: max.unwrap_or(1),
            metric: scope.value_or(self.metric.as_ref(), ScalingMetric("AVERAGE_CPU")),
            target: scope.value_or(self.target.as_ref(), ScalingValue(60)).0,
        }
    }
}
