//! Policies that AWS maintains, as far as they are served here.
//!
//! What they grant is told in our own, shorter words: the actions that the local cloud knows, not the long lists of AWS. An
//! unknown one can be attached, and grants nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ManagedPolicy;

/// What ARNs of AWS's policies start with.
pub(super) const PREFIX: &str = "arn:aws:iam::aws:policy";

/// Path and name, and what is granted: actions, each list on its resource.
type Grant = (&'static str, &'static str, &'static [(&'static [&'static str], &'static str)]);

const LOG: &[&str] = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

const NETWORK_INTERFACES: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
];

const PULL_IMAGES: &[&str] = &[
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:DescribeRepositories",
    "ecr:ListImages",
    "ecr:DescribeImages",
    "ecr:BatchGetImage",
    "ecr:GetLifecyclePolicy",
    "ecr:GetLifecyclePolicyPreview",
    "ecr:ListTagsForResource",
    "ecr:DescribeImageScanFindings",
];

const PUSH_IMAGES: &[&str] =
    &["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"];

/// Actions that read, by the beginnings that AWS gives their names.
const READ: &[&str] = &[
    "apigateway:GET",
    "cloudformation:Describe*",
    "cloudformation:Detect*",
    "cloudformation:Estimate*",
    "cloudformation:Get*",
    "cloudformation:List*",
    "cloudfront:Describe*",
    "cloudfront:Get*",
    "cloudfront:List*",
    "cloudwatch:Describe*",
    "cloudwatch:Get*",
    "cloudwatch:List*",
    "cognito-idp:AdminGet*",
    "cognito-idp:AdminList*",
    "cognito-idp:Describe*",
    "cognito-idp:Get*",
    "cognito-idp:List*",
    "dynamodb:BatchGet*",
    "dynamodb:Describe*",
    "dynamodb:Get*",
    "dynamodb:List*",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ec2:Describe*",
    "ec2:Get*",
    "ecr:BatchGet*",
    "ecr:Describe*",
    "ecr:Get*",
    "ecr:List*",
    "events:Describe*",
    "events:List*",
    "iam:Generate*",
    "iam:Get*",
    "iam:List*",
    "iam:Simulate*",
    "kms:Describe*",
    "kms:Get*",
    "kms:List*",
    "lambda:Get*",
    "lambda:List*",
    "logs:Describe*",
    "logs:FilterLogEvents",
    "logs:Get*",
    "logs:List*",
    "logs:StartQuery",
    "logs:StopQuery",
    "rds:Describe*",
    "rds:List*",
    "route53:Get*",
    "route53:List*",
    "s3:Get*",
    "s3:List*",
    "secretsmanager:Describe*",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:List*",
    "sns:Get*",
    "sns:List*",
    "sqs:Get*",
    "sqs:List*",
    "ssm:Describe*",
    "ssm:Get*",
    "ssm:List*",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetSessionToken",
    "xray:BatchGet*",
    "xray:Get*",
];

const POLICIES: &[Grant] = &[
    ("/", "AdministratorAccess", &[(&["*"], "*")]),
    (
        "/",
        "AmazonDynamoDBFullAccess",
        &[(
            &[
                "dynamodb:*",
                "dax:*",
                "application-autoscaling:*",
                "cloudwatch:Get*",
                "cloudwatch:DescribeAlarms",
                "lambda:ListFunctions",
                "lambda:CreateEventSourceMapping",
                "lambda:DeleteEventSourceMapping",
                "lambda:ListEventSourceMappings",
                "kms:DescribeKey",
                "kms:ListAliases",
                "sns:ListTopics",
                "iam:GetRole",
                "iam:ListRoles",
            ],
            "*",
        )],
    ),
    (
        "/",
        "AmazonDynamoDBReadOnlyAccess",
        &[(
            &[
                "dynamodb:BatchGetItem",
                "dynamodb:Describe*",
                "dynamodb:GetItem",
                "dynamodb:GetResourcePolicy",
                "dynamodb:List*",
                "dynamodb:Query",
                "dynamodb:Scan",
                "dynamodb:PartiQLSelect",
                "cloudwatch:Get*",
                "cloudwatch:DescribeAlarms",
                "kms:DescribeKey",
                "kms:ListAliases",
                "sns:ListTopics",
            ],
            "*",
        )],
    ),
    ("/", "AmazonEC2ContainerRegistryFullAccess", &[(&["ecr:*", "cloudtrail:LookupEvents"], "*")]),
    ("/", "AmazonEC2ContainerRegistryPowerUser", &[(PULL_IMAGES, "*"), (PUSH_IMAGES, "*")]),
    (
        "/",
        "AmazonEC2ContainerRegistryPullOnly",
        &[(
            &[
                "ecr:GetAuthorizationToken",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
                "ecr:BatchImportUpstreamImage",
            ],
            "*",
        )],
    ),
    ("/", "AmazonEC2ContainerRegistryReadOnly", &[(PULL_IMAGES, "*")]),
    ("/", "AmazonEventBridgeFullAccess", &[(&["events:*", "schemas:*", "scheduler:*", "pipes:*"], "*")]),
    ("/", "AmazonS3FullAccess", &[(&["s3:*", "s3-object-lambda:*"], "*")]),
    (
        "/",
        "AmazonS3ReadOnlyAccess",
        &[(&["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"], "*")],
    ),
    ("/", "AmazonSNSFullAccess", &[(&["sns:*"], "*")]),
    (
        "/",
        "AmazonSNSReadOnlyAccess",
        &[(
            &["sns:GetTopicAttributes", "sns:List*", "sns:CheckIfPhoneNumberIsOptedOut", "sns:GetEndpointAttributes"],
            "*",
        )],
    ),
    ("/", "AmazonSQSFullAccess", &[(&["sqs:*"], "*")]),
    (
        "/",
        "AmazonSQSReadOnlyAccess",
        &[(
            &[
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ListDeadLetterSourceQueues",
                "sqs:ListQueues",
                "sqs:ListQueueTags",
                "sqs:ListMessageMoveTasks",
            ],
            "*",
        )],
    ),
    ("/", "AmazonSSMFullAccess", &[(&["ssm:*", "cloudwatch:PutMetricData", "logs:*"], "*")]),
    ("/", "AmazonSSMReadOnlyAccess", &[(&["ssm:Describe*", "ssm:Get*", "ssm:List*"], "*")]),
    ("/", "AWSCloudFormationFullAccess", &[(&["cloudformation:*"], "*")]),
    (
        "/",
        "AWSCloudFormationReadOnlyAccess",
        &[(
            &[
                "cloudformation:Describe*",
                "cloudformation:EstimateTemplateCost",
                "cloudformation:Get*",
                "cloudformation:List*",
                "cloudformation:ValidateTemplate",
                "cloudformation:Detect*",
            ],
            "*",
        )],
    ),
    (
        "/",
        "AWSLambda_FullAccess",
        &[(
            &[
                "cloudformation:DescribeStacks",
                "cloudformation:ListStackResources",
                "cloudwatch:ListMetrics",
                "cloudwatch:GetMetricData",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "kms:ListAliases",
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:ListRoles",
                "lambda:*",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:FilterLogEvents",
            ],
            "*",
        )],
    ),
    (
        "/",
        "AWSLambda_ReadOnlyAccess",
        &[(
            &[
                "lambda:Get*",
                "lambda:List*",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:FilterLogEvents",
            ],
            "*",
        )],
    ),
    (
        "/",
        "AWSXRayDaemonWriteAccess",
        &[(
            &[
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:GetSamplingStatisticSummaries",
            ],
            "*",
        )],
    ),
    (
        "/",
        "CloudFrontFullAccess",
        &[(
            &[
                "cloudfront:*",
                "s3:ListAllMyBuckets",
                "acm:ListCertificates",
                "iam:ListServerCertificates",
                "wafv2:List*",
                "wafv2:Get*",
            ],
            "*",
        )],
    ),
    (
        "/",
        "CloudWatchFullAccess",
        &[(
            &[
                "cloudwatch:*",
                "logs:*",
                "sns:*",
                "autoscaling:Describe*",
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:GetRole",
            ],
            "*",
        )],
    ),
    ("/", "CloudWatchLogsFullAccess", &[(&["logs:*", "cloudwatch:GenerateQuery"], "*")]),
    (
        "/",
        "CloudWatchLogsReadOnlyAccess",
        &[(
            &[
                "logs:Describe*",
                "logs:Get*",
                "logs:List*",
                "logs:StartQuery",
                "logs:StopQuery",
                "logs:TestMetricFilter",
                "logs:FilterLogEvents",
                "logs:StartLiveTail",
                "logs:StopLiveTail",
            ],
            "*",
        )],
    ),
    ("/", "IAMFullAccess", &[(&["iam:*", "organizations:Describe*", "organizations:List*"], "*")]),
    ("/", "IAMReadOnlyAccess", &[(&["iam:Generate*", "iam:Get*", "iam:List*", "iam:Simulate*"], "*")]),
    ("/", "ReadOnlyAccess", &[(READ, "*")]),
    (
        "/",
        "SecretsManagerReadWrite",
        &[(
            &[
                "secretsmanager:*",
                "cloudformation:CreateChangeSet",
                "cloudformation:DescribeChangeSet",
                "cloudformation:DescribeStackResource",
                "cloudformation:DescribeStacks",
                "cloudformation:ExecuteChangeSet",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "kms:DescribeKey",
                "kms:ListAliases",
                "kms:ListKeys",
                "lambda:ListFunctions",
                "rds:DescribeDBClusters",
                "rds:DescribeDBInstances",
                "tag:GetResources",
            ],
            "*",
        )],
    ),
    (
        "/service-role/",
        "AmazonAPIGatewayPushToCloudWatchLogs",
        &[(
            &[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
            ],
            "*",
        )],
    ),
    ("/service-role/", "AWSLambdaBasicExecutionRole", &[(LOG, "*")]),
    (
        "/service-role/",
        "AWSLambdaDynamoDBExecutionRole",
        &[
            (
                &[
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ],
                "*",
            ),
            (LOG, "*"),
        ],
    ),
    ("/service-role/", "AWSLambdaENIManagementAccess", &[(NETWORK_INTERFACES, "*")]),
    (
        "/service-role/",
        "AWSLambdaKinesisExecutionRole",
        &[
            (
                &[
                    "kinesis:DescribeStream",
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                    "kinesis:ListStreams",
                    "kinesis:SubscribeToShard",
                ],
                "*",
            ),
            (LOG, "*"),
        ],
    ),
    ("/service-role/", "AWSLambdaRole", &[(&["lambda:InvokeFunction"], "*")]),
    (
        "/service-role/",
        "AWSLambdaSQSQueueExecutionRole",
        &[(&["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "*"), (LOG, "*")],
    ),
    ("/service-role/", "AWSLambdaVPCAccessExecutionRole", &[(NETWORK_INTERFACES, "*"), (LOG, "*")]),
];

/// Excepts what only an administrator may do.
const POWER_USER: &str = "PowerUserAccess";

/// The document of a policy of AWS; `None` for one that is not known here.
pub(super) fn document(arn: &str) -> Option<Value> {
    policy(arn).map(|policy| policy.document)
}

/// A policy of AWS by ARN.
pub(super) fn policy(arn: &str) -> Option<ManagedPolicy> {
    all().find(|policy| policy.arn == arn)
}

/// All that are known, by ARN within each path.
pub(super) fn all() -> impl Iterator<Item = ManagedPolicy> {
    let power_user = json!([
        {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["account:GetAccountInformation", "iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles", "organizations:DescribeOrganization"], "Resource": "*"},
    ]);
    let listed = POLICIES.iter().map(|(path, name, grants)| {
        let statements: Value = grants
            .iter()
            .map(|(actions, resource)| json!({"Effect": "Allow", "Action": actions, "Resource": resource}))
            .collect();
        made(path, name, &statements)
    });
    listed.chain(std::iter::once(made("/", POWER_USER, &power_user)))
}

fn made(path: &str, name: &str, statements: &Value) -> ManagedPolicy {
    ManagedPolicy {
        name: name.to_owned(),
        path: path.to_owned(),
        id: format!("ANPA{}", &stable_id(name)[..16]),
        arn: format!("{PREFIX}{path}{name}"),
        created: time::OffsetDateTime::UNIX_EPOCH,
        description: String::new(),
        document: json!({"Version": "2012-10-17", "Statement": statements}),
        version: 1,
        others: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

/// The same id at every start.
fn stable_id(name: &str) -> String {
    use sha2::Digest as _;
    hex::encode_upper(sha2::Sha256::digest(name))
}

#[cfg(test)]
mod tests {
    use stack_plan::policy::{Caller, Document, Request, decide};

    use super::*;

    fn allows(name: &str, action: &str) -> bool {
        let document = document(&format!("{PREFIX}{name}")).unwrap();
        let documents = [Document::parse(&document).unwrap()];
        let request = Request {
            caller: Caller::Identity { arn: "arn:aws:iam::000000000000:role/r", account: "000000000000" },
            action,
            resource: "arn:aws:x:::y",
            context: &std::collections::BTreeMap::new(),
        };
        decide(&documents, None, &request).is_allowed()
    }

    #[test]
    fn each_grants_what_it_is_for_and_not_more() {
        for (name, granted, refused) in [
            ("/service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents", "s3:GetObject"),
            ("/service-role/AWSLambdaVPCAccessExecutionRole", "ec2:CreateNetworkInterface", "ec2:RunInstances"),
            ("/service-role/AWSLambdaSQSQueueExecutionRole", "sqs:ReceiveMessage", "sqs:SendMessage"),
            ("/service-role/AWSLambdaDynamoDBExecutionRole", "dynamodb:GetRecords", "dynamodb:GetItem"),
            ("/AmazonS3ReadOnlyAccess", "s3:GetObject", "s3:PutObject"),
            ("/AmazonDynamoDBReadOnlyAccess", "dynamodb:Query", "dynamodb:PutItem"),
            ("/ReadOnlyAccess", "lambda:GetFunction", "lambda:InvokeFunction"),
            ("/ReadOnlyAccess", "sqs:GetQueueUrl", "secretsmanager:GetSecretValue"),
            ("/PowerUserAccess", "sqs:DeleteQueue", "iam:CreateUser"),
            ("/IAMFullAccess", "iam:CreateUser", "sqs:SendMessage"),
            ("/AmazonEC2ContainerRegistryPowerUser", "ecr:PutImage", "ecr:DeleteRepository"),
            ("/AdministratorAccess", "iam:CreateUser", ""),
        ] {
            assert!(allows(name, granted), "{name} {granted}");
            assert!(refused.is_empty() || !allows(name, refused), "{name} {refused}");
        }
    }

    #[test]
    fn an_unknown_one_grants_nothing_and_all_documents_can_be_read() {
        assert_eq!(document("arn:aws:iam::aws:policy/AmazonMadeUp"), None);
        for policy in all() {
            assert!(Document::parse(&policy.document).is_ok(), "{}", policy.arn);
        }
    }
}
