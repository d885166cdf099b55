//! The five shipped projects: what each of them must be able to do stands in its template.

use serde_json::Value;

use super::*;

/// A project, and a context in which everything optional of it is switched on.
struct System {
    name: &'static str,
    text: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

/// Policy sources that the projects bring, by file name.
const POLICIES: &[(&str, &str)] = &[(
    "incoming-versions.json.hbs",
    include_str!("../../../../examples/image-library/policies/incoming-versions.json.hbs"),
)];

const DOMAIN: &[(&str, &str)] = &[("domain", "example.com"), ("zone", "Z0123456789ABCDEFGHIJ")];

const SYSTEMS: [System; 5] = [
    System {
        name: "avatars",
        text: include_str!("../../../../tests/fixtures/avatars-whole/stack.yaml"),
        parameters: DOMAIN,
    },
    System { name: "attendance", text: include_str!("../../../../examples/attendance/stack.yaml"), parameters: &[] },
    System {
        name: "video-responses",
        text: include_str!("../../../../examples/video-responses/stack.yaml"),
        parameters: &[],
    },
    System {
        name: "image-library",
        text: include_str!("../../../../examples/image-library/stack.yaml"),
        parameters: &[],
    },
    System {
        name: "photo-catalog",
        text: include_str!("../../../../examples/photo-catalog/stack.yaml"),
        parameters: &[("mail", "ops@example.com")],
    },
];

impl System {
    /// The region that the project file names.
    fn home(&self) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix("region: ")).unwrap()
    }

    fn plan(&self, environment: &str, region: &str) -> Plan {
        let context = Context {
            environment: Some(environment.to_owned()),
            region: Some(region.to_owned()),
            parameters: env(self.parameters),
            env: env(&[("PR_NUMBER", "12")]),
            policy_sources: env(POLICIES),
            ..context()
        };
        plan_text(self.text, &context)
    }
}

const ALL: [&str; 5] = ["avatars", "attendance", "video-responses", "image-library", "photo-catalog"];

/// True when a resource of the type has a value under the pointer, and the value holds for it.
fn has(plan: &Plan, resource_type: &str, pointer: &str, holds: impl Fn(&Value) -> bool) -> bool {
    let companions = plan.companions.iter().map(|companion| &companion.template);
    let templates = std::iter::once(&plan.template).chain(companions);
    templates
        .flat_map(|template| template.resources.values())
        .filter(|resource| resource.resource_type == resource_type)
        .any(|resource| resource.properties.pointer(pointer).is_some_and(&holds))
}

fn any(_: &Value) -> bool {
    true
}

fn is(expected: &'static str) -> impl Fn(&Value) -> bool {
    move |value| value == expected
}

fn holds(expected: &'static str) -> impl Fn(&Value) -> bool {
    move |value| value.to_string().contains(expected)
}

/// What a system must be able to do, by which systems need it, and what of a plan shows it.
type Capability = (&'static str, &'static [&'static str], fn(&Plan) -> bool);

const CAPABILITIES: &[Capability] = &[
    ("bucket with a name of its own", &ALL, |plan| has(plan, "AWS::S3::Bucket", "/BucketName", any)),
    ("removal policy", &ALL, |plan| plan.template.resources.values().any(|it| it.deletion_policy.is_some())),
    ("import of a bucket, its notifications merged", &["avatars"], |plan| {
        serde_json::to_string(&plan.actions).unwrap().contains("merge-notifications")
    }),
    ("CORS", &["avatars", "attendance", "video-responses"], |plan| {
        has(plan, "AWS::S3::Bucket", "/CorsConfiguration/CorsRules/0/AllowedOrigins", any)
    }),
    ("public reading", &["photo-catalog"], |plan| {
        has(plan, "AWS::S3::BucketPolicy", "/PolicyDocument", holds("ReadByEverybody"))
    }),
    ("public reading through a distribution", &["attendance"], |plan| {
        has(plan, "AWS::S3::BucketPolicy", "/PolicyDocument", holds("ReadByDistributions"))
    }),
    ("website", &["photo-catalog"], |plan| has(plan, "AWS::S3::Bucket", "/WebsiteConfiguration/ErrorDocument", any)),
    ("first contents", &["avatars", "photo-catalog"], |plan| !plan.contents.is_empty()),
    ("versioning and lifecycle", &["image-library"], |plan| {
        has(plan, "AWS::S3::Bucket", "/VersioningConfiguration", any)
            && has(plan, "AWS::S3::Bucket", "/LifecycleConfiguration", holds("DEEP_ARCHIVE"))
    }),
    ("S3 starts a function", &["avatars", "video-responses", "photo-catalog"], |plan| {
        has(
            plan,
            "AWS::S3::Bucket",
            "/NotificationConfiguration/LambdaConfigurations/0/Event",
            is("s3:ObjectCreated:*"),
        ) && has(plan, "AWS::Lambda::Permission", "/Principal", is("s3.amazonaws.com"))
    }),
    ("S3 tells a topic, by prefix", &["avatars"], |plan| {
        has(plan, "AWS::S3::Bucket", "/NotificationConfiguration/TopicConfigurations", holds("avatars/"))
            && has(plan, "AWS::SNS::TopicPolicy", "/PolicyDocument", holds("s3.amazonaws.com"))
    }),
    ("S3 fills a queue that starts a function", &["image-library"], |plan| {
        has(plan, "AWS::S3::Bucket", "/NotificationConfiguration/QueueConfigurations", any)
            && has(plan, "AWS::Lambda::EventSourceMapping", "/FunctionResponseTypes", holds("ReportBatchItemFailures"))
    }),
    ("functions with role and environment", &ALL, |plan| {
        has(plan, "AWS::Lambda::Function", "/Environment/Variables", any)
            && has(plan, "AWS::Lambda::Function", "/Role", any)
    }),
    ("memory and timeout", &["video-responses", "image-library", "photo-catalog"], |plan| {
        has(plan, "AWS::Lambda::Function", "/MemorySize", any) && has(plan, "AWS::Lambda::Function", "/Timeout", any)
    }),
    ("temporary storage", &["image-library"], |plan| {
        has(plan, "AWS::Lambda::Function", "/EphemeralStorage/Size", |value| *value == 512)
    }),
    ("function in a VPC", &["photo-catalog"], |plan| has(plan, "AWS::Lambda::Function", "/VpcConfig/SubnetIds", any)),
    ("function URL with CORS and both permissions", &["attendance"], |plan| {
        has(plan, "AWS::Lambda::Url", "/Cors/AllowOrigins", any)
            && has(plan, "AWS::Lambda::Permission", "/Action", is("lambda:InvokeFunctionUrl"))
            && has(plan, "AWS::Lambda::Permission", "/InvokedViaFunctionUrl", any)
    }),
    ("transcoding to 720p", &["video-responses"], |plan| {
        has(plan, "AWS::MediaConvert::JobTemplate", "/SettingsJson", holds("720"))
            && has(plan, "AWS::MediaConvert::Queue", "/Name", any)
            && has(plan, "AWS::IAM::Role", "/Policies", holds("iam:PassedToService"))
    }),
    ("HTTP API with its stage and access log", &["avatars"], |plan| {
        has(plan, "AWS::ApiGatewayV2::Stage", "/StageName", is("$default"))
            && has(plan, "AWS::ApiGatewayV2::Stage", "/AccessLogSettings/Format", holds("requestId"))
            && has(plan, "AWS::ApiGatewayV2::Route", "/RouteKey", is("OPTIONS /{proxy+}"))
    }),
    ("REST API at the edge, deployed when it changes", &["video-responses", "image-library"], |plan| {
        has(plan, "AWS::ApiGateway::RestApi", "/EndpointConfiguration/Types/0", is("EDGE"))
            && has(plan, "AWS::ApiGateway::Stage", "/DeploymentId/Ref", any)
            && plan.template.resources.iter().any(|(id, it)| {
                it.resource_type == "AWS::ApiGateway::Deployment" && id.len() > "ResponsesDeployment".len()
            })
    }),
    ("REST API reads a bucket; every body is binary", &["image-library"], |plan| {
        has(plan, "AWS::ApiGateway::Method", "/Integration/Uri", holds(":s3:path/"))
            && has(plan, "AWS::ApiGateway::RestApi", "/BinaryMediaTypes/0", is("*/*"))
    }),
    ("API key and usage plan", &["image-library"], |plan| {
        has(plan, "AWS::ApiGateway::UsagePlan", "/Quota/Limit", |value| *value == 10_000)
            && has(plan, "AWS::ApiGateway::UsagePlan", "/Throttle/RateLimit", |value| *value == 1000)
            && has(plan, "AWS::ApiGateway::UsagePlanKey", "/KeyId", any)
    }),
    ("writes are signed", &["image-library"], |plan| {
        has(plan, "AWS::ApiGateway::Method", "/AuthorizationType", is("AWS_IAM"))
    }),
    ("authorizer REQUEST with simple answers", &["avatars"], |plan| {
        has(plan, "AWS::ApiGatewayV2::Authorizer", "/EnableSimpleResponses", |value| *value == true)
    }),
    ("authorizer TOKEN", &["video-responses"], |plan| has(plan, "AWS::ApiGateway::Authorizer", "/Type", is("TOKEN"))),
    ("domain of an API", &["avatars"], |plan| {
        has(plan, "AWS::ApiGatewayV2::DomainName", "/DomainName", is("api.example.com"))
            && has(plan, "AWS::ApiGatewayV2::ApiMapping", "/Stage", any)
    }),
    ("distribution with origin access control and managed policies", &["avatars"], |plan| {
        let behavior = "/DistributionConfig/DefaultCacheBehavior";
        has(plan, "AWS::CloudFront::OriginAccessControl", "/OriginAccessControlConfig/SigningBehavior", is("always"))
            && has(plan, "AWS::CloudFront::Distribution", behavior, holds("658327ea-f89d-4fab-a63d-7e88639e58f6"))
            && has(plan, "AWS::CloudFront::Distribution", behavior, holds("59781a5b-3903-41f3-afcb-af62929ccde1"))
            && has(plan, "AWS::CloudFront::Distribution", behavior, holds("60669652-455b-4ae9-85a4-c4c02393f86c"))
            && has(plan, "AWS::CloudFront::Distribution", "/DistributionConfig/HttpVersion", is("http2and3"))
    }),
    ("invalidation by deployer and function", &["avatars"], |plan| {
        serde_json::to_string(&plan.actions).unwrap().contains("invalidate")
            && has(plan, "AWS::IAM::Role", "/Policies", holds("cloudfront:CreateInvalidation"))
    }),
    ("certificates at the edge and at home", &["avatars"], |plan| {
        let certificate = "AWS::CertificateManager::Certificate";
        plan.companions.iter().any(|it| it.region == "us-east-1" && !it.template.resources.is_empty())
            && plan.template.resources.values().any(|it| it.resource_type == certificate)
            && has(plan, certificate, "/DomainValidationOptions/0/HostedZoneId", any)
    }),
    ("alias records of both kinds", &["avatars"], |plan| {
        ["A", "AAAA"].into_iter().all(|kind| {
            plan.template.resources.values().any(|it| {
                it.resource_type == "AWS::Route53::RecordSet"
                    && it.properties["Type"] == kind
                    && it.properties["Name"] == "assets.example.com"
            })
        })
    }),
    ("table with a composite key", &["attendance", "video-responses", "image-library"], |plan| {
        has(plan, "AWS::DynamoDB::Table", "/KeySchema/1/KeyType", is("RANGE"))
    }),
    ("provisioned capacity", &["video-responses"], |plan| {
        has(plan, "AWS::DynamoDB::Table", "/ProvisionedThroughput/ReadCapacityUnits", |value| *value == 5)
    }),
    ("index", &["attendance", "image-library"], |plan| {
        has(plan, "AWS::DynamoDB::Table", "/GlobalSecondaryIndexes/0/IndexName", any)
    }),
    ("MySQL 8.4 in a subnet group, closed", &["photo-catalog"], |plan| {
        has(plan, "AWS::RDS::DBInstance", "/EngineVersion", holds("8.4"))
            && has(plan, "AWS::RDS::DBInstance", "/PubliclyAccessible", |value| *value == false)
            && has(plan, "AWS::RDS::DBSubnetGroup", "/SubnetIds", any)
            && has(plan, "AWS::EC2::SecurityGroup", "/GroupDescription", any)
    }),
    ("PostgreSQL for migrations up and down", &["avatars"], |plan| {
        has(plan, "AWS::RDS::DBInstance", "/Engine", is("postgres"))
    }),
    ("secret with its attachment", &["photo-catalog"], |plan| {
        has(plan, "AWS::SecretsManager::Secret", "/GenerateSecretString", any)
            && has(plan, "AWS::SecretsManager::SecretTargetAttachment", "/TargetType", any)
    }),
    ("endpoints of the VPC", &["photo-catalog"], |plan| {
        has(plan, "AWS::EC2::VPCEndpoint", "/VpcEndpointType", is("Gateway"))
            && has(plan, "AWS::EC2::VPCEndpoint", "/VpcEndpointType", is("Interface"))
    }),
    ("https subscription", &["avatars"], |plan| has(plan, "AWS::SNS::Subscription", "/Protocol", is("https"))),
    ("mail subscription", &["photo-catalog"], |plan| {
        has(plan, "AWS::SNS::Subscription", "/Endpoint", is("ops@example.com"))
    }),
    ("log group with retention", &ALL, |plan| has(plan, "AWS::Logs::LogGroup", "/RetentionInDays", any)),
    ("log group of seven days", &["photo-catalog"], |plan| {
        has(plan, "AWS::Logs::LogGroup", "/RetentionInDays", |value| *value == 7)
    }),
    ("metric filter and alarm", &["photo-catalog"], |plan| {
        has(plan, "AWS::Logs::MetricFilter", "/FilterPattern", holds("Unprocessable Entity"))
            && has(plan, "AWS::CloudWatch::Alarm", "/AlarmActions/0", any)
    }),
    ("what fails is kept", &["avatars", "video-responses", "photo-catalog"], |plan| {
        has(plan, "AWS::Lambda::EventInvokeConfig", "/DestinationConfig/OnFailure/Destination", any)
    }),
    ("what a queue cannot deliver is kept", &["image-library"], |plan| {
        has(plan, "AWS::SQS::Queue", "/RedrivePolicy/maxReceiveCount", |value| *value == 3)
    }),
    ("rule for the end of a job", &["video-responses"], |plan| {
        has(plan, "AWS::Events::Rule", "/EventPattern", holds("MediaConvert Job State Change"))
    }),
    ("provider of GitHub and its role", &["image-library"], |plan| {
        has(plan, "AWS::IAM::OIDCProvider", "/Url", any)
            && has(
                plan,
                "AWS::IAM::Role",
                "/AssumeRolePolicyDocument",
                holds("repo:example/images:ref:refs/heads/main"),
            )
    }),
    ("pipeline with test and build", &["attendance"], |plan| {
        let projects = plan.template.resources.values().filter(|it| it.resource_type == "AWS::CodeBuild::Project");
        projects.count() == 2 && has(plan, "AWS::CodePipeline::Pipeline", "/Stages/2", any)
    }),
    ("repository of images", &["attendance"], |plan| has(plan, "AWS::ECR::Repository", "/RepositoryName", any)),
    ("outputs for the clients", &ALL, |plan| !plan.outputs.is_empty()),
];

#[test]
fn each_system_can_do_what_it_must() {
    let plans: Vec<(&str, Plan)> =
        SYSTEMS.iter().map(|system| (system.name, system.plan("dev", system.home()))).collect();
    let mut missing = Vec::new();
    for (what, systems, shows) in CAPABILITIES {
        for name in *systems {
            let (_, plan) = plans.iter().find(|(system, _)| system == name).unwrap();
            if !shows(plan) {
                missing.push(format!("{name}: {what}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_container_is_hosted_once_there_is_an_image() {
    let system = &SYSTEMS[1];
    let plan = system.plan("dev", system.home());
    assert!(!has(&plan, "AWS::ECS::ExpressGatewayService", "", any));
    let context = Context { parameters: env(&[("image_tag", "abc123")]), ..context() };
    let plan = plan_text(system.text, &context);
    assert!(has(&plan, "AWS::ECS::ExpressGatewayService", "/PrimaryContainer/ContainerPort", |value| *value == 8000));
}

#[test]
fn every_environment_of_every_system_plans_in_three_regions() {
    for system in &SYSTEMS {
        for environment in ["dev", "ci", "prod"] {
            for region in ["us-east-1", "eu-central-1", "ap-northeast-2"] {
                let plan = system.plan(environment, region);
                // No helper: what the project declares, and nothing that runs to deploy it.
                let functions: Vec<&str> = plan.artifacts.iter().map(|artifact| artifact.logical_id.as_str()).collect();
                for (id, resource) in &plan.template.resources {
                    let is_function = resource.resource_type == "AWS::Lambda::Function";
                    assert!(!is_function || functions.contains(&id.as_str()), "{id}");
                    assert!(!resource.resource_type.starts_with("Custom::"), "{id}");
                    assert_ne!(resource.resource_type, "AWS::CloudFormation::CustomResource", "{id}");
                }
            }
        }
    }
}
