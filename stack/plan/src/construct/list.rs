//! The list of all constructs, and everything that must know each of them.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::alarm::AlarmDeclaration;
use super::bucket::BucketDeclaration;
use super::database::DatabaseDeclaration;
use super::distribution::DistributionDeclaration;
use super::domain::DomainDeclaration;
use super::event_rule::EventRuleDeclaration;
use super::function::FunctionDeclaration;
use super::http_api::HttpApiDeclaration;
use super::network::NetworkDeclaration;
use super::pipeline::PipelineDeclaration;
use super::queue::QueueDeclaration;
use super::repository::RepositoryDeclaration;
use super::rest_api::RestApiDeclaration;
use super::role::RoleDeclaration;
use super::schedule::ScheduleDeclaration;
use super::secret::SecretDeclaration;
use super::service::ServiceDeclaration;
use super::table::TableDeclaration;
use super::topic::TopicDeclaration;
use super::transcoder::TranscoderDeclaration;
use super::user_pool::UserPoolDeclaration;
use super::{Construct, Declaration, Declared};
use crate::fault::Sink;
use crate::naming::Naming;
use crate::project::Named;
use crate::render::Source;
use crate::scope::Scope;

/// Makes the enum of kinds and the collections from one list, so that a construct is added by one line.
macro_rules! constructs {
    ($($kind:ident, $word:literal, $section:ident, $declaration:ty;)+) => {
        /// Kinds of construct, in the order in which templates hold them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind {
            $($kind,)+
        }

        impl Kind {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The word in references and expressions.
            pub(crate) fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)+
                }
            }

            /// The key of the project file under which they are declared.
            pub(crate) fn section(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($section),)+
                }
            }

            /// What ends the logical ids of its main resource.
            pub(crate) fn id_ending(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)+
                }
            }

            /// What expressions may ask of it.
            pub(crate) fn attributes(self) -> &'static [&'static str] {
                match self {
                    $(Self::$kind => <$declaration>::ATTRIBUTES,)+
                }
            }

            /// Its template source.
            pub(crate) fn source(self) -> Source {
                match self {
                    $(Self::$kind => Source {
                        file_name: concat!($word, ".yaml.hbs"),
                        text: include_str!(concat!("../../../../templates/", $word, ".yaml.hbs")),
                    },)+
                }
            }
        }

        /// Constructs as written, by name, in the order of the file.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Declarations {
            $(pub(crate) $section: IndexMap<String, $declaration>,)+
        }

        impl Declarations {
            /// Reads one construct.
            pub(crate) fn read(&mut self, kind: Kind, named: &Named<'_>, declared: &mut Declared, sink: &Sink) {
                let name = named.name.to_owned();
                match kind {
                    $(Kind::$kind => {
                        if let Some(declaration) = <$declaration>::read(named, sink) {
                            declared.insert_groups(kind, named.name, declaration.groups());
                            self.$section.insert(name, declaration);
                        }
                    })+
                }
            }

            /// Attributes that a construct lacks, each with how to get it.
            pub(crate) fn absent(&self) -> Vec<(Kind, &str, &'static str, &'static str)> {
                let mut all = Vec::new();
                $(
                    for (name, it) in &self.$section {
                        all.extend(it.absent().into_iter().map(|(what, help)| (Kind::$kind, name.as_str(), what, help)));
                    }
                )+
                all
            }

            /// What expressions see of every construct: `bucket.assets.name` and the like.
            pub(crate) fn attributes(&self, naming: &Naming, scope: &Scope<'_>) -> Map<String, Value> {
                let mut all = Map::new();
                $(
                    let members = self.$section.iter();
                    let members = members.map(|(name, it)| (name.clone(), it.attributes(name, naming, scope)));
                    // A kind that has nothing to ask for leaves its word to parameters.
                    if !<$declaration>::ATTRIBUTES.is_empty() {
                        all.insert($word.to_owned(), Value::Object(members.collect()));
                    }
                )+
                all
            }
        }

        /// Constructs with every default filled, in the order of the file.
        #[derive(Debug, Clone)]
        pub(crate) struct Constructs {
            $(pub(crate) $section: Vec<<$declaration as Declaration>::Resolved>,)+
        }

        impl Constructs {
            pub(crate) fn resolve(declarations: &Declarations, scope: &Scope<'_>, declared: &Declared) -> Self {
                Self {
                    $($section: declarations.$section.iter().map(|(name, it)| it.resolve(name, scope, declared)).collect(),)+
                }
            }

            /// Each with its kind, in the order of the template.
            pub(crate) fn each(&self) -> Vec<(Kind, &dyn Construct)> {
                let mut each: Vec<(Kind, &dyn Construct)> = Vec::new();
                $(each.extend(self.$section.iter().map(|it| (Kind::$kind, it as &dyn Construct)));)+
                each
            }
        }
    };
}

constructs! {
    Function, "function", functions, FunctionDeclaration;
    Bucket, "bucket", buckets, BucketDeclaration;
    Topic, "topic", topics, TopicDeclaration;
    Queue, "queue", queues, QueueDeclaration;
    Table, "table", tables, TableDeclaration;
    Secret, "secret", secrets, SecretDeclaration;
    Network, "network", networks, NetworkDeclaration;
    Database, "database", databases, DatabaseDeclaration;
    Distribution, "distribution", distributions, DistributionDeclaration;
    UserPool, "user_pool", user_pools, UserPoolDeclaration;
    HttpApi, "http_api", http_apis, HttpApiDeclaration;
    RestApi, "rest_api", rest_apis, RestApiDeclaration;
    Domain, "domain", domains, DomainDeclaration;
    EventRule, "event_rule", event_rules, EventRuleDeclaration;
    Alarm, "alarm", alarms, AlarmDeclaration;
    Schedule, "schedule", schedules, ScheduleDeclaration;
    Transcoder, "transcoder", transcoders, TranscoderDeclaration;
    ExternalRole, "role", roles, RoleDeclaration;
    Repository, "repository", repositories, RepositoryDeclaration;
    Pipeline, "pipeline", pipelines, PipelineDeclaration;
    Service, "service", services, ServiceDeclaration;
}
